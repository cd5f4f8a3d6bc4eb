"""Directories that are replaced as a whole, but for what others put into them."""

import contextlib
import ctypes
import hashlib
import os
import shutil
from pathlib import Path

from sftkeras.errors import InputError
from sftkeras.files import (
    beside,
    check_writable,
    flush,
    flush_directory,
    leftovers,
    remove_empty,
    unused,
)

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE, <linux/fs.h>


@contextlib.contextmanager
def write_directory(path, written):
    """Yield a temporary directory that becomes `path` when the block succeeds.

    What was at `path` is there until all is well; then the two are exchanged, and the
    old one's files are deleted: those that are byte for byte what we wrote. All others
    are carried over, as `NAME.kept` if the new one has a file of that name. A symbolic
    link stays one.

    Args:
        path: the directory.
        written: function of a directory that returns `{file in it: SHA-256}` of what
            we wrote there; `None` if it is not ours.

    Raises:
        InputError: it holds something, and is not ours; or cannot be written.
    """
    path = Path(os.path.realpath(path))
    check_writable(path.parent)
    mend_directory(path, written)
    check_replaceable(path, written)
    temporary = beside(path)
    temporary.mkdir()  # as `umask` wants it
    try:
        yield temporary
        if path.exists():
            shutil.copymode(path, temporary)
        for file in temporary.rglob("*"):
            if file.is_file() and not file.is_symlink():
                flush(file)
        old = _put_in_place(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    flush_directory(path.parent)
    if old:
        _settle(old, path, written)


def check_replaceable(path, written):
    """Raise `InputError` unless a directory is empty, ours, or not there.

    Args:
        path, written: as in `write_directory`.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file; give a directory to write to.")
    if path.exists() and any(path.iterdir()) and written(path) is None:
        raise InputError(
            f"{path} holds other files, which would be lost. Give a new directory."
        )


def mend_directory(path, written):
    """Finish what a process that was killed in `write_directory` left beside a path.

    Args:
        path, written: as in `write_directory`.
    """
    path = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        for other in leftovers(path)[::-1]:  # the newest is the new one
            if written(other) is None:  # not finished: all of it is ours
                shutil.rmtree(other)
            elif not path.exists():
                os.replace(other, path)
            else:
                _settle(other, path, written)


def _put_in_place(new, path):
    """Put a directory at a path; return where what was there is now, or `None`."""
    if not path.exists():
        os.replace(new, path)
        return None
    if _exchange(new, path):
        return new
    old = beside(path)  # killed after this, both are beside: see `mend_directory`
    os.replace(path, old)
    try:
        os.replace(new, path)
    except OSError:
        os.replace(old, path)
        raise
    return old


def _exchange(one, other):
    """Let two directories change places at once; return whether this system could."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    paths = os.fsencode(one), os.fsencode(other)
    return rename(_HERE, paths[0], _HERE, paths[1], _EXCHANGE) == 0


def _settle(old, path, written):
    """Delete our files in an old directory; carry all others over into the new one."""
    ours = written(old) or {}
    mine = {parent for name in ours for parent in Path(name).parents}
    for place, _, names in os.walk(old):
        inner = Path(place).relative_to(old)
        if inner not in mine:
            _free(path, inner / "file").parent.mkdir(parents=True, exist_ok=True)
        links = [n for n in os.listdir(place) if (Path(place) / n).is_symlink()]
        for name in {*names, *links}:
            file = Path(place) / name
            if _is_as_written(file, ours.get((inner / name).as_posix())):
                file.unlink()
                continue
            target = _free(path, inner / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):
                target = unused(target.with_name(f"{name}.kept"))
            os.replace(file, target)
    remove_empty(old)


def _is_as_written(file, digest):
    regular = file.is_file() and not file.is_symlink()
    return bool(digest) and regular and sha256(file) == digest


def _free(directory, name):
    """Return where `name` may lie in a directory: not below a file of ours."""
    for parent in name.parents:
        if (directory / parent).exists() and not (directory / parent).is_dir():
            return directory / f"{name.parts[0]}.kept" / Path(*name.parts[1:])
    return directory / name


def sha256(file):
    """Return the SHA-256 of a file, in hexadecimal."""
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
