"""Fused blocks: the same mathematics in fewer passes, and where they are used."""

import threading
import warnings

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf
from small import X as X4
from small import Y as Y4
from small import mlp, write_hugging_face

import sftkeras as sft
from sftkeras.inputs.batches import Batches
from sftkeras.tasks import quick_blocks
from sftkeras.training.techniques import fused_blocks
from sftkeras.training.techniques.block_passes import draw, passes, run_block

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 5, 8)).astype("float32")
MASK = np.array([[1] * 5, [1, 1, 1, 0, 0], [1] * 4 + [0]], "int32")
TEXTS, LABELS = (
    ["good film", "a bad one , so long", "fine", "poor"] * 4,
    [1, 0, 1, 0] * 4,
)


def block(activation="gelu", dropout=0.0, **options):
    """A small block whose every weight is drawn, normalization's too."""
    options = {"intermediate_dim": 16, "num_heads": 2} | options
    layer = keras_hub.layers.TransformerEncoder(
        dropout=dropout, activation=activation, **options
    )
    layer.build(X.shape)
    for weight in layer.trainable_variables:
        weight.assign(RNG.normal(size=weight.shape) * 0.5)
    return layer


def results(layer, call, mask=MASK):
    """Return the output, and the gradients of input and weights, as arrays."""
    x = tf.constant(X)
    weights = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(x)
        made = call(x, mask, training=True)
        loss = tf.reduce_sum(tf.sin(made) * mask[:, :, None])
    return [made.numpy(), *(g.numpy() for g in tape.gradient(loss, [x, *weights]))]


def approximate(x):
    return keras.activations.gelu(x, approximate=True)


approximate.__name__ = "gelu_approximate"


@pytest.mark.parametrize("activation", ["gelu", approximate])
def test_output_and_every_gradient_are_those_of_the_plain_block(activation):
    layer = block(activation)
    fused = fused_blocks._fused_call(layer, layer.call, fused_blocks._parts(layer))
    for one, other in zip(
        results(layer, layer.call), results(layer, fused), strict=True
    ):
        real = MASK[:, :, None].astype(bool) if one.shape == X.shape else True
        np.testing.assert_allclose(one * real, other * real, atol=2e-4, rtol=2e-4)


def test_with_dropout_the_gradient_is_that_of_what_was_computed():
    layer = block(dropout=0.25)
    parts = fused_blocks._parts(layer)
    kernels, seeds = passes(64 / 256, False, 1e-5, "float32"), [tf.constant([1, 2])] * 2
    weights = fused_blocks._weights(parts, 8, 2)
    mask = tf.zeros((1, 1, 1, 1))

    def loss(x):
        made = run_block(x, mask, seeds, weights, 2, kernels)
        return tf.reduce_sum(tf.sin(made))

    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    gradient, way = tape.gradient(value, x), RNG.normal(size=X.shape) * 1e-2
    moved = loss(x + way) - loss(x - way)
    np.testing.assert_allclose(moved, 2 * np.sum(gradient * way), rtol=0.02)
    assert float(loss(x)) == float(value)  # the seeds decide


def test_dropout_drops_its_share_and_keeps_the_mean():
    drawn = draw(tf.constant([3, 4]), tf.constant([10, 10, 10, 100]))
    kept = passes(26 / 256, False, 1e-5, "float32")["drop"](
        tf.ones(drawn.shape), drawn
    ).numpy()
    assert set(np.unique(kept)) == {0, np.float32(256 / 230)}
    assert np.mean(kept == 0) == pytest.approx(26 / 256, abs=0.004)
    assert kept.mean() == pytest.approx(1, abs=0.005)
    counts = np.bincount(drawn.numpy().reshape(-1), minlength=256)
    assert counts.min() > 280 and counts.max() < 510  # 390 each, deviation 20


