"""Histories as rows of numbers, and as pairs of what was and what comes."""

import numpy as np

from sftkeras.inputs.histories import counts, padded, pairs

HISTORIES = [np.arange(30), np.arange(40, 43)]


def test_the_last_items_stand_at_the_right_end():
    rows = padded(HISTORIES, length=5)
    assert rows.dtype == "int32"
    assert rows.tolist() == [[26, 27, 28, 29, 30], [0, 0, 41, 42, 43]]


def test_an_answer_comes_after_its_history_and_soon():
    x, y = pairs(HISTORIES, seed=0, draws=3, length=4, ahead=6)
    assert len(x) == len(y) == 3 * (29 + 2)
    for row, answer in zip(x, y, strict=True):
        items = row[row > 0] - 1
        assert 1 <= len(items) <= 4 and np.all(np.diff(items) == 1)
        assert items[-1] < answer <= items[-1] + 6
    lengths = (x > 0).sum(axis=1)
    assert {*lengths.tolist()} == {1, 2, 3, 4}, "short pieces too"
    assert len(np.unique(y - x.max(axis=1))) == 6, "not the very next item alone"


def test_each_seed_draws_its_own_pairs():
    one, same, other = (pairs(HISTORIES, seed=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[1], other[1])


def test_items_are_counted():
    assert counts([[0, 2], [2]], 4).tolist() == [1, 0, 2, 0]
