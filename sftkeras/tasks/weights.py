"""How much a row counts in the loss: class weights, sample weights (§3.4)."""

import numbers

import numpy as np

from sftkeras.errors import InputError, listed
from sftkeras.inputs.arrays import as_numbers
from sftkeras.inputs.ragged import Ragged
from sftkeras.tasks.names import positions


def weigh(task, rows, class_weight=None, sample_weight=None, name="sample_weight"):
    """Return the weights of rows for the loss: those of class and row, multiplied.

    Args:
        task: the `Task`.
        rows: `Rows` with targets; weights of places of a sequence are kept.
        class_weight: as in `Recipe`. Defaults to `None`.
        sample_weight: N numbers. Defaults to `None`.
        name: str, what the latter are called. Defaults to `"sample_weight"`.

    Returns:
        Float32 `(N,)`, a `Ragged`, or `None`: all alike.

    Raises:
        InputError: a weight that is missing, negative or infinite, or all are 0.
    """
    weights = task.weigh(class_weight, rows.targets)
    if sample_weight is not None:
        given = checked(sample_weight, len(rows), name)
        weights = given if weights is None else weights * given
    if weights is None:
        return rows.weights
    weights = np.asarray(weights, "float32")
    if not weights.any():
        raise InputError("All weights are 0: no row counts in the loss.")
    if isinstance(rows.weights, Ragged):
        places = np.repeat(weights, rows.weights.lengths)
        return Ragged(rows.weights.values * places, rows.weights.offsets)
    return weights


def class_weights(class_weight, task, codes):
    """Return a float32 weight for each of N class numbers.

    Args:
        class_weight: `"balanced"`; {label: weight}, or {class number: weight}; or C
            weights in the order of the label names.
        task: the `Classification`.
        codes: int `(N,)`.
    """
    names = task.names
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(codes, minlength=len(names))
        weights = len(codes) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        return weights[codes].astype("float32")
    weights = np.ones(len(names))
    for label, weight in _items(class_weight, names):
        real = isinstance(weight, numbers.Real) and 0 <= weight < np.inf
        if not real:
            raise InputError(
                f"`class_weight` is a number from 0 up. Received: {label!r}: {weight!r}"
            )
        if label not in names:
            raise InputError(
                f"`class_weight` names {label!r}, none of the model's labels: "
                f"{listed(names)}."
            )
        weights[names.index(label)] = weight
    return weights[codes].astype("float32")


def _items(class_weight, names):
    """Return pairs of label and weight, however the weights were given."""
    if isinstance(class_weight, dict):
        weights, what = list(class_weight.values()), "The keys of `class_weight`"
        return zip(positions([*class_weight], names, what), weights, strict=True)
    listed_ = class_weight.tolist() if hasattr(class_weight, "tolist") else class_weight
    if isinstance(listed_, (list, tuple)) and len(listed_) == len(names):
        return zip(names, listed_, strict=True)
    raise InputError(
        "`class_weight` must be 'balanced', {label: weight}, or a weight for each of "
        f"{listed(names)}. Received: class_weight={class_weight!r:.80}"
    )


def checked(weights, count, name="sample_weight"):
    """Return weights of rows as float64 `(N,)`; raise `InputError` for what is none.

    Args:
        weights: N numbers.
        count: int, how many rows there are.
        name: str, what they are called in an error. Defaults to `"sample_weight"`.
    """
    weights = as_numbers(weights, f"`{name}`")
    if isinstance(weights, Ragged) or weights.size != len(weights):
        raise InputError(f"`{name}` must hold one number a row.")
    if len(weights) != count:
        raise InputError(
            f"`{name}` must hold one number a row. Received: {count} rows, "
            f"{len(weights)} weights"
        )
    weights = weights.reshape(count).astype("float64")
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise InputError(
            f"`{name}` must be from 0 up. Received: {weights[row]:g} (row {row})"
        )
    return weights
