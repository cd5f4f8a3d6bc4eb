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
    return float(np.mean(recalls(found, relevant)))


def recalls(found, relevant):
    """Return the recall of each user, float array `(N,)`; `recall` is their mean.

    Args:
        found, relevant: as in `recall`.
    """
    return np.array([_hits(*row).sum() / _most(*row) for row in _rows(found, relevant)])


def paired_difference(first, second, seed=0, draws=2000):
    """Return the mean of `first - second`, and where it would lie with other users.

    The users are drawn anew, with replacement, and each draw takes both numbers of a
    user: the 2.5th and the 97.5th percentile of the draws' means (Efron 1979).

    Example:

    >>> mean, low, high = paired_difference([0.5, 0.2, 0.9], [0.4, 0.1, 0.8])
    >>> round(mean, 3), round(low, 3), round(high, 3)
    (0.1, 0.1, 0.1)

    Args:
        first, second: float arrays `(N,)`, of the same N users.
        seed: int. Defaults to `0`.
        draws: int. Defaults to `2000`.

    Raises:
        InputError: they are not as long as each other, or empty.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise InputError(
            "`first` and `second` must be numbers of the same users. Received: shapes "
            f"{first.shape} and {second.shape}"
        )
    differences = first - second
    random = np.random.default_rng(seed)
    chosen = random.integers(len(differences), size=(draws, len(differences)))
    low, high = np.percentile(differences[chosen].mean(axis=1), [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)


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
