"""Own layers and functions: found when saving; files that plain Keras opens."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from small import X, Y, mlp

import sftkeras as sft

L = keras.layers


class Scaled(L.Layer):
    """Not registered with Keras."""

    def __init__(self, by=2.0, **options):
        super().__init__(**options)
        self.by = by

    def call(self, x):
        return self.by * x

    def get_config(self):
        return {**super().get_config(), "by": self.by}


@keras.saving.register_keras_serializable("tests")
class Registered(Scaled):
    pass


class Forgetful(Scaled):
    def __init__(self, by, **options):
        super().__init__(by, **options)

    def get_config(self):
        return {"name": self.name}


def bent(x):
    return keras.ops.tanh(x)


def with_layer(layer, nested=False):
    inputs = keras.Input((4,))
    inner = keras.Model(inputs, layer(inputs), name="inner")
    between = inner(inputs) if nested else layer(inputs)
    return keras.Model(inputs, L.Dense(1, "sigmoid")(between))


@pytest.mark.parametrize(
    ("layer", "known", "message"),
    [
        (Scaled(name="mine"), {}, "'mine' .*does not know 'Scaled'.*={'Scaled': Sca"),
        (L.Dense(3, bent, name="mine"), {}, "'mine' .*does not know 'bent'.*@keras"),
        (Forgetful(2.0, name="mine"), {"Forgetful": Forgetful}, r"\(Forgetful\).*get_"),
        (L.Lambda(lambda x: x, name="mine"), {}, "'mine' is a Lambda"),
        (
            L.Dense(3, kernel_initializer=lambda shape, dtype: 0, name="mine"),
            {},
            "'mine' .*without a lambda",
        ),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_layer_that_could_not_be_loaded_is_named(
    layer, known, message, nested, tmp_path
):
    if "lambda" in message and "Lambda" not in message:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, L.Dense(1, name="mine")(inputs))
        model.get_layer("mine").kernel_initializer = lambda shape, dtype: 0
    else:
        model = with_layer(layer, nested)
    with pytest.raises(sft.InputError, match=message):
        sft.save_classifier(model, tmp_path / "bundle", custom_objects=known)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("layer", "known"),
    [
        (Scaled(3.0), {"Scaled": Scaled}),
        (L.Dense(3, bent), {"bent": bent}),
        (Registered(3.0), None),
    ],
)
def test_what_is_given_or_registered_comes_back(layer, known, tmp_path):
    model = with_layer(layer)
    sft.save_classifier(model, tmp_path / "b", custom_objects=known)
    loaded = sft.load_classifier(tmp_path / "b", custom_objects=known)
    assert sft.predict(loaded, X) == sft.predict(model, X)
    if known:
        name = next(iter(known))
        with pytest.raises(sft.InputError, match=f"'{name}'.*custom_objects"):
            sft.load_classifier(tmp_path / "b")
    with pytest.raises(sft.InputError, match=r"must be .name: class or function"):
        sft.load_classifier(tmp_path / "b", custom_objects=[Scaled])


IN_PLAIN_KERAS = """
import json, sys
import keras
import numpy as np
if sys.argv[1] == "hub":
    import keras_hub
for path in sys.argv[2:]:
    model = keras.models.load_model(path)
    print(path, model.count_params(), model.compiled)
assert "sftkeras" not in sys.modules
"""


def test_plain_keras_opens_what_was_trained(tiny_classifier, reviews, tmp_path):
    quick = {"epochs": 1, "verbose": 0}
    trained = mlp()
    sft.train_model(trained, X, Y, **quick)
    models = {
        "tuned": sft.fine_tune(mlp(), X, Y, **quick),
        "head": sft.fine_tune(mlp(), X, Y, None, **quick),
        "adapted": sft.fine_tune(mlp(), X, Y, techniques=[sft.LoRA(rank=2)], **quick),
        "numbers": sft.fine_tune(mlp(activation=None), X, X[:, 0], **quick),
        "loss": sft.fine_tune(mlp(activation=None), X, X[:, 0], loss="mae", **quick),
        "trained": trained,
        "hub": sft.fine_tune(tiny_classifier(), reviews.texts, reviews.labels, **quick),
    }
    for name, model in models.items():
        model.save(tmp_path / f"{name}.keras")
    paths = [str(tmp_path / f"{name}.keras") for name in models]
    command = [sys.executable, "-c", IN_PLAIN_KERAS, "hub", *paths]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("True") == len(models)
    assert np.isfinite(trained.predict(X, verbose=0)).all()


def test_a_class_of_a_script_is_one_of_the_users_own(tmp_path, monkeypatch):
    class Twice(keras.layers.Layer):
        def call(self, x):
            return x * 2

    monkeypatch.setattr(Twice, "__module__", "__main__")  # Keras writes None
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(1, "sigmoid")(Twice()(inputs))
    with pytest.raises(sft.InputError, match="Keras does not know 'Twice'"):
        sft.save_classifier(keras.Model(inputs, outputs), tmp_path / "bundle")
