"""What a model's head says of its task: loss, metrics, label codes (article §4.1)."""

import math
from dataclasses import dataclass

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import activation_of

# kind of task -> (what its labels are, the losses that fit)
_LOSSES = {
    "binary": ("two classes", ("binary_crossentropy",)),
    "multiclass": ("whole-number classes", ("sparse_categorical_crossentropy",)),
    "onehot": ("one-hot rows", ("categorical_crossentropy",)),
    "regression": ("numbers", ("mean_squared_error", "mean_absolute_error")),
}
_KNOWN_LOSSES = {name for _, names in _LOSSES.values() for name in names}


@dataclass
class Task:
    """What is learned.

    Attributes:
        kind: `"binary"` (one output), `"multiclass"` or `"regression"`.
        label_names: the label of each class, in the order of the outputs; () for
            regression.
        from_logits: True if the head has no sigmoid or softmax of its own.
    """

    kind: str
    label_names: tuple
    from_logits: bool

    @property
    def loss(self):
        """The Keras loss that fits the head."""
        return {
            "binary": keras.losses.BinaryCrossentropy(self.from_logits),
            "multiclass": keras.losses.SparseCategoricalCrossentropy(self.from_logits),
            "regression": keras.losses.MeanSquaredError(),
        }[self.kind]

    def metrics_for(self, targets):
        """Return the Keras metrics that fit head and targets: `accuracy`, or `mae`."""
        if self.kind == "regression":
            return [keras.metrics.MeanAbsoluteError(name="mae")]
        if targets.ndim == 2:  # one-hot rows
            return [keras.metrics.CategoricalAccuracy(name="accuracy")]
        if self.kind == "multiclass":
            return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
        threshold = 0.0 if self.from_logits else 0.5
        return [keras.metrics.BinaryAccuracy(name="accuracy", threshold=threshold)]

    def encode(self, labels):
        """Return the targets: class numbers int32 `(N,)`, or float32 `(N,)`.

        Raises:
            InputError: a label that is missing, or that the model does not know.
        """
        labels = _as_array(labels)
        if self.kind == "regression":
            if labels.dtype.kind == "U" or labels.ndim == 2:
                raise InputError(
                    "The head has one linear output, for numbers. "
                    f"Received: labels such as {labels[0].tolist()!r}"
                )
            return labels.astype("float32")
        if labels.ndim == 2:
            if labels.shape[1] != len(self.label_names):
                raise InputError(
                    f"One-hot labels have {labels.shape[1]} columns, the model has "
                    f"{len(self.label_names)} classes."
                )
            return labels.argmax(axis=1).astype("int32")
        code = {name: number for number, name in enumerate(self.label_names)}
        labels = labels.tolist()
        try:
            return np.array([code[label] for label in labels], "int32")
        except KeyError:
            row = next(i for i, label in enumerate(labels) if label not in code)
            raise InputError(
                f"Label {labels[row]!r} (row {row}) is none of the model's: "
                f"{_listed(self.label_names)}. Correct the label, or train with it."
            ) from None

    def probabilities(self, outputs):
        """Return class probabilities `(N, C)` from the model's outputs `(N, units)`."""
        outputs = np.asarray(outputs, dtype="float64")
        if self.kind == "binary":
            p = outputs.reshape(len(outputs))
            if self.from_logits:
                p = 1 / (1 + np.exp(-p))
            return np.stack([1 - p, p], axis=1)
        if self.from_logits:
            outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        # A float32 softmax sums to 1 to 7 digits only, which scikit-learn minds.
        return outputs / outputs.sum(axis=1, keepdims=True)


