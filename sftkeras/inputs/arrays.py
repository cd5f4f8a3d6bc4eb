"""Numbers in any container as one column: an array, or a `Ragged` (article §5.2)."""

import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.given import is_frame, is_missing, opened
from sftkeras.inputs.ragged import Ragged

_LARGEST = float(np.finfo("float32").max)


class TextFound(InputError):
    """There is text where numbers were expected."""


def as_numbers(values, what="The inputs"):
    """Return values as a column of finite numbers.

    Args:
        values: an array or tensor `(N, …)`; a list of N numbers, lists or arrays,
            which may differ in their first axis; a pandas frame or series, nullable or
            not.
        what: str, what they are called in an error. Defaults to `"The inputs"`.

    Returns:
        An array `(N, …)`; a `Ragged` where rows have several lengths. What is a bool
        stays one.

    Raises:
        InputError: a cell that is missing, infinite (float64 beyond float32's range
            too) or no number: its row and column are named; or there are no rows.
    """
    values = opened(values)
    if hasattr(values, "toarray"):
        raise InputError(f"{what} must be dense. Give data.toarray().")
    names = list(values.columns) if is_frame(values) else None
    column = values if isinstance(values, Ragged) else _column(values, what, names)
    if not len(column):
        raise InputError(f"{what} must have one row or more. Received: no rows")
    if 0 in (column.lengths if isinstance(column, Ragged) else column.shape):
        row = int(np.argmin(column.lengths)) if isinstance(column, Ragged) else 0
        raise InputError(f"{what}: row {row} is empty.")
    check_finite(column, what, names)
    return column


def check_finite(column, what="The inputs", names=None):
    """Raise `InputError` for the first NaN or infinity, with its row and column.

    Args:
        column: an array or a `Ragged`.
        what, names: as in `as_numbers`; the names of the second axis or `None`.
    """
    values = column.values if isinstance(column, Ragged) else column
    if values.dtype.kind != "f":
        return
    with np.errstate(all="ignore"):
        total = np.sum(np.abs(values), dtype="float64")  # nan and inf come through
        if total <= _LARGEST:
            return
        bad = ~(np.abs(values) <= _LARGEST)
    if not bad.any():
        return
    place = tuple(int(axis) for axis in np.argwhere(bad)[0])
    found = values[place]
    if isinstance(column, Ragged):
        row = int(np.searchsorted(column.offsets, place[0], "right")) - 1
        place = (row, place[0] - int(column.offsets[row]), *place[1:])
    kind = "missing (nan)" if np.isnan(found) else "not finite"
    size = "" if not np.isfinite(found) else ", beyond float32's range"
    raise InputError(
        f"{what}: {_named(place, names)} is {kind}"
        + ("" if np.isnan(found) else f": {found:g}{size}")
        + ". Fill it in, or leave the row out."
    )


def _named(place, names):
    row, *inside = place
    if not inside:
        return f"row {row}"
    if len(inside) == 1:
        known = names is not None and inside[0] < len(names)
        return f"row {row}, column {names[inside[0]] if known else inside[0]!r}"
    return f"row {row}, at {tuple(inside)},"


def _column(values, what, names):
    if is_frame(values):
        columns = [
            _plain(_flat(values.iloc[:, place]), f"{what}, column {name!r}")
            for place, name in enumerate(names)
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(values), 0))
    if np.ma.isMaskedArray(values):
        if np.any(values.mask):
            place = tuple(int(axis) for axis in np.argwhere(values.mask)[0])
            raise InputError(f"{what}: {_named(place, None)} is masked. Fill it in.")
        values = values.data
    if not isinstance(values, np.ndarray):
        values = _flat(values) if hasattr(values, "iloc") else values
    if isinstance(values, np.ndarray) and values.dtype != object:
        return _plain(values, what)
    rows = list(values) if _has_rows(values) else None
    if rows is None:
        raise InputError(
            f"{what} must be an array, or a list of N numbers or arrays. Received: "
            f"{type(values).__name__} {values!r:.60}"
        )
    if any(_has_rows(row) for row in rows):
        return _of_rows(rows, what)
    return _plain(_objects(rows), what)


