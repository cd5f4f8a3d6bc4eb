"""`fine_tune` and `train_model` (article §3.3, §3.4, §5.2)."""

import inspect
import time
from pathlib import Path

import keras
import numpy as np

from sftkeras.acceleration import (
    JIT_MULTIPLE,
    choose_jit,
    choose_policy,
    computing_in,
    on_all_gpus,
    several_gpus,
    weights_to_come,
)
from sftkeras.backup import checksum, open_backup
from sftkeras.batches import Batches, DrawBatches, make_rows
from sftkeras.caching import run_frozen, split_at_frozen
from sftkeras.errors import InputError
from sftkeras.freezing import (
    check_frozen,
    count_trainable,
    freeze_batch_norm,
    head_path,
    iterate_layers,
    set_trainable,
    settle_frozen,
)
from sftkeras.inference import join_inference
from sftkeras.optimizers import FusedAdam
from sftkeras.runtime import check_writable
from sftkeras.task import check_loss, infer_task
from sftkeras.vocabulary import SmallTables

# What is trained -> (learning rate, epochs, batch size), unless given. A new head on
# fixed features is a small convex problem: larger steps, many cheap epochs. Pretrained
# layers need small steps: at the article's 1e-3 they forget what they knew.
_DEFAULTS = {"head": (3e-3, 20, 32), "part": (3e-4, 3, 16), "all": (5e-5, 4, 16)}

_SMALL = 1_000_000  # weights
_STEPS_PER_CALL = 16


