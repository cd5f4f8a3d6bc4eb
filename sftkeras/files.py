"""Files: written beside and renamed, never half written, never over somebody else's."""

import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import tempfile
import time
import warnings
import zlib
from pathlib import Path

from sftkeras.errors import InputError
from sftkeras.locks import only_writer

ROOT = Path(__file__).resolve().parents[1]
_HOST = zlib.crc32(socket.gethostname().encode())
_OWNER = re.compile(r"\.sftkeras-([0-9a-f]{8})-(\d+)-\d+")
_COUNT = itertools.count()


@contextlib.contextmanager
def output_directory(path):
    """Make the directory `path` and keep other writers out of it meanwhile.

    After a user's mistake it is removed again, if it is new and empty.
    """
    path = Path(path)
    new = not path.exists()
    check_writable(path)
    try:
        with only_writer(path):
            yield
    except (InputError, FileNotFoundError):
        if new:
            remove_empty(path)
        raise


@contextlib.contextmanager
def write_file(path, is_ours=None):
    """Yield a temporary path that becomes the file `path` when the block succeeds.

    It is on the disk when it becomes that. A symbolic link stays one.

    Args:
        path: the file.
        is_ours: function of a path that returns whether we wrote what lies there; what
            we did not is kept under another name, and that is told. Defaults to
            `None`: whoever names the file may replace it.
    """
    path = Path(os.path.realpath(path))
    check_writable(path.parent)
    clean_up(path)
    temporary = beside(path)
    try:
        yield temporary
        flush(temporary)
        if path.exists():
            shutil.copymode(path, temporary)
        if is_ours and path.exists() and not is_ours(path):
            keep(path)
        replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_report(directory, report):
    """Write a report to `report.json` in a directory, whole or not at all.

    Args:
        directory: path.
        report: a dictionary, ready for JSON, with `versions`, by which we know it.
    """
    with write_file(Path(directory) / "report.json", _is_report) as temporary:
        text = json.dumps(report, indent=1, ensure_ascii=False)
        temporary.write_text(text, encoding="utf-8")


def _is_report(path):
    try:
        return "keras" in json.loads(path.read_text(encoding="utf-8"))["versions"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def check_writable(directory):
    """Make `directory`, or raise `InputError` if nothing can be written to it."""
    try:
        os.fsencode(directory).decode()
        place = Path(os.path.realpath(directory))  # a link may point at nothing yet
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not UTF-8"
        shown = os.fsencode(directory).decode(errors="backslashreplace")
        raise InputError(
            f"Cannot write to {shown} ({reason}). Choose another directory, or change "
            "its permissions."
        ) from None


def beside(path):
    """Return a new hidden name in the same directory; it tells whose it is."""
    owner = f".sftkeras-{_HOST:08x}-{os.getpid()}-{next(_COUNT)}"
    return path.with_name(f".{path.stem}{owner}{path.suffix}")


def leftovers(path):
    """Return what dead processes of this machine left beside a path, oldest first."""
    found = []
    for other in path.parent.iterdir():
        owner = _OWNER.search(other.name)
        if owner and other.name == f".{path.stem}{owner[0]}{path.suffix}":
            host, process = owner.groups()
            if int(host, 16) == _HOST and _is_dead(int(process)):
                found.append(other)
    return sorted(found, key=lambda other: other.stat().st_mtime)


def _is_dead(process):
    if os.name == "nt":  # `kill` would end it
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def clean_up(path):
    """Delete the temporary files that dead processes left beside a path."""
    with contextlib.suppress(OSError):
        for other in leftovers(path):
            if other.is_file():
                other.unlink(missing_ok=True)


def keep(path):
    """Give a file or directory that is not ours another name; tell it."""
    kept = unused(path.with_name(path.name + ".kept"))
    os.replace(path, kept)
    warnings.warn(
        f"{path} was not written by sftkeras, or was changed since: it is kept as "
        f"{kept.name}.",
        stacklevel=3,
    )


def unused(path):
    """Return a path at which nothing lies: the given one, or with a number."""
    names = (f"{path.name}{number}" for number in itertools.count(2))
    while os.path.lexists(path):
        path = path.with_name(next(names))
    return path


def replace(source, target):
    """Rename a file over another one, for good: also after a power cut.

    Windows refuses while somebody, such as a virus scanner, has the other one open.
    """
    for pause in (0.05, 0.2, 1.0):
        try:
            os.replace(source, target)
            break
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
    else:
        os.replace(source, target)
    flush_directory(target.parent)


def flush(path):
    """Have the disk, not only the memory, hold a file that we may write to."""
    with contextlib.suppress(PermissionError), path.open("rb+") as stream:
        os.fsync(stream.fileno())


def flush_directory(directory):
    """Have the disk hold the names in a directory, where that can be asked for."""
    with contextlib.suppress(OSError):  # Windows opens no directory
        opened = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def remove_empty(directory):
    """Remove a directory and those in it, as far as they are empty."""
    for place, _, _ in os.walk(directory, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(place)
