"""A model judged by what happens when it acts: crashes, speed, intervals (§6.8)."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from sftkeras.errors import InputError


def episodes(drives):
    """Return what happened, a row a drive.

    Args:
        drives: list of `data.driving.Drive`.

    Returns:
        A `pandas.DataFrame`: `seed`; `crashed`; `seconds`; `speed`, m/s, the mean;
        `safe speed`, the same, and 0 after a crash; `return`, the sum of rewards.
    """
    table = pd.DataFrame(
        {
            "seed": [one.seed for one in drives],
            "crashed": [one.crashed for one in drives],
            "seconds": [len(one.speeds) for one in drives],
            "speed": [float(np.mean(one.speeds)) for one in drives],
            "return": [float(np.sum(one.rewards)) for one in drives],
        }
    )
    table.insert(4, "safe speed", table["speed"].where(~table["crashed"], 0.0))
    return table


def judged(table):
    """Return the measures of a driver.

    Args:
        table: as `episodes` returns it.

    Returns:
        {`safe speed`, `crash rate`, `crash low` and `crash high` (its 95 % interval),
        `speed`, `return`}: floats.
    """
    low, high = wilson(int(table["crashed"].sum()), len(table))
    means = table[["safe speed", "speed", "return"]].mean().to_dict()
    return {
        "safe speed": means["safe speed"],
        "crash rate": float(table["crashed"].mean()),
        "crash low": low,
        "crash high": high,
        "speed": means["speed"],
        "return": means["return"],
    }


def wilson(count, total, confidence=0.95):
    """Return the interval `(low, high)` of a share that was counted (Wilson 1927).

    It stays between 0 and 1, and has a width where nothing happened: none of 20 does
    not prove a share of 0.

    Example:

    >>> [round(bound, 2) for bound in wilson(0, 20)]
    [0.0, 0.16]

    Args:
        count: int, how often it happened.
        total: int, above 0, how often it could have.
        confidence: float in (0, 1). Defaults to `0.95`.

    Raises:
        InputError: `count` is not between 0 and `total`.
    """
    if not 0 <= count <= total or total < 1:
        raise InputError(
            f"`count` must be between 0 and `total`, which is above 0. Received: "
            f"count={count!r}, total={total!r}"
        )
    interval = binomtest(count, total).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def more_often(first, second):
    """Return how likely such a difference is if both drivers are equally safe.

    The exact test of McNemar (1947): of the drives that only one of the two survived,
    each would have survived half.

    Args:
        first, second: bool arrays `(N,)`, who crashed, on the same N drives.

    Returns:
        `(only first, only second, p)`: two ints, and the two-sided probability.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    one, other = int((first & ~second).sum()), int((second & ~first).sum())
    p = float(binomtest(one, one + other).pvalue) if one + other else 1.0
    return one, other, p
