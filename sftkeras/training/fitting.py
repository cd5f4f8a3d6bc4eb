"""The fit behind `fine_tune` and `train_model` (article §3.4)."""

import contextlib
import time

import keras
import numpy as np

from sftkeras.errors import DivergedError, InputError
from sftkeras.files import check_writable
from sftkeras.inputs.batches import Batches, DrawBatches
from sftkeras.inputs.rows import take
from sftkeras.inputs.shapes import even_share, lengths_for
from sftkeras.inputs.token_batches import TokenBatches
from sftkeras.machine import several_gpus
from sftkeras.process import drawing_with
from sftkeras.training.by_tokens import check_plan, counted_alike
from sftkeras.training.compute import in_one_order
from sftkeras.training.finite import StopNotFinite
from sftkeras.training.freezing import count_trainable
from sftkeras.training.job import describe_job, note_end
from sftkeras.training.optimizers import plain
from sftkeras.training.resuming import backup_of
from sftkeras.training.techniques.counted_only import CountedOnly
from sftkeras.training.techniques.frozen_once import FrozenOnce
from sftkeras.training.techniques.fused_blocks import FusedBlocks, tell_if_idle
from sftkeras.training.techniques.fused_lstm import FusedLSTM
from sftkeras.training.techniques.half_precision import HalfPrecision
from sftkeras.training.techniques.small_tables import SmallTables
from sftkeras.training.techniques.unit_scale import UnitScale
from sftkeras.training.watching import Watching, hears, show_model

_SMALL = 1_000_000  # weights
_STEPS_PER_CALL = 16


class TrainingHistory(keras.callbacks.History):
    """Keras' history of a run, and what it took.

    Attributes:
        kept_epoch: int, counted from 0: the epoch whose weights were kept; -1 for the
            last.
        train_seconds: float, all of it: batches, tracing, training, with what was
            before an interruption.
        trainable_params: int, how many numbers were trained.
    """

    kept_epoch = -1
    train_seconds = 0.0
    trainable_params = 0

    def finish(self, run, callbacks, seconds):
        """Note what the run took, and which epoch was kept."""
        self.train_seconds = seconds
        self.trainable_params = count_trainable(run.trained)
        for callback in callbacks:
            stopping = isinstance(callback, keras.callbacks.EarlyStopping)
            if stopping and callback.restore_best_weights and callback.best is not None:
                self.kept_epoch = callback.best_epoch


def techniques_of(recipe):
    """Return a recipe's techniques in the order in which they are entered.

    Those that change what is trained come first; then those of our own, which compute
    the same faster.
    """
    own = [FrozenOnce()] if recipe.cache_frozen is True else []
    own += [SmallTables(), CountedOnly(), HalfPrecision()]
    own += [FusedBlocks(), FusedLSTM()] if recipe.fast else []
    return [*recipe.techniques, *own]


def fit(run):
    """Compile a run's network and fit it; return the `TrainingHistory`.

    Args:
        run: what `prepare` returned. Its model ends up trained and compiled, as far as
            training went, also when it was interrupted.
    """
    for directory in (run.recipe.log_dir, run.recipe.backup_dir):
        if directory is not None:
            check_writable(directory)
    if run.recipe.fast:
        tell_if_idle(run.network)
    if run.recipe.backup_dir is None:
        return _fit(run)
    job = describe_job(run)
    try:
        return _fit(run, job)
    finally:
        note_end(run.model, job["start weights"])


