"""XLA, half precision and several devices: the same training, computed otherwise."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from small import ROWS, X, Y, mlp, train, tune

import sftkeras as sft
from sftkeras import graph
from sftkeras import machine as acceleration
from sftkeras.training.compute import choose_jit
from sftkeras.training.techniques.half_precision import choose_policy, computing_in


def policies(model):
    return {layer.name: layer.dtype_policy.name for layer in graph.all_layers(model)}


def model_through(layer):
    inputs = keras.Input((4,))
    hidden = layer(keras.layers.Dense(3)(inputs))
    outputs = keras.layers.Dense(1, activation="sigmoid", name="head")(hidden)
    return keras.Model(inputs, outputs)


def assert_near(one, other, atol):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=atol)


def test_the_policy_is_lent_to_all_layers_but_the_head(tiny_classifier):
    model = tiny_classifier()
    before = policies(model)
    with pytest.raises(KeyError), computing_in(model, "mixed_bfloat16"):
        inside = policies(model)
        raise KeyError
    assert policies(model) == before and set(before.values()) == {"float32"}
    changed = {name for name, policy in inside.items() if policy == "mixed_bfloat16"}
    assert {"transformer_layer_0", "query", "pooling"} <= changed
    assert "head" not in changed


@pytest.mark.parametrize("layers", ["all", ["transformer_layer_1"]])
def test_half_precision_trains_nearly_the_same(tiny_classifier, reviews, layers):
    model = tiny_classifier()
    options = {"epochs": 3, "learning_rate": 1e-2, "verbose": 0}
    full, half = (
        sft.fine_tune(
            model, reviews.texts, reviews.labels, layers, mixed_precision=on, **options
        )
        for on in (False, True)
    )
    assert_near(full, half, atol=0.05)
    assert full.history.history["loss"] != half.history.history["loss"]
    assert set(policies(half).values()) == {"float32"}
    assert {weight.dtype for weight in half.get_weights()} == {np.dtype("float32")}


def test_train_model_computes_in_half_precision_and_then_in_full():
    seen = []

    class Watch(keras.layers.Layer):
        def call(self, x):
            seen.append(keras.backend.standardize_dtype(x.dtype))
            return x

    model = model_through(Watch())
    seen.clear()
    train(model, epochs=1, mixed_precision=True)
    assert "bfloat16" in seen
    seen.clear()
    model.fit(X, Y, epochs=1, verbose=0)
    assert set(seen) == {"float32"}


def test_xla_trains_the_same():
    models = [mlp(dropout=0.0) for _ in range(2)]  # XLA drops out other units
    compiled = tune(model=models[0], jit_compile=True)
    assert_near(compiled, tune(model=models[1], jit_compile=False), atol=1e-5)


def test_xla_sees_few_shapes(tiny_classifier, reviews, monkeypatch):
    shapes = set()
    take = sft.batches.Rows.take

    def watched(self, rows, multiple=1):
        inputs = take(self, rows, multiple)
        shapes.add(inputs["token_ids"].shape[1])
        return inputs

    monkeypatch.setattr(sft.batches.Rows, "take", watched)
    sft.fine_tune(
        tiny_classifier(), reviews.texts, reviews.labels, epochs=2, batch_size=4,
        jit_compile=True, verbose=0,
    )  # fmt: skip
    assert shapes == {16}


def test_auto_knows():
    assert choose_jit("auto") is (keras.backend.backend() == "jax")
    assert choose_policy(True) == "mixed_bfloat16"
    assert choose_policy(False) == "float32"


@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        ("fma avx2 amx_bf16 amx_tile", "mixed_bfloat16"),
        ("fma avx512f avx512_bf16", "mixed_bfloat16"),
        ("fma avx512f avx512_vnni", "float32"),
    ],
)
def test_auto_precision_asks_the_processor(monkeypatch, flags, policy):
    monkeypatch.setattr(acceleration, "_gpu_capability", lambda: None)
    monkeypatch.setattr(
        acceleration.Path, "read_text", lambda self: f"flags : {flags}\n"
    )
    assert choose_policy("auto") == policy


@pytest.mark.parametrize(
    ("capability", "policy"), [((8, 0), "mixed_bfloat16"), ((7, 5), "float32")]
)
def test_auto_precision_asks_the_gpu(monkeypatch, capability, policy):
    monkeypatch.setattr(acceleration, "_gpu_capability", lambda: capability)
    assert choose_policy("auto") == policy


@pytest.mark.parametrize("name", ["jit_compile", "mixed_precision"])
def test_another_value_is_refused(name):
    with pytest.raises(sft.InputError, match=f"`{name}` must be True, False or 'auto'"):
        tune(**{name: "always"})


SEVERAL = """
import sys
sys.path.insert(0, "tests")
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from small import tune, mlp
from sftkeras import machine
alone = tune(model=mlp(dropout=0.0))
machine.training_devices = lambda: ["CPU:0", "CPU:1"]
both = tune(model=mlp(dropout=0.0))
devices = {v.device for v in both.trainable_variables[0].value.values}
assert len(devices) == 2, devices
moved = 0
for a, b, start in zip(*(m.get_weights() for m in (alone, both, mlp()))):
    assert abs(a - b).max() < 1e-5, (a, b)
    moved = max(moved, abs(b - start).max())
assert moved > 0.01
"""


def test_two_devices_train_as_one():
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_step_is_traced_once():
    traces = []

    class Count(keras.layers.Layer):
        def call(self, x):
            traces.append(x.shape)
            return x

    model = model_through(Count())
    traces.clear()
    train(model, epochs=2, batch_size=ROWS // 4)
    assert len(traces) == 1
