"""Histories of items as rows for a network, and as what is to come (article §6.6)."""

import numpy as np

LENGTH = 20  # items that a model looks at
AHEAD = 20  # of which one is drawn as the answer


def padded(histories, length=LENGTH):
    """Return the last items of each history, zeros before them.

    Example:

    >>> padded([[3, 0], [7]], length=3).tolist()
    [[0, 4, 1], [0, 0, 8]]

    Args:
        histories: list of N int arrays: item numbers from 0.
        length: int. Defaults to `20`.

    Returns:
        int32 array `(N, length)`: the items' numbers from 1; 0 is nothing.
    """
    rows = np.zeros((len(histories), length), "int32")
    for row, history in zip(rows, histories, strict=True):
        history = np.asarray(history, "int32")[-length:]
        row[length - len(history) :] = history + 1
    return rows


def pairs(histories, seed, draws=1, length=LENGTH, ahead=AHEAD):
    """Return what to train on: pieces of histories, and an item that comes after.

    For each place in a history: a piece of random length that ends there, and one of
    the items that come after it, by lot. Not the very next item: what will be asked is
    what a user takes in a while; and not always a long piece: users arrive with little.

    Args:
        histories: as in `padded`.
        seed: int.
        draws: int, so many pairs a place. Defaults to `1`.
        length: int, of the longest piece. Defaults to `20`.
        ahead: int, the answer is one of so many items. Defaults to `20`.

    Returns:
        `(x, y)`: int32 `(M, length)` as `padded` gives it, and M item numbers from 0.
    """
    random = np.random.default_rng(seed)
    pieces, answers = [], []
    for _ in range(draws):
        for history in histories:
            for end in range(1, len(history)):
                cut = random.integers(1, length + 1)
                pieces.append(history[max(0, end - cut) : end])
                last = min(end + ahead, len(history))
                answers.append(history[random.integers(end, last)])
    order = random.permutation(len(answers))
    return padded(pieces, length)[order], np.array(answers)[order]


def counts(histories, num_items):
    """Return how often each item was taken, float array `(num_items,)`.

    Args:
        histories: as in `padded`.
        num_items: int.
    """
    items = np.concatenate([[], *histories]).astype(int)
    return np.bincount(items, minlength=num_items).astype(float)
