"""What users bring, opened: `Examples`, datasets, tensors, generators (§3.2, §5.2)."""

import collections.abc
import dataclasses
import sys

import numpy as np

from sftkeras.data.examples import Examples
from sftkeras.data.texts import TextData
from sftkeras.errors import InputError


@dataclasses.dataclass
class Given:
    """N examples as they were brought, in lists, arrays and frames.

    Attributes:
        inputs: texts or arrays, as in `fine_tune`.
        labels: N labels, or `None`.
        weights: N sample weights, or `None`.
        groups: as in `Examples`, or `None`.
    """

    inputs: object
    labels: object = None
    weights: object = None
    groups: object = None


def given(model, data, labels=None, weights=None, name="labels"):
    """Open data: what is in a dataset, in `Examples`, in a generator.

    Args:
        model: the `keras.Model` that it is for: its inputs tell whether a
            `tf.data.Dataset` is batched.
        data: as in `fine_tune`. A dataset is read once, and whole, into memory.
        labels: N labels. Defaults to `None`: those of the data.
        weights: N sample weights. Defaults to `None`: those of the data.
        name: str, what the labels are called in an error. Defaults to `"labels"`.

    Raises:
        InputError: a dataset without an end, or labels beside a dataset's own.
    """
    if isinstance(data, (Examples, TextData)):
        labels = data.labels if labels is None else labels
        return Given(
            opened(data.inputs), _one_a_row(labels), opened(weights), data.groups
        )
    if is_dataset(data):
        inputs, own, own_weights = _read(model, data)
        if own is not None and labels is not None:
            raise InputError(
                f"The dataset holds labels itself. Leave out the argument for {name}."
            )
        labels = own if labels is None else labels
        weights = own_weights if weights is None else weights
        return Given(inputs, _one_a_row(labels), opened(weights))
    inputs, labels = opened(data), _one_a_row(labels)
    _check_no_leak(inputs, labels)
    return Given(inputs, labels, opened(weights))


def opened(values):
    """Return tensors as arrays, generators and views as lists, the rest as it is."""
    if isinstance(values, dict):
        return {key: opened(column) for key, column in values.items()}
    if hasattr(values, "to_list") and hasattr(values, "row_splits"):
        return values.to_list()  # a ragged tensor
    if hasattr(values, "numpy") and not hasattr(values, "iloc"):
        return np.asarray(values.numpy())
    if isinstance(values, memoryview) or _is_array_only(values):
        return np.asarray(values)
    views = (collections.abc.Iterator, collections.abc.MappingView)
    return list(values) if isinstance(values, views) else values


def _one_a_row(labels):
    """Return opened labels; a matrix of one row, which NumPy makes of a list, flat."""
    if isinstance(labels, np.matrix):
        labels = np.asarray(labels)
        return labels[0] if len(labels) == 1 else labels
    return opened(labels)


def _is_array_only(values):
    """Return whether an array can be made of something that is no list itself."""
    return hasattr(values, "__array__") and not hasattr(values, "__len__")


def is_dataset(data):
    """Return whether data are a `tf.data.Dataset` or a `keras.utils.PyDataset`."""
    tensorflow = sys.modules.get("tensorflow")
    is_tf = tensorflow is not None and isinstance(data, tensorflow.data.Dataset)
    return is_tf or _is_py_dataset(data)


def _is_py_dataset(data):
    keras = sys.modules.get("keras")  # without it nobody has made one
    return keras is not None and isinstance(data, keras.utils.PyDataset)


def is_frame(values):
    """Return whether values are a table with named columns: a pandas `DataFrame`."""
    return hasattr(values, "columns") and hasattr(values, "iloc")


