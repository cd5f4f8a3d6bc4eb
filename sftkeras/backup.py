"""Backups of interrupted training: whose they are (article §3.4)."""

import json
import zlib

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.ragged import Ragged


def open_backup(directory, job):
    """Return where Keras keeps the last epoch; refuse the backup of another job.

    Keras removes the directory that it is given when training ends: it gets one of
    its own.
    """
    file, epochs = directory / "job.json", directory / "epochs"
    if epochs.exists() and file.exists():
        found = json.loads(file.read_text())
        changed = [name for name in job if found.get(name) != job[name]]
        if changed:
            raise InputError(
                f"{directory} holds the backup of another job: other "
                f"{', '.join(changed)}. Give another backup_dir, or delete it to start "
                "anew."
            )
    file.write_text(json.dumps(job))
    return epochs


def checksum(rows, targets):
    """Return a number that another set of rows or labels would change."""
    number = zlib.crc32(np.ascontiguousarray(targets))
    for column in keras.tree.flatten(rows.columns):
        values = column.values if isinstance(column, Ragged) else column
        number = zlib.crc32(np.ascontiguousarray(values), number)
    return number
