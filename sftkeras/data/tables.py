"""A `.csv` file of numbers as arrays (article §6.7)."""

import csv
import io
from pathlib import Path

import numpy as np

from sftkeras.data.decoding import read_text
from sftkeras.errors import InputError


def load_table(path):
    """Load a `.csv` file: a header line, numbers in each column but that of the labels.

    A missing value is refused: how to fill it is a decision about your data.

    Args:
        path: the file. Its labels stand in the column named `label`, or in the last.

    Returns:
        `(x, y)`: float32 array `(N, F)`, and array `(N,)` of labels: int if all are
        whole numbers from 0, else str.

    Raises:
        InputError: a cell that is no number, a row without a label, fewer than two
            columns of numbers, or two of one name; the message names line and column.
    """
    csv.field_size_limit(2**31 - 1)  # an open quote is told of as a bad cell
    lines = io.StringIO(read_text(Path(path)), newline="")
    reader = csv.DictReader(lines, restval="", skipinitialspace=True)
    names = [name.strip() for name in reader.fieldnames or ()]
    if len({*names}) < max(3, len(names)):
        raise InputError(
            f"{path}: needed are two columns of numbers or more, each with a name of "
            f"its own, and one of labels. Received: columns {names[:5]}"
        )
    reader.fieldnames, label = names, "label" if "label" in names else names[-1]
    x, y = [], []
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        if None in row or not row[label].strip():  # None: beyond the header's columns
            raise InputError(
                f"{where}: needed are {len(names)} columns as in the header, and a "
                f"label in column {label!r}."
            )
        y.append(row.pop(label).strip())
        x.append([_number(row[n], f"{where}, column {n!r}") for n in row])
    if not y:
        raise InputError(f"{path}: there are no rows below the header.")
    numbers = all(name.isdecimal() for name in y)
    return np.array(x, "float32"), np.array(y, int if numbers else str)


def _number(cell, where):
    try:
        if abs(number := float(cell)) < 1e30:  # false for nan
            return number
    except ValueError:
        pass
    raise InputError(
        f"{where}: not a number. Received: {cell[:40]!r}. Fill a missing value first "
        "(scikit-learn's SimpleImputer), or take out its row or column."
    )
