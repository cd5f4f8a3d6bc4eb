"""Raw inputs to what a network takes: `Rows`."""

import warnings

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.columns import as_inputs
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
        owners: int array `(N,)`, the number of the example that each row is a window
            of; `None` if each row is an example.
        pairs: bool, whether the rows were pairs of texts; `None` if they were no texts.
    """

    owners = pairs = None

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
            multiple: what the length is rounded up to, as in `round_up`. Defaults to
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


def make_rows(model, data, preprocessor=None, long_texts="cut"):
    """Return the `Rows` of raw data: texts for a text model, arrays for others.

    Args:
        model: a `keras.Model`; a text model has a `preprocessor`.
        data: as in `as_inputs`, which decides what they are.
        preprocessor: what makes inputs of strings. Defaults to `None`: the model's.
        long_texts: `"cut"`, with a warning, or `"windows"`: a row for each window of a
            text that is longer than the preprocessor's limit; `owners` says whose.
            Defaults to `"cut"`.
    """
    preprocessor = preprocessor or getattr(model, "preprocessor", None)
    inputs = as_inputs(model, data, preprocessor)
    pairs = isinstance(inputs, tuple) and isinstance(inputs[0], list)
    texts = isinstance(inputs, list) or pairs
    if long_texts == "windows":
        rows = _windows(preprocessor, inputs)
    elif texts:
        rows = _text_rows(preprocessor, inputs, pairs)
    else:
        rows = Rows(inputs)
    rows.pairs = pairs if texts else None
    return rows


def _text_rows(preprocessor, texts, pairs):
    if pairs and not hasattr(preprocessor, "encode_pairs"):
        raise InputError(
            f"The model's {type(preprocessor).__name__} takes one text a row, no "
            "pairs. Use an encoder that takes pairs, such as "
            "load_pretrained_model('minilm'), or join the two texts."
        )
    columns = preprocessor.encode_pairs(*texts) if pairs else preprocessor.encode(texts)
    if preprocessor.truncated:
        warnings.warn(
            f"{preprocessor.truncated} of {len(texts[0] if pairs else texts)} texts "
            f"are longer than {preprocessor.max_length} tokens and were cut.",
            stacklevel=4,
        )
    if hasattr(preprocessor, "warn_of_unknown"):
        preprocessor.warn_of_unknown(texts[0] if pairs else texts, columns)
    return Rows(columns)


def _windows(preprocessor, texts):
    if not isinstance(texts, list) or not hasattr(preprocessor, "encode_windows"):
        raise InputError(
            "long_texts='windows' is for models that take one text a row, with a "
            "preprocessor that cuts long ones."
        )
    columns, owners = preprocessor.encode_windows(texts)
    rows = Rows(columns)
    rows.owners = owners
    return rows
