"""Label names: given, read from columns, or numbers in their place (§3.2)."""

import math
import numbers
import unicodedata
import warnings

import numpy as np

from sftkeras.errors import InputError, listed, printable
from sftkeras.tasks.labels import plain

MOST_NAME = 1000  # characters of a label's name


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


def column_names(labels):
    """Return the names of a frame's columns, one a class; else `None`."""
    if hasattr(labels, "columns") and labels.shape[1] > 1:
        return tuple(plain(name) for name in labels.columns)
    return None


def ordered(labels, names):
    """Return a frame of labels with its columns in the order of the model's names."""
    columns = column_names(labels)
    if columns is None or columns == tuple(names):
        return labels
    if set(columns) != set(names):
        if set(names) == set(range(len(columns))):  # the model knows no names
            return labels
        raise InputError(
            f"The columns of labels must be {list(names)}, in any order. Received: "
            f"{list(columns)}"
        )
    return labels[list(names)]


def positions(labels, names, what="The labels"):
    """Return labels, numbers of classes replaced by their names, which is told.

    Args:
        labels: list of labels.
        names: tuple of the model's label names.
        what: str, what the labels are called. Defaults to `"The labels"`.

    Raises:
        InputError: numbers where the names are the same numbers as text, or the
            reverse.
    """
    texts = all(isinstance(name, str) for name in names)
    whole = all(isinstance(label, (bool, int, float)) for label in labels)
    named = {str(name) for name in names}
    if texts and whole:
        odd = next((i for i, n in enumerate(labels) if _number_text(n) in named), None)
        if odd is not None:
            raise InputError(
                f"Label {labels[odd]!r} (row {odd}) is a number; the model's labels "
                f"are texts: {listed(names)}. Give the labels as texts: "
                "[str(label) for label in labels]."
            )
        inside = all(0 <= n < len(names) and n == int(n) for n in labels)
        if inside:
            used = sorted({int(label) for label in labels})
            shown = ", ".join(f"{code} is {names[code]!r}" for code in used[:5])
            warnings.warn(
                f"{what} are numbers, taken for the places of the model's names: "
                f"{shown}{' …' if len(used) > 5 else ''}.",
                stacklevel=5,
            )
            return [names[int(label)] for label in labels]
    if not texts and labels and all(isinstance(label, str) for label in labels):
        odd = next((i for i, label in enumerate(labels) if label in named), None)
        if odd is not None:
            raise InputError(
                f"Label {labels[odd]!r} (row {odd}) is a text; the model's labels are "
                f"numbers: {listed(names)}. Give the labels as numbers."
            )
    return labels


def tell_alike(names):
    """Warn of label names that differ in what is hardly seen: case, width, blanks."""
    groups = {}
    for name in names:
        form = unicodedata.normalize("NFKC", str(name)).casefold()
        hidden = [c for c in form if c.isspace() or unicodedata.category(c) == "Cf"]
        form = "".join(c for c in form if c not in hidden)
        groups.setdefault(form, []).append(name)
    for group in groups.values():
        if len(group) > 1:
            warnings.warn(
                "Labels alike but for case, width or blanks are classes of their own: "
                f"{listed(group)}. Write them the same if they are one.",
                stacklevel=5,
            )


def as_varied(distinct, count):
    """Return advice for N labels of which hardly any recurs, else an empty string."""
    if count < 10 or len(distinct) <= count / 2:
        return ""
    return (
        f" {len(distinct)} of {count} rows have a label of their own: are data and "
        "labels swapped, or is it a number to predict (num_classes=1)?"
    )


def unknown(labels, names):
    """Return the message for labels that a model does not know, with both ways out."""
    row = next(i for i, label in enumerate(labels) if label not in names)
    new = list(dict.fromkeys(label for label in labels if label not in names))
    more = ", ".join(map(repr, new)) if len(new) <= 3 else "*new_names"
    return (
        f"Label {labels[row]!r} (row {row}) is none of the model's: {listed(names)}. "
        "Correct it; or let the model learn a class more and keep what it knows: "
        f"replace_head(model, label_names=(*model.label_names, {more})), then "
        "fine_tune."
    )


def too_many(distinct, count):
    """Return the message for labels of more classes than a head has."""
    return (
        f"Labels out of range: the model's head has {count} classes, the labels are "
        f"{listed(distinct)}. Correct them, or build the model with "
        f"num_classes={len(distinct)}; a trained one gets another head by "
        f"replace_head(model, num_classes={len(distinct)})."
    )


def _number_text(label):
    whole = isinstance(label, float) and label.is_integer()
    return str(int(label)) if whole or isinstance(label, bool) else str(label)
