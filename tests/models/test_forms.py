"""Every form of Keras model enters at one place: `models.forms.as_functional`."""

import keras
import numpy as np
import pytest
from small import X, Y, mlp

import sftkeras as sft

L = keras.layers


def flat():
    return keras.Sequential(
        [keras.Input((4,)), L.Dense(8, "relu", name="body"), L.Dense(1, "sigmoid")]
    )


def nested():
    inputs = keras.Input((4,))
    base = keras.Model(inputs, L.Dense(8, "relu", name="body")(inputs), name="base")
    return keras.Sequential([base, L.Dropout(0.1), L.Dense(1, "sigmoid")])


def built_late():
    model = keras.Sequential([L.Dense(8, "relu", name="body"), L.Dense(1, "sigmoid")])
    model.build((None, 4))
    return model


FORMS = {"functional": mlp, "flat": flat, "nested": nested, "built late": built_late}


@pytest.mark.parametrize("form", FORMS)
def test_the_workflow_takes_each_form_of_model(form, tmp_path):
    model = FORMS[form]()
    before = model.get_weights()
    for layers in ("all", None):
        tuned = sft.fine_tune(model, X, Y, layers, epochs=2, verbose=0)
        sft.save_classifier(tuned, tmp_path / "tuned")
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    sft.train_model(model, X, Y, epochs=1, verbose=0)
    sft.save_classifier(model, tmp_path / "trained")
    loaded = sft.load_classifier(tmp_path / "trained")
    np.testing.assert_allclose(
        sft.predict_probabilities(loaded, X),
        sft.predict_probabilities(model, X),
        atol=1e-6,
    )
    three = sft.replace_head(model, 3)
    assert three.output_shape == (None, 3)


def test_a_sequential_backbone_gets_a_head():
    backbone = keras.Sequential([keras.Input((4,)), L.Dense(8, "relu", name="body")])
    backbone.trainable = False
    model = sft.load_pretrained_model(backbone, num_classes=3)
    assert [layer.name for layer in model.layers][1:] == [
        "body", "head_dropout", "head",
    ]  # fmt: skip
    assert model.get_layer("body") is backbone.get_layer("body")
    assert not model.get_layer("body").trainable


class Subclass(keras.Model):
    """Of layers; with `kind`, of something that cannot be followed."""

    def __init__(self, kind="layers"):
        super().__init__()
        self.body, self.out = L.Dense(8, "relu", name="body"), L.Dense(1, "sigmoid")
        self.drop, self.kind = L.Dropout(0.5), kind
        if kind == "weights":
            self.scale = self.add_weight(shape=(8,))

    def call(self, x, training=False):
        h = self.drop(self.body(x), training=training)
        if self.kind == "weights":
            h = h * self.scale
        if self.kind == "training" and training:
            h = 2 * h
        if self.kind == "values" and x[0, 0] > 0:
            h = -h
        return self.out(h)


class OwnStep(Subclass):
    def train_step(self, data):
        return {}


def called(model):
    model(X[:2])
    return model


def test_a_subclass_made_of_layers_is_followed(tmp_path):
    model = called(Subclass())
    expected = np.ravel(model.predict(X, verbose=0))
    np.testing.assert_allclose(
        sft.predict_probabilities(model, X)[:, 1], expected, atol=1e-6
    )
    tuned = sft.fine_tune(model, X, Y, epochs=1, verbose=0)
    sft.save_classifier(tuned, tmp_path / "bundle")
    before = model.get_weights()
    sft.train_model(model, X, Y, epochs=1, verbose=0)
    assert not any(map(np.array_equal, before, model.get_weights()))
    names = [layer.name for layer in tuned.layers if isinstance(layer, L.Dropout)]
    x = np.ones((64, 4), "float32")  # its dropout is on in training, as said there
    drop = keras.Model(tuned.input, tuned.get_layer(names[0]).output)
    assert np.any(drop(x, training=True) != drop(x, training=False))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (called(Subclass("weights")), "'subclass.*: it has weights of its own.*Build"),
        (called(Subclass("training")), "takes another way in training. Build it as"),
        (called(OwnStep()), "has a `train_step` of its own, which only its own `fit`"),
        (called(Subclass("values")), "not made of layers and keras.ops alone. Build"),
        ("minilm", "must be a keras.Model. Received: str"),
        (keras.Model, "must be a keras.Model. Received: Model"),
    ],
)
def test_what_has_no_graph_is_refused_in_one_sentence(model, message, tmp_path):
    calls = [
        lambda: sft.fine_tune(model, X, Y),
        lambda: sft.train_model(model, X, Y),
        lambda: sft.predict(model, X),
        lambda: sft.save_classifier(model, tmp_path / "bundle"),
        lambda: sft.replace_head(model),
    ]
    for call in calls:
        with pytest.raises(sft.InputError, match=message):
            call()
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("make", [Subclass, lambda: keras.Sequential([L.Dense(1)])])
def test_an_unbuilt_model_is_built_by_data_or_refused(make):
    message = "has not been built.*keras.Input"
    with pytest.raises(sft.InputError, match=message):
        sft.replace_head(make())
    with pytest.raises(sft.InputError, match=message):
        sft.predict(make(), ["strings"])
    model = make()
    sft.train_model(model, X, Y, epochs=1, verbose=0)
    assert model.predict(X, verbose=0).shape == (len(X), 1)
    with pytest.raises(sft.InputError, match=message):
        sft.fine_tune(keras.Sequential(), X, Y)
