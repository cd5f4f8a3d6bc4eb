"""CTC: its traps, decoding, error rates, and which word became which."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.graph import attach
from sftkeras.inputs.ragged import Ragged
from sftkeras.tasks.alignment import align
from sftkeras.tasks.ctc import CTC, decode, decode_beam, spans
from sftkeras.tasks.infer import task_from
from sftkeras.tasks.transcription import Transcription

TASK = Transcription(("one", "three", "tree", "two"))


def loss(logits, frames, units):
    """Return the loss of one row by brute force: the sum over all alignments."""
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    total = 0.0
    for path in np.ndindex(*[logits.shape[1]] * frames):
        if decode(np.eye(logits.shape[1])[list(path)]) == list(units):
            total += np.exp(sum(log_p[t, unit] for t, unit in enumerate(path)))
    return -np.log(total)


def ours(logits, frames, units, width=4):
    row = [frames, *units, *[0] * (width - len(units))]
    return float(CTC()(np.array([row], "float32"), logits[None].astype("float32")))


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(size=(5, 3))


@pytest.mark.parametrize("units", [[1], [1, 2], [2, 2], [1, 2, 1]])
def test_the_loss_sums_over_all_alignments(logits, units):
    assert ours(logits, 5, units) == pytest.approx(loss(logits, 5, units), rel=1e-4)


def test_frames_that_fill_a_batch_count_nothing(logits):
    longer = np.concatenate([logits, np.full((10, 3), 7.0)])
    assert ours(longer, 5, [1, 2]) == pytest.approx(ours(logits, 5, [1, 2]), rel=1e-5)


def test_zeros_that_fill_the_targets_count_nothing(logits):
    wide, narrow = (ours(logits, 5, [1, 2], width) for width in (9, 2))
    assert wide == pytest.approx(narrow, rel=1e-5)


def test_a_batch_of_two_is_the_mean_of_each(logits):
    rows = np.array([[5, 1, 2], [3, 2, 0]], "float32")
    both = np.stack([logits, logits]).astype("float32")
    expected = (loss(logits, 5, [1, 2]) + loss(logits[:3], 3, [2])) / 2
    assert float(CTC()(rows, both)) == pytest.approx(expected, rel=1e-4)


def test_the_outputs_are_logits_and_a_shift_changes_nothing(logits):
    assert ours(logits + 3, 5, [1]) == pytest.approx(ours(logits, 5, [1]), rel=1e-4)


def test_decoding_merges_repeats_then_drops_blanks():
    assert decode(np.eye(3)[[1, 1, 0, 1, 2, 2, 0]]) == [1, 1, 2]
    assert decode(np.eye(3)[[0, 0]]) == []
    assert spans(np.eye(3)[[0, 1, 1, 0, 2]]) == [(1, 1, 3), (2, 4, 5)]


def test_a_beam_adds_up_what_the_best_path_does_not():
    # Twice 0.6 blank: the best path is silent (0.36); unit 1 has 0.4 + 0.24 = 0.64.
    p = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert decode(p) == []
    assert decode_beam(p, 10) == [1]


def test_a_beam_gives_the_units_themselves():
    logits = 9 * np.eye(4)[[0, 3, 0, 1, 1, 0, 2]]
    assert decode_beam(logits, 5) == decode(logits) == [3, 1, 2]


def test_texts_are_cut_into_words():
    assert TASK.units_of(" Three,  TWO—one! ") == ["three", "two", "one"]
    assert Transcription().units_of("don't stop") == ["don't", "stop"]


def test_chinese_is_cut_into_characters():
    task = Transcription(level="characters")
    assert task.units_of("打开灯， 三五") == ["打", "开", "灯", "三", "五"]
    assert task.text_of(["三", "五"]) == "三五"


def test_units_are_learned_from_the_texts():
    assert Transcription().fitted_to(["no yes", "go no"]).label_names == (
        "go",
        "no",
        "yes",
    )


def test_words_that_are_not_known_are_named():
    with pytest.raises(InputError, match=r"'four', 'robot'.*--add-words"):
        TASK.fitted_to(["one robot", "four"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": "letters"}, "level"),
        ({"beam": 0}, "beam"),
        ({"label_names": ()}, "units"),
        ({"label_names": ("Yes",)}, "lower case"),
        ({"label_names": ("one two",)}, "units"),
        ({"label_names": ("a", "a")}, "once"),
    ],
)
def test_tasks_that_make_no_sense_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        Transcription(**options)


@pytest.fixture(scope="module")
def model():
    """A convolution that shortens; frames of four numbers."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, 4))
    x = keras.layers.Conv1D(16, 3, strides=2, activation="relu")(inputs)
    x = keras.layers.Dense(TASK.units, name="head")(x)
    return attach(keras.Model(inputs, x), TASK)


