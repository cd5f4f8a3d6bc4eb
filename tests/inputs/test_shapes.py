"""Few shapes for XLA, and the same results as with many."""

import itertools

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.graph import all_layers
from sftkeras.inputs import shapes
from sftkeras.inputs.batches import Batches
from sftkeras.inputs.ragged import Ragged, round_up
from sftkeras.inputs.rows import Rows, make_rows
from sftkeras.models.copying import copy_model
from sftkeras.tasks.running import run

LAYERS = keras.layers
LADDER = [16, 24, 32, 48, 64, 96, 128]
LONG = "the food was good and cheap . " * 3


def padded(lengths, chosen):
    return sum(round_up(int(length), chosen) for length in lengths)


@pytest.mark.parametrize("price", [0, 10, 100, 1000, 10**6])
def test_the_lengths_chosen_cost_least(price):
    lengths = np.random.default_rng(price).gamma(2, 15, 200).astype(int).clip(1, 128)
    lengths[0] = 128
    found = shapes.choose_lengths(lengths, price)
    every = [
        (*some, 128)
        for count in range(len(LADDER))
        for some in itertools.combinations(LADDER[:-1], count)
    ]
    cost = {some: padded(lengths, some) + price * len(some) for some in every}
    assert cost[found] == min(cost.values())


def test_dear_programs_make_one_length_and_cheap_ones_many():
    lengths = [5] * 10 + [20] * 10 + [100] * 10
    assert shapes.choose_lengths(lengths, 10**9) == (128,)
    assert shapes.choose_lengths(lengths, 1) == (16, 24, 128)


def test_no_length_exceeds_what_the_model_takes(tiny_classifier):
    assert shapes.choose_lengths([100], 1, limit=110) == (110,)
    assert shapes.choose_lengths([100], 1, limit=50) == (100,)  # a model that cuts
    model = tiny_classifier()
    rows = Rows({"token_ids": Ragged.from_rows([np.ones(30, "int32")])})
    assert shapes.lengths_for(model, rows)[-1] == 32  # of its position embedding
    rows = Rows({"token_ids": Ragged.from_rows([np.ones(17, "int32")])})
    assert shapes.lengths_for(model, rows)[-1] == 24


def test_few_epochs_and_predictions_take_the_lengths_that_pay(monkeypatch):
    model = through(LAYERS.LSTM(3))
    rows = Rows(Ragged.from_rows([np.ones(n, "int32") for n in [9] * 90 + [99] * 9]))
    monkeypatch.setattr(shapes, "_TOKENS_A_PROGRAM", {"cpu": 20_000, "gpu": 20_000})
    assert shapes.lengths_for(model, rows, 1, trains=True) == (128,)
    assert shapes.lengths_for(model, rows, 9, trains=True) == (16, 128)
    assert shapes.lengths_for(model, rows, 1) == (16, 128)  # compiled sooner


def through(*layers, mask_zero=True):
    tensor = inputs = keras.Input((None,), dtype="int32")
    for layer in (LAYERS.Embedding(50, 4, mask_zero=mask_zero), *layers):
        tensor = layer(tensor)
    return keras.Model(inputs, LAYERS.Dense(1, activation="sigmoid")(tensor))


class Own(keras.Model):
    def call(self, inputs):
        return inputs


def test_it_is_known_which_networks_heed_a_mask(tiny_classifier):
    lstm = LAYERS.LSTM
    assert shapes.heeds_mask(tiny_classifier())
    assert shapes.heeds_mask(through(lstm(3)))
    assert shapes.heeds_mask(
        through(LAYERS.Dropout(0.1), lstm(3, return_sequences=True), lstm(3))
    )
    assert shapes.heeds_mask(through(LAYERS.GlobalAveragePooling1D()))
    assert not shapes.heeds_mask(through(lstm(3), mask_zero=False))
    assert not shapes.heeds_mask(through(LAYERS.GlobalMaxPooling1D(), mask_zero=False))
    assert not shapes.heeds_mask(Own())
    with pytest.warns(UserWarning, match="destroy the mask"):
        lost = through(LAYERS.GlobalMaxPooling1D())
    assert not shapes.heeds_mask(lost)


def test_networks_that_see_padding_and_sequences_as_targets_keep_what_they_had():
    column = Ragged.from_rows([np.ones(n, "int32") for n in (3, 90)])
    assert isinstance(shapes.lengths_for(through(LAYERS.LSTM(3)), Rows(column)), tuple)
    for model, rows in (
        (through(LAYERS.GlobalMaxPooling1D(), mask_zero=False), Rows(column)),
        (through(LAYERS.LSTM(3)), Rows(column, column)),
        (through(LAYERS.LSTM(3)), Rows(np.ones((2, 3), "int32"))),
    ):
        assert shapes.lengths_for(model, rows) == 16


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_a_last_batch_that_is_not_full_makes_one_shape_more(epoch):
    lengths = 1 + np.random.default_rng(0).permutation(103)
    rows = Rows(Ragged.from_rows([np.full(n, n, "int32") for n in lengths]))
    batches = Batches(rows, 8, seed=1, multiple=(16, 64, 128))
    batches.set_epoch(epoch)
    cut = [batches[index][0] for index in range(len(batches))]
    assert {a.shape for a in cut} <= {(8, 16), (8, 64), (8, 128), (7, 128)}
    numbers = np.concatenate([a.max(axis=1) for a in cut])
    assert sorted(numbers) == list(range(1, 104))


