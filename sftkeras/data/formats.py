"""Which reader a file of texts needs (article §5.2)."""

from sftkeras.data.decoding import check_file, first_line, open_text
from sftkeras.data.delimited import read_delimited
from sftkeras.data.records import (
    MARK,
    is_fasttext,
    read_excel,
    read_fasttext,
    read_folder,
    read_json,
    read_json_lines,
)
from sftkeras.errors import InputError

_HEAD = 1000  # rows of a .jsonl read row by row that show which names there are


def open_sheet(path, encoding, delimiter, header, wanted, whole=True):
    """Return the `Sheet` of a file, by the ending of its name and its first line.

    Args:
        path: a `pathlib.Path`.
        encoding, delimiter, header: as in `load_texts`.
        wanted: names of columns that the user gave.
        whole: bool. Read all of the file now, not row by row. Defaults to `True`.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        return read_folder(path, encoding)
    if suffix == ".xlsx":
        return read_excel(path, header, wanted)
    if suffix == ".json":
        return read_json(path, open_text(path, encoding).read())
    tabs = suffix in (".txt", ".tsv", ".tab", "")
    if not tabs and suffix not in (".csv", ".jsonl", ".ndjson"):
        _refuse_ending(path, suffix)
    quoted = suffix == ".csv" or delimiter is not None
    stream = open_text(path, encoding, "" if quoted else "\n", whole)
    try:
        if suffix in (".jsonl", ".ndjson"):
            sheet = read_json_lines(path, stream, None if whole else _HEAD)
        else:
            free = tabs and delimiter is None and not wanted
            if is_fasttext(first_line(stream, path), free):
                sheet = read_fasttext(path, stream)
            else:
                sheet = read_delimited(path, stream, tabs, delimiter, header, wanted)
    except BaseException:
        stream.close()
        raise
    sheet.stream = stream
    return sheet


def _refuse_ending(path, suffix):
    """Raise for a name that says nothing of how to read it, unless fastText's."""
    check_file(path)
    with path.open("rb") as file:
        if file.read(len(MARK)) == MARK.encode():
            return
    advice = {".xls": " Save it as .xlsx.", ".gz": " Unpack it.", ".zip": " Unpack it."}
    raise InputError(
        f"{path}: the name must end in .txt, .tsv, .csv, .json, .jsonl or .xlsx. "
        f"Received: {suffix!r}.{advice.get(suffix, '')}"
    )
