"""Whether a file has a header, and without one, which column holds what."""

import itertools
import re

from sftkeras.data.sheets import (
    ID_NAMES,
    LABEL_NAMES,
    MAYBE_LABELS,
    TEXT_NAMES,
    Sheet,
    as_list,
    check_header,
)
from sftkeras.data.telling import tell
from sftkeras.errors import InputError

_SAMPLE = 1000  # rows by which columns are judged
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def settle(path, rows, header, wanted, tabs=False, unit="line"):
    """Return the `Sheet` of rows of cells: with a header, or with guessed columns.

    Args:
        path: the file.
        rows: iterator of (line, list of strings).
        header: bool, whether the first row is one; `None` to guess.
        wanted: names of columns that the user gave.
        tabs: bool. Whether it is `text<TAB>label` unless something speaks for another
            order; else nothing is taken for granted. Defaults to `False`.
        unit: as in `Sheet`. Defaults to `"line"`.
    """
    sample = list(itertools.islice(rows, _SAMPLE))
    if not sample:
        raise InputError(f"{path}: no text in the file.")
    first = [cell.strip().lstrip("\ufeff") for cell in sample[0][1]]
    cells = [row for _, row in sample]
    guessed = header is None
    if guessed:
        header = _has_header(first, cells, as_list(wanted) if wanted else [], tabs)
    rows = itertools.chain(sample, rows)
    if header:
        next(rows)
        check_header(path, first)
        return Sheet(path, first, _even(path, rows, first, tabs, unit), unit)
    width = len(first)
    if tabs and (width < 3 or any(len(row) != width for row in cells)):
        width = 2
    names = [str(number + 1) for number in range(width)]
    even = _even(path, rows, names, tabs, unit, False)
    sheet = Sheet(path, names, even, unit, "guess" if guessed else "format")
    texts, label = _roles(cells, width, tabs)
    sheet.texts = [names[column] for column in texts]
    sheet.label = None if label is None else names[label]
    usual = (tabs or not guessed) and (texts, label) == ([0], 1)
    if not wanted and not usual and width > 1:
        as_label = f"column {sheet.label} the labels" if sheet.label else "no labels"
        say = f"text_column={sheet.texts if len(texts) > 1 else sheet.texts[0]!r}"
        if sheet.label:
            say += f", label_column={sheet.label!r}"
        tell(
            path,
            f"no header; column {' and '.join(sheet.texts)} is taken for the text, "
            f"{as_label}. To agree: header=False, {say}; else header=True.",
        )
    return sheet


def _has_header(first, cells, wanted, tabs):
    lower = {cell.lower() for cell in first}
    if wanted:
        return bool({*first} & {*wanted}) or not all(n.isdecimal() for n in wanted)
    if tabs and len(first) < 2:
        return False
    known = lower & {*TEXT_NAMES}
    others = lower & {*LABEL_NAMES, *ID_NAMES, *MAYBE_LABELS}
    if tabs and (len(first) < 3 or any(len(row) != len(first) for row in cells)):
        sure = known or lower & {*LABEL_NAMES, *ID_NAMES}
        return bool((known and others) or (sure and not _like_data(first, cells)))
    return bool(known or others) or not _like_data(first, cells)


def _like_data(first, cells):
    """Return whether a first row looks like those below it, not like their names."""
    for column, cell in enumerate(first):
        below = [row[column].strip() for row in cells[1:] if column < len(row)]
        if cell and cell in below:
            return True
        if _NUMBER.fullmatch(cell) and all(map(_NUMBER.fullmatch, below)):
            return True
        if len(cell.split()) > 3 or len(cell) > 40 or cell.endswith((*".!?。！？",)):
            return True
    return False


def _roles(cells, width, tabs):
    """Return (numbers of the columns of text, number of the label's or `None`)."""
    full = [row for row in cells if len(row) >= width]
    if not full:  # one column, or tabs in no line
        return [0], (1 if width > 1 else None)
    columns = [[row[n].strip() for row in full] for n in range(width)]
    open_to = [n for n in range(width) if not _counts(columns[n])]
    if len(open_to) < 2:
        return open_to or [0], None
    if len(open_to) == 2:
        one, two = open_to
        first, second = columns[one], columns[two]
        swapped = _is_label(first, second)
        if not tabs:  # of which the order is no sign
            swapped = swapped and not _is_label(second, first)
        return ([two], one) if swapped else ([one], two)
    size = {n: sum(map(len, columns[n])) / len(full) for n in open_to}

    def unlike_labels(column):
        kinds = len({*columns[column]})
        full_of_gaps = kinds < 2 or "" in columns[column]
        return full_of_gaps, kinds > len(full) / 2, size[column]

    label = min(open_to, key=unlike_labels)
    rest = [n for n in open_to if n != label]
    # Class, title, description: AG News, DBpedia and others. Of more columns, the
    # longest.
    return (rest if len(rest) == 2 else [max(rest, key=size.get)]), label


def _is_label(column, other):
    """Return whether a column holds labels of the other's texts, and surely so."""
    numbers = [all(map(_NUMBER.fullmatch, cells)) for cells in (column, other)]
    if numbers[0] != numbers[1]:
        return numbers[0]
    kinds, others, rows = len({*column}), len({*other}), len(column)
    sizes = [sum(map(len, cells)) / rows for cells in (column, other)]
    if others < rows and others <= kinds:  # the other one recurs
        return False
    if kinds < others:
        return sizes[0] < sizes[1]
    blank = any(len(cell.split()) > 1 for cell in column)
    return not blank and sizes[1] >= 3 * sizes[0]


def _counts(column):
    """Return whether a column numbers the rows."""
    if len(column) < 3 or not all(cell.isdecimal() for cell in column):
        return False
    start = int(column[0][:9])
    return column == [str(start + n) for n in range(len(column))]


def _even(path, rows, names, tabs, unit, header=True):
    """Yield the rows; raise for one that is wider than the names, or too narrow."""
    for line, row in rows:
        if len(row) > len(names) and not any(map(str.strip, row[len(names) :])):
            row = row[: len(names)]  # a delimiter too many at the end
        where = f"{path}, {unit} {line}: {len(row)} columns where "
        if tabs and len(row) > len(names):
            raise InputError(
                f"{where}{len(names)} are expected (text<TAB>label). Take the tabs "
                "out of the text, or add a header line."
            )
        there = f"the header has {len(names)}" if header else f"line 1 has {len(names)}"
        if len(row) > len(names):
            raise InputError(
                f"{where}{there}. Put quotes around a text that holds a delimiter."
            )
        if len(row) < len(names) and not tabs:
            raise InputError(
                f"{where}{there}. Is a delimiter or a closing quote missing?"
            )
        yield line, row
