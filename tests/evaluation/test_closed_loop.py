"""What happens when a driver drives: rates, their intervals, pairs (§6.8)."""

import numpy as np
import pytest

from sftkeras.data.driving import Drive
from sftkeras.errors import InputError
from sftkeras.evaluation.closed_loop import episodes, judged, more_often, wilson


def drives():
    one = Drive("dense", 1, speeds=[20.0, 30.0], rewards=[1.0, 0.5])
    other = Drive("dense", 2, speeds=[40.0], rewards=[0.0], crashed=True)
    return [one, other]


def test_a_crash_counts_no_speed_as_safe():
    table = episodes(drives())
    assert table["seconds"].tolist() == [2, 1]
    assert table["speed"].tolist() == [25, 40]
    assert table["safe speed"].tolist() == [25, 0]
    assert table["return"].tolist() == [1.5, 0]
    found = judged(table)
    assert found["safe speed"] == 12.5 and found["speed"] == 32.5
    assert found["crash rate"] == 0.5
    assert 0 < found["crash low"] < 0.5 < found["crash high"] < 1


@pytest.mark.parametrize("count, total", [(0, 20), (3, 60), (60, 60), (27, 180)])
def test_wilson_as_in_the_formula(count, total):
    z, p = 1.959963984540054, count / total
    middle = (p + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total)
    half *= np.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    assert wilson(count, total) == pytest.approx((middle - half, middle + half))
    assert wilson(count, total, 0.5)[1] < wilson(count, total)[1] or count == total


@pytest.mark.parametrize("count, total", [(-1, 3), (4, 3), (0, 0)])
def test_no_share_no_interval(count, total):
    with pytest.raises(InputError, match=f"count={count}, total={total}"):
        wilson(count, total)


def test_pairs_are_compared_where_they_differ():
    first = np.array([1, 1, 1, 1, 1, 1, 0, 0])
    second = np.array([1, 0, 0, 0, 0, 0, 0, 0])
    assert more_often(first, second) == (5, 0, pytest.approx(2 * 0.5**5))
    assert more_often(first, first) == (0, 0, 1.0)
