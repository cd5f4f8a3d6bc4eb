"""The loss and the measures that a user's model was compiled with (article §3.4)."""

import warnings

import keras

from sftkeras.errors import InputError
from sftkeras.tasks.losses import known_loss, loss_name

_CROSS_ENTROPIES = ("binary_crossentropy", "categorical_crossentropy")
_CROSS_ENTROPIES += ("sparse_categorical_crossentropy",)
_OURS = {"acc", "accuracy", "mae", "mean_absolute_error"}  # measured in any case


def compiled_loss(model, task, labels):
    """Return the loss that a model was compiled with, `"auto"` if that is the usual.

    One that does not fit head and labels is not used, and a warning says so.

    Args:
        model: a `keras.Model`, compiled or not.
        task: its `Task`, fitted to the labels.
        labels: the labels.
    """
    loss = getattr(model, "loss", None) if model.compiled else None
    if loss is None or isinstance(loss, (list, tuple)):
        return "auto"
    try:
        known = known_loss(loss)
        smooth = getattr(known, "label_smoothing", 0) > 0
        usual = loss_name(known) in _CROSS_ENTROPIES and not smooth
        if usual and task.kind != "regression":
            return "auto"
        task.for_loss(loss, labels)
    except InputError as error:
        warnings.warn(
            f"The loss that the model was compiled with is not used. {error}",
            stacklevel=4,
        )
        return "auto"
    return loss


def compiled_metrics(model):
    """Return the metrics that a model was compiled with, but for those of ours."""
    config = (model.get_compile_config() if model.compiled else None) or {}
    found, lost = [], []
    for metric in config.get("metrics") or []:
        if not isinstance(metric, dict):
            found += [metric] if isinstance(metric, str) and metric not in _OURS else []
            continue
        try:
            made = keras.metrics.deserialize(metric)
        except (TypeError, ValueError):
            lost.append(metric.get("registered_name") or metric.get("class_name"))
            continue
        found += [] if getattr(made, "name", "") in _OURS else [made]
    if lost:
        warnings.warn(
            f"Metrics that the model was compiled with cannot be made anew: {lost}. "
            "Give metrics=[…].",
            stacklevel=4,
        )
    return tuple(found)
