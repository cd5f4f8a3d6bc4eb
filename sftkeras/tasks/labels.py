"""Labels as people bring them: arrays without gaps, names, several a row (§3.2)."""

import math
import numbers

import numpy as np

from sftkeras.errors import InputError, printable

MOST_NAME = 1000  # characters of a label's name


def check_labels(labels, name="labels"):
    """Refuse data without labels."""
    if labels is None:
        raise InputError(f"There are no {name}. Training needs a label for each row.")


def as_array(labels):
    """Return labels as an array without gaps: `(N,)`, or one-hot `(N, C)`."""
    values = labels.tolist() if hasattr(labels, "tolist") else labels
    try:
        array = np.array(values)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.size == 0 or not (array.ndim == 1 or is_one_hot(array)):
        more = ""
        if are_several(labels):
            more = (
                ". For several labels a row, declare the task: "
                "load_pretrained_model(…, task=MultiLabel())"
            )
        raise InputError(
            "`labels` must hold one label a row, or one-hot rows. "
            f"Received: {type(labels).__name__} of shape {array.shape}{more}"
        )
    for row, label in enumerate(values):
        number = isinstance(label, float)
        if label is None or (number and not math.isfinite(label)):
            raise InputError(f"Label {label} (row {row}) is no label. Fill it in.")
    if array.dtype.kind not in "iufbU":
        raise InputError(
            f"`labels` must be numbers or names. Received: {type(values[0]).__name__} "
            f"{values[0]!r:.80}"
        )
    return array


def is_one_hot(labels):
    """Return whether an array is `(N, C)` of zeros with one 1 a row."""
    return _zeros_and_ones(labels) and bool(np.all(labels.sum(axis=1) == 1))


def are_several(labels):
    """Return whether each row has a list of labels, or 0 and 1 for each class."""
    if not hasattr(labels, "__len__") or isinstance(labels, str) or not len(labels):
        return False
    values = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    if not all(isinstance(row, (list, tuple, set, frozenset)) for row in values):
        return False
    if hasattr(labels, "ndim") and labels.ndim == 2:
        return _zeros_and_ones(np.asarray(labels)) and not is_one_hot(labels)
    return True


def check_several(labels):
    """Raise if all labels are one class."""
    first = labels[0].tolist()
    if np.all(labels == first):
        raise InputError(
            f"All {len(labels)} labels are {first!r}: there is nothing to tell "
            "apart. Add examples of another class."
        )


def listed(names, most=10):
    """Return names for a message: the first ten, and how many there are."""
    more = f" … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def too_many(distinct, count):
    """Return the message for labels of more classes than a head has."""
    return (
        f"Labels out of range: the model's head has {count} classes, the labels are "
        f"{listed(distinct)}. Correct them, or build the model with "
        f"num_classes={len(distinct)}."
    )


def _zeros_and_ones(labels):
    return (
        labels.ndim == 2
        and labels.dtype.kind in "iufb"
        and bool(np.all((labels == 0) | (labels == 1)))
    )


def as_names(names):
    """Return label names as a tuple, `None` as it is; refuse a string or twins."""
    if names is None:
        return None
    if isinstance(names, str):
        raise InputError(
            f"`label_names` must be a list of names. Received: the string {names!r}"
        )
    names = tuple(names)
    check_names(names)
    return names


def check_names(names):
    """Raise `InputError` unless label names are names that a terminal can show.

    Distinct texts and numbers: a label is printed, into columns too.
    """
    for name in names:
        known = isinstance(name, (str, numbers.Real, np.bool_))
        if not known or (isinstance(name, float) and not math.isfinite(name)):
            raise InputError(
                "A label name is a text or a number. Received: "
                f"{type(name).__name__} {str(name)[:60]!r}"
            )
        if isinstance(name, str) and (printable(name) != name or len(name) > MOST_NAME):
            raise InputError(
                f"A label name has no line breaks, tabs or control characters, and at "
                f"most {MOST_NAME:,} letters. Received: {name[:60]!r}"
            )
    if len({*names}) < len(names):
        raise InputError(f"`label_names` must differ. Received: {listed(names)}")
