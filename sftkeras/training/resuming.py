"""Backups of interrupted training: whose they are (article §3.4)."""

import contextlib
import json
import os
import shutil
import zlib

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged

_JOB = {"trainable_params", "epochs", "batch_size", "seed", "learning_rate", "data"}
_KERAS = {"latest.weights.h5", "training_metadata.json"}
_KERAS |= {f"{name}.bkp" for name in _KERAS}


def open_backup(directory, job):
    """Return where Keras keeps the last epoch; refuse the backup of another job.

    Keras removes the directory that it is given when training ends: it gets one of
    its own, and never one that holds anything else.
    """
    file, epochs = directory / "job.json", directory / "epochs"
    found = _read_job(directory)
    if found is None and (file.exists() or epochs.exists()):
        raise InputError(
            f"{directory} holds {file.name if file.exists() else 'epochs'}, which is "
            "no backup of ours and would be lost. Give another directory."
        )
    if epochs.exists():
        changed = [name for name in job if found.get(name) != job[name]]
        if changed:
            raise InputError(
                f"{directory} holds the backup of another job: other "
                f"{', '.join(changed)}. Give another backup_dir, or delete it to start "
                "anew."
            )
    file.write_text(json.dumps(job))
    return epochs


def discard_backup(directory):
    """Delete a backup that `open_backup` made, and nothing else that lies there."""
    if _read_job(directory) is None:
        return
    shutil.rmtree(directory / "epochs", ignore_errors=True)
    (directory / "job.json").unlink()
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


def _move(source, target):
    target.mkdir(exist_ok=True)
    for name in ("epochs", "job.json"):
        if (source / name).exists():
            os.replace(source / name, target / name)
    with contextlib.suppress(OSError):
        source.rmdir()


def _read_job(directory):
    """Return what `open_backup` wrote; `None` unless all that lies there is ours."""
    try:
        job = json.loads((directory / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    epochs = directory / "epochs"
    strange = epochs.exists() and not (
        epochs.is_dir() and {path.name for path in epochs.iterdir()} <= _KERAS
    )
    return job if isinstance(job, dict) and set(job) >= _JOB and not strange else None


def checksum(rows):
    """Return a number that another set of rows, labels or weights would change."""
    number = 0
    for column in keras.tree.flatten(rows.parts[1:] + rows.parts[:1]):
        values = column.values if isinstance(column, Ragged) else column
        number = zlib.crc32(np.ascontiguousarray(values), number)
    return number
