"""`Ragged`: rows of different lengths in one array, padded only when a batch is cut."""

import numpy as np


class Ragged:
    """N rows of shape `(length, …)`, end to end, with no padding between them.

    Args:
        values: array `(sum of lengths, …)`.
        offsets: int array `(N + 1,)`; row i is `values[offsets[i]:offsets[i + 1]]`.
    """

    def __init__(self, values, offsets):
        self.values = values
        self.offsets = np.asarray(offsets, dtype=np.int64)

    @classmethod
    def from_rows(cls, rows):
        """Return the `Ragged` of a non-empty list of arrays `(length, …)`."""
        lengths = [len(row) for row in rows]
        return cls(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]))

    def __len__(self):
        return len(self.offsets) - 1

    @property
    def lengths(self):
        """Int array `(N,)`."""
        return np.diff(self.offsets)

    @property
    def shape(self):
        """Shape of the column, as of an array; `None` is the axis of the sequence."""
        return (len(self), None, *self.values.shape[1:])

    @property
    def dtype(self):
        """The values' dtype."""
        return self.values.dtype

    def __getitem__(self, row):
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def pick(self, rows):
        """Return the `Ragged` of some rows, int array, in that order."""
        return Ragged.from_rows([self[row] for row in rows])

    def take(self, rows, length=None, multiple=1):
        """Return rows as one array `(len(rows), length, …)`, zeros at the end.

        Args:
            rows: int array.
            length: int. Defaults to the longest of the rows, rounded up.
            multiple: what it is rounded up to, as in `round_up`. Defaults to `1`.
        """
        if length is None:
            length = round_up(int(self.lengths[rows].max()), multiple)
        shape = (len(rows), length, *self.values.shape[1:])
        batch = np.zeros(shape, self.values.dtype)  # (B, T, …)
        for place, row in enumerate(rows):
            values = self[row]
            batch[place, : len(values)] = values
        return batch


def round_up(length, multiple):
    """Return a length rounded up.

    Args:
        length: int.
        multiple: int, to a multiple of it; or an increasing tuple of lengths, to the
            first that is long enough (and not at all, if none is).
    """
    if isinstance(multiple, tuple):
        return next((known for known in multiple if known >= length), length)
    return -(-length // multiple) * multiple
