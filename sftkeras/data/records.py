"""`.jsonl`, `.json`, `.xlsx`, fastText's lines, and a folder of text files."""

import itertools
import json
import re
import warnings
import zipfile

from sftkeras.data.decoding import (
    check_file,
    decode,
    guess_encoding,
    is_utf8,
    numbered,
)
from sftkeras.data.roles import settle
from sftkeras.data.sheets import Sheet
from sftkeras.data.telling import tell
from sftkeras.errors import InputError

_LARGEST = 500e6  # bytes of an unpacked workbook
MARK = "__label__"  # fastText's, before each label
_MARKED = re.compile(rf"(?<![^ \t]){MARK}([^ \t\r\n]*)[ \t]*")
_SHAPES = '[{"text": "…", "label": …}, …] or {"text": […], "label": […]}'


def read_json_lines(path, stream, sample=None):
    """Return the `Sheet` of one JSON object a line.

    Args:
        path: the file.
        stream: its lines.
        sample: int, the number of rows of which the names of columns are taken.
            Defaults to `None`: all.
    """
    return _of_objects(path, _json_rows(path, stream), sample)


def _json_rows(path, stream):
    for line, source in numbered(stream, path):
        if not source.strip():
            continue
        row = _parsed(source, f"{path}, line {line}")
        if not isinstance(row, dict):
            raise InputError(
                f"{path}, line {line}: expected an object, "
                f'{{"text": "…", "label": …}}. Received: {source.strip()[:60]}'
            )
        yield line, row


def read_json(path, text):
    """Return the `Sheet` of a `.json`: a list of objects, or columns.

    `{"data": …}` around them is taken off; JSON lines under this name are read too.

    Args:
        path: the file.
        text: its content.
    """
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise _no_json(f"{path}, line {error.lineno}", error) from None
        return read_json_lines(path, text.split("\n"))
    except (ValueError, RecursionError) as error:
        raise _no_json(path, error) from None
    if isinstance(content, dict) and isinstance(content.get("data"), (list, dict)):
        content = content["data"]
    if isinstance(content, dict) and content:
        content = _from_columns(path, content)
    if not isinstance(content, list) or not content:
        raise InputError(f"{path}: expected {_SHAPES}. Received: {text.strip()[:60]}")
    for number, row in enumerate(content, 1):
        if not isinstance(row, dict):
            raise InputError(
                f"{path}, row {number}: expected an object. Received: {str(row)[:60]}"
            )
    return _of_objects(path, iter([*enumerate(content, 1)]), unit="row")


def _from_columns(path, columns):
    """Return rows of {column: [cell, …]}, or of {column: {row: cell}}, as pandas."""
    if all(isinstance(column, dict) for column in columns.values()):
        keys = list(next(iter(columns.values())))
        if all(list(column) == keys for column in columns.values()):
            columns = {name: list(cells.values()) for name, cells in columns.items()}
    if not all(isinstance(column, list) for column in columns.values()):
        raise InputError(f"{path}: expected {_SHAPES}. Received: {str(columns)[:60]}")
    counts = {name: len(column) for name, column in columns.items()}
    if len({*counts.values()}) > 1:
        raise InputError(
            f"{path}: the columns must be equally long. Received: {str(counts)[:80]}"
        )
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]


def _of_objects(path, rows, sample=None, unit="line"):
    """Return the `Sheet` of objects, with the names that any of them has."""
    head = list(itertools.islice(rows, sample))
    if not head:
        raise InputError(f"{path}: no text in the file.")
    names = list(dict.fromkeys(name for _, row in head for name in row))
    return Sheet(path, names, itertools.chain(head, rows), unit, "keys")


