"""Batches of similar length: every row once, no needless padding, order restored."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.inputs.batches import Batches
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import Rows, make_rows
from sftkeras.models.copying import copy_model
from sftkeras.tasks.running import run

COUNT = 103  # rows; no multiple of a batch


@pytest.fixture
def rows():
    """Rows of 1 to 103 tokens; row i holds the number i + 1, over and over."""
    lengths = 1 + np.random.default_rng(0).permutation(COUNT)
    values = [np.full(length, row + 1, "int32") for row, length in enumerate(lengths)]
    return Rows(Ragged.from_rows(values))


def epoch_of(batches, epoch):
    """Return the row numbers of an epoch's batches, as the batches hold them."""
    batches.set_epoch(epoch)
    return [batches[index][0][:, 0] - 1 for index in range(len(batches))]


@pytest.mark.parametrize("batch_size", [1, 8, 200])
@pytest.mark.parametrize("seed", [None, 0, 7])
def test_every_row_comes_once_an_epoch_with_its_target(rows, seed, batch_size):
    targets = np.arange(COUNT) * 10
    weights = np.arange(COUNT) / 7
    batches = Batches(Rows(rows.inputs, targets, weights), batch_size, seed)
    for epoch in range(3):
        batches.set_epoch(epoch)
        found = []
        for inputs, target, weight in [batches[i] for i in range(len(batches))]:
            numbers = inputs[:, 0] - 1
            found += numbers.tolist()
            assert np.array_equal(target, numbers * 10)
            assert np.array_equal(weight, numbers / 7)
            assert 1 <= len(numbers) <= batch_size
        assert sorted(found) == list(range(COUNT))
    assert len(batches) == -(-COUNT // batch_size)
    for inputs, target in Batches(Rows(rows.inputs, targets), batch_size, seed):
        assert np.array_equal(target, (inputs[:, 0] - 1) * 10)


def test_the_order_is_new_each_epoch_and_hangs_on_the_seed_only(rows):
    def order(seed, epoch):
        return np.concatenate(epoch_of(Batches(rows, 8, seed), epoch)).tolist()

    first = order(0, 0)
    batches = Batches(rows, 8, 0)
    epoch_of(batches, 5)
    assert np.concatenate(epoch_of(batches, 0)).tolist() == first
    others = [order(0, 1), order(0, 2), order(1, 0)]
    assert all(first != other for other in others)
    # Not only the batches' order: the same rows do not meet in every epoch.
    meetings = [{frozenset(b) for b in epoch_of(batches, e)} for e in range(2)]
    assert len(meetings[0] & meetings[1]) < len(batches) / 2


def test_training_batches_do_not_come_by_length(rows):
    longest = [int(rows.lengths[b].max()) for b in epoch_of(Batches(rows, 8, 0), 0)]
    assert longest != sorted(longest) and longest != sorted(longest)[::-1]


def test_padding_is_to_the_batchs_longest_and_small_in_all(rows):
    batches = Batches(rows, 8, seed=0)
    cells = 0
    for index in range(len(batches)):
        inputs = batches[index][0]
        lengths = rows.lengths[inputs[:, 0] - 1]
        assert inputs.shape[1] == lengths.max()
        assert np.array_equal((inputs != 0).sum(axis=1), lengths)
        for row, length in zip(inputs, lengths, strict=True):
            assert not row[length:].any()  # padding stands at the end
        cells += inputs.size
    tokens = rows.lengths.sum()
    assert tokens <= cells < 1.25 * tokens < 0.7 * COUNT * rows.lengths.max()


def test_rows_without_lengths_are_shuffled_too():
    batches = Batches(Rows(np.arange(1, 51).reshape(50, 1)), 8, seed=3)
    assert sorted(np.concatenate(epoch_of(batches, 0))) == list(range(50))
    assert np.concatenate(epoch_of(batches, 0)).tolist() != list(range(50))


def test_rows_without_lengths_reach_fit_in_their_batches():
    x = np.arange(COUNT, dtype="float32")[:, None]
    batches = Batches(Rows(x, np.arange(COUNT)), 8, seed=3)
    for epoch in range(2):
        batches.set_epoch(epoch)
        given = list(batches.for_fit().as_numpy_iterator())
        assert len(given) == len(batches) == 13
        for index, (inputs, targets) in enumerate(given):
            expected_inputs, expected_targets = batches[index]
            assert np.array_equal(inputs, expected_inputs)
            assert np.array_equal(targets, expected_targets)


def test_lengths_are_rounded_up_for_xla(rows):
    batches = Batches(rows, 8, seed=0, multiple=16)
    widths = {batches[index][0].shape[1] for index in range(len(batches))}
    assert all(width % 16 == 0 for width in widths) and max(widths) == 112
    numbers = np.concatenate([batches[i][0].max(axis=1) for i in range(len(batches))])
    assert sorted(numbers) == list(range(1, COUNT + 1))


@pytest.mark.parametrize("multiple", [1, 4, (6, 12)])
def test_the_shapes_to_come_are_known(rows, multiple):
    batches = Batches(rows, 4, seed=0, multiple=multiple)
    cut = [keras.tree.flatten(batches[i][0])[0].shape for i in range(len(batches))]
    assert batches.shapes() == set(cut)


def test_fit_gets_the_batches_drawn(rows):
    batches = Batches(Rows(rows.inputs, np.arange(COUNT)), 8, seed=0)
    dataset = batches.for_fit()
    assert len(dataset) == len(batches)
    for epoch in (0, 1):
        batches.set_epoch(epoch)
        for index, (inputs, targets) in enumerate(dataset):
            assert np.array_equal(inputs, batches[index][0])
            assert np.array_equal(targets, batches[index][1])
        assert index == len(batches) - 1


def test_fit_gets_columns_of_any_kind(rows):
    frames = [np.full((1 + row % 5, 2, 3), row, "float16") for row in range(COUNT)]
    inputs = {"b": rows.inputs, "a": Ragged.from_rows(frames)}
    weights = np.linspace(0, 1, COUNT)
    batches = Batches(Rows(inputs, np.ones((COUNT, 4, 1), "uint8"), weights), 8, seed=1)
    given = list(batches.for_fit().as_numpy_iterator())
    assert len(given) == len(batches)
    for index, batch in enumerate(given):
        expected = batches[index]
        assert sorted(batch[0]) == ["a", "b"]
        pairs = zip(*map(keras.tree.flatten, (batch, expected)), strict=True)
        for found, wanted in pairs:
            assert found.dtype == wanted.dtype and np.array_equal(found, wanted)


def test_no_thread_that_tunes_holds_up_the_end_of_an_epoch(rows):
    batches = Batches(Rows(rows.inputs, np.arange(COUNT)), 8, seed=0)
    assert batches.for_fit().options().autotune.enabled is False


@pytest.mark.parametrize("batch_size", [1, 7, 32, 500])
def test_outputs_come_in_the_order_of_the_inputs(rows, batch_size):
    inputs = keras.Input((None,), dtype="int32")
    outputs = keras.ops.stack(
        [keras.ops.max(inputs, axis=1), keras.ops.sum(inputs, axis=1)], axis=1
    )
    result = run(keras.Model(inputs, outputs), rows, batch_size)
    numbers = np.arange(1, COUNT + 1)
    assert np.array_equal(result, np.stack([numbers, numbers * rows.lengths], axis=1))


@pytest.fixture(params=["lstm", "encoder"])
def text_model(request, tiny_classifier, reviews):
    if request.param == "encoder":
        return tiny_classifier()
    tokenizer = sft.Tokenizer().fit_on_texts(reviews.texts)
    model = sft.create_model(tokenizer=tokenizer, output_dim=8, units=8)
    for layer in model.layers[1:]:  # a new LSTM answers 0.5 to everything
        layer.set_weights([5 * weight for weight in layer.get_weights()])
    return model


def test_padding_does_not_change_a_prediction(text_model):
    short, long = "not bad at all", "the food was good and cheap . " * 3
    alone = sft.predict_probabilities(text_model, [short])[0]
    beside = sft.predict_probabilities(text_model, [short, long, "never"])
    np.testing.assert_allclose(alone, beside[0], atol=1e-5)
    assert abs(beside[0] - beside[1]).max() > 1e-2  # the text itself does change it
    repeated = sft.predict_probabilities(copy_model(text_model), [long, short])
    np.testing.assert_allclose(repeated[::-1], beside[:2], atol=1e-5)


def test_predictions_follow_a_model_that_was_changed():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="head")])
    x = np.eye(3, dtype="float32")
    before = sft.predict(model, x)
    head = model.get_layer("head")
    head.enable_lora(1)
    head.lora_kernel_b.assign_add([[1.0]])
    after = sft.predict(model, x)
    assert not np.allclose(before, after)
    np.testing.assert_allclose(after, model(x)[:, 0], rtol=1e-5)


