"""Backups of interrupted training: whose they are, what they hold (article §3.4)."""

import contextlib
import json
import os
import zipfile
import zlib

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.files import write_file
from sftkeras.inputs.ragged import Ragged

_JOB = {"trainable_params", "epochs", "batch_size", "seed", "learning_rate", "data"}
_NAMES = ("job.json", "last_epoch.npz")
_MEMORY = ("best", "best_epoch", "wait", "stopped_epoch")  # of early stopping


def open_backup(directory, job):
    """Return the file that holds the last epoch; refuse the backup of another job.

    Args:
        directory: a `pathlib.Path`.
        job: a dictionary of what makes a job the same.
    """
    file, state = (directory / name for name in _NAMES)
    found = _read_job(directory)
    if found is None and (file.exists() or state.exists()):
        name = file.name if file.exists() else state.name
        raise InputError(
            f"{directory} holds {name}, which is no backup of ours and would be lost. "
            "Give another directory."
        )
    if state.exists():
        changed = [name for name in job if found.get(name) != job[name]]
        if changed:
            raise InputError(
                f"{directory} holds the backup of another job: other "
                f"{', '.join(changed)}. Give another backup_dir, or delete it to start "
                "anew."
            )
    file.write_text(json.dumps(job))
    return state


class Backup(keras.callbacks.Callback):
    """Keeps the last epoch in a file: weights, optimizer, what early stopping knows.

    Weights are kept as they are. (Keras' own file of a layer with an adapter holds
    their sum, from which training would go on otherwise.)

    Args:
        file: where, what `open_backup` returned.
        network: the compiled `keras.Model`, its optimizer built.
        stopping: a `keras.callbacks.EarlyStopping`, which must stand before this
            callback, or `None`.

    Attributes:
        epochs_done: int, how many epochs the file holds; 0 without one.
    """

    def __init__(self, file, network, stopping=None):
        super().__init__()
        self.file, self.stopping = file, stopping
        self.memory, self.epochs_done = {}, 0
        if file.exists():
            self._restore(network)

    def on_train_begin(self, logs=None):
        """Give early stopping its memory back; it has just begun anew."""
        for name, value in self.memory.items():
            setattr(self.stopping, name, value)

    def on_epoch_end(self, epoch, logs=None):
        """Write the epoch beside the one before, and put it in its place."""
        arrays = {f"w{i}": w for i, w in enumerate(self.model.get_weights())}
        state = map(keras.ops.convert_to_numpy, self.model.optimizer.variables)
        arrays |= {f"o{i}": value for i, value in enumerate(state)}
        memory = {}
        if self.stopping is not None and self.stopping.best is not None:
            memory = {name: float(getattr(self.stopping, name)) for name in _MEMORY}
            best = self.stopping.best_weights or []
            arrays |= {f"b{i}": weight for i, weight in enumerate(best)}
        told = json.dumps({"epochs": epoch + 1, "memory": memory})
        with write_file(self.file) as temporary:
            np.savez(temporary, told=np.array(told), **arrays)

    def on_train_end(self, logs=None):
        """Delete the file: what is finished begins anew."""
        self.file.unlink(missing_ok=True)

    def _restore(self, network):
        try:
            with self.file.open("rb") as stream, np.load(stream) as found:
                told = json.loads(str(found["told"]))
                parts = {
                    kind: [found[f"{kind}{i}"] for i in range(_count(found, kind))]
                    for kind in "wob"
                }
            network.set_weights(parts["w"])
            variables = network.optimizer.variables
            for variable, value in zip(variables, parts["o"], strict=True):
                variable.assign(value)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{self.file}: the backup is damaged ({type(error).__name__}). Delete "
                "it to start anew."
            ) from error
        self.epochs_done = told["epochs"]
        if self.stopping is not None and told["memory"]:
            self.memory = {
                name: value if name == "best" else int(value)
                for name, value in told["memory"].items()
            }
            self.memory["best_weights"] = parts["b"] or None


def _count(found, kind):
    return sum(name.startswith(kind) and name[1:].isdecimal() for name in found.files)


def discard_backup(directory):
    """Delete a backup that `open_backup` made, and nothing else that lies there."""
    if _read_job(directory) is None:
        return
    for name in _NAMES:
        (directory / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # other files are in it
        directory.rmdir()


@contextlib.contextmanager
def fresh_backup(directory):
    """Let a new job begin where an earlier one left its backup.

    The earlier one is deleted when training ends or is interrupted, and put back if
    it has not begun: a wrong argument costs nothing.
    """
    aside = directory / "before"
    if _read_job(directory) is None and _read_job(aside) is not None:
        _move(aside, directory)  # a process that was killed left it there
    if _read_job(directory) is not None:
        _move(directory, aside)
    try:
        yield
    finally:
        if _read_job(directory) is None and _read_job(aside) is not None:
            _move(aside, directory)
        discard_backup(aside)


def has_backup(directory):
    """Return whether a directory holds an epoch of an interrupted job of ours."""
    return _read_job(directory) is not None and (directory / _NAMES[1]).exists()


def _move(source, target):
    target.mkdir(exist_ok=True)
    for name in _NAMES:
        if (source / name).exists():
            os.replace(source / name, target / name)
    with contextlib.suppress(OSError):
        source.rmdir()


def _read_job(directory):
    """Return what `open_backup` wrote; `None` if what lies there is not ours."""
    try:
        job = json.loads((directory / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return job if isinstance(job, dict) and set(job) >= _JOB else None


def checksum(rows):
    """Return a number that another set of rows, labels or weights would change."""
    number = 0
    for column in keras.tree.flatten(rows.parts[1:] + rows.parts[:1]):
        values = column.values if isinstance(column, Ragged) else column
        if values.dtype == object:  # texts: their bytes, not their places in memory
            values = np.array("\0".join(values.ravel().tolist()).encode())
        number = zlib.crc32(np.ascontiguousarray(values), number)
    return number
