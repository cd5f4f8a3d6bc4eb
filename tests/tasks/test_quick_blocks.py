"""Blocks that predict in fewer passes answer as the plain ones do."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf
from small import X, Y, mlp

import sftkeras as sft
from sftkeras.graph import sublayers
from sftkeras.models.heads import add_head
from sftkeras.tasks.quick_blocks import quick_blocks

gelu_exact = keras.activations.gelu


def encoder(**settings):
    """Two blocks between ids and a head, of random weights, biases too."""
    keras.utils.set_random_seed(1)
    ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = keras.Input((None,), dtype="int32", name="padding_mask")
    x = keras.layers.Embedding(20, 8)(ids)
    settings = {"activation": gelu_exact, **settings}
    for number in range(2):
        block = keras_hub.layers.TransformerEncoder(
            16, 2, name=f"block_{number}", dropout=0.3, **settings
        )
        x = block(x, padding_mask=mask)
    model = keras.Model({"token_ids": ids, "padding_mask": mask}, x)
    for weight in model.weights:
        drawn = np.random.default_rng(len(weight.shape)).normal(0, 0.5, weight.shape)
        weight.assign(drawn + weight.path.endswith("gamma"))
    return model


def inputs():
    random = np.random.default_rng(0)
    ids, mask = random.integers(0, 20, (5, 7)).astype("int32"), np.ones((5, 7), "int32")
    mask[1, 3:] = mask[4, 1:] = 0
    return {"token_ids": ids, "padding_mask": mask}


def traced(model, quick, training=False):
    """The outputs, and how many Einsum operations they took."""

    def infer(given):
        if not quick:
            return model(given, training=training)
        with quick_blocks(model):
            return model(given, training=training)

    given = keras.tree.map_structure(tf.constant, inputs())
    specs = {name: tf.TensorSpec([None, None], tf.int32) for name in given}
    found = tf.function(infer).get_concrete_function(specs)
    kinds = [operation.type for operation in found.graph.get_operations()]
    return found(given).numpy(), kinds.count("Einsum")


@pytest.mark.parametrize("activation", [gelu_exact, "gelu_approximate"])
def test_quick_blocks_answer_as_plain_ones(activation):
    if activation == "gelu_approximate":
        from keras_hub.src.utils.keras_utils import gelu_approximate as activation
    model = encoder(activation=activation)
    plain, einsums = traced(model, quick=False)
    quick, fewer = traced(model, quick=True)
    assert einsums > 0 and fewer == 0
    real = inputs()["padding_mask"].astype(bool)
    np.testing.assert_allclose(quick[real], plain[real], atol=2e-5)
    assert not any("call" in vars(layer) for layer in model.layers)


def test_the_weights_are_the_layers_own():
    model = encoder()
    with quick_blocks(model):
        infer = tf.function(lambda given: model(given, training=False))
        before = infer(inputs()).numpy()
    kernel = sublayers(model.get_layer("block_0"))["query"].kernel
    kernel.assign(kernel * 2)
    after, plain = infer(inputs()).numpy(), model(inputs(), training=False).numpy()
    real = inputs()["padding_mask"].astype(bool)
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(after[real], plain[real], atol=2e-5)


def in_bfloat16():
    return encoder(dtype="mixed_bfloat16")


def test_in_half_precision_they_compute_in_half_precision():
    model = in_bfloat16()
    quick, einsums = traced(model, quick=True)
    assert quick.dtype == "bfloat16" and einsums == 0
    plain = traced(model, quick=False)[0]
    real = inputs()["padding_mask"].astype(bool)
    np.testing.assert_allclose(
        quick[real].astype("float32"), plain[real].astype("float32"), atol=0.2
    )


def with_lora():
    model = encoder()
    for block in ("block_0", "block_1"):
        sublayers(model.get_layer(block))["query"].enable_lora(2)
    return model


@pytest.mark.parametrize(
    "make",
    [
        with_lora,
        lambda: encoder(normalize_first=True),
        lambda: encoder(activation="relu"),
    ],
)
def test_other_blocks_compute_as_ever(make):
    model = make()
    plain, quick = traced(model, quick=False), traced(model, quick=True)
    assert plain[1] == quick[1] > 0
    assert plain[0].tobytes() == quick[0].tobytes()


def test_training_computes_as_ever():
    model = encoder()
    assert traced(model, True, training=True)[1] == traced(model, False, True)[1]


def test_predict_and_evaluate_take_it(monkeypatch):
    entered = []

    def noting(model):
        entered.append(model)
        return quick_blocks(model)

    monkeypatch.setattr("sftkeras.tasks.running.quick_blocks", noting)
    model = add_head(encoder(), None, 2, None, None, "mean", 0.1, 0)
    rows = keras.tree.map_structure(lambda column: np.tile(column, (8, 1)), inputs())
    labels = np.arange(40) % 2
    _, plain = sft.predict(model, rows, return_probabilities=True)
    assert entered == []
    _, quick = sft.predict(model, rows, return_probabilities=True, fast=True)
    assert len(entered) == 1
    np.testing.assert_allclose(quick, plain, atol=1e-5)
    again = sft.predict_probabilities(model, rows, fast=True)  # traced already
    assert len(entered) == 1 and again.tobytes() == quick.tobytes()
    _, back = sft.predict(model, rows, return_probabilities=True)
    assert back.tobytes() == plain.tobytes()
    reports = [
        sft.evaluate_model(model, rows, labels, verbose=False, fast=fast)
        for fast in (False, True)
    ]
    assert len(entered) == 2
    assert reports[0]["loss"] == pytest.approx(reports[1]["loss"], abs=1e-5)


def test_models_without_such_blocks_answer_as_ever():
    model = mlp()
    sft.train_model(model, X, Y, epochs=1, verbose=0)
    plain, quick = (sft.predict_probabilities(model, X, fast=f) for f in (False, True))
    assert plain.tobytes() == quick.tobytes()
