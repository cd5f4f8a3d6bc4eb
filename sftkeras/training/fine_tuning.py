"""`fine_tune` and `train_model` (article §3.3, §3.4, §5.2)."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import head_path, iterate_layers
from sftkeras.models.copying import copy_model
from sftkeras.tasks.classification import infer_task
from sftkeras.training.compute import on_all_gpus
from sftkeras.training.fitting import check_labels, fit
from sftkeras.training.freezing import (
    check_frozen,
    freeze_batch_norm,
    set_trainable,
    settle_frozen,
)
from sftkeras.training.optimizers import FusedAdam

# What is trained -> (learning rate, epochs, batch size), unless given. A new head on
# fixed features is a small convex problem: larger steps, many cheap epochs. Pretrained
# layers need small steps: at the article's 1e-3 they forget what they knew.
_DEFAULTS = {"head": (3e-3, 20, 32), "part": (3e-4, 3, 16), "all": (5e-5, 4, 16)}


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
    _check_settings(learning_rate, epochs, batch_size, patience)
    check_labels(labels)
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
    steps = epochs * -(-len(labels) // batch_size)
    warmup = max(1, steps // 10)
    optimizer = FusedAdam(
        keras.optimizers.schedules.CosineDecay(
            rate / 10, max(1, steps - warmup), warmup_target=rate, warmup_steps=warmup
        )
    )
    before = pretrained_model.get_weights()
    fit(
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
    _check_settings(learning_rate, epochs, batch_size, patience)
    check_labels(y_train)
    keras.utils.set_random_seed(_check_seed(seed))
    task = infer_task(model, y_train)
    _adopt_labels(model, task)
    settle_frozen(model)
    optimizer = keras.optimizers.Adam(learning_rate or 1e-3)
    if model.compiled and learning_rate is None:
        optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    history = fit(
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


def _check_seed(seed):
    if not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise InputError(f"`seed` must be an integer from 0. Received: seed={seed!r}")
    return int(seed)


def _check_settings(learning_rate, epochs, batch_size, patience):
    whole, real = (int, np.integer), (int, float, np.number)
    for name, value, kinds, what in (
        ("learning_rate", learning_rate, real, "a number"),
        ("epochs", epochs, whole, "a whole number"),
        ("batch_size", batch_size, whole, "a whole number"),
        ("patience", patience, whole, "a whole number"),
    ):
        fits = isinstance(value, kinds) and not isinstance(value, bool) and value > 0
        if value is not None and not fits:
            raise InputError(f"`{name}` must be {what} above 0. Received: {value!r}")
