"""`fine_tune` and `train_model` (article §3.3, §3.4, §5.2)."""

import random

import keras

from sftkeras.errors import InputError
from sftkeras.graph import attach, head_path, iterate_layers
from sftkeras.inputs.given import given
from sftkeras.inputs.naming import remember_columns
from sftkeras.models.copying import copy_model
from sftkeras.models.encoders import encoder_of
from sftkeras.models.forms import as_functional, hand_back
from sftkeras.process import drawing_from
from sftkeras.tasks.infer import infer_task
from sftkeras.training.compiled import compiled_loss, compiled_metrics
from sftkeras.training.compute import on_all_gpus
from sftkeras.training.examples import training_data, validation_data_of
from sftkeras.training.fitting import fit
from sftkeras.training.freezing import (
    check_frozen,
    choose_trained,
    freeze_batch_norm,
    note_weights,
    put_back_frozen,
    settle_frozen,
)
from sftkeras.training.optimizers import FusedAdam
from sftkeras.training.own_freezing import (
    frozen_layers,
    left_frozen,
    remember_frozen,
)
from sftkeras.training.run import prepare
from sftkeras.training.schedules import warmup_cosine
from sftkeras.training.settings import takes_settings
from sftkeras.training.techniques.lora import LoRA

# What is trained -> (learning rate, epochs, batch size), unless given. A new head on
# fixed features is a small convex problem: larger steps, many cheap epochs. Pretrained
# layers need small steps: at the article's 1e-3 they forget what they knew.
_DEFAULTS = {"head": (3e-3, 20, 32), "part": (3e-4, 3, 16), "all": (5e-5, 4, 16)}


