"""Training the embedding rows in use, and Adam in one operation, change no number."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.inputs.rows import make_rows
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.tasks.running import run
from sftkeras.training.optimizers import FusedAdam
from sftkeras.training.techniques.small_tables import Swapped


def model_of(texts, optimizer):
    tokenizer = Tokenizer().fit_on_texts(texts)
    model = sft.create_model(5000, tokenizer=tokenizer, dropout=0.0, seed=1)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def test_the_table_shrinks_and_the_outputs_stay(reviews):
    model = model_of(reviews.texts, "adam")
    rows = make_rows(model, reviews.texts)
    tables = Swapped(model, [rows])
    words = len(model.preprocessor.word_index)
    small = tables.model.get_layer("embedding")
    assert small.input_dim == words + 1  # the words and padding; none is unknown
    assert tables.model.get_layer("lstm") is model.get_layer("lstm")
    np.testing.assert_array_equal(run(tables.model, tables.parts[0]), run(model, rows))
    small.embeddings.assign_add(np.ones(small.embeddings.shape))
    before = model.get_layer("embedding").get_weights()[0]
    tables.write_back()
    change = model.get_layer("embedding").get_weights()[0] - before
    assert set(change.sum(axis=1).round()) == {0.0, 32.0}
    assert (change.any(axis=1)).sum() == words + 1


@pytest.mark.parametrize("name", ["adam", "rmsprop", "sgd"])
def test_training_is_exactly_that_of_the_whole_table(reviews, name):
    small, whole = (model_of(reviews.texts, name) for _ in range(2))
    options = {"epochs": 3, "verbose": 0}
    sft.train_model(small, reviews.texts, reviews.labels, batch_size=24, **options)
    x = whole.preprocessor.encode(reviews.texts).take(np.arange(24))
    whole.fit(x, reviews.labels, batch_size=24, **options)
    for a, b in zip(small.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_weight_decay_leaves_the_table_whole(reviews):
    model = model_of(reviews.texts, keras.optimizers.AdamW(weight_decay=0.5))
    unused = model.get_layer("embedding").get_weights()[0][-1]
    sft.train_model(model, reviews.texts, reviews.labels, epochs=1, verbose=0)
    assert not np.array_equal(unused, model.get_layer("embedding").get_weights()[0][-1])


def fit_table(optimizer, dense):
    """Train a table of 9 x 4, looked up or (the same) multiplied by one-hot rows."""
    keras.utils.set_random_seed(0)
    ids = np.arange(24).reshape(8, 3) % 7  # each id more than once in a batch
    table = np.random.default_rng(0).normal(size=(9, 4))
    if dense:
        inputs = keras.Input((3, 9))
        layer = keras.layers.Dense(4, use_bias=False)
        x = np.eye(9)[ids]
    else:
        inputs = keras.Input((3,), dtype="int32")
        layer = keras.layers.Embedding(9, 4)
        x = ids
    hidden = keras.layers.Flatten()(layer(inputs))
    ones = keras.initializers.Constant(0.1)
    outputs = keras.layers.Dense(1, kernel_initializer=ones)(hidden)
    layer.set_weights([table])
    model = keras.Model(inputs, outputs)
    model.compile(optimizer, "mse")
    y = np.linspace(-1, 1, 8)
    model.fit(x, y, epochs=50, batch_size=8, verbose=0, shuffle=False)
    return model.get_weights()


@pytest.mark.parametrize("dense", [True, False])
def test_fused_adam_is_adam(dense):
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 50)
    reference = fit_table(keras.optimizers.Adam(schedule), dense=True)
    for a, b in zip(fit_table(FusedAdam(schedule), dense), reference, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_keras_adam_squares_before_it_adds():
    by_table = fit_table(keras.optimizers.Adam(0.01), dense=False)
    by_rows = fit_table(keras.optimizers.Adam(0.01), dense=True)
    assert np.abs(by_table[0] - by_rows[0]).max() > 0.01
