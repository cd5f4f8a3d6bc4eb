"""LSTMs in one operation answer, learn and drop out as Keras' loop does."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf

import sftkeras as sft
from sftkeras.graph import carried
from sftkeras.tasks.quick_lstm import lstms, quick_lstms

LAYERS = keras.layers
TEXTS = ["good film", "a bad one , so long", "fine", "poor"] * 6
LABELS = [1, 0, 1, 0] * 6
MASKS = {
    "none": None,
    "padded behind": [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]],
    "padded in front": [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]],
    "holes": [[1, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1]],
    "a text without words": [[1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]],
}


def results(layer, quick, mask, training=False, first=None):
    """Return outputs and gradients, computed in a graph, and its kinds of operation."""
    random = np.random.default_rng(0)
    x = tf.constant(random.normal(size=(3, 4, 5)), "float32")
    mask = None if mask is None else tf.constant(mask) > 0
    weights = [weight.value for weight in layer.trainable_weights]

    def compute(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            made = tf.nest.flatten(
                layer(x, mask=mask, training=training, initial_state=first)
            )
            loss = sum(tf.reduce_sum(tf.sin(3 * each)) for each in made)
        return made + tape.gradient(loss, [x, *weights])

    if not quick:
        found = tf.function(compute).get_concrete_function(x)
    else:
        model = keras.Sequential([layer])
        with quick_lstms(model):
            found = tf.function(compute).get_concrete_function(x)
    kinds = {operation.type for operation in found.graph.get_operations()}
    return [each.numpy() for each in found(x)], kinds


def drawn(**options):
    """An LSTM whose every weight is drawn, the bias too."""
    layer = LAYERS.LSTM(6, **options)
    layer.build((None, None, 5))
    random = np.random.default_rng(1)
    for weight in layer.trainable_weights:
        weight.assign(random.normal(0, 0.7, weight.shape))
    return layer


def compare(layer, mask, **options):
    plain, loops = results(layer, False, mask, **options)
    quick, kinds = results(layer, True, mask, **options)
    assert "BlockLSTM" in kinds and "While" not in "".join(kinds)
    assert "BlockLSTM" not in loops
    assert len(plain) == len(quick)
    for one, other in zip(plain, quick, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6, rtol=2e-5)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_outputs_and_gradients_are_those_of_the_loop(mask, sequences):
    compare(drawn(return_sequences=sequences), mask)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_states_go_in_and_out_as_in_the_loop(mask):
    random = np.random.default_rng(2)
    first = [tf.constant(random.normal(size=(3, 6)), "float32") for _ in range(2)]
    compare(drawn(return_state=True), mask, first=first)


def test_dropout_draws_what_the_loop_draws():
    def layer():
        return drawn(dropout=0.4, seed=3)

    plain, _ = results(layer(), False, MASKS["holes"], training=True)
    quick, kinds = results(layer(), True, MASKS["holes"], training=True)
    without, _ = results(layer(), True, MASKS["holes"])
    assert "BlockLSTM" in kinds
    for one, other in zip(plain, quick, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6, rtol=2e-5)
    assert not np.allclose(quick[0], without[0], atol=1e-2)


@pytest.mark.parametrize(
    "layer",
    [
        LAYERS.LSTM(4, recurrent_dropout=0.1),
        LAYERS.LSTM(4, go_backwards=True),
        LAYERS.LSTM(4, unroll=True),
        LAYERS.LSTM(4, use_bias=False),
        LAYERS.LSTM(4, dtype="float64"),
        LAYERS.LSTM(4, activation="relu"),
        LAYERS.LSTM(4, recurrent_activation="hard_sigmoid"),
        LAYERS.GRU(4),
    ],
    ids=lambda layer: str(layer.name),
)
def test_another_kind_is_left_alone(layer):
    model = keras.Sequential([keras.Input((3, 2)), layer])
    assert not lstms(model)
    assert lstms(keras.Sequential([keras.Input((3, 2)), LAYERS.LSTM(4)]))


def train(epochs=1, **settings):
    tokenizer = sft.Tokenizer().fit_on_texts(TEXTS)
    model = sft.create_model(tokenizer=tokenizer, units=8, seed=0)
    sft.train_model(
        model, TEXTS, LABELS, epochs=epochs, batch_size=4, verbose=0, **settings
    )
    return model


def uses(monkeypatch):
    """Return a list that grows whenever the operation is traced."""
    seen, operation = [], tf.raw_ops.BlockLSTM

    def noted(**given):
        seen.append(given["x"].dtype)
        return operation(**given)

    monkeypatch.setattr(tf.raw_ops, "BlockLSTM", noted)
    return seen


def test_training_is_the_same_but_for_rounding(monkeypatch):
    seen = uses(monkeypatch)
    plain = train()
    assert not seen
    fused = train(techniques=[sft.FusedLSTM()])
    assert seen
    for one, other in zip(plain.weights, fused.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    layer = fused.get_layer("lstm")
    assert "inner_loop" not in vars(layer)


@pytest.mark.parametrize("half", [False, "auto"])
def test_fast_has_it_in_single_precision(monkeypatch, half, recwarn):
    name = "sftkeras.training.techniques.half_precision.computes_in_bfloat16"
    monkeypatch.setattr(name, lambda: True)
    seen = uses(monkeypatch)
    model = train(fast=True, mixed_precision=half)
    assert set(seen) == {tf.float32}
    apart = [
        np.abs(np.subtract(one, other)).max()
        for one, other in zip(train().weights, model.weights, strict=True)
    ]
    assert max(apart) > 1e-4 if half else max(apart) < 1e-5
    assert not [w for w in recwarn if "fast=True" in str(w.message)]
    seen.clear()
    plain = sft.predict_probabilities(model, TEXTS * 3)
    assert not seen
    quick = sft.predict_probabilities(model, TEXTS * 3, fast=True)
    assert seen
    np.testing.assert_allclose(plain, quick, atol=1e-6)


def test_a_single_batch_is_fast_too_and_only_where_asked(monkeypatch):
    model = train()
    seen = uses(monkeypatch)
    plain = sft.predict_probabilities(model, TEXTS[:3])
    assert not seen
    np.testing.assert_allclose(
        plain, sft.predict_probabilities(model, TEXTS[:3], fast=True), atol=1e-6
    )
    assert seen
    for wrong in ("yes", 1, None):
        with pytest.raises(sft.InputError, match="`fast` must be True or False"):
            sft.predict(model, TEXTS[:3], fast=wrong)


def test_two_threads_each_trace_what_they_asked_for():
    random, words = np.random.default_rng(0), " ".join(TEXTS[:4]).split()
    texts = [" ".join(random.choice(words, 40)) for _ in range(300)]
    tokenizer = sft.Tokenizer().fit_on_texts(texts)
    model, start = sft.create_model(tokenizer=tokenizer), threading.Barrier(2)

    def ask(fast):
        return sft.predict_probabilities(model, texts, fast=fast)

    def ask_together(fast):
        start.wait()
        return ask(fast)

    whole = [ask(False), ask(True)]
    assert not np.array_equal(*whole)  # in their last digits
    for _ in range(3):
        carried(model).inference = None
        with ThreadPoolExecutor(2) as threads:
            found = list(threads.map(ask_together, (False, True)))
        np.testing.assert_array_equal(found, whole)


def test_xla_keeps_the_loop_which_it_knows(monkeypatch):
    seen = uses(monkeypatch)
    train(fast=True, jit_compile=True)
    assert not seen


def test_an_interrupted_training_leaves_the_layer_as_it_was():
    changed = []

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            changed.append("inner_loop" in vars(model.get_layer("lstm")))
            raise KeyboardInterrupt

    tokenizer = sft.Tokenizer().fit_on_texts(TEXTS)
    model = sft.create_model(tokenizer=tokenizer, units=8, seed=0)
    with pytest.raises(KeyboardInterrupt):
        sft.train_model(model, TEXTS, LABELS, verbose=0, fast=True, callbacks=[Stop()])
    assert changed == [True]
    assert "inner_loop" not in vars(model.get_layer("lstm"))
