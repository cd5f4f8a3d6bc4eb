"""A `.csv` that a command writes: whole or not at all, and as Excel reads it."""

import codecs
import contextlib
import csv
import shutil
import tempfile
from pathlib import Path

from sftkeras import files
from sftkeras.errors import InputError


def check_csv(path):
    """Return the path; raise `InputError` for a folder, or a name of something else."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a directory; give a file to write to.")
    if path.suffix.lower() != ".csv":
        raise InputError(
            f"--out writes a .csv, and the name must say so. Received: {path}"
        )
    return path


@contextlib.contextmanager
def csv_file(path):
    """Yield a `csv.writer` of a file that is there when the block succeeds.

    With more than ASCII in it, it begins with a byte order mark: Excel takes a UTF-8
    file without one for another encoding.

    Args:
        path: the file.
    """
    with files.write_file(path) as temporary:
        with temporary.open(
            "w", encoding="utf-8", newline="", errors="backslashreplace"
        ) as file:
            yield csv.writer(file)
        _mark(temporary)


def _mark(path):
    with path.open("r+b") as file, tempfile.TemporaryFile() as copy:
        if all(line.isascii() for line in file):
            return
        file.seek(0)
        copy.write(codecs.BOM_UTF8)
        shutil.copyfileobj(file, copy)
        file.seek(0)
        copy.seek(0)
        shutil.copyfileobj(copy, file)