def test_evaluation_takes_a_size_that_leaves_nothing_over():
    assert shapes.even_share(720, 16) == 16
    assert shapes.even_share(180, 16) == 15
    assert shapes.even_share(20, 16) == 20
    assert shapes.even_share(5, 16) == shapes.even_share(101, 16) == 16
    assert shapes.even_share(7, 1) == 1


def test_batches_of_predictions_are_filled():
    first, last = np.arange(4, 8), np.arange(9, 10)
    filled = shapes.filled([first, last], 4)
    assert [f.tolist() for f in filled] == [[4, 5, 6, 7], [9, 9, 9, 9]]
    assert [len(shapes.filled([np.arange(n)], 32)[0]) for n in (1, 2, 5, 20, 32)] == [
        1,
        2,
        8,
        32,
        32,
    ]


@pytest.fixture(params=["lstm", "encoder"])
def model(request, tiny_classifier, reviews):
    if request.param == "encoder":
        return tiny_classifier()
    tokenizer = sft.Tokenizer().fit_on_texts(reviews.texts)
    return sft.create_model(tokenizer=tokenizer, output_dim=8, units=8, dropout=0.0)


def test_training_with_few_shapes_is_the_same(model, reviews, monkeypatch):
    cut = []
    take = Ragged.take

    def watched(self, rows, *args, **options):
        result = take(self, rows, *args, **options)
        cut.append(result.shape)
        return result

    monkeypatch.setattr(Ragged, "take", watched)
    texts, labels = [*reviews.texts[:22], LONG], [*reviews.labels[:22], 1]

    def tuned(jit_compile):
        cut.clear()
        trained = copy_model(model)
        for layer in all_layers(trained):
            if isinstance(layer, LAYERS.Dropout):  # its draws hang on the shape
                layer.rate = 0.0
        history = sft.train_model(
            trained, texts, labels, texts[3:21], labels[3:21], epochs=2, batch_size=4,
            jit_compile=jit_compile, optimizer="sgd", learning_rate=0.05, verbose=0,
        )  # fmt: skip
        return trained, history.history, {*cut}

    (one, before, many), (two, after, seen) = tuned(False), tuned(True)
    assert before.keys() == after.keys()
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, atol=1e-5)
    answers = [sft.predict_probabilities(m, texts) for m in (one, two)]
    np.testing.assert_allclose(*answers, atol=1e-5)
    untrained = sft.predict_probabilities(model, texts)
    assert abs(untrained - answers[0]).max() > 1e-3
    # The last batch is of 3 texts; those of validation are 18, 3 by 3.
    assert {shape for shape in seen if shape[0] > 1} == {(4, 24), (3, 24), (3, 16)}
    assert len(seen) < len(many)


def test_predictions_with_few_shapes_are_the_same(model, reviews, monkeypatch):
    rows = make_rows(model, [*reviews.texts, LONG, "good"])
    plain = run(model, rows, 4)
    shapes_seen = set()
    take = Rows.take

    def watched(self, where, multiple=1):
        inputs = take(self, where, multiple)
        shapes_seen.update(a.shape for a in keras.tree.flatten(inputs))
        return inputs

    monkeypatch.setattr(Rows, "take", watched)
    monkeypatch.setattr("sftkeras.tasks.running.xla_predicts", lambda: True)
    np.testing.assert_allclose(run(model, rows, 4), plain, atol=1e-5)
    assert {count for count, _ in shapes_seen} == {4}
    assert len(shapes_seen) <= 2
    alone = run(model, make_rows(model, ["not good", "bad", LONG]), 4)
    both = run(model, make_rows(model, ["bad", LONG, "not good"]), 4)
    np.testing.assert_allclose(alone[[1, 2, 0]], both, atol=1e-5)


def test_places_of_filled_batches_find_their_rows(model, monkeypatch):
    monkeypatch.setattr("sftkeras.tasks.running.xla_predicts", lambda: True)
    inputs = keras.Input((None,), dtype="int32", name="token_ids")
    embedded = LAYERS.Embedding(200, 3, mask_zero=True)(inputs)
    values = [np.full(n, n, "int32") for n in (5, 90, 17, 1, 33)]
    rows = Rows(Ragged.from_rows(values))
    places = run(keras.Model(inputs, embedded), rows, 2)
    assert places.lengths.tolist() == [5, 90, 17, 1, 33]
    table = embedded._keras_history.operation.get_weights()[0]
    for row, numbers in enumerate(values):
        np.testing.assert_allclose(places[row], table[numbers])
