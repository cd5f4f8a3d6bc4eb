"""The fit behind `fine_tune` and `train_model`: data in batches, compiled, resumed."""

import time
from pathlib import Path

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.files import check_writable
from sftkeras.inputs.batches import Batches, DrawBatches
from sftkeras.inputs.rows import make_rows
from sftkeras.machine import several_gpus
from sftkeras.tasks.classification import check_loss
from sftkeras.tasks.running import join_inference
from sftkeras.training.compute import (
    JIT_MULTIPLE,
    choose_jit,
    choose_policy,
    computing_in,
)
from sftkeras.training.freezing import count_trainable
from sftkeras.training.resuming import checksum, open_backup
from sftkeras.training.techniques.frozen_once import run_frozen, split_at_frozen
from sftkeras.training.techniques.small_tables import SmallTables

_SMALL = 1_000_000  # weights
_STEPS_PER_CALL = 16


def fit(
    model,
    task,
    optimizer,
    loss,
    training_data,
    validation_data,
    *,
    epochs,
    batch_size,
    class_weight,
    patience,
    cache_frozen,
    jit_compile,
    mixed_precision,
    seed,
    log_dir,
    backup_dir,
    callbacks,
    verbose,
):
    """Compile a model and fit it to data, for `fine_tune` and `train_model`.

    Args:
        model: the `keras.Model`; it ends up trained and compiled.
        task: what `infer_task` made of it and of the labels.
        optimizer: a Keras optimizer, not yet built.
        training_data, validation_data: `(data, labels)`; the second may be `None`.
        loss and all others: as in `fine_tune`.

    Returns:
        The `keras.callbacks.History`, with `kept_epoch`, `train_seconds` and
        `trainable_params`.
    """
    started = time.perf_counter()
    jit_compile, policy = choose_jit(jit_compile), choose_policy(mixed_precision)
    for directory in (log_dir, backup_dir):
        if directory is not None:
            check_writable(directory)
    loss, train, targets = _prepare(model, task, loss, training_data, "labels")
    if validation_data is not None:
        _, val, val_targets = _prepare(
            model, task, loss, validation_data, "validation labels"
        )
    fitted, parts = model, [train] if validation_data is None else [train, val]
    if cache_frozen and (halves := split_at_frozen(model)):
        frozen, fitted = halves
        parts = [run_frozen(frozen, rows) for rows in parts]
        join_inference(model, *halves)
    tables = None
    if not optimizer.weight_decay:
        tables = SmallTables(fitted, parts)
        fitted, parts = tables.model, tables.parts
    weights = _sample_weight(class_weight, task, targets)
    multiple = JIT_MULTIPLE if jit_compile else 1
    batches = Batches(parts[0], targets, batch_size, seed, weights, multiple)
    steps_per_call = _steps_per_call(fitted, callbacks)
    callbacks = [DrawBatches(batches), *callbacks]
    if validation_data is not None:
        validation_data = Batches(
            parts[1], val_targets, batch_size, multiple=multiple
        ).for_fit()
        if patience is not None:
            callbacks.append(
                keras.callbacks.EarlyStopping(
                    monitor=_monitor(task),
                    mode="min" if task.kind == "regression" else "max",
                    patience=patience,
                    restore_best_weights=True,
                )
            )
    if log_dir is not None:
        callbacks.append(keras.callbacks.TensorBoard(log_dir, write_graph=False))
    if backup_dir is not None:
        job = {
            "trainable_params": count_trainable(model),
            "epochs": epochs,
            "batch_size": batch_size,
            "seed": seed,
            "learning_rate": repr(optimizer.get_config()["learning_rate"]),
            "data": checksum(train, targets),
        }
        epochs_done = open_backup(Path(backup_dir), job)
        callbacks.append(keras.callbacks.BackupAndRestore(str(epochs_done)))
    metrics = task.metrics_for(targets)
    fitted.compile(
        optimizer,
        loss,
        metrics=metrics,
        jit_compile=jit_compile,
        steps_per_execution=min(steps_per_call, len(batches)),
    )
    _build_all(fitted, targets)
    try:
        with computing_in(fitted, policy):
            history = fitted.fit(
                batches.for_fit(),
                validation_data=validation_data,
                epochs=epochs,
                shuffle=False,  # `Batches` draws its own order
                callbacks=callbacks,
                verbose=verbose,
            )
    finally:  # interrupted training is kept as far as it went
        if tables:
            tables.write_back()
    # Also where `fitted` is `model`: its step was traced in the policy of the training.
    if fitted is not model or policy != "float32":
        model.compile(optimizer, loss, metrics=metrics, jit_compile=jit_compile)
        model.history = history
    stopped = patience is not None and validation_data is not None
    history.kept_epoch = -1
    if stopped and (kept := history.history.get(_monitor(task))):
        best = np.argmin if task.kind == "regression" else np.argmax
        history.kept_epoch = int(best(kept))
    history.train_seconds = time.perf_counter() - started
    history.trainable_params = count_trainable(model)
    return history


def _steps_per_call(model, callbacks):
    """Return how many steps to take at once: of a small one, Python is a large part.

    One, if the step is a large one, if a callback wants to hear of each, or on several
    GPUs, where Keras cannot take more.
    """
    if several_gpus():
        return 1
    silent = keras.callbacks.Callback
    hears = ("on_train_batch_begin", "on_train_batch_end")
    if model.count_params() > _SMALL or any(
        getattr(getattr(callback, name), "__func__", None) is not getattr(silent, name)
        for callback in callbacks
        for name in hears
    ):
        return 1
    return _STEPS_PER_CALL


def _build_all(model, targets):
    """Make all variables of training before the first step.

    Left to it, Keras would trace that step twice, once to make the optimizer's
    variables and once to use them, and the model a third time for the metrics'.
    """
    model.optimizer.build(model.trainable_variables)
    outputs = keras.ops.zeros((1, *model.outputs[0].shape[1:]))
    model.compute_loss(None, targets[:1], outputs)
    model.compute_metrics(None, targets[:1], outputs)
    model.reset_metrics()


def _monitor(task):
    return "val_loss" if task.kind == "regression" else "val_accuracy"


def _prepare(model, task, loss, pair, name):
    data, labels = pair
    check_labels(labels, name)
    labels = np.asarray(labels)
    rows = make_rows(model, data)
    if len(rows) != len(labels):
        raise InputError(
            f"There must be as many {name} as rows. "
            f"Received: {len(rows)} rows, {len(labels)} {name}"
        )
    loss, targets = check_loss(loss, task, labels)
    return loss, rows, targets


def check_labels(labels, name="labels"):
    """Refuse data without labels."""
    if labels is None:
        raise InputError(f"There are no {name}. Training needs a label for each row.")


def _sample_weight(class_weight, task, targets):
    if class_weight is None:
        return None
    if task.kind == "regression":
        raise InputError("`class_weight` is for classes; this is a regression.")
    codes = targets.argmax(axis=1) if targets.ndim == 2 else targets
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(codes, minlength=len(task.label_names))
        weights = len(codes) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    elif isinstance(class_weight, dict):
        weights = np.ones(len(task.label_names))
        for label, weight in class_weight.items():
            weights[task.encode([label])[0]] = weight
    else:
        raise InputError(
            "`class_weight` must be 'balanced' or {label: weight}. "
            f"Received: class_weight={class_weight!r}"
        )
    return weights[codes].astype("float32")