def _fit(run, job=None):
    started, history = time.perf_counter(), TrainingHistory()
    with _left_in_order(run, history), contextlib.ExitStack() as stack:
        stack.enter_context(in_one_order(run.recipe.deterministic))
        stack.enter_context(drawing_with(int(run.recipe.seed)))
        for technique in (UnitScale(), *techniques_of(run.recipe)):
            stack.enter_context(technique.applied_to(run))
        batches = _batches(run)
        for prepare in run.on_shapes:
            prepare(batches.shapes())
        show_model(run)
        compile_network(run, len(batches))
        stack.enter_context(counted_alike(run))
        watching, others = Watching(run), [*_callbacks(run), history]
        callbacks = [DrawBatches(batches), StopNotFinite(run), watching, *others]
        watched = [*run.callbacks, *others]
        first, before = 0, 0.0
        if job is not None:
            backup = stack.enter_context(backup_of(run, job, history, watched))
            callbacks.append(backup)
            first, before = backup.epoch, backup.seconds
        run.network.fit(
            batches.for_fit(),
            validation_data=_validation(run),
            epochs=run.epochs,
            initial_epoch=first,
            shuffle=False,  # `Batches` draws its own order
            callbacks=callbacks,
            verbose=run.recipe.verbose,
        )
        watching.finish()
        history.finish(run, watched, before + time.perf_counter() - started)
    return history


@contextlib.contextmanager
def _left_in_order(run, history):
    """Leave the model compiled, with its history; also when training diverged."""
    refused = False
    try:
        yield
    except InputError as error:
        refused = not isinstance(error, DivergedError)
        if not refused:
            error.model, error.history = run.model, history
        raise
    finally:
        if not refused:
            run.compile_model(plain(run.optimizer))
            run.model.history = history


def _batches(run):
    """Return the batches to train on: of so many rows, or of so many tokens."""
    if run.plan is not None:
        check_plan(run)
        return TokenBatches(run.train, run.plan)
    multiple = _multiple(run, run.train, trains=True)
    return Batches(run.train, run.batch_size, run.recipe.seed, multiple)


def compile_network(run, steps):
    """Compile the network, and make all variables of training before the first step.

    Left to it, Keras would trace that step twice, once to make the optimizer's
    variables and once to use them, and the model a third time for the metrics'.
    """
    network, targets = run.network, take(run.train.targets, np.arange(1))
    network.compile(
        run.optimizer,
        run.loss,
        loss_weights=run.loss_weight,
        metrics=run.metrics,
        jit_compile=run.jit_compile,
        steps_per_execution=min(_steps_per_call(run), steps),
    )
    if run.loss_scale != 1:
        scaled = network.optimizer.scale_loss
        network.optimizer.scale_loss = lambda loss: scaled(loss * run.loss_scale)
    network.optimizer.build(network.trainable_variables)
    if all(None not in tensor.shape[1:] for tensor in network.outputs):
        outputs = keras.ops.zeros((1, *network.outputs[0].shape[1:]))
        network.compute_loss(None, targets, outputs)
        network.compute_metrics(None, targets, outputs)
        network.reset_metrics()


def _callbacks(run):
    """Return the callbacks that the run's settings ask for."""
    callbacks, recipe = [], run.recipe
    watched = run.validation is not None or recipe.monitor != "auto"
    if watched and run.patience is not None:
        stopping = keras.callbacks.EarlyStopping(
            monitor=run.monitor,
            mode=run.mode,
            patience=run.patience,
            restore_best_weights=True,
        )
        callbacks.append(stopping)
    if recipe.log_dir is not None:
        callbacks.append(keras.callbacks.TensorBoard(recipe.log_dir, write_graph=False))
    return callbacks


def _validation(run):
    if run.validation is None:
        return None
    rows, size = run.validation, run.batch_size
    size = even_share(len(rows), size) if run.jit_compile else size
    return Batches(rows, size, multiple=_multiple(run, rows)).for_fit()


def _multiple(run, rows, trains=False):
    """Return what lengths are rounded up to: XLA compiles each one anew."""
    if run.jit_compile:
        return lengths_for(run.model, rows, run.epochs, trains)
    if trains and run.tokens_a_length:
        return lengths_for(run.model, rows, run.epochs, price=run.tokens_a_length)
    return 1


def _steps_per_call(run):
    """Return how many steps to take at once: of a small one, Python is a large part.

    One, if the step is a large one, if a callback wants to hear of each, or on several
    GPUs, where Keras cannot take more.
    """
    if several_gpus():
        return 1
    if run.network.count_params() > _SMALL or any(
        hears(callback, hook)
        for callback in run.callbacks
        for hook in ("on_train_batch_begin", "on_train_batch_end")
    ):
        return 1
    return _STEPS_PER_CALL
