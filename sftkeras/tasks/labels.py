"""Labels as people bring them: arrays without gaps, names, several a row (§3.2)."""

import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.given import is_missing, opened

_LARGEST = float(np.finfo("float32").max)
_SEVERAL = (list, tuple, set, frozenset)


def check_labels(labels, name="labels"):
    """Refuse data without labels."""
    if labels is None:
        raise InputError(f"There are no {name}. Training needs a label for each row.")


def as_array(labels, name="labels"):
    """Return labels as an array without gaps: `(N,)`, or one-hot `(N, C)`.

    Args:
        labels: N labels in a list, an array, a tensor, a pandas series or a frame of
            one column; or one-hot rows, in a frame with a column a class. Labels are
            numbers, bools or names; bytes are read as UTF-8.
        name: str, what they are called in an error. Defaults to `"labels"`.

    Raises:
        InputError: a label that is missing, infinite, blank, or of another kind than
            most: its row is named; or labels of another shape.
    """
    rows = _rows(labels)
    if rows is None or not rows:
        raise _wrong_shape(labels, rows, name)
    deep = [isinstance(row, (list, tuple, np.ndarray)) for row in rows]
    if any(isinstance(row, (set, frozenset, dict)) for row in rows):
        raise _wrong_shape(labels, rows, name)
    if not any(deep):
        return _one_a_row(rows, name)
    row = next((i for i, inside in enumerate(deep) if not inside), None)
    if row is not None:
        _check_label(rows[row], row, name)
        raise _wrong_shape(labels, rows, name)
    widths = {len(row) for row in rows}
    if widths == {1} and not any(isinstance(r[0], (*_SEVERAL, dict)) for r in rows):
        return _one_a_row([row[0] for row in rows], name)
    for row, cells in enumerate(rows):
        for cell in cells:
            if is_missing(cell):
                _check_label(cell, row, name)
    try:
        array = np.array(rows)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype == object and array.ndim == 2:  # pandas' nullable numbers
        array = np.array([[plain(cell) for cell in row] for row in rows])
    if array.size == 0 or not is_one_hot(array):
        raise _wrong_shape(labels, rows, name)
    return array


def _rows(labels):
    """Return labels as a list of one entry a row, `None` if they are not several."""
    labels = opened(labels)
    if hasattr(labels, "columns") and hasattr(labels, "iloc"):
        columns = [labels.iloc[:, i].tolist() for i in range(labels.shape[1])]
        return [list(row) for row in zip(*columns, strict=True)]
    values = labels.tolist() if hasattr(labels, "tolist") else labels
    return list(values) if isinstance(values, (list, tuple)) else None


def _wrong_shape(labels, rows, name):
    if rows is not None and not rows:
        return InputError(f"`{name}` must hold one label a row. Received: no rows")
    more = ""
    if rows is not None and len(rows) == 1 and isinstance(rows[0], _SEVERAL):
        more = ". If that row holds them all, give labels[0]"
    elif are_several(labels):
        more = (
            ". For several labels a row, declare the task: "
            "load_pretrained_model(…, task=MultiLabel())"
        )
    return InputError(
        f"`{name}` must hold one label a row, or one-hot rows. Received: "
        f"{type(labels).__name__}{_shape(rows)}{more}"
    )


def _shape(rows):
    """Return words for the shape of rows, which may be anything."""
    if rows is None:
        return ""
    widths = {len(row) if isinstance(row, _SEVERAL) else None for row in rows}
    if len(widths) > 1:
        return " of different lengths"
    width = widths.pop()
    return f" of shape {(len(rows),) if width is None else (len(rows), width)}"


def _one_a_row(rows, name):
    rows = [plain(label) for label in rows]
    for row, label in enumerate(rows):
        _check_label(label, row, name)
    named = [isinstance(label, str) for label in rows]
    if any(named) and not all(named):
        odd = named.index(sum(named) * 2 < len(named))
        usual = rows[named.index(not named[odd])]
        raise InputError(
            f"`{name}` must be all numbers or all names. Received: "
            f"{type(rows[odd]).__name__} {rows[odd]!r:.40} (row {odd}), {usual!r:.40} "
            "elsewhere"
        )
    if all(isinstance(label, bool) for label in rows):
        return np.array(rows)
    return np.array(rows if any(named) else [_number(label) for label in rows])


