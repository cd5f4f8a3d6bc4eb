"""One directory, one writer."""

import os
import subprocess
import sys
import threading
import types

import pytest

from sftkeras import locks
from sftkeras.errors import InputError

OWNER = """
import sys, time
from sftkeras.locks import only_writer
with only_writer(sys.argv[1]):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_another_process_is_named_and_its_lock_dies_with_it(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    message = (
        rf"Another process \(number {process.pid}\) is writing to .*{tmp_path.name}"
    )
    with pytest.raises(InputError, match=message), locks.only_writer(tmp_path):
        pass
    process.kill()
    process.communicate()
    with locks.only_writer(tmp_path):
        assert (tmp_path / locks.NAME).read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_threads_are_kept_apart_too(tmp_path):
    told = []

    def other():
        try:
            with locks.only_writer(tmp_path):
                pass
        except InputError as error:
            told.append(str(error))

    with locks.only_writer(tmp_path):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert told and "Another run of this process is writing to" in told[0]


def test_the_lock_goes_when_the_block_fails(tmp_path):
    with pytest.raises(RuntimeError), locks.only_writer(tmp_path):
        raise RuntimeError
    with locks.only_writer(tmp_path):
        pass


def test_a_lock_whose_file_was_deleted_meanwhile_is_taken_anew(tmp_path, monkeypatch):
    """Its owner deletes the file between our opening and our locking it."""
    calls = []

    def lock(stream, real=locks._lock):
        if not calls:
            (tmp_path / locks.NAME).unlink()
        calls.append(stream)
        real(stream)

    monkeypatch.setattr(locks, "_lock", lock)
    with locks.only_writer(tmp_path):
        assert len(calls) == 2 and (tmp_path / locks.NAME).exists()


def test_a_file_system_without_locks_is_no_hindrance(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(locks.fcntl, "flock", flock)
    with locks.only_writer(tmp_path):
        pass


def test_windows_has_a_lock_of_its_own(tmp_path, monkeypatch):
    held = set()

    def locking(number, mode, count):
        file = os.fstat(number).st_ino
        if file in held:
            raise PermissionError(13, "Permission denied")
        held.add(file)

    fake = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    other = pytest.raises(InputError, match="Another run of this process")
    with locks.only_writer(tmp_path), other:
        locks.only_writer(tmp_path).__enter__()
    assert list(tmp_path.iterdir()) == []
