"""Backups of training, and going on from them to the same bytes (article §3.4)."""

import contextlib
import math
import threading
import time
import warnings
from pathlib import Path

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.locks import only_writer
from sftkeras.process import random_state
from sftkeras.training.checkpoint import (
    check_room,
    has_backup,
    pack,
    read_checkpoint,
    write_checkpoint,
)
from sftkeras.training.job import differences, relevant_versions

# What the callbacks of Keras that compare epochs know.
_MEMORY = {
    keras.callbacks.EarlyStopping: ("best", "best_epoch", "wait", "stopped_epoch"),
    keras.callbacks.ReduceLROnPlateau: ("best", "wait", "cooldown_counter"),
    keras.callbacks.ModelCheckpoint: ("best",),
}
_STEPS = 16  # within an epoch, whole calls of the train function are skipped


@contextlib.contextmanager
def backup_of(run, job, history, callbacks):
    """Yield the `Backup` of a run; with it the run's network is where it left off.

    While it is open, no other process and no other thread writes to its directory.

    Args:
        run: the `Run`, its network compiled and all variables made.
        job: what `describe_job` returned.
        history: the `TrainingHistory`.
        callbacks: the other callbacks of the run.
    """
    directory = Path(run.recipe.backup_dir)
    with only_writer(directory):
        backup = Backup(directory, run, job, history, callbacks)
        try:
            yield backup
        finally:
            backup.close()


