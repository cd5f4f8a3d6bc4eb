"""Raw inputs to batches of similar length, padded to the batch only."""

import math
import warnings

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.ragged import Ragged

_BYTES_PER_CALL = 2**24  # 16 MiB: hundreds of batches of vectors, a few of images
_POOL = 50  # batches sorted by length together: similar lengths, still random


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


class Batches(keras.utils.PyDataset):
    """Batches for `model.fit`: rows of similar length together, newly drawn each epoch.

    Rows are shuffled, sorted by length within pools of 50 batches, cut into batches,
    and the batches shuffled. The order depends on `seed` and the epoch only, so that
    interrupted training goes on as it would have gone.

    Args:
        rows: a `Rows`.
        targets: array `(N, …)` or None.
        batch_size: int.
        seed: int; None keeps the order of length (for evaluation).
        sample_weight: float array `(N,)` or None.
        multiple: as in `Rows.take`.
    """

    def __init__(
        self,
        rows,
        targets=None,
        batch_size=32,
        seed=None,
        sample_weight=None,
        multiple=1,
    ):
        super().__init__()
        self.rows = rows
        self.targets = targets
        self.batch_size = batch_size
        self.seed = seed
        self.sample_weight = sample_weight
        self.multiple = multiple
        self.set_epoch(0)

    def __len__(self):
        return math.ceil(len(self.rows) / self.batch_size)

    def set_epoch(self, epoch):
        """Draw the batches of an epoch, counted from 0."""
        count, size, lengths = len(self.rows), self.batch_size, self.rows.lengths
        if self.seed is None:
            order = np.arange(count)
            if lengths is not None:
                order = np.argsort(lengths, kind="stable")
            self.batches = [order[i : i + size] for i in range(0, count, size)]
            return
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(count)
        if lengths is not None:
            # Blurred, so that the same rows do not meet in every epoch.
            blurred = lengths * random.uniform(0.9, 1.1, count)
            pool = _POOL * size
            order = np.concatenate(
                [
                    part[np.argsort(blurred[part], kind="stable")]
                    for part in np.split(order, range(pool, count, pool))
                ]
            )
        self.batches = [order[i : i + size] for i in range(0, count, size)]
        if lengths is not None:  # without, the order is random already
            places = random.permutation(len(self.batches))
            self.batches = [self.batches[place] for place in places]

    def __getitem__(self, index):
        return self._take(self.batches[index])

    def _take(self, rows):
        inputs = self.rows.take(rows, self.multiple)
        if self.targets is None:
            return (inputs,)
        if self.sample_weight is None:
            return inputs, self.targets[rows]
        return inputs, self.targets[rows], self.sample_weight[rows]

    def _batches_per_call(self):
        """Return how many batches to hand over at once: each call goes through Python.

        Rows of different lengths would be padded to the longest of them all: one.
        """
        if self.rows.lengths is not None:
            return 1
        columns = keras.tree.flatten(self.rows.columns)
        size = sum(column[: self.batch_size].nbytes for column in columns)
        return max(1, _BYTES_PER_CALL // max(1, size))

    def for_fit(self):
        """Return what `model.fit` takes: a `tf.data.Dataset`, on JAX `self`.

        Left to itself, Keras reads the shapes off the first two batches, and fails
        when those two happen to be of one length and a later one is not.
        """
        if keras.backend.backend() != "tensorflow":
            return self
        import tensorflow as tf

        extra = [a for a in (self.targets, self.sample_weight) if a is not None]
        signature = (keras.tree.map_structure(tensor_spec, self.rows.columns),)
        step = self._batches_per_call()
        dataset = tf.data.Dataset.from_generator(
            lambda: (
                self._take(np.concatenate(self.batches[start : start + step]))
                for start in range(0, len(self), step)
            ),
            output_signature=(*signature, *map(tensor_spec, extra)),
        )
        if step > 1:
            dataset = dataset.unbatch().batch(self.batch_size)
        size = tf.data.experimental.assert_cardinality(len(self))
        return dataset.apply(size).prefetch(2)


class DrawBatches(keras.callbacks.Callback):
    """Draws the batches, and restarts the dropout, of the epoch that begins.

    Both hang on the seed and the epoch only: an epoch is the same after a restart.
    """

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        self.batches.set_epoch(epoch)
        for variable in self.model.variables:
            if variable.path.endswith("seed_generator_state"):
                seed, _ = keras.ops.convert_to_numpy(variable)
                variable.assign(np.array([seed, (epoch << 20) % 2**32], variable.dtype))


def tensor_spec(column):
    """Return the `tf.TensorSpec` of a batch of the column."""
    import tensorflow as tf

    array = column.values if isinstance(column, Ragged) else column
    time = [None] if isinstance(column, Ragged) else []
    return tf.TensorSpec([None, *time, *array.shape[1:]], array.dtype)


def _is_text(data):
    if isinstance(data, str):
        return True
    if isinstance(data, dict) or not hasattr(data, "__len__") or not len(data):
        return isinstance(data, (list, tuple))
    first = data.iloc[0] if hasattr(data, "iloc") else data[0]
    return isinstance(first, (str, bytes)) or first is None