@pytest.mark.parametrize("kind", [list, tuple])
def test_several_inputs_go_by_place_or_by_name(kind):
    first, second = keras.Input((2,), name="first"), keras.Input((1,), name="second")
    model = keras.Model([first, second], keras.ops.concatenate([first, second], axis=1))
    a, b = np.ones((5, 2), "float32"), np.arange(5.0, dtype="float32")[:, None]
    expected = np.concatenate([a, b], axis=1)
    assert np.array_equal(run(model, make_rows(model, kind([a, b])), 2), expected)
    data = {"second": b, "first": a}
    named = keras.Model({"first": first, "second": second}, model.output)
    assert np.array_equal(run(named, make_rows(named, data), 2), expected)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "There are no rows"),
        (["good", 3], r"Received: int 3 \(row 1\)"),
        pytest.param(["good", None], "row 1 is missing"),
        pytest.param([None, "good"], "row 0 is missing"),
    ],
)
def test_what_is_no_text_is_refused(tiny_classifier, data, message):
    with pytest.raises(sft.InputError, match=message):
        sft.predict(tiny_classifier(), data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (["good", "bad"], "no preprocessor, so it takes arrays"),
        (np.zeros((0, 2)), "no rows"),
        ([], "no rows"),
        pytest.param(None, "None"),
        pytest.param([[1.0, 2.0], [3.0]], "2 different lengths"),
        pytest.param(np.zeros((3, 5)), "5"),
    ],
)
def test_what_is_no_array_is_refused(data, message):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(sft.InputError, match=message):
        sft.predict(model, data)


def test_inputs_of_different_lengths_are_refused():
    inputs = [keras.Input((1,)), keras.Input((1,))]
    model = keras.Model(inputs, keras.ops.add(*inputs))
    with pytest.raises(sft.InputError, match="one number of rows"):
        make_rows(model, [np.zeros((3, 1)), np.zeros((4, 1))])
