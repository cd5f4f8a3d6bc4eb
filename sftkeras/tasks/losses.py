"""Which Keras losses fit which task (article §3.3, §4.1)."""

import keras

from sftkeras.errors import InputError
from sftkeras.tasks.labels import as_array

# kind of task -> (what its labels are, the losses that fit)
_LOSSES = {
    "binary": ("two classes", ("binary_crossentropy",)),
    "multiclass": ("whole-number classes", ("sparse_categorical_crossentropy",)),
    "onehot": ("one-hot rows", ("categorical_crossentropy",)),
    "regression": ("numbers", ("mean_squared_error", "mean_absolute_error")),
}
_KNOWN_LOSSES = {name for _, names in _LOSSES.values() for name in names}


def choose_loss(task, loss, labels):
    """Return the task with the loss to compile with, and the targets it wants.

    Args:
        task: a `Classification` or `Regression`.
        loss: `"auto"`, a Keras loss or its name.
        labels: the labels.

    Raises:
        InputError: a named loss that contradicts head or labels; the message says
            what to write. (Keras raises a shape error at best; at worst it trains:
            `categorical_crossentropy` on one output is 0 for every label.)
    """
    if isinstance(loss, str) and loss == "auto":
        return task
    try:
        known = keras.losses.get(loss)
    except ValueError:
        known = None
    if known is None:
        raise InputError(
            "`loss` must be 'auto', or a Keras loss or its name. "
            f"Received: loss={loss!r}"
        )
    name = getattr(known, "name", getattr(known, "__name__", ""))
    if name not in _KNOWN_LOSSES:
        return task.replaced(chosen_loss=loss)
    kind = task.kind
    if kind == "multiclass" and as_array(labels).ndim == 2:
        kind = "onehot"
    what, fitting = _LOSSES[kind]
    if name not in fitting:
        raise InputError(
            f"loss={name!r} does not fit: the labels are {what} and the head is for "
            f"{task.kind}. Write loss='auto' or loss={fitting[0]!r}."
        )
    given = not isinstance(loss, str)
    if kind == "regression":
        return task.replaced(chosen_loss=loss)
    if given and getattr(loss, "from_logits", False) != task.from_logits:
        raise InputError(
            f"The head gives {'logits' if task.from_logits else 'probabilities'}. "
            f"Write loss='auto' or a loss with from_logits={task.from_logits}."
        )
    one_hot = kind == "onehot"
    return task.replaced(chosen_loss=loss if given else None, one_hot=one_hot)
