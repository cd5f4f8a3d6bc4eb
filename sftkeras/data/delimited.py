"""`.txt`, `.tsv`, `.csv`: rows of cells between tabs, commas or semicolons."""

import csv
import itertools

from sftkeras.data.decoding import numbered
from sftkeras.data.roles import settle
from sftkeras.data.sheets import LABEL_NAMES, MAYBE_LABELS, TEXT_NAMES, as_list
from sftkeras.data.telling import tell
from sftkeras.errors import InputError

_DELIMITERS = (",", ";", "\t", "|")
_RARE = ("，", "；", "：", ":", "^")  # where a header of known names shows them
_END = "\0"  # stands in no line: `numbered` refuses it


def read_delimited(path, stream, tabs, delimiter=None, header=None, wanted=()):
    """Return the `Sheet` of a delimited file.

    Args:
        path: the file.
        stream: its lines; of a file of tabs `"\\n"` alone ends one.
        tabs: bool. `text<TAB>label` without quoting, or else quoted as in a `.csv`.
        delimiter: str of one character, or `"tab"`. Defaults to `None`: tabs, or what
            the first line shows.
        header: bool, whether the first row is one. Defaults to `None`: guessed.
        wanted: names of columns that the user gave.
    """
    lines = numbered(stream, path)
    (number, first), lines = _peek(lines)
    if delimiter is not None:
        delimiter = _checked(delimiter)
        tabs = tabs and delimiter == "\t"
    elif (
        tabs
        and "\t" not in first
        and (other := _of_header(first, (";", ",", "|", *_RARE)))
    ):
        tabs, delimiter = False, other
        tell(path, f"the header shows the delimiter {other!r}, so it is read by that.")
    if tabs:
        rows = ((line, row.rstrip("\r\n").split("\t")) for line, row in lines)
        return settle(path, rows, header, wanted, tabs=True)
    head = first.strip().lower()
    if head.startswith("sep=") and len(head) <= 5:  # Excel's own
        next(lines)
        delimiter = delimiter or head[4:] or "\t"
        (number, first), lines = _peek(lines)
    if delimiter is None:
        delimiter = _sniffed(path, first, wanted)
    rows = csv_rows(path, lines, delimiter, number)
    return settle(path, rows, header, wanted)


def _peek(lines):
    """Return the first line and all lines."""
    first = next(lines, (1, ""))
    return first, itertools.chain([first], lines)


def _checked(delimiter):
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    one = isinstance(delimiter, str) and len(delimiter) == 1
    if not one or delimiter in '"\r\n \0' or delimiter.isalnum():
        raise InputError(
            "`delimiter` must be one sign, such as ',', ';', '|' or 'tab'. Received: "
            f"{delimiter!r}"
        )
    return delimiter


def _sniffed(path, first, wanted):
    """Return the delimiter that a first line shows; one that is no comma is told."""
    wanted = set(as_list(wanted)) if wanted else set()
    cells = {d: _split(first, d) for d in _DELIMITERS}
    named = [d for d in _DELIMITERS if wanted & {*cells[d]}]
    named = named or [d for d in _DELIMITERS if {*TEXT_NAMES} & _lower(cells[d])]
    alone = not named and all(len(row) < 2 for row in cells.values())
    if alone and (rare := _of_header(first, _RARE)):
        named = [rare]
        cells[rare] = _split(first, rare)
    if not named:
        named = [max(_DELIMITERS, key=lambda d: len(cells[d]))]
        if len(cells[","]) > 1:
            named = [","]
    best = max(named, key=lambda d: len(cells[d]))
    if best != ",":
        told = "tab" if best == "\t" else best
        tell(path, f"read by the delimiter {told!r} (delimiter={told!r} to agree).")
    return best


def _of_header(line, delimiters):
    """Return the delimiter by which a line is a header of text and label, or None."""
    for delimiter in delimiters:
        cells = _lower(_split(line, delimiter))
        if cells & {*TEXT_NAMES} and cells & {*LABEL_NAMES, *MAYBE_LABELS}:
            return delimiter
    return None


def _split(line, delimiter):
    try:
        row = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        row = line.split(delimiter)
    return [cell.strip().lstrip("\ufeff") for cell in row]


def _lower(cells):
    return {cell.lower() for cell in cells}


def csv_rows(path, lines, delimiter, line):
    """Yield (line, cells), blank lines left out; an empty text in quotes is none.

    Args:
        path: of the file, for errors.
        lines: iterator of (number, line), as `numbered` yields them.
        delimiter: str.
        line: int, the number of the first line.

    Raises:
        InputError: a quote that is opened and never closed.
    """
    csv.field_size_limit(2**31 - 1)
    before, text = line - 1, ""

    def noted():
        nonlocal text
        for _, text in lines:
            yield text
        yield _END

    source = noted()
    reader = csv.reader(source, delimiter=delimiter, skipinitialspace=True)
    while True:
        try:
            row = next(reader)
        except csv.Error as error:
            raise InputError(f"{path}, line {line}: {error}.") from None
        if row == [_END]:
            return
        if row[-1:] and row[-1].endswith(_END):
            raise InputError(
                f"{path}, line {line}: a quote is opened and never closed. Close it, "
                'or double a quote that belongs to the text ("").'
            )
        if any(map(str.strip, row)) or len(row) > 1 or '"' in text:
            yield line, row
        line = before + reader.line_num + 1
