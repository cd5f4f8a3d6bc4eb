"""Long token sequences as windows that overlap (article §5.2)."""

import numpy as np


def cut_windows(sequences, room):
    """Cut sequences that do not fit into windows that do.

    Neighbours overlap by a quarter of `room`, the last two by more: the last window
    ends where the text ends, and is full. A sequence that fits is one window.

    Example:

    >>> windows, owners = cut_windows([[1, 2, 3, 4, 5, 6], [7]], 4)
    >>> windows, owners.tolist()
    ([[1, 2, 3, 4], [3, 4, 5, 6], [7]], [0, 0, 1])

    Args:
        sequences: list of N lists or arrays of token ids.
        room: int, the most tokens of a window.

    Returns:
        `(windows, owners)`: a list of W parts, and int `(W,)`, the sequence of each.
    """
    step, windows, owners = max(1, room - room // 4), [], []
    for number, ids in enumerate(sequences):
        last = max(0, len(ids) - room)
        starts = [*range(0, last, step), last]
        windows += [ids[start : start + room] for start in starts]
        owners += [number] * len(starts)
    return windows, np.array(owners)


def mean_by_owner(values, owners):
    """Return the mean over each example's windows.

    Args:
        values: float array `(W, …)`.
        owners: int array `(W,)`, rising from 0, as `cut_windows` returns it.
    """
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    sums = np.add.reduceat(np.asarray(values, "float64"), starts, axis=0)
    counts = np.diff(np.r_[starts, len(owners)])
    return sums / counts.reshape(-1, *[1] * (sums.ndim - 1))
