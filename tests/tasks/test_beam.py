"""The loss of units, decoding, and scores of texts."""

import numpy as np
import pytest

from sftkeras.errors import InputError
from sftkeras.tasks.beam import NEVER, write
from sftkeras.tasks.texts import UnitCrossEntropy, text_scores
from sftkeras.tasks.translation import Translation

START, END = 1, 2


def by_hand(targets, logits, weights, smoothing):
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    right = np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]
    each = -(1 - smoothing) * right - smoothing * log_p.mean(axis=-1)
    return (each * weights).sum() / weights.sum()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("padding", [0, 1, 9])
def test_the_loss_is_the_mean_over_real_places_whatever_the_padding(smoothing, padding):
    random = np.random.default_rng(0)
    lengths, most = [3, 5, 1], 5 + padding
    weights = (np.arange(most) < np.array(lengths)[:, None]).astype("float32")
    targets = random.integers(0, 7, (3, most))
    logits = random.normal(0, 3, (3, most, 7))
    expected = by_hand(targets[:, :5], logits[:, :5], weights[:, :5], smoothing)
    loss = UnitCrossEntropy(smoothing)
    found = loss(targets, logits.astype("float32"), sample_weight=weights)
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_the_loss_is_saved_with_its_smoothing():
    again = UnitCrossEntropy.from_config(UnitCrossEntropy(0.3).get_config())
    assert again.smoothing == 0.3


def test_smoothing_and_beam_are_checked():
    with pytest.raises(InputError, match=r"smoothing.*Received: 1"):
        Translation(smoothing=1)
    with pytest.raises(InputError, match=r"beam.*Received: 0"):
        Translation(beam=0)


def chain(table):
    """A step of a language in which the next unit hangs on the last one alone."""

    def step(units, state):
        return np.log(table[units]), state

    return step


# 0 and 1 cannot be reached; 2 ends; from the start 3 is likelier than 4, but what
# follows 3 is unlikely whichever it is.
TABLE = np.array(
    [
        [1e-9, 1e-9, 1.0, 1e-9, 1e-9],
        [1e-9, 1e-9, 1e-9, 0.55, 0.45],
        [1e-9, 1e-9, 1.0, 1e-9, 1e-9],
        [1e-9, 1e-9, 0.4, 0.3, 0.3],
        [1e-9, 1e-9, 0.95, 0.02, 0.03],
    ]
)


def written(beam, count=2, **options):
    state = {"seen": np.zeros((count, 1))}
    texts, scores = write(chain(TABLE), state, count, 4, START, END, beam, **options)
    return [text.tolist() for text in texts], scores


def test_greedy_takes_the_likeliest_unit_each_time():
    assert written(None)[0] == [[3], [3]]


def test_a_beam_finds_what_is_likelier_as_a_whole():
    texts, scores = written(3)
    assert texts == [[4], [4]]
    assert scores[0] == pytest.approx(np.log(0.45 * 0.95), rel=1e-6)


def test_a_beam_of_one_is_greedy():
    assert written(1)[0] == written(None)[0]


def test_what_is_not_allowed_is_not_written():
    def allow(rows, texts, scores):
        scores[rows == 1, 3] = NEVER

    assert written(None, allow=allow)[0] == [[3], [4]]


def test_a_text_ends_where_the_window_ends():
    def forever(units, state):
        return np.log(np.tile([1e-9, 1e-9, 1e-9, 1.0], (len(units), 1))), state

    texts, _ = write(forever, {"x": np.zeros((1, 1))}, 1, 6, START, END)
    assert texts[0].tolist() == [3] * 6


def test_the_state_follows_its_row_when_others_have_ended():
    """Each row counts down from its own number, kept in the state alone."""

    def step(units, state):
        left = np.asarray(state["left"])[:, 0]
        logits = np.full((len(units), 4), -9.0)
        logits[np.arange(len(units)), np.where(left > 0, 3, END)] = 9
        return logits, {"left": np.asarray(state["left"]) - 1}

    state = {"left": np.array([[4.0], [1.0], [0.0], [2.0]])}
    for beam in (None, 2):
        texts, _ = write(step, state, 4, 9, START, END, beam)
        assert [len(text) for text in texts] == [4, 1, 0, 2]


def test_scores_are_those_of_sacrebleu():
    from sacrebleu.metrics import BLEU

    references = ["打开文件", "保存所有的文件", "删除这个单元格"]
    answers = ["打开文件", "保存全部文件", "删除单元"]
    report = text_scores(references, answers)
    expected = BLEU(tokenize="zh").corpus_score(answers, [references]).score
    assert report["bleu"] == pytest.approx(expected, abs=1e-4)
    assert report["exact"] == pytest.approx(1 / 3)
    low, high = report["bleu_interval"]
    assert low < report["bleu"] < high


def test_as_many_answers_as_references():
    with pytest.raises(InputError, match="2 references, 1 answers"):
        text_scores(["一", "二"], ["一"])