@on_all_gpus
def fine_tune(
    pretrained_model,
    data,
    labels,
    layers_to_fine_tune="all",
    layers_to_freeze=(),
    validation_data=None,
    epochs=None,
    batch_size=None,
    learning_rate=None,
    loss="auto",
    class_weight=None,
    patience=2,
    cache_frozen=True,
    jit_compile="auto",
    mixed_precision=False,
    seed=0,
    log_dir=None,
    backup_dir=None,
    callbacks=(),
    verbose="auto",
):
    """Fine-tune a copy of a pretrained model on labelled data (article §3.3).

    In this order, which cannot be got wrong: copy, freeze, compile, fit; then proof
    that each frozen weight is byte for byte what it was. BatchNorm layers keep their
    statistics, frozen or not.

    What crosses from the frozen layers to the trained ones is computed once, with
    dropout off in the frozen part, and training runs on that (`cache_frozen`). Where
    TensorFlow sees several GPUs, each batch is shared among them (`MirroredStrategy`).

    Other defaults than the article's, because its ruin the result: the learning rate
    (1e-3 in the article, far too high for pretrained layers) depends on what is
    trained, and falls to zero over the run after a short warm-up; the loss follows
    head and labels.

    ======================  =============  ======  ==========
    trained                 learning rate  epochs  batch size
    ======================  =============  ======  ==========
    the head only           3e-3           20      32
    some layers             3e-4           3       16
    all layers              5e-5           4       16
    ======================  =============  ======  ==========

    Example:

    >>> tuned = fine_tune(model, ["good", "bad"] * 8, [1, 0] * 8, epochs=1, verbose=0)
    >>> predict(tuned, ["good"])  # doctest: +SKIP
    [1]

    Args:
        pretrained_model: a `keras.Model`; it is not changed.
        data: list of N strings for a text model, else arrays `(N, …)`.
        labels: N labels, whole numbers or names; one-hot rows; floats (regression).
        layers_to_fine_tune: as in `set_trainable`. Defaults to `"all"`.
        layers_to_freeze: as in `set_trainable`. Defaults to `()`.
        validation_data: `(data, labels)`. With it, training stops when the validation
            accuracy has not risen for `patience` epochs, and the best epoch's weights
            are kept. (Not the validation loss: it rises while the accuracy still
            does, as the model grows surer of its mistakes.) Defaults to `None`.
        epochs: int. Defaults to `None`: see the table.
        batch_size: int. Defaults to `None`: see the table.
        learning_rate: float, Adam's peak. Defaults to `None`: see the table.
        loss: `"auto"`, or a Keras loss; one that contradicts the labels is refused.
            Defaults to `"auto"`.
        class_weight: `"balanced"`, or {label: weight}. Defaults to `None`.
        patience: int, or `None` to run all epochs. Defaults to `2`. Head-only training
            uses five times as many.
        cache_frozen: bool. Defaults to `True`.
        jit_compile: bool or `"auto"`: compile the step with XLA. Defaults to `"auto"`:
            on JAX only. With it texts are padded to a multiple of 16 tokens.
        mixed_precision: bool or `"auto"`: train in bfloat16 with float32 weights; the
            numbers change a little. `"auto"`: where the hardware computes in it (CPUs
            with AMX or AVX512-BF16, GPUs of compute capability 8.0). Defaults to
            `False`: the same seed gives the same result on either.
        seed: int, of the order of batches and of dropout. The same seed on the same
            machine gives the same weights. Defaults to `0`.
        log_dir: directory for TensorBoard logs. Defaults to `None`: no logs.
        backup_dir: directory for a backup after each epoch; the same call with the
            same directory goes on after an interruption. Defaults to `None`.
        callbacks: list of `keras.callbacks.Callback`. Defaults to `()`.
        verbose: Keras' `verbose`. Defaults to `"auto"`: a progress bar.

    Returns:
        The fine-tuned `keras.Model`, compiled; `.history` is its Keras history.

    Raises:
        InputError: an argument that is wrong; the message says which.
    """
    _check_number("learning_rate", learning_rate, float, 0)
    _check_labels(labels)
    keras.utils.set_random_seed(_check_seed(seed))
    model = copy_model(pretrained_model)
    task = infer_task(model, labels)
    _adopt_labels(model, task)
    trained = set_trainable(model, layers_to_fine_tune, layers_to_freeze)
    freeze_batch_norm(model)
    if not model.trainable_weights:
        raise InputError(
            "Nothing is left to train: only BatchNormalization was chosen, which "
            f"stays as it was. Received: layers_to_fine_tune={layers_to_fine_tune!r}"
        )
    default = _DEFAULTS[_extent(model, trained)]
    rate, epochs, batch_size = (
        usual if given is None else given
        for given, usual in zip(
            (learning_rate, epochs, batch_size), default, strict=True
        )
    )
    _check_number("epochs", epochs, int, 0)
    _check_number("batch_size", batch_size, int, 0)
    _check_number("patience", patience, int, 0)
    steps = epochs * -(-len(labels) // batch_size)
    warmup = max(1, steps // 10)
    optimizer = FusedAdam(
        keras.optimizers.schedules.CosineDecay(
            rate / 10, max(1, steps - warmup), warmup_target=rate, warmup_steps=warmup
        )
    )
    before = pretrained_model.get_weights()
    _fit(
        model,
        task,
        optimizer,
        loss,
        (data, labels),
        validation_data,
        epochs=epochs,
        batch_size=batch_size,
        class_weight=class_weight,
        patience=patience and patience * (5 if default is _DEFAULTS["head"] else 1),
        cache_frozen=cache_frozen,
        jit_compile=jit_compile,
        mixed_precision=mixed_precision,
        seed=seed,
        log_dir=log_dir,
        backup_dir=backup_dir,
        callbacks=callbacks,
        verbose=verbose,
    )
    check_frozen(model, before)
    return model


def train_model(
    model,
    x_train,
    y_train,
    x_val=None,
    y_val=None,
    epochs=10,
    batch_size=32,
    learning_rate=None,
    loss="auto",
    class_weight=None,
    patience=None,
    jit_compile="auto",
    mixed_precision=False,
    seed=0,
    log_dir=None,
    backup_dir=None,
    callbacks=(),
    verbose="auto",
):
    """Train a model in place and report on the validation data (article §3.4, §5.2).

    Both of the article's calls work: `train_model(model, data, labels)` (§3.4) and
    `train_model(model, x_train, y_train, x_val, y_val)` (§5.2). The model is compiled
    anew with its own optimizer's settings, so that layers frozen or unfrozen since
    are taken at their word; Keras would ignore them without a warning.

    Example:

    >>> tokenizer = Tokenizer().fit_on_texts(train.texts)
    >>> model = create_model(tokenizer=tokenizer)
    >>> history = train_model(model, train.texts, train.labels, epochs=1, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss']

    Args:
        model: a `keras.Model`, compiled or not; trained in place.
        x_train, y_train: data and labels, as in `fine_tune`.
        x_val, y_val: validation data and labels. Defaults to `None`.
        epochs: int. Defaults to `10`, the article's (§5.2).
        batch_size: int. Defaults to `32`, the article's.
        learning_rate: float. Defaults to `None`: the compiled optimizer's, or Adam's
            1e-3, the article's, which fits training from scratch.
        patience: int. With validation data, stop when the validation accuracy has not
            risen for so many epochs, and keep the best weights. Defaults to `None`:
            all epochs are run, as in the article.
        loss, class_weight, jit_compile, mixed_precision, seed, log_dir, backup_dir,
            callbacks, verbose: as in `fine_tune`.

    Returns:
        The `keras.callbacks.History`; the trained model is `model` itself.
    """
    if (x_val is None) != (y_val is None):
        raise InputError("Give both `x_val` and `y_val`, or neither.")
    _check_number("learning_rate", learning_rate, float, 0)
    _check_number("epochs", epochs, int, 0)
    _check_number("batch_size", batch_size, int, 0)
    _check_number("patience", patience, int, 0)
    _check_labels(y_train)
    keras.utils.set_random_seed(_check_seed(seed))
    task = infer_task(model, y_train)
    _adopt_labels(model, task)
    settle_frozen(model)
    optimizer = keras.optimizers.Adam(learning_rate or 1e-3)
    if model.compiled and learning_rate is None:
        optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    history = _fit(
        model,
        task,
        optimizer,
        loss,
        (x_train, y_train),
        None if x_val is None else (x_val, y_val),
        epochs=epochs,
        batch_size=batch_size,
        class_weight=class_weight,
        patience=patience,
        cache_frozen=False,
        jit_compile=jit_compile,
        mixed_precision=mixed_precision,
        seed=seed,
        log_dir=log_dir,
        backup_dir=backup_dir,
        callbacks=callbacks,
        verbose=verbose,
    )
    if x_val is not None and verbose:
        kept = history.kept_epoch
        print(f"Validation Loss: {history.history['val_loss'][kept]:.4f}")
        if "val_accuracy" in history.history:
            print(f"Validation Accuracy: {history.history['val_accuracy'][kept]:.4f}")
    return history


def copy_model(model):
    """Return a copy with its own weights, preprocessor and label names kept (§3.3).

    The article's `copy.deepcopy` works too, with warnings.
    """
    try:
        with weights_to_come():
            copy = clone(model)
        copy.set_weights(model.get_weights())
        for layer in copy._flatten_layers():
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()  # it computes with numbers made of its weights
    except (NotImplementedError, TypeError, ValueError) as error:
        raise InputError(
            f"Cannot copy the model {model.name!r}: it must be functional or "
            f"Sequential, and built. ({error})"
        ) from error
    for name in ("preprocessor", "label_names"):
        setattr(copy, name, getattr(model, name, None))
    return copy


def clone(model):
    """Return a model of the same layers with new weights, as yet untrained."""
    try:
        return keras.models.clone_model(model)
    except TypeError:
        return keras.models.clone_model(model, clone_function=_clone_layer)


def _clone_layer(layer):
    return rebuild(type(layer), layer.get_config())


def rebuild(kind, config):
    """Return a new layer with those of the settings that its constructor takes.

    KerasHub's ViT reports some that its layer computes and does not take.
    """
    taken = set()
    for parent in kind.__mro__:
        taken |= {*inspect.signature(parent.__init__).parameters}
    return kind.from_config({k: v for k, v in config.items() if k in taken})


def _fit(
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
    """Compile and fit what `fine_tune` and `train_model` have set up."""
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
    _check_labels(labels, name)
    labels = np.asarray(labels)
    rows = make_rows(model, data)
    if len(rows) != len(labels):
        raise InputError(
            f"There must be as many {name} as rows. "
            f"Received: {len(rows)} rows, {len(labels)} {name}"
        )
    loss, targets = check_loss(loss, task, labels)
    return loss, rows, targets


def _check_labels(labels, name="labels"):
    if labels is None:
        raise InputError(f"There are no {name}. Training needs a label for each row.")


def _adopt_labels(model, task):
    model.label_names = task.label_names
    if not hasattr(model, "preprocessor"):
        model.preprocessor = None


def _extent(model, trained):
    """Say what is trained: "head", "part" or "all" (BatchNorm never is)."""
    if trained == [head_path(model)]:
        return "head"
    kind = keras.layers.BatchNormalization
    layers = [
        path
        for path, layer in iterate_layers(model)
        if layer.weights and not isinstance(layer, kind)
    ]
    return "all" if set(layers) <= set(trained) else "part"


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


def _check_seed(seed):
    if not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise InputError(f"`seed` must be an integer from 0. Received: seed={seed!r}")
    return int(seed)


def _check_number(name, value, kind, above):
    if value is None:
        return
    kinds = (int, np.integer) if kind is int else (int, float, np.number)
    if not isinstance(value, kinds) or isinstance(value, bool) or not value > above:
        what = "a whole number" if kind is int else "a number"
        raise InputError(f"`{name}` must be {what} above {above}. Received: {value!r}")
