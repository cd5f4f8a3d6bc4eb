"""The files of a backup: whole or not there, the one before kept (article §3.4)."""

import hashlib
import json
import os
import warnings

import numpy as np

from sftkeras.errors import InputError
from sftkeras.files import beside, clean_up, keep, replace

LAST, PREVIOUS = "last.backup", "previous.backup"
_MAGIC = b"sftkeras backup 1 "
_DIGEST = 64  # hexadecimal digits of SHA-256


def pack(told, arrays):
    """Return the bytes of a checkpoint, in pieces.

    A line with our name and the SHA-256 of all that follows; a line of JSON; the
    arrays' bytes, end to end.

    Args:
        told: a dictionary, ready for JSON.
        arrays: {name: NumPy array}.
    """
    listed = [[name, a.dtype.name, a.shape] for name, a in arrays.items()]
    head = json.dumps({"told": told, "arrays": listed}, default=_plain) + "\n"
    flat = (np.ascontiguousarray(a).reshape(-1).view("uint8") for a in arrays.values())
    pieces = [head.encode(), *(array.data for array in flat)]
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return [_MAGIC, digest.hexdigest().encode(), b"\n", *pieces]


def _plain(value):
    return value.item() if hasattr(value, "item") else repr(value)


def unpack(content):
    """Return `(told, arrays)` of a checkpoint; raise `ValueError` if it is damaged."""
    start = len(_MAGIC) + _DIGEST
    body = memoryview(content)[start + 1 :]
    expected = content[len(_MAGIC) : start].decode(errors="replace")
    if not content.startswith(_MAGIC) or content[start : start + 1] != b"\n":
        raise ValueError("it does not begin as a backup")
    if hashlib.sha256(body).hexdigest() != expected:
        raise ValueError("its SHA-256 differs")
    end = content.index(b"\n", start + 1) + 1
    head = json.loads(content[start + 1 : end])
    arrays = {}
    for name, dtype, shape in head["arrays"]:
        dtype, count = np.dtype(dtype), int(np.prod(shape))
        arrays[name] = np.frombuffer(content, dtype, count, end).reshape(shape)
        end += count * dtype.itemsize
    return head["told"], arrays


def write_checkpoint(directory, pieces):
    """Write a checkpoint beside, and put it in place of the last; that is kept too.

    Raises:
        OSError: the disk is full, or fails; what was there is still there.
    """
    last = directory / LAST
    temporary = beside(last)
    try:
        with temporary.open("wb") as stream:
            for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        if last.exists():  # killed after this, it is found there
            os.replace(last, directory / PREVIOUS)
        replace(temporary, last)
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(directory):
    """Return `(told, arrays)` of the last whole checkpoint; `None` if there is none.

    Raises:
        InputError: what lies there is damaged, or is not ours.
    """
    for name in (LAST, PREVIOUS):
        clean_up(directory / name)
    damaged = {}
    for file in (directory / LAST, directory / PREVIOUS):
        if not file.exists():
            continue
        try:
            found = unpack(file.read_bytes())
        except (OSError, ValueError) as error:
            damaged[file] = getattr(error, "strerror", None) or error
            continue
        if damaged:
            _set_aside(damaged, file)
        return found
    if damaged:
        check_room(directory)
        file, reason = next(iter(damaged.items()))
        raise InputError(
            f"{file}: the backup is damaged ({reason}), and there is none before it. "
            f"Delete {' and '.join(map(str, damaged))} to start anew."
        )
    return None


def _set_aside(damaged, file):
    (last, reason), *_ = damaged.items()
    warnings.warn(
        f"{last}: the backup is damaged ({reason}); going on from the one before, "
        f"{file.name}.",
        stacklevel=2,
    )
    if is_ours(last):
        last.unlink()
    else:
        keep(last)


def check_room(directory):
    """Raise `InputError` if a file lies there that is not ours and would be lost."""
    for name in (LAST, PREVIOUS):
        if (directory / name).exists() and not is_ours(directory / name):
            raise InputError(
                f"{directory / name} is no backup of ours, and would be lost. Give "
                "another directory, or move it."
            )


def has_backup(directory):
    """Return whether a directory holds a backup that we wrote."""
    files = [directory / name for name in (LAST, PREVIOUS)]
    return any(file.is_file() and is_ours(file) for file in files)


def is_ours(file):
    """Return whether a file begins as a checkpoint does, or is cut off before that."""
    try:
        with file.open("rb") as stream:
            beginning = stream.read(len(_MAGIC))
    except OSError:
        return False
    return _MAGIC.startswith(beginning)


def discard_backup(directory):
    """Delete a backup that we wrote, and nothing else that lies there."""
    for name in (LAST, PREVIOUS):
        if (directory / name).is_file() and is_ours(directory / name):
            (directory / name).unlink()
        clean_up(directory / name)
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()
