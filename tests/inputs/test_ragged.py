"""`Ragged`: rows of different lengths, padded only when a batch is cut."""

import numpy as np
import pytest

from sftkeras.inputs.ragged import Ragged

ROWS = [np.array([1, 2, 3], "int32"), np.array([4], "int32"), np.array([5, 6], "int32")]


def test_rows_come_back_as_they_went_in():
    ragged = Ragged.from_rows(ROWS)
    assert len(ragged) == 3
    assert ragged.lengths.tolist() == [3, 1, 2]
    for row, values in enumerate(ROWS):
        assert ragged[row].tolist() == values.tolist()
    assert ragged.values.dtype == np.int32


@pytest.mark.parametrize(
    ("rows", "length", "expected"),
    [
        ([1, 2], None, [[4, 0], [5, 6]]),
        ([1], None, [[4]]),
        ([2, 0, 2], None, [[5, 6, 0], [1, 2, 3], [5, 6, 0]]),
        ([1, 2], 4, [[4, 0, 0, 0], [5, 6, 0, 0]]),
    ],
)
def test_take_pads_to_the_longest_taken_or_to_the_length_asked(rows, length, expected):
    batch = Ragged.from_rows(ROWS).take(np.array(rows), length)
    assert batch.tolist() == expected
    assert batch.dtype == np.int32


def test_rows_may_have_more_axes():
    rows = [np.ones((2, 3), "float16"), 2 * np.ones((1, 3), "float16")]
    batch = Ragged.from_rows(rows).take(np.array([1, 0]))
    assert (batch.shape, batch.dtype) == ((2, 2, 3), np.float16)
    assert batch[0].tolist() == [[2, 2, 2], [0, 0, 0]]