def is_missing(value):
    """Return whether a value is a gap: `None`, NaN, `pandas.NA`, `NaT`."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def pick(inputs, rows):
    """Return some rows of what was brought, columns kept apart.

    Args:
        inputs: a list, an array, a frame, or a tuple or dictionary of columns.
        rows: int array.
    """
    if isinstance(inputs, dict):
        return {name: pick(column, rows) for name, column in inputs.items()}
    if isinstance(inputs, tuple):
        return tuple(pick(column, rows) for column in inputs)
    if isinstance(inputs, list):
        return [inputs[row] for row in rows]
    if hasattr(inputs, "pick"):
        return inputs.pick(rows)
    return inputs.iloc[rows] if hasattr(inputs, "iloc") else inputs[rows]


def _check_no_leak(inputs, labels):
    """Refuse a frame, or pairs, with the labels in: as a text they give all away."""
    if getattr(labels, "ndim", 1) != 1 or not hasattr(labels, "__iter__"):
        return
    labels = _as_list(labels)
    for name, values in _named_columns(inputs).items():
        if len(values) != len(labels) or not all(map(_same, values, labels)):
            continue
        advice = f"data.drop(columns=[{name!r}])"
        if not is_frame(inputs):
            advice = "a list of the texts, such as [row[0] for row in data]"
        raise InputError(
            f"The column {name!r} of the data holds the labels. Give the other "
            f"columns alone: {advice}."
        )


def _named_columns(inputs):
    """Return {name or place: list} of frames and of pairs with a text, else {}."""
    if is_frame(inputs):
        places = range(inputs.shape[1]) if inputs.shape[1] > 1 else ()
        return {inputs.columns[n]: inputs.iloc[:, n].tolist() for n in places}
    if isinstance(inputs, np.ndarray):
        inputs = inputs.tolist() if inputs.ndim == 2 and inputs.dtype == "O" else []
    columns = inputs if isinstance(inputs, dict) else {}
    if isinstance(inputs, tuple) and len(inputs) == 2:
        columns = dict(enumerate(inputs))
    elif isinstance(inputs, (list, tuple)) and inputs:
        pairs = all(isinstance(row, (list, tuple)) and len(row) == 2 for row in inputs)
        columns = dict(enumerate(zip(*inputs, strict=True))) if pairs else {}
    columns = {n: _as_list(c) for n, c in columns.items() if getattr(c, "ndim", 1) == 1}
    texts = any(c and isinstance(c[0], str) for c in columns.values())
    return columns if texts and len(columns) > 1 else {}


def _as_list(values):
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _same(value, label):
    plain = (str, int, float, np.generic)
    one_kind = isinstance(value, str) == isinstance(label, str)
    known = isinstance(value, plain) and isinstance(label, plain)
    return known and one_kind and bool(value == label)


def _read(model, dataset):
    """Return the inputs, labels and weights of a dataset, the last two if any."""
    is_py = _is_py_dataset(dataset)
    try:
        count = dataset.num_batches if is_py else int(dataset.cardinality())
    except NotImplementedError:  # a PyDataset that does not tell its length
        count = None
    if count is None or count == -1:  # tf.data.INFINITE_CARDINALITY
        raise InputError("The dataset has no end. Give one without repeat().")
    try:
        elements = (dataset[i] for i in range(count)) if is_py else iter(dataset)
        found = [_unpack(element) for element in elements]
    except Exception as error:  # the user's own code
        raise InputError(
            f"The dataset cannot be read: {type(error).__name__}: {error}"
        ) from error
    if not found:
        raise InputError("The dataset has no rows.")
    batched = is_py or _is_batched(model, found[0][0])
    parts = []
    for part in zip(*found, strict=True):
        known = part[0] is not None
        parts.append(_joined(part, batched) if known else None)
    return parts


def _unpack(element):
    import keras

    parts = keras.utils.unpack_x_y_sample_weight(element)
    return tuple(
        None if part is None else keras.tree.map_structure(_as_array, part)
        for part in parts
    )


def _as_array(leaf):
    if hasattr(leaf, "to_tensor"):  # a ragged tensor
        leaf = leaf.to_tensor()
    return np.asarray(leaf)


def _is_batched(model, inputs):
    """Return whether an element of a dataset is many rows, by what the model takes."""
    import keras

    leaf = keras.tree.flatten(inputs)[0]
    if leaf.dtype.kind in "OSUT":  # texts, in a text model's dataset
        return leaf.ndim > 0
    return leaf.ndim >= len(model.inputs[0].shape)


def _joined(parts, batched):
    """Return structures of arrays, one a batch or one a row, as one of all rows."""
    import keras

    def join(*leaves):
        if not batched:
            leaves = [leaf[None] for leaf in leaves]
        leaves = [np.atleast_1d(leaf) for leaf in leaves]
        if len({leaf.shape[1:] for leaf in leaves}) == 1:
            return np.concatenate(leaves)
        return [row for leaf in leaves for row in leaf]  # of several lengths

    return keras.tree.map_structure(join, *parts)