def infer_task(model, labels=None):
    """Read the task off the model's head, its label names and the labels.

    Args:
        model: a `keras.Model` with one output `(B, units)`.
        labels: the training labels, for a model that has not been trained.

    Returns:
        A `Task`.

    Raises:
        InputError: labels and head contradict each other.
    """
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
    if labels is not None:
        labels = _as_array(labels)
    if names is not None:
        if names and labels is not None:
            _check_several(labels)
        kind = "regression" if not names else "binary" if units == 1 else "multiclass"
        return Task(kind, tuple(names), from_logits)
    if labels is None:
        if units == 1 and from_logits:
            return Task("regression", (), True)
        kind, count = ("binary", 2) if units == 1 else ("multiclass", units)
        return Task(kind, tuple(range(count)), from_logits)
    count = max(units, 2)
    if labels.ndim == 2:
        _check_several(labels)
        if labels.shape[1] != count:
            raise InputError(_too_many(range(labels.shape[1]), count))
        return Task(_kind(units), tuple(range(count)), from_logits)
    distinct = np.unique(labels)
    named = labels.dtype.kind == "U"
    whole = named or np.array_equal(distinct, np.round(distinct))
    numbers = not named and (len(distinct) > 2 or not whole)
    if units == 1 and from_logits and numbers:
        return Task("regression", (), True)
    if not whole:
        raise InputError(
            f"The labels are numbers such as {distinct[0]:g}, but the head has "
            f"{units} {activation} output(s), for classes. For regression, build the "
            "model with num_classes=1."
        )
    _check_several(labels)
    distinct = distinct.tolist()
    if named:
        if len(distinct) > count:
            raise InputError(_too_many(distinct, count))
        if len(distinct) < count:
            raise InputError(
                f"The labels name {len(distinct)} classes ({_listed(distinct)}), the "
                f"model's head has {count}. Build the model with "
                f"num_classes={len(distinct)}, or give label_names=…"
            )
        return Task(_kind(units), tuple(distinct), from_logits)
    distinct = [int(label) for label in distinct]
    if distinct[0] >= 0 and distinct[-1] < count:
        return Task(_kind(units), tuple(range(count)), from_logits)
    if len(distinct) == count:  # classes numbered otherwise: 1 to 5 stars, -1 and 1
        return Task(_kind(units), tuple(distinct), from_logits)
    raise InputError(_too_many(distinct, count))


def check_loss(loss, task, labels):
    """Return the loss to compile with, and the targets it wants.

    Args:
        loss: `"auto"`, a Keras loss or its name.
        task: the model's `Task`.
        labels: the labels.

    Raises:
        InputError: a named loss that contradicts head or labels; the message says
            what to write. (Keras raises a shape error at best; at worst it trains:
            `categorical_crossentropy` on one output is 0 for every label.)
    """
    targets = task.encode(labels)
    if isinstance(loss, str) and loss == "auto":
        return task.loss, targets
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
        return loss, targets
    kind = task.kind
    if kind == "multiclass" and np.ndim(labels) == 2 and np.shape(labels)[1] > 1:
        kind = "onehot"
    what, fitting = _LOSSES[kind]
    if name not in fitting:
        raise InputError(
            f"loss={name!r} does not fit: the labels are {what} and the head is for "
            f"{task.kind}. Write loss='auto' or loss={fitting[0]!r}."
        )
    given = not isinstance(loss, str) and kind != "regression"
    if given and getattr(loss, "from_logits", False) != task.from_logits:
        raise InputError(
            f"The head gives {'logits' if task.from_logits else 'probabilities'}. "
            f"Write loss='auto' or a loss with from_logits={task.from_logits}."
        )
    if kind == "onehot":
        targets = keras.utils.to_categorical(targets, len(task.label_names))
        if isinstance(loss, str):
            loss = keras.losses.CategoricalCrossentropy(task.from_logits)
    elif isinstance(loss, str) and kind != "regression":
        loss = task.loss
    return loss, targets


def _kind(units):
    return "binary" if units == 1 else "multiclass"


def _as_array(labels):
    """Return labels as an array without gaps: `(N,)`, or one-hot `(N, C)`."""
    values = labels.tolist() if hasattr(labels, "tolist") else labels
    try:
        array = np.array(values)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.size == 0 or not (array.ndim == 1 or _is_one_hot(array)):
        raise InputError(
            "`labels` must hold one label a row, or one-hot rows. "
            f"Received: {type(labels).__name__} of shape {array.shape}"
        )
    for row, label in enumerate(values):
        number = isinstance(label, float)
        if label is None or (number and not math.isfinite(label)):
            raise InputError(f"Label {label} (row {row}) is no label. Fill it in.")
    if array.dtype.kind not in "iufbU":
        raise InputError(
            f"`labels` must be numbers or names. Received: {type(values[0]).__name__} "
            f"{values[0]!r:.80}"
        )
    return array


def _is_one_hot(labels):
    return (
        labels.ndim == 2
        and labels.dtype.kind in "iufb"
        and bool(np.all((labels == 0) | (labels == 1)))
        and bool(np.all(labels.sum(axis=1) == 1))
    )


def _check_several(labels):
    """Raise if all labels are one class."""
    first = labels[0].tolist()
    if np.all(labels == first):
        raise InputError(
            f"All {len(labels)} labels are {first!r}: there is nothing to tell "
            "apart. Add examples of another class."
        )


def _listed(names, most=10):
    more = f" … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def _too_many(distinct, count):
    return (
        f"Labels out of range: the model's head has {count} classes, the labels are "
        f"{_listed(distinct)}. Correct them, or build the model with "
        f"num_classes={len(distinct)}."
    )
