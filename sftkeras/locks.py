"""A directory belongs to one writer at a time: a lock that dies with its process."""

import contextlib
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

from sftkeras.errors import InputError

NAME = ".sftkeras.lock"
_PLACE = 2**30  # Windows locks bytes, and nobody may read them: one that is not there


@contextlib.contextmanager
def only_writer(directory):
    """Let no other process, and no other thread, write to a directory meanwhile.

    The lock is the operating system's: when its process dies, however it dies, it is
    gone. The file that carries it tells the owner's process number. On a file system
    that has no locks, nothing is kept apart.

    Args:
        directory: path, of a directory that exists.

    Raises:
        InputError: somebody else has it; the message says who.
    """
    file = Path(directory) / NAME
    stream = _acquire(file)
    try:
        yield
    finally:
        if fcntl:  # while it is ours; Windows cannot delete what is open
            file.unlink(missing_ok=True)
        stream.close()
        if not fcntl:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)


def _acquire(file):
    """Return the open file, locked, with our process number in it."""
    while True:
        stream = file.open("a+")
        try:
            _lock(stream)
        except BlockingIOError:
            stream.seek(0)
            owner = stream.read().strip()
            stream.close()
            raise InputError(_refusal(file.parent, owner)) from None
        except BaseException:
            stream.close()
            raise
        if _is_there(stream, file):
            break
        stream.close()  # its owner deleted it after we had opened it
    stream.truncate(0)
    stream.write(f"{os.getpid()}\n")
    stream.flush()
    return stream


def _refusal(directory, owner):
    who = f"Another process (number {owner})" if owner else "Another process"
    if owner == str(os.getpid()):
        who = "Another run of this process"
    return (
        f"{who} is writing to {directory}. Wait until it is done, or give another "
        "directory."
    )


def _lock(stream):
    """Lock an open file; raise `BlockingIOError` if somebody else has locked it."""
    try:
        if fcntl:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        import msvcrt

        stream.seek(_PLACE)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    except BlockingIOError:
        raise
    except PermissionError as error:  # what Windows says
        raise BlockingIOError from error
    except OSError:  # no locks on this file system
        pass


def _is_there(stream, file):
    """Return whether an open file is still the one that lies at a path."""
    if not fcntl:
        return True
    try:
        return os.path.samestat(os.fstat(stream.fileno()), file.stat())
    except FileNotFoundError:
        return False