@pytest.mark.parametrize(
    "layer",
    [
        block("relu"),
        block(normalize_first=True),
        keras.layers.Dense(3),
    ],
    ids=["another activation", "normalized first", "no block"],
)
def test_what_is_another_kind_of_layer_is_left_alone(layer):
    assert fused_blocks._parts(layer) is None


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    directory = tmp_path_factory.mktemp("encoder")
    write_hugging_face(directory)
    return sft.load_pretrained_model(directory, seed=0)


def spy(monkeypatch):
    """Return a list of the inputs that fused blocks are called with."""
    seen, traced = [], fused_blocks.traced_block

    def noting(*settings):
        def noted(x, *given):
            seen.append(x)
            return traced(*settings)(x, *given)

        return noted

    monkeypatch.setattr(fused_blocks, "traced_block", noting)
    return seen


def tune(model, **settings):
    usual = {"epochs": 2, "verbose": 0, "batch_size": 4, "learning_rate": 1e-3}
    return sft.fine_tune(model, TEXTS, LABELS, **usual | settings)


def test_fine_tuning_computes_so_and_the_model_is_an_ordinary_one(encoder, monkeypatch):
    plain = tune(encoder)
    seen = spy(monkeypatch)
    tuned = tune(encoder, techniques=[sft.FusedBlocks()])
    assert len(seen) == len(sft.blocks(encoder))
    np.testing.assert_allclose(
        tuned.history.history["loss"], plain.history.history["loss"], rtol=0.2
    )
    assert not any("call" in vars(layer) for layer in tuned.layers)
    again = tune(encoder, techniques=[sft.FusedBlocks()])
    for one, other in zip(tuned.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_once_is_enough_and_nothing_is_traced_anew(encoder, monkeypatch, caplog):
    seen = spy(monkeypatch)
    for texts in (TEXTS, TEXTS[:8], [text + " , and so on" for text in TEXTS], TEXTS):
        sft.fine_tune(
            encoder, texts, LABELS[: len(texts)], techniques=[sft.FusedBlocks()] * 2,
            epochs=1, verbose=0, batch_size=4,
        )  # fmt: skip
    assert len(seen) == 4 * len(sft.blocks(encoder))
    assert "retracing" not in caplog.text
    for kernel in passes(26 / 256, True, 1e-12, "float32").values():
        assert kernel.experimental_get_tracing_count() == 1


def test_only_trained_blocks_without_an_adapter_are_fused(encoder, monkeypatch):
    seen, last = spy(monkeypatch), sft.blocks(encoder)[-1:]
    tune(encoder, layers_to_fine_tune=last, techniques=[sft.FusedBlocks()])
    assert len(seen) == 1
    tune(encoder, techniques=[sft.LoRA(2), sft.FusedBlocks()])
    assert len(seen) == 1


@pytest.mark.parametrize("rate", [0.0019, 0.999])
def test_a_rate_that_would_become_none_or_all_is_left_alone(rate):
    assert fused_blocks._parts(block(dropout=rate)) is None
    assert fused_blocks._parts(block(dropout=0.002)) is not None  # 1/256
    assert fused_blocks._parts(block(dropout=0.0)) is not None


def test_fast_where_there_is_nothing_to_fuse_is_told_once():
    options = {"epochs": 2, "verbose": 0}
    for function in (sft.train_model, sft.fine_tune):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always", UserWarning)
            function(mlp(), X4, Y4, fast=True, **options)
        told = [str(w.message) for w in found if w.category is UserWarning]
        assert len(told) == 1 and "fast=True: this model has nothing" in told[0]
    sft.fine_tune(mlp(), X4, Y4, techniques=[sft.FusedBlocks()], **options)


def test_fast_is_both_fused_and_half(encoder, monkeypatch):
    monkeypatch.setattr(
        "sftkeras.training.techniques.half_precision.computes_in_bfloat16", lambda: True
    )
    seen = spy(monkeypatch)
    tuned = tune(encoder, fast=True)
    assert {x.dtype for x in seen} == {tf.bfloat16}
    assert {weight.dtype for weight in tuned.weights} == {"float32"}
    tune(encoder, layers_to_fine_tune="head", fast=True)  # no block is trained
    assert len(seen) == len(sft.blocks(encoder))


@pytest.mark.parametrize("fast", [False, True])
def test_what_is_frozen_goes_through_quick_blocks_if_fast(encoder, monkeypatch, fast):
    seen, forward = [], quick_blocks._forward

    def noted(layer, *given):
        seen.append(layer.name)
        return forward(layer, *given)

    monkeypatch.setattr(quick_blocks, "_forward", noted)
    names = sft.blocks(encoder)
    sft.fine_tune(
        encoder,
        TEXTS * 3,  # more than a batch: a single one is not worth a trace
        LABELS * 3,
        layers_to_fine_tune=names[-1:],
        epochs=1,
        verbose=0,
        fast=fast,
    )
    assert set(seen) >= set(names[:-1]) if fast else not seen


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_the_passes_of_every_shape_are_compiled_ahead(encoder, monkeypatch, dropout):
    ahead, trained = set(), set()
    compiled, cut = fused_blocks.compile_passes, Batches.__getitem__

    def noted(kernels, drops, dtype, shape, *sizes):
        assert drops == (dropout > 0)
        ahead.add(shape)
        compiled(kernels, drops, dtype, shape, *sizes)

    def cuts(self, where):
        batch = cut(self, where)
        if self.seed is not None:
            trained.add(batch[0]["token_ids"].shape)
        return batch

    monkeypatch.setattr(fused_blocks, "compile_passes", noted)
    monkeypatch.setattr(Batches, "__getitem__", cuts)
    for name in sft.blocks(encoder):
        monkeypatch.setattr(encoder.get_layer(name), "dropout", dropout)
    texts = [*TEXTS, "good film , bad film , fine", "bad"]
    sft.fine_tune(
        encoder,
        texts,
        [*LABELS, 1, 0],
        epochs=1,
        batch_size=4,
        verbose=0,
        techniques=[sft.FusedBlocks()],
    )
    assert trained and ahead == trained
    assert not [t for t in threading.enumerate() if "_work" in t.name]


def test_blocks_that_are_alike_share_a_trace(encoder, monkeypatch):
    traced, run = [], fused_blocks.run_block

    def noted(*given):
        traced.append(given)
        return run(*given)

    monkeypatch.setattr(fused_blocks, "run_block", noted)
    fused_blocks.traced_block.cache_clear()
    called = spy(monkeypatch)
    tune(encoder, techniques=[sft.FusedBlocks()])
    assert len(called) == len(sft.blocks(encoder)) > 1 == len(traced)


def test_an_encoder_below_an_lstm_is_trained_in_half_precision(encoder, monkeypatch):
    monkeypatch.setattr(
        "sftkeras.training.techniques.half_precision.computes_in_bfloat16", lambda: True
    )
    seen, blocks = spy(monkeypatch), sft.blocks(encoder)
    hidden = encoder.get_layer(blocks[-1]).output
    read = keras.layers.LSTM(3)(hidden)
    both = keras.Model(encoder.input, keras.layers.Dense(1, "sigmoid")(read))
    rows = {n: np.ones((8, 4), "int32") for n in ("token_ids", "padding_mask")}
    rows["segment_ids"] = np.zeros((8, 4), "int32")
    given = {tensor.name: rows[tensor.name] for tensor in both.inputs}
    sft.train_model(both, given, [0, 1] * 4, epochs=1, verbose=0, fast=True)
    assert len(seen) == len(blocks) and {x.dtype for x in seen} == {tf.bfloat16}


def test_an_interrupted_run_leaves_the_blocks_as_they_were(encoder):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    models = []

    class Noted:
        def applied_to(self, run):
            models.append(run.network)
            return fused_blocks.FusedBlocks().applied_to(run)

    with pytest.raises(KeyboardInterrupt):
        tune(encoder, techniques=[Noted()], callbacks=[Stop()])
    assert not any("call" in vars(layer) for layer in models[0].layers)