class Backup(keras.callbacks.Callback):
    """Keeps where a run is: after each epoch, and within long ones every some minutes.

    The network's weights as they are (Keras' own file of a layer with an adapter holds
    their sum), its dropout's state, the optimizer's, what early stopping knows, its
    best weights and the history. They are copied in memory, and written by a thread
    while training goes on. A disk that is full or fails costs a warning, no training.

    Args:
        directory: a `pathlib.Path`.
        run, job, history, callbacks: as in `backup_of`. The backup must stand after
            all callbacks whose memory it keeps.

    Attributes:
        epoch: int, the epoch to begin with.
        seconds: float, how long training took before.
    """

    def __init__(self, directory, run, job, history, callbacks):
        super().__init__()
        self.directory, self.job, self.history = directory, job, history
        self.network, self.epochs = run.network, run.epochs
        self.variables = [*run.network.variables, *random_state()]
        self.pause = 60 * (run.recipe.backup_minutes or math.inf)
        self.known = [each for each in callbacks if isinstance(each, tuple(_MEMORY))]
        self.started = self.written = time.monotonic()
        self.writer, self.failure, self.told = None, None, False
        self.epoch, self.step, self.seconds, self.found = 0, 0, 0.0, None
        if run.recipe.resume:
            self._restore()
        else:
            check_room(directory)

    def on_train_begin(self, logs=None):
        """Give the callbacks their memory back; they have just begun anew."""
        self.steps = self.params.get("steps") or 0
        self.metrics = list(self.model.metrics_variables)
        if self.found is None:
            return
        told, arrays = self.found
        self.history.epoch = told["epochs"]
        self.history.history = told["history"]
        for number, (callback, (kind, memory)) in enumerate(
            zip(self.known, told["memory"], strict=False)
        ):
            if kind == type(callback).__name__:
                vars(callback).update(memory)
                if best := numbered(arrays, f"best {number}."):
                    callback.best_weights = best

    def on_epoch_begin(self, epoch, logs=None):
        """Within an epoch: put metrics and dropout back, skip the batches done."""
        self.now = epoch
        if not self.step or epoch != self.epoch:
            return
        arrays = self.found[1]
        values = numbered(arrays, "metric ")
        for variable, value in zip(self.metrics, values, strict=True):
            variable.assign(value)
        saved = numbered(arrays, "weight ")
        for variable, value in zip(self.variables, saved, strict=True):
            if variable.path.endswith("seed_generator_state"):
                variable.assign(value)
        logs = self.model.get_metrics_result()
        self.model.train_function = _after(self.step, self.model, logs)

    def on_train_batch_end(self, batch, logs=None):
        """Keep where the epoch is, if the last backup is old."""
        done = batch + 1
        if (
            time.monotonic() - self.written >= self.pause
            and done % _STEPS == 0
            and (done > self.step or self.now != self.epoch)
            and done < self.steps
            and keras.backend.backend() == "tensorflow"
            and len(self.metrics) == len(self.model.metrics_variables)  # all are there
        ):
            self._save(self.now, done, False, logs)

    def on_epoch_end(self, epoch, logs=None):
        """Keep the epoch."""
        done = self.model.stop_training or epoch + 1 == self.epochs
        self._save(epoch + 1, 0, done, logs)

    def close(self):
        """Wait until the last backup is written; tell, once, if one could not be."""
        if self.writer is not None:
            self.writer.join()
        if self.failure is None or self.told:
            return
        self.told = True
        if not isinstance(self.failure, OSError):
            raise self.failure
        kept = "The one before is kept." if has_backup(self.directory) else ""
        warnings.warn(
            f"{self.directory}: the backup could not be written "
            f"({self.failure.strerror or self.failure}). Training goes on. {kept}",
            stacklevel=2,
        )

    def _save(self, epoch, step, done, logs):
        """Copy the state, and begin to write it when the one before is written."""
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            return  # the one before is better
        self.close()
        told = {
            "job": self.job,
            "versions": relevant_versions(),
            "epoch": epoch,
            "step": step,
            "done": done,
            "seconds": self.seconds + time.monotonic() - self.started,
            "epochs": list(self.history.epoch),
            "history": {k: list(v) for k, v in self.history.history.items()},
            "memory": [(type(each).__name__, _memory(each)) for each in self.known],
        }
        parts = {
            "weight ": self.variables,
            "optimizer ": self.network.optimizer.variables,
            "metric ": self.metrics if step else [],
        }
        for number, callback in enumerate(self.known):
            parts[f"best {number}."] = getattr(callback, "best_weights", None) or []
        arrays = {
            f"{part}{number}": keras.ops.convert_to_numpy(value)
            for part, values in parts.items()
            for number, value in enumerate(values)
        }
        self.writer = threading.Thread(target=self._write, args=(told, arrays))
        self.writer.start()
        self.written = time.monotonic()

    def _write(self, told, arrays):
        try:
            write_checkpoint(self.directory, pack(told, arrays))
        except Exception as error:  # told by the thread that trains
            self.failure = error

    def _restore(self):
        self.found = read_checkpoint(self.directory)
        if self.found is None:
            return
        told, arrays = self.found
        if changed := differences(told["job"], self.job):
            raise InputError(
                f"{self.directory} holds the backup of another job: other {changed}. "
                "Give another directory, or delete it (or say resume=False; on the "
                "command line, leave out --resume) to start anew."
            )
        if changed := differences(told["versions"], relevant_versions()):
            warnings.warn(
                f"{self.directory}: the backup was made with another {changed}: the "
                "result may differ a little from that of training without a break.",
                stacklevel=2,
            )
        for part, variables in {
            "weight ": self.variables,
            "optimizer ": self.network.optimizer.variables,
        }.items():
            for variable, value in zip(variables, numbered(arrays, part), strict=True):
                variable.assign(value)
        self.epoch = self.epochs if told["done"] else told["epoch"]
        self.step, self.seconds = told["step"], told["seconds"]


def numbered(arrays, part):
    """Return the list of the arrays `part0`, `part1`, …"""
    count = sum(name.startswith(part) for name in arrays)
    return [arrays[f"{part}{number}"] for number in range(count)]


def _memory(callback):
    """Return {name: number} of what a callback knows of the epochs so far."""
    names = next(names for kind, names in _MEMORY.items() if isinstance(callback, kind))
    found = {name: getattr(callback, name, None) for name in names}
    return {
        name: value if value is None else (float if name == "best" else int)(value)
        for name, value in found.items()
    }


def _after(steps, network, logs):
    """Return a train function that lets so many batches pass before it trains."""
    left, function = steps, network.train_function

    def train(batches):
        nonlocal left
        if left <= 0:
            return function(batches)
        for _ in range(min(left, network.steps_per_execution)):
            next(batches)
            left -= 1
        return logs

    return train
