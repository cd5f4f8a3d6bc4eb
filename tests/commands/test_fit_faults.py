"""`fit` on a disk that is full, broken or read-only, interrupted, or not alone."""

import contextlib
import errno
import json
import os
import resource
import signal
import subprocess
import warnings
import zipfile

import h5py
import keras
import pytest

from sftkeras import directories, files
from sftkeras.commands import main as commands
from sftkeras.locks import only_writer
from sftkeras.training import checkpoint
from sftkeras.training.checkpoint import LAST, has_backup

ROWS = "".join(f"good food {n}\tgood\nbad room {n}\tbad\n" for n in "abcdef")


def main(argv):
    """The command line, its warnings printed as users see them: no errors here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        return commands.main(argv)


@pytest.fixture(scope="module")
def argv(tmp_path_factory):
    """The command without `--out`."""
    file = tmp_path_factory.mktemp("files") / "train.txt"
    file.write_text(ROWS)
    argv = ["fit", "--train", str(file), "--model", "lstm", "--epochs", "3"]
    return [*argv, "--batch-size", "4"]


@pytest.fixture(scope="module")
def expected(argv, tmp_path_factory):
    """The weights that an undisturbed run gives."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert main([*argv, "--out", str(out)]) == 0
    return weights(out)


def weights(out):
    found = {}
    with (
        zipfile.ZipFile(out / "classifier" / "model.keras") as archive,
        archive.open("model.weights.h5") as stream,
        h5py.File(stream) as file,
    ):

        def add(name, item):
            if isinstance(item, h5py.Dataset):
                found[name] = item[()].tobytes()

        file.visititems(add)
    return found


@contextlib.contextmanager
def broken(module, name, number, from_call=1):
    """A function of the system that fails, from one of its calls on."""
    real, calls = getattr(module, name), []

    def call(*args, **settings):
        calls.append(args)
        if len(calls) >= from_call:
            raise OSError(number, os.strerror(number))
        return real(*args, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, call)
        yield


