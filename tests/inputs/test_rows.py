"""`Rows`: every column dense or ragged, with lengths of its own."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.graph import attach
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import Rows, make_rows
from sftkeras.tasks.running import OtherLengths, collect, run
from sftkeras.tasks.task import Answers

L = keras.layers
N = 24
RANDOM = np.random.default_rng(0)
QUESTIONS = [RANDOM.integers(1, 9, RANDOM.integers(2, 9)) for _ in range(N)]
ANSWERS = [RANDOM.integers(1, 9, RANDOM.integers(3, 15)) for _ in range(N)]
LABELS = [int(q.sum() % 2) for q in QUESTIONS]
PAIRS = {"question": QUESTIONS, "answer": ANSWERS}


def two_sequences():
    """A question attends to an answer; the lower layers may be frozen."""
    keras.utils.set_random_seed(0)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in PAIRS}
    seen = {
        name: L.Dense(6, "tanh", name=f"{name}_dense")(
            L.Embedding(9, 6, name=f"{name}_table")(tensor)
        )
        for name, tensor in inputs.items()
    }
    h = L.MultiHeadAttention(2, 4, name="attention")(seen["question"], seen["answer"])
    h = L.GlobalAveragePooling1D()(L.Add()([h, seen["question"]]))
    return keras.Model(inputs, L.Dense(1, "sigmoid", name="head")(h))


def padded(columns):
    length = max(len(row) for row in columns)
    return np.stack([np.pad(row, (0, length - len(row))) for row in columns])


def test_two_sequences_of_their_own_lengths_cross_the_frozen_cut():
    chosen = ["attention"]
    options = {"epochs": 2, "batch_size": 1, "verbose": 0, "learning_rate": 0.01}
    tuned = [
        sft.fine_tune(two_sequences(), PAIRS, LABELS, chosen, cache_frozen=c, **options)
        for c in (True, False)
    ]
    start = two_sequences().get_weights()
    assert any(
        abs(a - b).max() > 1e-3
        for a, b in zip(start, tuned[0].get_weights(), strict=True)
    )
    # Rows one by one: nothing is padded, and this network does not mask.
    for one, other in zip(*(model.get_weights() for model in tuned), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_each_output_is_cut_to_the_sequence_that_it_follows():
    model = two_sequences()
    tensors = [
        model.get_layer("question_dense").output,
        model.get_layer("answer_dense").output,
        model.output,
    ]
    part = keras.Model(model.input, tensors)
    question, answer, whole = run(part, make_rows(part, PAIRS), batch_size=5)
    assert question.lengths.tolist() == [len(row) for row in QUESTIONS]
    assert answer.lengths.tolist() == [len(row) for row in ANSWERS]
    assert whole.shape == (N, 1)
    alone = part({name: rows[3][None] for name, rows in PAIRS.items()})
    np.testing.assert_allclose(question[3], alone[0][0], atol=1e-6)
    np.testing.assert_allclose(answer[3], alone[1][0], atol=1e-6)


def strided():
    inputs = keras.Input((None, 1))
    h = L.Conv1D(3, 4, strides=4, padding="same", name="frames")(inputs)
    return keras.Model(inputs, h)


WAVES = [RANDOM.normal(size=(n, 1)).astype("float32") for n in (9, 16, 31, 12, 40, 8)]


def test_an_output_with_fewer_places_is_cut_to_as_many_as_it_has_alone():
    model = strided()
    frames = run(model, make_rows(model, WAVES), batch_size=2)
    assert frames.lengths.tolist() == [-(-len(wave) // 4) for wave in WAVES]
    with pytest.raises(OtherLengths):
        collect(model, make_rows(model, WAVES), place_by_place=True)


def test_a_list_of_waveforms_is_learned_from_over_a_frozen_convolution():
    body = strided()
    h = L.GlobalMaxPooling1D()(body.output)
    model = keras.Model(body.input, L.Dense(1, "sigmoid", name="head")(h))
    labels = [0, 1] * 3
    tuned = sft.fine_tune(model, WAVES, labels, None, epochs=3, verbose=0)
    assert len(sft.predict(tuned, WAVES)) == len(WAVES)
    frames = [layer.get_layer("frames").get_weights() for layer in (model, tuned)]
    np.testing.assert_array_equal(frames[0][0], frames[1][0])


class Tagging(sft.Task):
    """A class for each place of a sequence."""

    @property
    def loss(self):
        return keras.losses.SparseCategoricalCrossentropy(
            reduction="mean_with_sample_weight"
        )

    def targets(self, labels):
        return Ragged.from_rows([np.asarray(row, "int32") for row in labels])

    def decide(self, outputs):
        tags = [outputs[row].argmax(axis=-1).tolist() for row in range(len(outputs))]
        return Answers(tags, outputs)

    def score(self, labels, answers):
        pairs = zip(labels, answers, strict=True)
        right = [np.equal(truth, found) for truth, found in pairs]
        return {"accuracy": float(np.concatenate(right).mean())}


def tagger():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((None,), dtype="int32")
    h = L.Embedding(9, 8, name="table")(inputs)
    h = L.Conv1D(32, 1, activation="relu", name="body")(h)
    model = keras.Model(inputs, L.Dense(2, "softmax", name="head")(h))
    return attach(model, Tagging())


TAGS = [(row % 2).tolist() for row in ANSWERS]


@pytest.mark.parametrize("layers", ["all", ["body"], None])
def test_a_task_of_our_own_with_ragged_targets_is_fine_tuned(layers):
    options = {"epochs": 40, "learning_rate": 0.02, "batch_size": 8, "verbose": 0}
    tuned = sft.fine_tune(tagger(), ANSWERS, TAGS, layers, **options)
    found = sft.predict(tuned, ANSWERS)
    assert [len(row) for row in found] == [len(row) for row in TAGS]
    report = sft.evaluate_model(tuned, ANSWERS, TAGS, verbose=False)
    assert report["accuracy"] > (0.9 if layers else 0.6)  # of random features


def test_padded_places_count_nothing():
    rows = tagger()
    task = Tagging()
    encoded = task.encode(rows, ANSWERS, TAGS)
    inputs, targets, weights = encoded.batch(np.arange(3))
    lengths = [len(row) for row in ANSWERS[:3]]
    assert inputs.shape == targets.shape == weights.shape == (3, max(lengths))
    assert weights.sum(axis=1).tolist() == lengths


def test_columns_of_different_counts_are_told_of():
    with pytest.raises(sft.InputError, match=r"columns of \[2, 3\] rows"):
        Rows(np.zeros((3, 1)), np.zeros(2))
    with pytest.raises(sft.InputError, match=r"first axis only.*2, 3"):
        make_rows(strided(), [np.zeros((2, 3)), np.zeros((3, 2))])
    with pytest.raises(sft.InputError, match="2 different lengths"):
        make_rows(
            keras.Sequential([keras.Input((4,)), L.Dense(1)]),
            [np.zeros(3), np.zeros(2)],
        )
