"""Every form of Keras model enters at one place: `graph.as_functional`."""

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
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(1, "sigmoid")

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Subclass(), "subclass of keras.Model.*Build it as a functional model"),
        (keras.Sequential([L.Dense(1)]), "has not been built.*keras.Input"),
        (keras.Sequential(), "has not been built"),
        ("minilm", "must be a keras.Model. Received: str"),
    ],
)
def test_what_has_no_graph_is_refused_in_one_sentence(model, message, tmp_path):
    calls = [
        lambda: sft.fine_tune(model, X, Y),
        lambda: sft.save_classifier(model, tmp_path / "bundle"),
        lambda: sft.replace_head(model),
    ]
    for call in calls:
        with pytest.raises(sft.InputError, match=message):
            call()
    assert not (tmp_path / "bundle").exists()
