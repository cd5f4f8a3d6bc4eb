"""How good a list of recommendations is: recall, NDCG, coverage (article §6.6)."""

import numpy as np

from sftkeras.errors import InputError


def best_items(scores, excluded=None, count=10):
    """Return the items with the highest scores, best first, int `(N, count)`.

    Args:
        scores: float array `(N, I)`.
        excluded: list of N int arrays, items that are no candidates: those that the
            user has. Defaults to `None`: all are candidates.
        count: int. Defaults to `10`.

    Raises:
        InputError: a score is no number, or there are fewer candidates than `count`.
    """
    scores = np.array(scores, "float64")
    if np.isnan(scores).any():
        raise InputError("`scores` must be numbers. Received: nan")
    for row, items in zip(scores, excluded or [[]] * len(scores), strict=True):
        row[np.asarray(items, int)] = -np.inf
    if (np.isfinite(scores).sum(axis=1) < count).any():
        raise InputError(f"There are users with fewer than {count} candidates.")
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def recall(found, relevant):
    """Return the mean share of what could be found: hits / min(count, relevant items).

    So ten right ones of ten are 1 also where a user took fifteen; dividing by fifteen,
    as some libraries do, no list of ten could be right.

    Example:

    >>> recall([[4, 7, 1]], [[7, 9]])
    0.5

    Args:
        found: int array `(N, count)`, as `best_items` returns it.
        relevant: list of N int arrays, what the users really took; none is empty.
    """
    return float(
        np.mean([_hits(*row).sum() / _most(*row) for row in _rows(found, relevant)])
    )


def ndcg(found, relevant):
    """Return the normalised discounted cumulative gain (Järvelin and Kekäläinen 2002).

    A hit at place r counts `1 / log2(1 + r)`, in the share of the best possible list.

    Args:
        found, relevant: as in `recall`.
    """
    gains = []
    for row, items in _rows(found, relevant):
        discounts = 1 / np.log2(np.arange(len(row)) + 2)
        best = discounts[: _most(row, items)].sum()
        gains.append(discounts[_hits(row, items)].sum() / best)
    return float(np.mean(gains))


def coverage(found, num_items):
    """Return the share of all items that anyone is recommended.

    Args:
        found: as in `recall`.
        num_items: int.
    """
    return len(np.unique(found)) / num_items


def _rows(found, relevant):
    if len(found) != len(relevant) or not all(len(items) for items in relevant):
        raise InputError("`relevant` must have one item or more for each row found.")
    return list(zip(np.asarray(found), relevant, strict=True))


def _hits(row, items):
    return np.isin(row, items)


def _most(row, items):
    return min(len(row), len(np.unique(items)))