def _parsed(source, where):
    try:
        return json.loads(source, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _no_json(where, error) from None


def _once(pairs):
    """Return an object; of two keys of one name JSON would keep the last, silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in an object")
    return found


def _no_json(where, error):
    return InputError(
        f"{where}: not JSON ({str(error)[:80]}). Expected "
        '{"text": "…", "label": …} on each line of a .jsonl, or a list of them in a '
        ".json."
    )


def read_excel(path, header=None, wanted=()):
    """Return the `Sheet` of the first worksheet of an `.xlsx` that is not empty.

    Args:
        path: the file.
        header, wanted: as in `read_delimited`.
    """
    check_file(path)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Excel has and openpyxl not
            with zipfile.ZipFile(path) as parts:
                if sum(part.file_size for part in parts.infolist()) > _LARGEST:
                    raise OSError("it unpacks to more than 500 MB")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            found = {sheet.title: _cells(sheet) for sheet in book.worksheets}
            book.close()
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # zip, XML, styles: it has many ways to be damaged
        raise InputError(
            f"{path}: not an Excel workbook that can be read ({str(error)[:80]}). Save "
            "it again, or as .csv in UTF-8."
        ) from None
    filled = {title: rows for title, rows in found.items() if rows}
    if not filled:
        raise InputError(f"{path}: the file is empty.")
    title, rows = next(iter(filled.items()))
    if len(filled) > 1:
        tell(path, f"the worksheet {title!r} is read; there are {len(filled)}.")
    width = max(len(cells) for _, cells in rows)
    even = ((number, cells + [""] * (width - len(cells))) for number, cells in rows)
    return settle(path, even, header, wanted, unit="row")


def _cells(sheet):
    """Return [(row number, strings)] of a worksheet, its empty edge taken off.

    A row that is empty between others stays: what is predicted lines up with it.
    """
    sheet.reset_dimensions()  # what it claims, and rows were filled up to
    rows = [
        (number, ["" if cell is None else str(cell).strip() for cell in row])
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1)
    ]
    full = [place for place, (_, cells) in enumerate(rows) if any(cells)]
    return rows[full[0] : full[-1] + 1] if full else []


def is_fasttext(line, tabs):
    """Return whether a file with this first line is one of fastText's.

    Args:
        line: str.
        tabs: bool. Whether it may be, by its name: then a label may stand anywhere.
    """
    return line.startswith(MARK) or (tabs and bool(_MARKED.search(line)))


def read_fasttext(path, stream):
    """Return the `Sheet` of fastText's lines: `__label__a __label__b text`.

    As fastText does, it takes labels at the end of a line too, or within.
    """

    def rows():
        for line, source in numbered(stream, path):
            yield line, [_MARKED.sub("", source).strip(), _MARKED.findall(source)]

    names = ["text", "label"]
    return Sheet(path, names, rows(), "line", "format", ["text"], "label", True)


def _of_all(path, files, contents):
    """Return the encoding of a folder's files; name the one that is not like others."""
    try:
        return guess_encoding(b"\n".join(contents), path)
    except InputError:
        for file, content in zip(files, contents, strict=True):
            guess_encoding(content, file)
            if not is_utf8(content):
                raise InputError(
                    f"{file}: not UTF-8, and other files are. Save it as UTF-8, or "
                    "name the encoding of all (encoding=…), such as 'cp1252'."
                ) from None
        raise


def read_folder(path, encoding=None):
    """Return the `Sheet` of a folder with one folder a class: `class_name/*.txt`.

    Args:
        path: the folder.
        encoding: as in `load_texts`. Defaults to `None`.
    """
    folders = [p for p in sorted(path.iterdir()) if p.is_dir() and p.name[0] != "."]
    files = [
        file
        for folder in folders
        for file in sorted(folder.iterdir())
        if file.is_file()
        and file.suffix.lower() in (".txt", "")
        and file.name[0] != "."
    ]
    if len({file.parent for file in files}) < 2:
        check_file(path)
    contents = [file.read_bytes() for file in files]
    if encoding is None and any(contents):  # of all of them together, and told once
        encoding = _of_all(path, files, contents)
    rows = (
        (number, [decode(content, file, encoding), file.parent.name])
        for number, (file, content) in enumerate(zip(files, contents, strict=True), 1)
    )
    names = ["text", "label"]
    return Sheet(path, names, rows, "file", "format", ["text"], "label")