def rows(*lengths):
    random = np.random.default_rng(1)
    return Ragged.from_rows([random.normal(size=(n, 4)).astype("f4") for n in lengths])


def test_targets_hold_each_rows_own_frames(model):
    found = TASK.encode(model, rows(21, 9), ["one two", "tree"])
    assert [found.targets[row].tolist() for row in (0, 1)] == [[10, 1, 4], [4, 3]]


@pytest.mark.parametrize("text", ["one two one two one", "two two two"])
def test_a_text_longer_than_its_sound_is_named(model, text):
    with pytest.raises(InputError, match=r"row 1.*needs 5 frames.*has 4"):
        TASK.encode(model, rows(21, 9), ["one", text])


def test_texts_that_are_none_are_named(model):
    with pytest.raises(InputError, match="row 0: nothing is said"):
        TASK.encode(model, rows(9), ["…"])
    with pytest.raises(InputError, match=r"texts.*int 3"):
        TASK.encode(model, rows(9), [3])
    with pytest.raises(InputError, match="as many"):
        TASK.encode(model, rows(9, 9), ["one"])


def test_an_answer_does_not_hang_on_what_is_beside_it(model):
    data = rows(9, 41, 23)
    together = TASK.answer(model, data)
    for row in range(3):
        alone = TASK.answer(model, data.pick([row]))
        assert alone.outputs[0].shape == together.outputs[row].shape
        assert np.allclose(alone.outputs[0], together.outputs[row], atol=1e-5)
        assert alone[0] == together[row]


def test_training_learns_transcripts(model):
    random = np.random.default_rng(2)
    sounds = 3 * np.eye(4)

    def say(numbers):
        parts = [np.zeros((4, 4))]
        for number in numbers:
            parts += [np.tile(sounds[number], (6, 1)), np.zeros((4, 4))]
        return np.concatenate(parts) + random.normal(0, 0.1, (sum(map(len, parts)), 4))

    drawn = [random.integers(0, 4, random.integers(1, 4)) for _ in range(40)]
    data = Ragged.from_rows([say(numbers).astype("f4") for numbers in drawn])
    texts = [" ".join(TASK.label_names[n] for n in numbers) for numbers in drawn]
    before = sft.evaluate_model(model, data, texts, verbose=False)["wer"]
    settings = {"learning_rate": 0.03, "epochs": 60, "batch_size": 8, "verbose": 0}
    tuned = sft.fine_tune(model, data.pick(range(30)), texts[:30], **settings)
    held = sft.evaluate_model(
        tuned, data.pick(range(30, 40)), texts[30:], verbose=False
    )
    assert held["wer"] < 0.3 < 0.6 < before
    assert len(sft.predict(tuned, data)) == 40


def test_error_rates_are_counted_by_kind():
    report = TASK.score(["one three", "two"], ["one tree", "two two"])
    assert report["wer"] == pytest.approx(2 / 3)
    assert (report["substitutions"], report["insertions"]) == (1, 1)
    assert report["confusions"] == [["three", "tree", 1], ["", "two", 1]]
    told = TASK.describe(report)
    assert "three -> tree: 1" in told and "two put in: 1" in told


def test_a_rate_may_exceed_one():
    assert TASK.score(["one"], ["two two two"])["wer"] == 3


def test_nothing_heard_is_all_left_out():
    report = TASK.score(["one two"], [""])
    assert report["wer"] == 1 and report["deletions"] == 2


def test_characters_have_no_words():
    task = Transcription(level="characters").fitted_to(["三五七"])
    report = task.score(["三五七"], ["三七七"])
    assert report["wer"] is None and report["cer"] == pytest.approx(1 / 3)


def test_align_finds_the_fewest_differences():
    assert align(["a", "b", "c"], ["a", "c"]) == [("a", "a"), ("b", ""), ("c", "c")]
    assert align([], ["a"]) == [("", "a")]


def test_few_recordings_are_seen_as_often_as_it_takes():
    for rows, epochs in ((5, 80), (20, 40), (1000, 10)):
        assert TASK.suggested("part", rows) == (1.5e-3, epochs, 16)


def test_a_task_is_kept_whole():
    task = TASK.replaced(beam=5)
    assert task_from(task.config()) == task
