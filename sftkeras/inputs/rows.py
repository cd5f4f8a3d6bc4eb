"""Raw inputs to what a network takes: `Rows`."""

import warnings

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged


class Rows:
    """The model's inputs for N examples, in input order.

    Args:
        columns: what one call of the model takes (an array, or a list, tuple or
            dictionary of them), each an array `(N, …)` or a `Ragged` of N rows.
    """

    def __init__(self, columns):
        # tf.data takes a list for a tensor, so several inputs are a tuple.
        self.columns = tuple(columns) if isinstance(columns, list) else columns
        flat = keras.tree.flatten(columns)
        self.count = len(flat[0])
        ragged = [column for column in flat if isinstance(column, Ragged)]
        self.lengths = ragged[0].lengths if ragged else None  # (N,)

    def __len__(self):
        return self.count

    def take(self, rows, multiple=1):
        """Return the inputs of some rows, padded to the longest of them.

        Args:
            rows: int array.
            multiple: int; the length is rounded up to a multiple of it. Defaults to
                `1`.
        """

        def cut(column):
            if isinstance(column, Ragged):
                return column.take(rows, multiple=multiple)
            return column[rows]

        return keras.tree.map_structure(cut, self.columns)


def make_rows(model, data):
    """Return the `Rows` of raw data: strings for a text model, arrays for others.

    Args:
        model: a `keras.Model`; a text model has a `preprocessor`.
        data: list of N strings, or an array `(N, …)`, or a list, tuple or dictionary
            of arrays, as the model's inputs.
    """
    preprocessor = getattr(model, "preprocessor", None)
    if preprocessor is not None and _is_text(data):
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
                stacklevel=3,
            )
        return rows
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
        columns = (
            keras.tree.map_structure(np.asarray, data) if many else np.asarray(data)
        )
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


def _check_shapes(model, columns):
    for tensor, column in zip(model.inputs, columns, strict=False):
        wanted, found = tensor.shape[1:], column.shape[1:]
        if len(wanted) == len(found) and any(
            size not in (None, given) for size, given in zip(wanted, found, strict=True)
        ):
            raise InputError(
                f"The model takes rows of shape {tuple(wanted)}. Received: rows of "
                f"shape {found}"
            )


def _is_text(data):
    if isinstance(data, str):
        return True
    if isinstance(data, dict) or not hasattr(data, "__len__") or not len(data):
        return isinstance(data, (list, tuple))
    first = data.iloc[0] if hasattr(data, "iloc") else data[0]
    return isinstance(first, (str, bytes)) or first is None
