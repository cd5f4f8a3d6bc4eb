"""What was said in recordings: the table beside them, and who spoke (article §6.2)."""

import csv
import os
import re
from collections import Counter
from pathlib import Path

from sftkeras.data.audio import SUFFIXES, list_recordings, read_audio
from sftkeras.data.decoding import read_text
from sftkeras.data.examples import Examples
from sftkeras.data.telling import tell
from sftkeras.errors import InputError, listed

TRANSCRIPTS = "transcripts.csv"
_SPEAKERS = ("speaker", "说话人")
_DELIMITERS = (",", ";", "\t")


def load_recordings(path):
    """Load a folder of recordings and what was said in each.

    Args:
        path: the folder, with a table `transcripts.csv` in it, or that table. Its
            columns are `file` (from the table's folder), `text`, and `speaker` if
            there are several.

    Returns:
        `Examples`: N float32 arrays of any length at 16 kHz, from -1 to 1; N texts; and
        the speakers as groups if there are several. Without the column they are taken
        from folders, `anna/1.wav`, or from names of files, `anna_1.wav`, and that is
        told.

    Raises:
        InputError: no table, a line without its file, a recording that cannot be used:
            it is named, with the line.
    """
    table = table_of(path)
    rows = _read_table(table)
    sounds, texts = [], []
    for line, name, text, _ in rows:
        file = table.parent / name
        if not file.is_file():
            raise InputError(
                f"{table}, line {line}: there is no file {name!r}. Correct the name, "
                "or leave the line out."
            )
        sounds.append(read_audio(file))
        texts.append(text)
    _tell_of_others(table, {name for _, name, _, _ in rows})
    return Examples(sounds, texts, _groups(table, rows))


def is_recordings(path):
    """Return whether a path is a folder of recordings, or a recording."""
    path = Path(path)
    if path.is_dir():
        return _table_in(path).is_file() or bool(list_recordings(path))
    return path.suffix.lower() in SUFFIXES or path.name.lower() == TRANSCRIPTS


def table_of(path):
    """Return the path of the table of transcripts: of a folder, or the path itself.

    Raises:
        InputError: there is none.
    """
    path = Path(path)
    table = _table_in(path) if path.is_dir() else path
    if not table.is_file():
        kinds = ", ".join(sorted(SUFFIXES))
        raise InputError(
            f"{table}: no such table. Recordings ({kinds}) are given as a folder with "
            f"a {TRANSCRIPTS} beside them; its first line is file,text"
        )
    return table


def lines_of(table):
    """Return the line in the table of each row that `load_recordings` gives."""
    return [line for line, *_ in _read_table(table)]


def _table_in(folder):
    """Return the path of a folder's table, in capitals or not."""
    found = (p for p in folder.iterdir() if p.name.lower() == TRANSCRIPTS)
    return next(found, folder / TRANSCRIPTS)


def _read_table(table):
    """Return [(line, file, text, speaker or None)] of a table of transcripts."""
    lines = read_text(table).splitlines()
    first = lines[0] if lines else ""
    delimiter = max(_DELIMITERS, key=first.count)
    if delimiter != ",":
        tell(table, f"its first line shows the delimiter {delimiter!r}: read by that.")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    head = [cell.strip().lower() for cell in next(reader, [])]
    if "file" not in head or "text" not in head:
        raise InputError(
            f"{table}: the first line must be file,text (and may have speaker). "
            f"Received: {','.join(head)[:60]!r}"
        )
    speaker = next((name for name in _SPEAKERS if name in head), None)
    rows, seen = [], {}
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            raise InputError(
                f"{table}, line {line}: {len(cells)} cells, the first line has "
                f"{len(head)}. Put a text with a {delimiter!r} between quotes: "
                f'"one{delimiter} two".'
            )
        row = dict(zip(head, map(str.strip, cells), strict=True))
        name = row["file"].replace("\\", "/")
        if not name or not row["text"]:
            empty = "file" if not name else "text"
            raise InputError(f"{table}, line {line}: the {empty} is missing.")
        if os.path.isabs(name) or ".." in Path(name).parts:
            raise InputError(
                f"{table}, line {line}: files lie in the table's folder, or in one "
                f"inside. Received: {name!r}. Copy it there and write its name alone."
            )
        if name in seen:
            raise InputError(
                f"{table}, line {line}: {name!r} stands on line {seen[name]} too."
            )
        seen[name] = line
        rows.append((line, name, row["text"], row.get(speaker)))
    if not rows:
        raise InputError(f"{table}: no transcripts in it, only its first line.")
    return rows


def _tell_of_others(table, named):
    """Warn of recordings that the table does not know."""
    here = [
        f.relative_to(table.parent).as_posix() for f in list_recordings(table.parent)
    ]
    if others := [name for name in here if name not in named]:
        tell(
            table,
            f"without a transcript, so left out ({len(others)}): {listed(others, 5)}.",
        )


def _groups(table, rows):
    """Return each row's speaker, `None` if there is one only."""
    speakers = [speaker for *_, speaker in rows]
    if None not in speakers:
        return speakers if len(set(speakers)) > 1 else None
    names = [name for _, name, _, _ in rows]
    for how, found in (
        ("folders", [name.rpartition("/")[0] for name in names]),
        ("beginnings of the files' names", [_beginning(name) for name in names]),
    ):
        counts = Counter(found)
        said = [
            name and Path(name).name.lower() in text.lower()
            for name, (_, _, text, _) in zip(found, rows, strict=True)
        ]
        if sum(map(bool, said)) > len(rows) / 2:
            continue  # sorted by what is said, not by who says it
        if len(counts) > 1 and all(counts) and min(counts.values()) > 1:
            tell(
                table,
                f"by the {how} there are {len(counts)} speakers, "
                f"{listed(sorted(counts), 5)}: none is both learned from and tested "
                "on. If that is wrong, add a column speaker.",
            )
            return found
    return None


def _beginning(name):
    """Return the letters that a file's name begins with, before `_`, `-` or digits."""
    found = re.match(r"(?:\d+[_-])?([^\W\d_]+)[_\-\s]?\d*", Path(name).stem)
    return found[1].lower() if found else ""
