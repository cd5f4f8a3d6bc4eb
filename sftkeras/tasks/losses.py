"""Which Keras losses fit which task (article §3.3, §4.1)."""

import inspect

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.tasks.labels import as_array
from sftkeras.tasks.probing import prefers_right

# kind of task -> (what its labels are, the losses that fit)
_LOSSES = {
    "binary": ("two classes", ("binary_crossentropy",)),
    "multiclass": ("whole-number classes", ("sparse_categorical_crossentropy",)),
    "onehot": ("one-hot rows", ("categorical_crossentropy",)),
    "regression": ("numbers", ("mean_squared_error", "mean_absolute_error")),
}
_KNOWN_LOSSES = {name for _, names in _LOSSES.values() for name in names}
# What else may be meant, for a message.
_OTHERS = {
    "binary": "'binary_focal_crossentropy', 'hinge'",
    "multiclass": "'categorical_focal_crossentropy', 'kl_divergence'",
    "multi-label": "'binary_focal_crossentropy', 'dice'",
    "regression": "'huber', 'log_cosh'",
}
# They take logarithms, or shares, of what the head gives.
_OF_PROBABILITIES = ("kl_divergence", "poisson", "dice", "tversky")
_OF_PROBABILITIES += ("mean_squared_logarithmic_error",)
_OF_PROBABILITIES += ("categorical_generalized_cross_entropy",)


def choose_loss(task, loss, labels):
    """Return the task with the loss to compile with, and the targets it wants.

    Cross-entropies must be the one for head and labels. Of any other loss of Keras it
    is found out what it takes, numbers or one-hot rows: that with which right answers
    cost less than wrong ones (`sftkeras.tasks.probing`). A function of
    `(y_true, y_pred)` of the user's own that fits neither way is taken at its word; it
    is given class numbers, or one-hot rows if those are the labels.

    Args:
        task: a `Classification` or `Regression`.
        loss: `"auto"`, a Keras loss or its name, or a function.
        labels: the labels.

    Raises:
        InputError: a loss that contradicts head or labels; the message says what to
            write. (Keras raises a shape error at best; at worst it trains:
            `categorical_crossentropy` on one output is 0 for every label.)
    """
    if isinstance(loss, str) and loss == "auto":
        return task
    known = known_loss(loss)
    loss = known if inspect.isclass(loss) or isinstance(loss, dict) else loss
    name = loss_name(known)
    smooth = getattr(known, "label_smoothing", 0) > 0
    kind = task.kind
    if kind == "multiclass" and (as_array(labels).ndim == 2 or smooth):
        kind = "onehot"
    if name not in _KNOWN_LOSSES:
        return _choose_other(task, loss, known, labels)
    what, fitting = _LOSSES[kind]
    if name not in fitting:
        raise InputError(
            f"loss={name!r} does not fit: the labels are {what} and the head is for "
            f"{task.kind}. Write loss='auto' or loss={fitting[0]!r}."
        )
    given = not isinstance(loss, str)
    if kind == "regression":
        return task.replaced(chosen_loss=loss)
    if given:
        _check_logits(task, known, name)
    one_hot = kind == "onehot"
    return task.replaced(chosen_loss=loss if given else None, one_hot=one_hot)


def known_loss(loss):
    """Return what Keras makes of a loss; raise `InputError` if nothing."""
    try:
        known = keras.losses.get(loss)
    except (ValueError, TypeError):
        known = None
    if known is None:
        raise InputError(
            "`loss` must be 'auto', or a Keras loss or its name. "
            f"Received: loss={loss!r}"
        )
    return known


def loss_name(known):
    """Return the name of the function that a loss computes."""
    function = getattr(known, "fn", known)
    name = getattr(function, "__name__", None) or getattr(known, "name", None)
    return name or type(known).__name__


def check_several_labels(task, loss):
    """Raise unless a loss fits a 0 or 1 for each class, any number of which apply."""
    known, name = known_loss(loss), loss_name(known_loss(loss))
    _check_logits(task, known, name)
    if "crossentropy" in name and not name.startswith("binary_"):
        raise _refused(task, name, "each row may have several labels")
    verdict, error = prefers_right(task, known)
    if _is_keras(known) and not verdict:
        raise _refused(task, name, "each row may have several labels")
    _check_computed(task, name, verdict, error)


def _choose_other(task, loss, known, labels):
    """Return the task with a loss that is none of the usual ones."""
    name, regression = loss_name(known), task.kind == "regression"
    if regression:
        _check_numbers(name, as_array(labels))
        forms = [task]
    else:
        _check_logits(task, known, name)
        forms = [task.replaced(one_hot=False)]
        if task.kind == "multiclass":
            forms.append(task.replaced(one_hot=True))
        if as_array(labels).ndim == 2:
            forms.reverse()
    verdicts = [prefers_right(form, known) for form in forms]
    for wanted in (True,) if _is_keras(known) else (True, False):
        for form, (verdict, _) in zip(forms, verdicts, strict=True):
            if verdict is wanted:
                return form.replaced(chosen_loss=loss)
    if _is_keras(known):
        raise _refused(task, name, f"the labels are {_LOSSES[task.kind][0]}")
    _check_computed(task, name, *verdicts[0])
    return forms[0].replaced(chosen_loss=loss)


def _refused(task, name, why):
    usual = _LOSSES.get(task.kind, _LOSSES["binary"])[1][0]
    return InputError(
        f"loss={name!r} does not fit: {why} and the head is for {task.kind}. Write "
        f"loss='auto' or loss={usual!r}; {_OTHERS[task.kind]} would fit too."
    )


def _check_computed(task, name, verdict, error):
    if verdict is None:
        raise InputError(
            f"`loss`: {name} cannot be computed for this head of {task.units} "
            f"output(s): {type(error).__name__}: {str(error).strip()[:200]}"
        ) from error


def _check_logits(task, known, name):
    """Raise unless a loss takes what the head gives, probabilities or logits."""
    wants = getattr(known, "from_logits", None)
    if wants is None and inspect.isfunction(known):
        parameter = inspect.signature(known).parameters.get("from_logits")
        wants = parameter.default if parameter is not None else None
    if wants is not None and bool(wants) != task.from_logits:
        raise InputError(
            f"The head gives {'logits' if task.from_logits else 'probabilities'}. "
            f"Write loss='auto' or a loss with from_logits={task.from_logits}."
        )
    if task.from_logits and name in _OF_PROBABILITIES:
        raise InputError(
            f"loss={name!r} takes probabilities, and the head gives logits. Write "
            "loss='auto', or give the head a softmax or sigmoid."
        )


def _check_numbers(name, labels):
    """Raise for a loss of numbers that some of the numbers, or answers, rule out."""
    if labels.dtype.kind not in "iufb":
        return
    ruled_out = {
        "poisson": (True, "is for counts, with a head that answers above 0 only"),
        "mean_squared_logarithmic_error": (
            bool(np.any(labels < 0)),
            "is for numbers from 0 up; some labels are below",
        ),
        "mean_absolute_percentage_error": (
            bool(np.any(labels == 0)),
            "divides by the label; some labels are 0",
        ),
    }
    found, why = ruled_out.get(name, (False, ""))
    if found:
        raise InputError(f"loss={name!r} {why}. Write loss='auto' or loss='huber'.")


def _is_keras(known):
    function = getattr(known, "fn", known)
    module = getattr(function, "__module__", None) or type(known).__module__
    return module.startswith("keras.")
