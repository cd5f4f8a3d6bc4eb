"""A `.csv` file of numbers as arrays (article §6.7)."""

import csv
import io

import numpy as np

from sftkeras.data.decoding import as_path, read_text
from sftkeras.data.labels import read_labels
from sftkeras.data.sheets import Sheet
from sftkeras.data.table_columns import (
    has_header,
    is_number,
    label_place,
    places_of_ids,
)
from sftkeras.data.telling import tell
from sftkeras.errors import InputError


def load_table(path, label_column=None):
    """Load a `.csv` file: a header line, numbers in each column but that of the labels.

    A missing value is refused: how to fill it is a decision about your data. What is
    guessed is told in a warning: which column holds the labels if none is named so, a
    delimiter that is no comma, a file without a header. A column that has no name, or
    is called id, and numbers the rows is left out, and told.

    Args:
        path: the file.
        label_column: str, name of the labels' column; without a header, "1" is the
            first. Defaults to `None`: `"label"` and what else is called so, in any
            case (class, target, category, sentiment, 标签, 类别); or the only column
            that holds no numbers; or the last.

    Returns:
        `(x, y)`: float32 array `(N, F)`, and array `(N,)` of labels: int64 if all are
        whole numbers (`1`, and `1.0`, which is told), float64 if all are numbers, else
        str.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: a cell that is no number, a row without a label, fewer than two
            columns of numbers, or two of one name; the message names line and column.
    """
    path = as_path(path)
    lines, rows = _rows(path)
    names = [cell.strip() for cell in rows[0]]
    if len(names) < 2 and (sign := next((s for s in "，、:^" if s in names[0]), None)):
        raise InputError(
            f"{path}, line {lines[0]}: one column, with {sign!r} in it. Put commas "
            f"between the columns. Received: {names[0][:60]!r}"
        )
    header = has_header(path, [[cell.strip() for cell in row] for row in rows])
    if header:
        lines, rows = lines[1:], rows[1:]
    else:
        names = [str(number + 1) for number in range(len(names))]
    if not rows:
        raise InputError(f"{path}: there are no rows below the header.")
    rows = [[cell.strip() for cell in row] for row in rows]
    if names[-1] == "" and not any(row[len(names) - 1 :] != [""] for row in rows):
        names, rows = names[:-1], [row[:-1] for row in rows]  # a comma at each end
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{path}: each column needs a name of its own. Received: {twice[0]!r} "
            "twice."
        )
    even = [row for row in rows if len(row) == len(names)]
    label = label_place(path, names, even, label_column)
    ids = places_of_ids(path, names, even, label) if header else []
    used = [n for n in range(len(names)) if n not in (label, *ids)]
    if len(used) < 2:
        raise InputError(
            f"{path}: needed are two columns of numbers or more, and one of labels. "
            f"Received: columns {names[:5]}"
        )
    x = []
    for line, row in zip(lines, rows, strict=True):
        where = f"{path}, line {line}"
        if len(row) != len(names) or not row[label]:
            raise InputError(
                f"{where}: needed are {len(names)} columns as in the first line, and "
                f"a label in column {names[label]!r}."
            )
        x.append([_number(row[n], f"{where}, column {names[n]!r}") for n in used])
    y, _ = read_labels(
        Sheet(path, names, iter(())), lines, [row[label] for row in rows]
    )
    if y is None:
        raise InputError(
            f"{path}: no labels; each cell of column {names[label]!r} stands for a "
            "missing value."
        )
    return np.array(x, "float32"), y


def _rows(path):
    """Return (line numbers, rows of cells) of a file, blank lines left out."""
    csv.field_size_limit(2**31 - 1)  # an open quote is told of as a bad cell
    text = read_text(path)
    first = next(iter(text.lstrip().splitlines()), "")
    sign = "," if "," in first else max(";\t|", key=first.count)
    if sign not in first:
        sign = ","
    # In `a;b,c;d` commas are decimal ones, or belong to a name.
    if first.count(";") > first.count(","):
        sign = ";"
    if sign != ",":
        tell(path, f"read by the delimiter {sign!r}; a comma is expected.")
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=sign, skipinitialspace=True)
    found = [(reader.line_num, row) for row in reader if row]
    if found and found[0][1][0].lower() == "sep=":  # Excel's own
        found = found[1:]
    if not found:
        raise InputError(f"{path}: the file is empty.")
    return [line for line, _ in found], [row for _, row in found]


def _number(cell, where):
    if is_number(cell) and abs(number := float(cell)) < 1e30:
        return number
    raise InputError(
        f"{where}: not a number. Received: {cell[:40]!r}. Fill a missing value first "
        "(scikit-learn's SimpleImputer), or take out its row or column; decimals "
        "take a point, 1.5."
    )
