"""The task of a model that declares none, guessed from its head and the labels."""

import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import activation_of, maker, task_of
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.generation import Generation
from sftkeras.tasks.labels import are_several, as_array
from sftkeras.tasks.multilabel import MultiLabel
from sftkeras.tasks.regression import Regression
from sftkeras.tasks.transcription import Transcription
from sftkeras.tasks.translation import Translation

_KINDS = (Regression, MultiLabel, Transcription, Generation, Translation)
SAVED = (Classification, *_KINDS)  # what a bundle may hold

# What makes features, not the scores of classes: of a Dense layer its activation, and
# else the layer.
_HIDDEN = ("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish")
_HIDDEN += ("softplus", "exponential", "hard_silu", "ReLU", "LeakyReLU", "ELU", "PReLU")
_HIDDEN += ("Flatten", "Dropout", "BatchNormalization", "LayerNormalization", "LSTM")
_HIDDEN += ("GRU", "Concatenate", "GlobalAveragePooling1D", "GlobalAveragePooling2D")
_HIDDEN += ("GlobalMaxPooling1D", "GlobalMaxPooling2D")


def infer_task(model, labels=None):
    """Return a model's task: the one that it carries, or else a guess.

    Args:
        model: a `keras.Model` with one output `(B, units)`.
        labels: the training labels, for a model that has not been trained.

    Returns:
        A `Task`, fitted to the labels if there are any.

    Raises:
        InputError: labels and head contradict each other.
    """
    task = task_of(model) or _guess(model, labels)
    return task if labels is None else task.fitted_to(labels)


def task_from(config):
    """Return the task that `Task.config` described."""
    config = dict(config)
    kinds = {kind.kind: kind for kind in _KINDS}
    kind = kinds.get(config.pop("kind"), Classification)
    if config.get("label_names") is not None:
        config["label_names"] = tuple(config["label_names"])
    return kind(**config)


def _guess(model, labels):
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        shapes = [tuple(output.shape) for output in model.outputs]
        raise InputError(
            "The model must have one output of shape (batch, units): a Dense head. "
            f"Received outputs: {shapes}. Give the backbone a head with "
            "load_pretrained_model(backbone, num_classes=…)."
        )
    units = model.outputs[0].shape[-1]
    activation = activation_of(model.outputs[0])
    from_logits = activation not in ("sigmoid", "softmax")
    names = getattr(model, "label_names", None)
    common = {"preprocessor": getattr(model, "preprocessor", None)}
    if names is not None and len(names) == 0:
        return Regression(**common)
    if units > 1 and activation == "sigmoid" and are_several(labels):
        return MultiLabel(names, num_classes=units, **common)
    if names is None and units == 1 and from_logits and _are_numbers(labels):
        return Regression(**common)
    _check_head(model, activation, units)
    return Classification(
        names, num_classes=max(units, 2), units=units, from_logits=from_logits, **common
    )


def _check_head(model, activation, units):
    """Raise if what makes the output cannot tell classes apart."""
    made_by = type(maker(model.outputs[0])).__name__
    hidden = {activation, made_by} & {*_HIDDEN}
    if hidden and activation not in ("sigmoid", "softmax"):
        raise InputError(
            f"The model ends in {made_by}"
            + (f" with {activation!r}" if activation != "linear" else "")
            + f", {units} features: that is no head for classes. Give it one with "
            "load_pretrained_model(model, num_classes=…)."
        )
    if activation == "softmax" and units == 1:
        raise InputError(
            "A softmax over one output is always 1. For two classes end the model in "
            "Dense(1, 'sigmoid') or Dense(2, 'softmax')."
        )


def _are_numbers(labels):
    """Return whether labels for one linear output are numbers, not two classes."""
    if labels is None:
        return True
    labels = as_array(labels)
    if labels.ndim == 2 or labels.dtype.kind == "U":
        return False
    distinct = np.unique(labels)
    return len(distinct) > 2 or not np.array_equal(distinct, np.round(distinct))
