"""A table: each form of model with each public function that takes one."""

import functools

import keras
import keras_hub
import numpy as np
import pytest
from keras import layers as L
from small import X, Y

import sftkeras as sft

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "food"]
TEXTS, RATED = ["good food", "bad food"] * 6, [1, 0] * 6
IMAGES = np.random.default_rng(0).integers(0, 255, (12, 32, 32, 3)).astype("uint8")


def sequential(*layers):
    return keras.Sequential([keras.Input((4,)), *layers])


body = functools.partial(L.Dense, 8, "relu", name="body")
head = functools.partial(L.Dense, 1, "sigmoid")
mobile_net = functools.partial(keras.applications.MobileNetV2, (32, 32, 3), 0.35)
application = functools.partial(mobile_net, weights=None)


def functional():
    inputs = keras.Input((4,))
    return keras.Model(inputs, head()(body()(inputs)))


def around(structure):
    model = functional()
    return keras.Model(model.input, structure(model.output))


def called():
    model = keras.Sequential([body(), head()])
    model(X[:2])
    return model


def fitted():
    model = keras.Sequential([body(), head()])
    model.compile("sgd", "binary_crossentropy")
    model.fit(X, Y, verbose=0)
    return model


def nested_functional():
    inputs, wide = keras.Input((4,)), keras.Input((8,))
    inner = keras.Model(wide, head()(wide), name="inner")
    return keras.Model(inputs, inner(body()(inputs)))


def shared_layer():
    inputs, layer = keras.Input((4,)), L.Dense(4, "relu", name="body")
    return keras.Model(inputs, head()(layer(layer(inputs))))


class Doubled(L.Layer):
    def call(self, x):
        return 2 * x


def with_layer(layer):
    inputs = keras.Input((4,))
    return keras.Model(inputs, head()(layer(body()(inputs))))


def several_inputs():
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    joined = body()(L.Concatenate()([one, two]))
    return keras.Model([one, two], head()(joined))


def several_outputs():
    inputs = keras.Input((4,))
    return keras.Model(inputs, [head()(inputs), head()(inputs)])


def loaded(tmp_path):
    functional().save(tmp_path / "model.keras")
    return keras.models.load_model(tmp_path / "model.keras")


def half():
    inputs = keras.Input((4,))
    return keras.Model(
        inputs, head(dtype="float32")(body(dtype="mixed_float16")(inputs))
    )


def quantized():
    model = functional()
    model.get_layer("body").quantize("int8")
    return model


def adapted():
    model = functional()
    model.get_layer("body").enable_lora(2)
    return model


def logits(last):
    inputs = keras.Input((4,))
    return keras.Model(inputs, last(L.Dense(2)(body()(inputs))))


def hub_text(preprocessor=True):
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=8, num_layers=1, num_heads=2, hidden_dim=8,
        intermediate_dim=8, max_sequence_length=16,
    )  # fmt: skip
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=WORDS)
    given = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, 8)
    given = given if preprocessor else None
    return keras_hub.models.BertTextClassifier(backbone, 2, given)


def hub_image():
    backbone = keras_hub.models.ResNetBackbone(
        [64], [3], [64], [1], [1], "basic_block", image_shape=(None, None, 3)
    )
    converter = keras_hub.layers.ResNetImageConverter((16, 16), 1 / 255)
    given = keras_hub.models.ResNetImageClassifierPreprocessor(converter)
    return keras_hub.models.ResNetImageClassifier(backbone, 2, given)


def subclass():
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = body(), head()

        def call(self, x):
            return self.second(self.first(x))

    return Two()


IDS = {
    "token_ids": np.full((12, 6), 5),
    "segment_ids": np.zeros((12, 6), int),
    "padding_mask": np.ones((12, 6), int),
}
NUMBERS, MANY = (X, Y), ([X, X], Y)
FORMS = {  # name: (how it is made, data and labels)
    "functional": (functional, NUMBERS),
    "one output in a list": (lambda: around(lambda tensor: [tensor]), NUMBERS),
    "one output by name": (lambda: around(lambda tensor: {"p": tensor}), NUMBERS),
    "sequential": (lambda: sequential(body(), head()), NUMBERS),
    "sequential of sequentials": (
        lambda: sequential(
            keras.Sequential([body()]), keras.Sequential([L.Dense(6), head()])
        ),
        NUMBERS,
    ),
    "sequential, called": (called, NUMBERS),
    "sequential, fitted": (fitted, NUMBERS),
    "sequential, not built": (lambda: keras.Sequential([body(), head()]), NUMBERS),
    "subclass, not built": (subclass, NUMBERS),
    "nested functional": (nested_functional, NUMBERS),
    "shared layer": (shared_layer, NUMBERS),
    "own layer": (lambda: with_layer(Doubled(name="own")), NUMBERS),
    "lambda": (lambda: with_layer(L.Lambda(lambda x: 2 * x, name="l")), NUMBERS),
    "several inputs": (several_inputs, MANY),
    "several outputs": (several_outputs, NUMBERS),
    "loaded": (loaded, NUMBERS),
    "mixed_float16": (half, NUMBERS),
    "quantized": (quantized, NUMBERS),
    "keras' own lora": (adapted, NUMBERS),
    "softmax layer": (lambda: logits(L.Softmax()), NUMBERS),
    "keras.ops": (lambda: logits(keras.ops.softmax), NUMBERS),
    "application": (lambda: application(include_top=False), (IMAGES, RATED)),
    "hub text": (hub_text, (TEXTS, RATED)),
    "hub text, arrays": (lambda: hub_text(preprocessor=False), (IDS, RATED)),
    "hub image": (hub_image, (IMAGES, RATED)),
}
# Form -> {function, or several: what it says}; every other pair works.
HAS_NO_HEAD = "must have one output of shape"
TRAINED = ("fine_tune", "LoRA", "train_model", "predict", "evaluate_model")
TRAINED += ("confident_mistakes", "save_classifier", "Distillation")
HEADLESS = dict.fromkeys(TRAINED, HAS_NO_HEAD) | {
    "replace_head": "must come from a Dense layer.*load_pretrained_model"
}
REFUSED = {
    "own layer": {
        "save_classifier": "layer 'own' .*does not know 'Doubled'.*custom_objects",
    },
    "lambda": {"save_classifier": "'l' is a Lambda"},
    "several outputs": HEADLESS | {"load_pretrained_model": "has 2 outputs. Choose"},
    "application": HEADLESS,
    "quantized": {"LoRA": "none of the layers .* not quantized"},
    "keras' own lora": {"LoRA": "'body' has an adapter already"},
}
QUICK = {"epochs": 1, "verbose": 0}


