"""`Examples`: what is learned from, whatever its kind (article §3.2, §4.1)."""

from dataclasses import dataclass, replace

import numpy as np

from sftkeras.errors import InputError

_SHOWN = 6  # classes that a repr counts one by one
_NAME = 64  # characters; of longer strings an array would be mostly blanks


@dataclass(eq=False, repr=False)
class Examples:
    """N examples, in order: inputs, and what is to be learned of them.

    Example:

    >>> Examples(["good food", "cold food", "rude staff"], [1, 0, 0])
    Examples(3 strings; labels 0: 2, 1: 1)

    Attributes:
        inputs: list of N strings; list of N arrays, of any length each; array
            `(N, …)`; or {column: N of these}.
        labels: N classes or numbers, an array `(N,)` or `(N, …)`; or a list of N
            texts or lists. Defaults to `None`: not labelled.
        groups: N names or numbers of what an example belongs to: a speaker, a user, a
            document. A group stays on one side of a split. Defaults to `None`: each
            example stands alone.

    Raises:
        InputError: the numbers of inputs, labels and groups differ.
    """

    inputs: object
    labels: object = None
    groups: object = None

    def __post_init__(self):
        if isinstance(self.inputs, dict):
            columns = self.inputs.items()
            self.inputs = {k: _column(v, f"inputs[{k!r}]") for k, v in columns}
            if not self.inputs:
                raise InputError("`inputs` must have a column. Received: {}")
        else:
            self.inputs = _column(self.inputs, "inputs")
        for name in ("labels", "groups"):
            if getattr(self, name) is not None:
                setattr(self, name, _scalars(_column(getattr(self, name), name)))
        counts = {name: len(values) for name, values in self._columns().items()}
        if len(set(counts.values())) > 1:
            found = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise InputError(
                f"Inputs, labels and groups must be equally many. Received: {found}"
            )

    def _columns(self):
        columns = {"inputs": self.inputs}
        if isinstance(self.inputs, dict):
            columns = {f"inputs[{k!r}]": column for k, column in self.inputs.items()}
        more = {"labels": self.labels, "groups": self.groups}
        return columns | {k: v for k, v in more.items() if v is not None}

    def __len__(self):
        return len(next(iter(self._columns().values())))

    def __repr__(self):
        if isinstance(self.inputs, dict):
            inside = ", ".join(f"{k}: {_kind(v)}" for k, v in self.inputs.items())
            inside = f"{len(self)} rows of {{{inside}}}"
        else:
            inside = f"{len(self)} {_kind(self.inputs)}"
        inside += "; no labels" if self.labels is None else f"; {_balance(self.labels)}"
        if self.groups is not None:
            inside += f"; {len(set(self.groups))} groups"
        return f"Examples({inside})"

    def take(self, rows):
        """Return the `Examples` of some rows, in that order.

        Args:
            rows: row numbers from 0, or a bool array `(N,)`.
        """
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(int)
        beyond = rows[(rows < -len(self)) | (rows >= len(self))]
        if beyond.size:
            raise InputError(f"There are {len(self)} rows. Received: row {beyond[0]}")
        inputs = self.inputs
        if isinstance(inputs, dict):
            inputs = {name: _taken(column, rows) for name, column in inputs.items()}
        else:
            inputs = _taken(inputs, rows)
        labels, groups = (_taken(c, rows) for c in (self.labels, self.groups))
        return replace(self, inputs=inputs, labels=labels, groups=groups)


def classes_of(labels):
    """Return the distinct classes, sorted, or `()` where labels are no classes.

    Whole numbers and names are classes, floats and lists are not. Neither are names
    that hardly ever recur, more than one for two rows: those are texts to be written.

    Args:
        labels: as in `Examples`.
    """
    labels = labels if labels is None else _scalars(labels)
    if not isinstance(labels, np.ndarray) or labels.ndim != 1:
        return ()
    if labels.dtype.kind not in "iubUS":
        return ()
    found = np.unique(labels)
    if labels.dtype.kind in "US" and len(found) > len(labels) / 2:
        return ()
    return tuple(found.tolist())


def _column(values, name):
    """Return a list or an array of one entry a row."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise InputError(
            f"`{name}` must hold one entry a row, in a list or an array. Received: "
            f"{type(values).__name__} {str(values)[:40]!r}"
        )
    if isinstance(values, (list, tuple)):
        return list(values)
    values = np.asarray(values)
    if not values.ndim:
        raise InputError(f"`{name}` must hold one entry a row. Received: {values}")
    return values


def _scalars(values):
    """Return a list of names or of numbers as an array, anything else as it is."""
    if not isinstance(values, list) or not values:
        return values
    if all(isinstance(value, str) and len(value) <= _NAME for value in values):
        return np.array(values)
    if all(isinstance(value, (bool, int, float, np.number)) for value in values):
        return np.array(values)
    return values


def _taken(column, rows):
    if column is None or isinstance(column, np.ndarray):
        return column if column is None else column[rows]
    return [column[row] for row in rows]


def _kind(column):
    if isinstance(column, np.ndarray) and column.dtype.kind not in "US":
        shape = "".join(f" × {size}" for size in column.shape[1:])
        return f"arrays{shape.replace(' ×', '', 1)} of {column.dtype}"
    kinds = {type(value).__name__ for value in column}
    names = {"str": "strings", "str_": "strings", "ndarray": "arrays of any length"}
    if len(kinds) == 1:
        kind = kinds.pop()
        return names.get(kind, f"entries of type {kind}")
    return "entries" if kinds else "rows"


def _balance(labels):
    if classes := classes_of(labels):
        counts = [f"{c}: {int(np.sum(labels == c))}" for c in classes[:_SHOWN]]
        more = ["…"] * (len(classes) > _SHOWN)
        return f"labels {', '.join(counts + more)}"
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f" and labels.size:
        return f"labels from {labels.min():g} to {labels.max():g}"
    return f"labels: {_kind(labels)}"
