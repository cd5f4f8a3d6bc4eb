"""Raw inputs to what a network takes: `Rows`."""

import warnings

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged


class Rows:
    """N examples as a network takes them, without padding until a batch is cut.

    Each column is dense, an array `(N, …)`, or a `Ragged` of N sequences, with lengths
    of its own: a question and its answer, a recording and its transcript.

    Args:
        inputs: what one call of the model takes: a column, or a list, tuple or
            dictionary of them.
        targets: what it is to answer, likewise. Defaults to `None`.
        weights: a column, how much each row, or each place of a sequence, counts in
            the loss: float `(N,)` or a `Ragged`. Defaults to `None`: all alike; but
            places that only pad ragged targets count nothing if they have the
            lengths of an input.

    Attributes:
        lengths: int array `(N,)`, the longest sequence of each row's inputs; `None` if
            no input is ragged.
    """

    def __init__(self, inputs, targets=None, weights=None):
        # tf.data takes a list for a tensor, so several inputs are a tuple.
        self.inputs = tuple(inputs) if isinstance(inputs, list) else inputs
        self.targets, self.weights = targets, weights
        columns = keras.tree.flatten(self.inputs)
        self.count = len(columns[0])
        ragged = [column.lengths for column in columns if isinstance(column, Ragged)]
        self.lengths = np.max(ragged, axis=0) if ragged else None
        if weights is None and isinstance(targets, Ragged):
            same = [np.array_equal(targets.lengths, found) for found in ragged]
            if any(same):
                ones = np.ones(len(targets.values), "float32")
                self.weights = Ragged(ones, targets.offsets)
        counts = {len(c) for p in self.parts for c in keras.tree.flatten(p)}
        if len(counts) > 1:
            raise InputError(
                "Each column must have one row an example. Received: columns of "
                f"{sorted(counts)} rows"
            )

    def __len__(self):
        return self.count

    @property
    def parts(self):
        """The tuple that `fit` takes: `(inputs,)`, with targets, with weights."""
        parts = (self.inputs, self.targets, self.weights)
        return parts[: 1 if self.targets is None else 2 + (self.weights is not None)]

    def take(self, rows, multiple=1):
        """Return the inputs of some rows, padded to the longest of them.

        Args:
            rows: int array.
            multiple: int; the length is rounded up to a multiple of it. Defaults to
                `1`.
        """
        return take(self.inputs, rows, multiple)

    def batch(self, rows, multiple=1):
        """Return inputs, targets and weights of some rows; see `take` and `parts`."""
        answers = (take(part, rows, multiple) for part in self.parts[1:])
        return (self.take(rows, multiple), *answers)

    def with_inputs(self, inputs):
        """Return the same targets and weights for other inputs."""
        return Rows(inputs, self.targets, self.weights)


def take(columns, rows, multiple=1):
    """Return some rows of a structure of columns, each padded to its longest."""

    def cut(column):
        if isinstance(column, Ragged):
            return column.take(rows, multiple=multiple)
        return column[rows]

    return keras.tree.map_structure(cut, columns)


def make_rows(model, data, preprocessor=None):
    """Return the `Rows` of raw data: strings for a text model, arrays for others.

    Args:
        model: a `keras.Model`; a text model has a `preprocessor`.
        data: list of N strings, an array `(N, …)`, a list of N arrays of any lengths,
            or a list, tuple or dictionary of those, as the model's inputs.
        preprocessor: what makes inputs of strings. Defaults to `None`: the model's.
    """
    preprocessor = preprocessor or getattr(model, "preprocessor", None)
    if preprocessor is not None and _is_text(data):
        return _text_rows(preprocessor, data)
    if _is_text(data):
        raise InputError(
            "This model has no preprocessor, so it takes arrays, not strings. Give it "
            "one (create_model(tokenizer=…)), or encode the texts (load_data)."
        )
    many = isinstance(data, dict) or (
        isinstance(data, (list, tuple)) and len(model.inputs) > 1
    )
    try:
        if data is None:
            raise ValueError("None")
        if isinstance(data, dict):
            columns = {name: as_column(values) for name, values in data.items()}
        else:
            columns = [as_column(v) for v in data] if many else as_column(data)
        counts = {len(column) for column in keras.tree.flatten(columns)}
    except (TypeError, ValueError) as error:
        raise InputError(f"The inputs must be an array, or arrays: {error}") from None
    if len(counts) != 1 or 0 in counts:
        raise InputError(
            f"The inputs must have one number of rows, above 0. Received: {counts}"
        )
    if not isinstance(data, dict):
        _check_shapes(model, keras.tree.flatten(columns))
    return Rows(columns)


def as_column(values):
    """Return values as a column: an array `(N, …)`, a `Ragged` of several lengths."""
    if isinstance(values, Ragged):
        return values
    if isinstance(values, (list, tuple)) and len(values) and np.ndim(values[0]):
        rows = [np.asarray(value) for value in values]
        if len({len(row) for row in rows}) > 1:
            if len({row.shape[1:] for row in rows}) > 1:
                shapes = sorted({row.shape for row in rows})[:3]
                raise ValueError(
                    "rows may differ in their first axis only. Received: shapes "
                    + ", ".join(map(str, shapes))
                )
            return Ragged.from_rows(rows)
    return np.asarray(values)


def _text_rows(preprocessor, data):
    texts = [data] if isinstance(data, str) else list(data)
    wrong = [f"{type(t).__name__} {t!r}" for t in texts if not isinstance(t, str)]
    if wrong or not texts:
        raise InputError(
            "A text model takes a non-empty list of strings. Received: "
            + (f"{wrong[0]} in it" if texts else "none")
        )
    rows = Rows(preprocessor.encode(texts))
    if preprocessor.truncated:
        warnings.warn(
            f"{preprocessor.truncated} of {len(texts)} texts are longer than "
            f"{preprocessor.max_length} tokens and were cut.",
            stacklevel=4,
        )
    return rows


def _check_shapes(model, columns):
    for tensor, column in zip(model.inputs, columns, strict=False):
        wanted = tensor.shape[1:]
        found = column.shape[1:]
        if len(wanted) == len(found) and any(
            None not in (size, given) and size != given
            for size, given in zip(wanted, found, strict=True)
        ):
            raise InputError(
                f"The model takes rows of shape {tuple(wanted)}. Received: rows of "
                f"shape {found}"
            )
        if None in found and wanted and wanted[0] is not None:
            raise InputError(
                f"The model takes rows of shape {tuple(wanted)}. Received: rows of "
                f"{len({*column.lengths.tolist()})} different lengths"
            )


def _is_text(data):
    if isinstance(data, str):
        return True
    if isinstance(data, dict) or not hasattr(data, "__len__") or not len(data):
        return isinstance(data, (list, tuple))
    first = data.iloc[0] if hasattr(data, "iloc") else data[0]
    return isinstance(first, (str, bytes)) or first is None
