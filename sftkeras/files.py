"""Files and directories: written beside and renamed, never half written."""

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from sftkeras.errors import InputError

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def output_directory(path):
    """Make the directory `path`; after a user's mistake, remove it if it is empty."""
    path = Path(path)
    new = not path.exists()
    check_writable(path)
    try:
        yield
    except (InputError, FileNotFoundError):
        if new and not any(found.is_file() for found in path.rglob("*")):
            shutil.rmtree(path)
        raise


@contextlib.contextmanager
def write_directory(path, marker):
    """Yield a temporary directory that becomes `path` when the block succeeds.

    What was at `path` is replaced as a whole, and kept if anything fails. A directory
    that holds anything, but no file named `marker`, is not ours to replace.
    """
    path = Path(os.path.abspath(path))
    check_writable(path.parent)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file; give a directory to write to.")
    if path.exists() and any(path.iterdir()) and not (path / marker).exists():
        raise InputError(
            f"{path} holds other files, which would be lost. Give a new directory."
        )
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
            os.replace(path, old / path.name)
            try:
                os.replace(temporary, path)
            except OSError:
                os.replace(old / path.name, path)
                raise
            finally:
                shutil.rmtree(old)
        else:
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def write_file(path):
    """Yield a temporary path that becomes the file `path` when the block succeeds."""
    path = Path(path)
    check_writable(path.parent)
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_report(directory, report):
    """Write a report to `report.json` in a directory, whole or not at all.

    Args:
        directory: path.
        report: a dictionary, ready for JSON.
    """
    with write_file(Path(directory) / "report.json") as temporary:
        text = json.dumps(report, indent=1, ensure_ascii=False)
        temporary.write_text(text, encoding="utf-8")


def check_writable(directory):
    """Make `directory`, or raise `InputError` if nothing can be written to it."""
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise InputError(
            f"Cannot write to {directory} ({error.strerror}). Choose another "
            "directory, or change its permissions."
        ) from None