def _has_rows(value):
    if isinstance(value, (str, bytes, dict)):
        return False
    return isinstance(value, (list, tuple)) or bool(np.ndim(opened(value)))


def _of_rows(rows, what):
    """Return rows that are lists or arrays themselves as one column."""
    arrays = []
    for number, row in enumerate(rows):
        if not _has_rows(row):
            if is_missing(row):
                raise InputError(f"{what}: row {number} is missing ({row}).")
            raise InputError(
                f"{what} must be rows of one kind. Received: {type(rows[0]).__name__} "
                f"(row 0), {type(row).__name__} {row!r:.40} (row {number})"
            )
        row = opened(row)
        if isinstance(row, np.ndarray) and row.dtype != object:
            arrays.append(_plain(row, what, number))
        else:
            arrays.append(_inner(row, what, number))
    shapes = {array.shape for array in arrays}
    if len(shapes) == 1:
        return np.stack(arrays)
    if len({array.shape[1:] for array in arrays}) > 1:
        listed = ", ".join(map(str, sorted(shapes)[:3]))
        advice = ""
        if {array.ndim for array in arrays} == {3}:
            advice = " Bring images to one size first, by keras.ops.image.resize."
        raise InputError(
            f"{what}: rows may differ in their first axis only. Received: shapes "
            f"{listed}.{advice}"
        )
    return Ragged.from_rows(arrays)


def _inner(row, what, number):
    """Return one row, of whatever depth, as an array."""
    try:
        array = np.asarray(row)
        if array.dtype.kind in "OSUT":
            array = np.array(row, dtype=object)
    except ValueError:
        raise InputError(
            f"{what}: row {number} holds lists of different lengths."
        ) from None
    return _plain(array, what, number)


def _objects(cells):
    """Return a list of cells as an array of the narrowest kind that holds them all."""
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


def _flat(series):
    """Return a pandas series as a NumPy array, nullable ones as objects."""
    return np.asarray(series.to_numpy())


def _plain(array, what, row=None):
    """Return an array as bools, whole numbers or floats of this machine's order.

    Args:
        array: an array, of any kind.
        what: str, for an error.
        row: int, the row that the array is; `None` if it is all of them.
    """
    kind = array.dtype.kind
    if kind == "O":
        return _from_objects(array, what, row)
    if kind in "SUT":
        raise TextFound(f"{what} must be numbers. Received: text {_first(array)!r:.60}")
    if kind not in "biuf":
        raise InputError(f"{what} must be numbers. Received: dtype {array.dtype}")
    if kind == "f" and array.dtype.itemsize > 8:
        return array.astype("float64")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _from_objects(array, what, row):
    cells = array.ravel().tolist()
    if all(isinstance(cell, (bool, np.bool_)) for cell in cells):
        return array.astype(bool)
    found, whole = np.empty(len(cells)), True
    for place, cell in enumerate(cells):
        if is_missing(cell):
            raise InputError(
                f"{what}: {_at(array, place, row)} is missing ({cell}). Fill it in, or "
                "leave the row out."
            )
        if isinstance(cell, (str, bytes)):
            raise TextFound(
                f"{what} must be numbers. Received: text {cell!r:.60} "
                f"({_at(array, place, row)})"
            )
        try:
            found[place] = cell
        except (TypeError, ValueError, OverflowError):
            raise InputError(
                f"{what} must be numbers. Received: {type(cell).__name__} "
                f"{cell!r:.40} ({_at(array, place, row)})"
            ) from None
        whole = whole and isinstance(cell, (bool, int, np.integer, np.bool_))
    if whole and np.all(np.abs(found) < 2**53):
        found = found.astype("int64")
    return found.reshape(array.shape)


def _at(array, place, row):
    inside = tuple(map(int, np.unravel_index(place, array.shape)))
    return _named(inside if row is None else (row, *inside), None)


def _first(array):
    return array.ravel()[0] if array.size else ""