def plain(label):
    """Return a label as Python's own kind: NumPy scalars, bytes, wrapped ones."""
    label = label.item() if isinstance(label, (np.generic, np.ndarray)) else label
    if isinstance(label, bytes):
        try:
            return label.decode("utf-8")
        except UnicodeDecodeError:
            return label
    return str(label) if isinstance(label, str) else label


def _number(label):
    return (
        label if isinstance(label, (bool, int)) and abs(label) < 2**63 else float(label)
    )


def _check_label(label, row, name):
    """Raise `InputError` if a label is missing, infinite, blank, or no label."""
    gap = is_missing(label) or (isinstance(label, str) and not label.strip())
    if not gap and not isinstance(label, str):
        try:
            gap = not abs(float(label)) <= _LARGEST
        except OverflowError:
            gap = True
        except (TypeError, ValueError):
            raise InputError(
                f"`{name}` must be numbers or names. Received: {type(label).__name__} "
                f"{label!r:.80} (row {row})"
            ) from None
    if gap:
        raise InputError(f"Label {label!r:.60} (row {row}) is no label. Fill it in.")


def is_one_hot(labels):
    """Return whether an array is `(N, C)` of zeros with one 1 a row."""
    return _zeros_and_ones(labels) and bool(np.all(labels.sum(axis=1) == 1))


def are_several(labels):
    """Return whether each row has a list of labels, or 0 and 1 for each class."""
    rows = _rows(labels)
    if not rows or not all(isinstance(row, _SEVERAL) for row in rows):
        return False
    if getattr(labels, "ndim", 1) == 2:
        try:
            array = np.asarray(rows)
        except ValueError:  # a column of lists
            return True
        return _zeros_and_ones(array) and not is_one_hot(array)
    return True


def as_several(labels, names, name="labels"):
    """Return several labels a row: lists of them, or float `(N, C)` of 0 and 1.

    Args:
        labels: N lists, tuples or sets of labels; or an array or frame `(N, C)`, or N
            lists of C, of 0 and 1.
        names: tuple of the C label names, or their numbers.
        name: str, what they are called in an error. Defaults to `"labels"`.
    """
    rows = _rows(labels)
    if not rows:
        raise _wrong_shape(labels, rows, name)
    table = getattr(labels, "ndim", 1) == 2
    if table and labels.shape[1] == 1:  # one column of lists
        rows, table = [row[0] for row in rows], False
    for row, inside in enumerate(rows):
        if not isinstance(inside, (*_SEVERAL, np.ndarray)):
            raise InputError(
                f"Each row needs a list of labels, [] for none. Received: "
                f"{inside!r:.60} (row {row})"
            )
    rows = [[plain(label) for label in inside] for inside in rows]
    for row, inside in enumerate(rows):
        for label in inside:
            _check_label(label, row, name)
    binary = set(names).isdisjoint((0, 1)) and all(
        len(row) == len(names) and set(row) <= {0, 1} for row in rows
    )
    if not (table or binary):
        _check_no_cells(rows, names)
        return rows
    for row, inside in enumerate(rows):
        if not set(inside) <= {0, 1}:
            odd = next(cell for cell in inside if cell not in (0, 1))
            raise InputError(
                f"Columns of labels must hold 0 and 1 only. Received: {odd!r} (row "
                f"{row})"
            )
    return np.array(rows, "float32")


def _check_no_cells(rows, names):
    """Refuse lists of labels that are rows of 0 and 1, or of shares, one a class."""
    for row, inside in enumerate(rows):
        soft = [x for x in inside if isinstance(x, float) and x != int(x)]
        if any(x not in names for x in soft):
            raise InputError(
                "Labels must be names, or columns of 0 and 1 only. Received: "
                f"{soft[0]!r} (row {row})"
            )
        if (
            len(inside) == len(names)
            and len({*inside}) < len(inside)
            and {*inside} <= {0, 1}
        ):
            raise InputError(
                f"Row {row} names a label twice: {inside!r:.60}. If these are columns "
                "of 0 and 1, give an array: np.array(labels)."
            )


def check_several(labels):
    """Raise if all labels are one class."""
    first = labels[0].tolist()
    if np.all(labels == first):
        raise InputError(
            f"All {len(labels)} labels are {first!r}: there is nothing to tell "
            "apart. Add examples of another class."
        )


def _zeros_and_ones(labels):
    return (
        labels.ndim == 2
        and labels.dtype.kind in "iufb"
        and bool(np.all((labels == 0) | (labels == 1)))
    )