@contextlib.contextmanager
def small_files(size):
    """No file may grow beyond so many bytes (`ulimit -f`)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


FAULTS = {
    "backup: no space": lambda: broken(checkpoint, "replace", errno.ENOSPC),
    "backup: no space from the second": lambda: broken(
        checkpoint, "replace", errno.ENOSPC, 2
    ),
    "backup: input/output error": lambda: broken(checkpoint, "replace", errno.EIO),
    "backup: read-only": lambda: broken(checkpoint, "beside", errno.EROFS),
    "backup: quota": lambda: broken(checkpoint, "beside", errno.EDQUOT, 3),
    "backup: too large": lambda: small_files(100_000),
    "files of 300 kB": lambda: small_files(300_000),
    "files of 9 kB": lambda: small_files(9_000),
    "bundle: no space": lambda: broken(directories, "flush", errno.ENOSPC),
    "bundle: input/output error": lambda: broken(directories, "flush", errno.EIO, 3),
    "bundle: read-only": lambda: broken(directories, "beside", errno.EROFS),
    "bundle: in the rename": lambda: broken(directories, "_put_in_place", errno.ENOSPC),
    "model.keras: no space": lambda: broken(zipfile.ZipFile, "writestr", errno.ENOSPC),
    "report: no space": lambda: broken(files, "flush", errno.ENOSPC),
    "report: in the rename": lambda: broken(files, "replace", errno.EIO),
    "logs and all: fsync": lambda: broken(os, "fsync", errno.EIO),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_nothing_is_lost_when_the_disk_fails(argv, expected, tmp_path, capsys, fault):
    out = tmp_path / "out"
    with fault():
        status = main([*argv, "--out", str(out)])
    told = capsys.readouterr().err
    assert status in (0, 2) and told, "a warning or an error"
    assert "Traceback" not in told
    if status == 2:
        error = told.splitlines()[-1]
        assert error.startswith("error: ")
        if has_backup(out / "backup"):
            assert "is kept: the same command with --resume" in error
        assert main([*argv, "--out", str(out), "--resume"]) == 0
    assert weights(out) == expected
    assert json.loads((out / "report.json").read_text())["epochs"] == 3
    assert {p.name for p in out.iterdir()} == {"classifier", "logs", "report.json"}


@pytest.mark.parametrize("size", ["60k", "200k", "700k", "1400k", "2200k"])
def test_a_small_disk(argv, expected, tmp_path, capsys, size):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mount is not allowed here")
    try:
        status = main([*argv, "--out", str(disk / "out")])
        told = capsys.readouterr().err
        assert status in (0, 2) and "Traceback" not in told
        if status == 2:
            subprocess.run(["mount", "-o", "remount,size=9M", disk], check=True)
            assert main([*argv, "--out", str(disk / "out"), "--resume"]) == 0
        assert weights(disk / "out") == expected
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_what_was_trained_is_saved_without_training_again(
    argv, expected, tmp_path, monkeypatch
):
    with broken(directories, "_put_in_place", errno.ENOSPC):
        assert main([*argv, "--out", str(tmp_path)]) == 2

    def no_training(*_, **__):
        raise AssertionError("trains again")

    monkeypatch.setattr(keras.callbacks.CallbackList, "on_epoch_begin", no_training)
    assert main([*argv, "--out", str(tmp_path), "--resume"]) == 0
    assert weights(tmp_path) == expected


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_leaves_the_backup_and_says_so(
    argv, expected, tmp_path, capsys, monkeypatch, name
):
    number = getattr(signal, name)
    # As in a terminal: a process in the background is not told of Ctrl-C.
    usual = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
    before = signal.signal(number, usual)

    def stop(self, epoch, logs=None, end=keras.callbacks.CallbackList.on_epoch_begin):
        if epoch == 2:
            os.kill(os.getpid(), number)
        end(self, epoch, logs)

    try:
        with monkeypatch.context() as patch:
            patch.setattr(keras.callbacks.CallbackList, "on_epoch_begin", stop)
            status = main([*argv, "--out", str(tmp_path)])
        assert signal.getsignal(number) == usual
    finally:
        signal.signal(number, before)
    assert status == 128 + number
    told = capsys.readouterr().err
    by = "" if name == "SIGINT" else f" by {name}"
    assert f"interrupted{by}. The backup in {tmp_path / 'backup'} is kept" in told
    assert main([*argv, "--out", str(tmp_path), "--resume"]) == 0
    assert weights(tmp_path) == expected


def test_a_signal_that_somebody_else_handles_is_theirs(fails, tmp_path, monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        fails("predict", "--model", tmp_path, "text")
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_one_out_is_for_one_process(argv, tmp_path, fails):
    out = tmp_path / "out"
    out.mkdir()
    with only_writer(out):
        line = fails(*argv, "--out", out)
    assert f"Another run of this process is writing to {out}" in line
    assert list(out.iterdir()) == []


def test_a_place_of_somebody_else_is_refused_before_training(argv, tmp_path, fails):
    """A directory `classifier`, a file `last.backup`: neither is ours."""
    for name in ("classifier/photo.jpg", f"backup/{LAST}"):
        file = tmp_path / name.partition("/")[0] / "out" / name
        file.parent.mkdir(parents=True)
        file.write_text("meow")
        fails(*argv, "--out", file.parents[1])
        assert file.read_text() == "meow"


def test_a_report_of_somebody_else_is_kept(argv, tmp_path, capsys):
    (tmp_path / "report.json").write_text('{"mine": 1}')
    assert main([*argv, "--out", str(tmp_path)]) == 0
    assert "it is kept as report.json.kept" in capsys.readouterr().err
    assert (tmp_path / "report.json.kept").read_text() == '{"mine": 1}'


def test_an_interrupted_fit_is_told_of_when_another_begins(argv, tmp_path, capsys):
    with broken(directories, "_put_in_place", errno.ENOSPC):
        assert main([*argv, "--out", str(tmp_path)]) == 2
    capsys.readouterr()
    other = [*argv, "--seed", "1", "--out", str(tmp_path)]
    assert main([*other, "--resume"]) == 2
    assert "the backup of another job: other" in capsys.readouterr().err
    assert main(other) == 0
    assert "holds an interrupted fit; starting anew" in capsys.readouterr().err
