"""What was taken together, counted: the baselines of recommendation (article §6.6).

Each has `scores(histories)`, float `(N, I)`, and learns from nothing but counts.
"""

import numpy as np


class MostPopular:
    """Recommend the same to everybody: what is taken most.

    Args:
        counts: float array `(I,)`.
    """

    def __init__(self, counts):
        self.counts = np.asarray(counts, float)

    def scores(self, histories):
        """Return the counts, once for each history."""
        return np.tile(self.counts, (len(histories), 1))


class _Weights:
    """Score an item by its weights to those of the history: `taken @ weights`."""

    def scores(self, histories):
        """Return `(N, I)` of N histories."""
        return taken(histories, len(self.weights)) @ self.weights


class ItemNeighbours(_Weights):
    """Item-kNN: the cosine between the users of two items (Sarwar et al. 2001).

    Args:
        histories: list of int arrays, item numbers from 0.
        num_items: int, I.
        neighbours: int, how many of each item count. Defaults to `50`.
        shrink: float, added to the cosine's denominator, so that a pair that was seen
            once is not believed at once. Defaults to `10`.
    """

    def __init__(self, histories, num_items, neighbours=50, shrink=10.0):
        x = taken(histories, num_items)
        together = x.T @ x
        lengths = np.sqrt(np.diag(together))
        cosines = together / (np.outer(lengths, lengths) + shrink)
        np.fill_diagonal(cosines, 0)
        if neighbours < num_items:
            least = np.sort(cosines, axis=1)[:, -neighbours, None]
            cosines = np.where(cosines >= least, cosines, 0)
        self.weights = cosines


class Ease(_Weights):
    """EASE: each item from all others by ridge regression (Steck 2019).

    Args:
        histories, num_items: as in `ItemNeighbours`.
        ridge: float. Defaults to `100`.
    """

    def __init__(self, histories, num_items, ridge=100.0):
        x = taken(histories, num_items)
        inverse = np.linalg.inv(x.T @ x + ridge * np.eye(num_items))
        self.weights = -inverse / np.diag(inverse)
        np.fill_diagonal(self.weights, 0)


def taken(histories, num_items):
    """Return who took what: 0 and 1, float `(N, num_items)`."""
    table = np.zeros((len(histories), num_items))
    for row, history in zip(table, histories, strict=True):
        row[np.asarray(history, int)] = 1
    return table