def train_model(model, x, y, path):
    before = [np.array(weight) for weight in model.get_weights()]
    sft.train_model(model, x, y, **QUICK)
    now = model.get_weights()
    assert not before or not all(map(np.array_equal, before, now))
    assert model.history.trainable_params > 0 and model.compiled
    if isinstance(x, np.ndarray) and x.dtype == "float32":  # the user's own object
        own = keras.tree.flatten(model.predict(x, verbose=0))[0].reshape(len(x), -1)
        found = sft.predict_probabilities(model, x)[:, -1]
        np.testing.assert_allclose(own[:, -1], found, atol=1e-3)
    assert len(sft.predict(model, x)) == len(y)


def load_pretrained_model(model, x, y, path):
    outputs = getattr(model, "outputs", [])
    if len(outputs) == 1 and len(outputs[0].shape) == 4:
        assert sft.load_pretrained_model(model, 5).output_shape == (None, 5)
        return
    if len(outputs) > 1:
        sft.load_pretrained_model(model, 5)
    with pytest.raises(sft.InputError, match=r"has a head already.*num_classes=5"):
        sft.load_pretrained_model(model, 5)


def fine_tune(model, x, y, path):
    before = [np.array(weight) for weight in model.get_weights()]
    tuned = sft.fine_tune(model, x, y, **QUICK)
    assert not before or all(map(np.array_equal, before, model.get_weights()))
    assert (sft.describe_changes(model, tuned).change > 0).any()
    assert len(sft.predict(tuned, x)) == len(y)
    tuned = sft.fine_tune(model, x, y, None, **QUICK)
    assert (sft.describe_changes(model, tuned).changed > 0).sum() == 1
    sft.check_frozen(tuned, model)


def LoRA(model, x, y, path):
    tuned = sft.fine_tune(model, x, y, techniques=[sft.LoRA(rank=1)], **QUICK)
    assert (sft.describe_changes(model, tuned).change > 0).any()


def Distillation(model, x, y, path):
    student = functional() if x is X else model
    sft.fine_tune(student, x, y, techniques=[sft.Distillation(model)], **QUICK)


def save_classifier(model, x, y, path):
    sft.save_classifier(model, path / "bundle")
    loaded = sft.load_classifier(path / "bundle")
    found = [sft.predict_probabilities(m, x) for m in (model, loaded)]
    np.testing.assert_allclose(*found, atol=1e-5)


def look(model, x, y, path):
    table = sft.describe_layers(model)
    assert sft.blocks(model) and table.params.sum() > 0
    assert sft.average_models([model, model]).count_params() == model.count_params()
    sft.set_trainable(model, None)
    assert sft.describe_layers(model).trainable_params.sum() > 0
    sft.set_trainable(model, "all")


FUNCTIONS = {
    "fine_tune": fine_tune,
    "load_pretrained_model": load_pretrained_model,
    "LoRA": LoRA,
    "Distillation": Distillation,
    "replace_head": lambda model, x, y, path: sft.replace_head(model, 3),
    "predict": lambda model, x, y, path: sft.predict(model, x),
    "evaluate_model": lambda model, x, y, path: sft.evaluate_model(
        model, x, y, verbose=False
    ),
    "confident_mistakes": lambda model, x, y, path: sft.confident_mistakes(model, x, y),
    "look": look,
    "save_classifier": save_classifier,
    "train_model": train_model,
}
ALL = {"functional", "sequential", "hub text", "several outputs", "application"}
SLOW_TOO = {
    "fine_tune": {*FORMS} - {"hub image"},
    "LoRA": ALL | {"quantized", "keras' own lora"},
    "Distillation": ALL,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_function_takes_each_form_or_says_why_not(form, tmp_path):
    make, (x, y) = FORMS[form]
    model = make(tmp_path) if make is loaded else make()
    for name, call in FUNCTIONS.items():
        if form not in SLOW_TOO.get(name, FORMS):
            continue
        message = REFUSED.get(form, {}).get(name)
        if message is None:
            call(model, x, y, tmp_path)
            continue
        with pytest.raises(sft.InputError, match=message) as raised:
            call(model, x, y, tmp_path)
        assert "\n" not in str(raised.value)