@on_all_gpus
@takes_settings(cache_frozen=True)
def fine_tune(
    pretrained_model,
    data,
    labels=None,
    layers_to_fine_tune="all",
    layers_to_freeze=(),
    validation_data=None,
    recipe=None,
    sample_weight=None,
    **settings,
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

    A `Transcription` takes about 80 steps of 16, at 1e-2, 1.5e-3 and 5e-4; a
    `Generation`, of batches of 8, about 80 of `LoRA` at 2e-3, else at 5e-4 (some
    layers) and 1e-4 (all): it has no head of its own.

    Of `"e5-small"` the head learns at 1e-2 (its features of different texts are much
    alike: it takes larger weights to tell them apart), all layers at 1e-4; how the
    rates do on validation data: `python benchmarks/choose_rates.py`. All layers of
    `"efficientnet-lite0"` learn at 2e-4 in 8 epochs: forty photographs a class make
    few steps.

    Example:

    >>> tuned = fine_tune(model, ["good", "bad"] * 8, [1, 0] * 8, epochs=1, verbose=0)
    >>> predict(tuned, ["good"])  # doctest: +SKIP
    [1]

    Args:
        pretrained_model: a `keras.Model`; it is not changed.
        data: for a text model N strings, in a list, an array, a pandas column or a
            frame of one; pairs of texts, for an encoder that takes them, as a tuple
            of two lists, a list of 2-tuples or a frame of two columns. Else arrays
            `(N, …)`, frames of numbers, lists of N arrays, a dictionary by input
            name. For a language model N prompts, texts or lists of messages. Or with
            the labels in it: a `TextData`, `Examples`, a
            `tf.data.Dataset` or a `keras.utils.PyDataset`, which is read into memory.
        labels: N labels, whole numbers or names; one-hot rows; floats (regression);
            texts (transcripts, answers).
            Defaults to `None`: those in the data.
        layers_to_fine_tune: as in `set_trainable`. Defaults to `"all"`: all but the
            layers that you had frozen yourself, which a warning names. (Weights frozen
            one by one, as the kernel below Keras' `enable_lora`, always stay so.)
        layers_to_freeze: as in `set_trainable`. Defaults to `()`.
        validation_data: `(data, labels)`, `(data, labels, weights)`, or what holds its
            labels, as `data`. With it, training stops when the validation accuracy
            has not risen for `patience` epochs, and the best epoch's weights are
            kept. (Not the validation loss: it rises while the accuracy still does, as
            the model grows surer of its mistakes.) Defaults to `None`; see
            `validation_split` too.
        recipe: a `Recipe`. Defaults to `Recipe()`; the settings below win over it.
        sample_weight: N numbers from 0 up: how much each row counts in the loss, beside
            `class_weight`. Defaults to `None`: all alike.
        {settings}

    Returns:
        The fine-tuned `keras.Model`, compiled; `.history` is its Keras history.

    Raises:
        InputError: an argument that is wrong; the message says which.
    """
    seeds = random.Random(int(recipe.seed))
    whole = as_functional(pretrained_model, data)
    with drawing_from(seeds):
        model = copy_model(whole)
    examples = training_data(model, data, labels, sample_weight)
    remember_columns(model, examples.inputs)
    validation = validation_data_of(model, validation_data)
    task = infer_task(model, examples.labels)
    attach(model, task)
    frozen = frozen_layers(model)
    left = left_frozen(model, layers_to_fine_tune)
    trained = choose_trained(model, layers_to_fine_tune, layers_to_freeze, left)
    remember_frozen(model, frozen)
    freeze_batch_norm(model)
    _check_trained(model, layers_to_fine_tune)
    adapted = any(isinstance(each, LoRA) for each in recipe.techniques)
    defaults = _defaults(model, trained, task, examples.labels, adapted)
    before = note_weights(whole)
    run = prepare(model, task, examples, validation, recipe, defaults)
    run.seeds = seeds
    fit(run)
    if recipe.callbacks:
        put_back_frozen(model, whole.get_weights())
    check_frozen(model, before)
    return model


@takes_settings(epochs=10, batch_size=32, patience=None, cache_frozen=False)
def train_model(
    model,
    x_train,
    y_train=None,
    x_val=None,
    y_val=None,
    recipe=None,
    sample_weight=None,
    **settings,
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
        x_val, y_val: validation data and labels; the latter may be in the data.
            Defaults to `None`.
        recipe: a `Recipe`. Defaults to `Recipe()`; the settings below win over it.
        sample_weight: as in `fine_tune`. Defaults to `None`.
        {settings}

    Returns:
        The `keras.callbacks.History`; the trained model is `model` itself.
    """
    whole = as_functional(model, x_train)
    examples = training_data(whole, x_train, y_train, sample_weight)
    remember_columns(whole, examples.inputs)
    validation = None
    if x_val is not None or y_val is not None:
        validation = given(whole, x_val, y_val, name="y_val")
        if validation.inputs is None or validation.labels is None:
            raise InputError("Give both `x_val` and `y_val`, or neither.")
    task = infer_task(whole, examples.labels)
    attach(whole, task)
    hand_back(whole, model)
    settle_frozen(whole)
    defaults = {
        "learning_rate": 1e-3,
        "rate": lambda rate, steps: rate,
        "optimizer": keras.optimizers.Adam,
    }
    if model.compiled and recipe.learning_rate is None:
        defaults["optimizer"] = model.optimizer
    if recipe.loss == "auto":
        recipe = recipe.updated(loss=compiled_loss(model, task, examples.labels))
    kept = compiled_metrics(model)
    recipe = recipe.updated(metrics=recipe.metrics or kept)
    run = prepare(model, task, examples, validation, recipe, defaults, whole)
    run.kept_metrics = kept
    history = fit(run)
    if run.validation is not None and recipe.verbose and history.epoch:
        _report(history)
    return history


def _report(history):
    """Print the kept epoch's validation results, as the article does (§5.2)."""
    kept = -1
    if history.kept_epoch in history.epoch:  # else it was before an interruption
        kept = history.epoch.index(history.kept_epoch)
    print(f"Validation Loss: {history.history['val_loss'][kept]:.4f}")
    if "val_accuracy" in history.history:
        print(f"Validation Accuracy: {history.history['val_accuracy'][kept]:.4f}")


def _defaults(model, trained, task, labels, adapted=False):
    """Return the settings that fit what is trained, the task and the encoder."""
    extent, encoder = _extent(model, trained), encoder_of(model)
    own = encoder.training.get(extent) if encoder else None
    suggested = task.suggested("adapters", len(labels)) if adapted else None
    suggested = suggested or task.suggested(extent, len(labels)) or own
    rate, epochs, batch_size = suggested or _DEFAULTS[extent]
    return {
        "epochs": epochs,
        "batch_size": batch_size,
        "patience": 2,
        "patient": 5 if extent == "head" else 1,
        "learning_rate": rate,
        "rate": lambda rate, steps: warmup_cosine(rate)(steps),
        "optimizer": FusedAdam,
    }


def _check_trained(model, layers_to_fine_tune):
    if not model.trainable_weights:
        raise InputError(
            "Nothing is left to train: only BatchNormalization was chosen, which "
            f"stays as it was. Received: layers_to_fine_tune={layers_to_fine_tune!r}"
        )


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
