"""`Classification`: one of several classes a row, binary or multiclass (§4.1)."""

import dataclasses
import warnings

import keras
import numpy as np

from sftkeras.errors import InputError, listed
from sftkeras.tasks.finite import check_outputs
from sftkeras.tasks.labels import as_array, check_several
from sftkeras.tasks.losses import choose_loss
from sftkeras.tasks.measures import decide, of_true, score_classes
from sftkeras.tasks.names import (
    as_varied,
    column_names,
    tell_alike,
    too_many,
)
from sftkeras.tasks.one_class import OneClass
from sftkeras.tasks.running import iterate_outputs
from sftkeras.tasks.task import Task, check_as_many, dense_head
from sftkeras.tasks.weights import class_weights


@dataclasses.dataclass(frozen=True)
class Classification(OneClass, Task):
    """One class a row.

    Example:

    >>> task = Classification(label_names=("bad", "good"))
    >>> task.kind, task.targets(["good", "bad"]).tolist()
    ('binary', [1, 0])

    Args:
        label_names, preprocessor: as in `Task`.
        num_classes: int. Defaults to as many as there are names, or 2.
        units: int, outputs of the head: 1 for a sigmoid of two classes. Defaults to
            what fits `num_classes`.
        from_logits: bool, whether the head has no sigmoid or softmax of its own.
            Defaults to `False`.
        one_hot: bool, whether the loss wants one-hot targets. Defaults to `False`.
        chosen_loss: a Keras loss. Defaults to `None`: the cross-entropy that fits.
    """

    chosen_loss: object = None

    monitor, mode = "val_accuracy", "max"

    def head(self, seed=None):
        """Return a sigmoid output for two classes, a softmax for more (§5.2)."""
        return dense_head(self.units, "sigmoid" if self.units == 1 else "softmax", seed)

    @property
    def loss(self):
        """The Keras loss: cross-entropy, unless another was chosen."""
        if self.chosen_loss is not None:
            return self.chosen_loss
        losses = keras.losses
        if self.kind == "binary":
            return losses.BinaryCrossentropy(self.from_logits)
        if self.one_hot:
            return losses.CategoricalCrossentropy(self.from_logits)
        return losses.SparseCategoricalCrossentropy(self.from_logits)

    @property
    def metrics(self):
        """`accuracy`."""
        metrics = keras.metrics
        if self.kind == "binary":
            threshold = 0.0 if self.from_logits else 0.5
            return [metrics.BinaryAccuracy(name="accuracy", threshold=threshold)]
        if self.one_hot:
            return [metrics.CategoricalAccuracy(name="accuracy")]
        return [metrics.SparseCategoricalAccuracy(name="accuracy")]

    def fitted_to(self, labels):
        """Return the task with the names that these labels have."""
        columns, labels = column_names(labels), as_array(labels)
        if self.label_names is not None:
            check_several(labels)
            return self
        found = self._names_in(labels)
        return self.replaced(label_names=columns or found)

    def for_loss(self, loss, labels):
        """Return the task with a Keras loss that fits it; else raise `InputError`."""
        return choose_loss(self, loss, labels)

    def targets(self, labels):
        """Return class numbers int32 `(N,)`, or one-hot rows if the loss wants them."""
        codes = self.codes(labels)
        return keras.utils.to_categorical(codes, self.units) if self.one_hot else codes

    def evaluate(
        self,
        model,
        inputs,
        labels,
        batch_size=32,
        weights=None,
        threshold=0.5,
        long_texts="cut",
        fast=False,
    ):
        """Return what `score` says of the answers, and never hold N x C outputs."""
        if long_texts != "cut":
            how = {"threshold": threshold, "long_texts": long_texts, "fast": fast}
            return super().evaluate(model, inputs, labels, batch_size, weights, **how)
        self.check_threshold(threshold)
        rows = self.encode(model, inputs)
        check_as_many(len(rows), labels)
        targets = self.codes(labels)
        predicted, of_class = np.zeros(len(rows), int), np.zeros(len(rows))
        for where, outputs in iterate_outputs(model, rows, batch_size, fast):
            check_outputs(model, outputs, where)
            probabilities = self.probabilities(keras.tree.flatten(outputs)[0])
            predicted[where] = decide(probabilities, threshold)
            of_class[where] = of_true(probabilities, targets[where])
        return score_classes(self.names, targets, predicted, of_class, weights)

    def weigh(self, class_weight, targets):
        """Return the weight of each row, by its class."""
        if class_weight is None:
            return None
        codes = targets.argmax(axis=1) if targets.ndim == 2 else targets
        return class_weights(class_weight, self, codes)

    def _names_in(self, labels):
        count = self.num_classes
        if labels.ndim == 2:
            check_several(labels)
            if labels.shape[1] != count:
                raise InputError(too_many(range(labels.shape[1]), count))
            return tuple(range(count))
        distinct = np.unique(labels)
        named = labels.dtype.kind == "U"
        if not named and not np.array_equal(distinct, np.round(distinct)):
            activation = "linear" if self.from_logits else "probability"
            raise InputError(
                f"The labels are numbers such as {distinct[0]:g}, but the head has "
                f"{self.units} {activation} output(s), for classes. For regression, "
                "build the model with num_classes=1."
            )
        check_several(labels)
        distinct = distinct.tolist()
        varied = as_varied(distinct, len(labels))
        if named:
            if len(distinct) > count:
                raise InputError(too_many(distinct, count) + varied)
            if len(distinct) < count:
                raise InputError(
                    f"The labels name {len(distinct)} classes ({listed(distinct)}), "
                    f"the model's head has {count}. Build the model with "
                    f"num_classes={len(distinct)}, or give label_names=…"
                )
            tell_alike(distinct)
            if varied:
                warnings.warn(varied.strip(), stacklevel=5)
            return tuple(distinct)
        distinct = [int(label) for label in distinct]
        if distinct[0] >= 0 and distinct[-1] < count:
            if distinct[0] > 0:
                self._tell_places(distinct)
            return tuple(range(count))
        if len(distinct) == count:  # numbered otherwise: 1 to 5 stars, -1 and 1
            return tuple(distinct)
        raise InputError(too_many(distinct, count) + varied)

    def _tell_places(self, distinct):
        """Warn that labels without a 0 are taken for classes counted from 0."""
        count = self.num_classes
        warnings.warn(
            f"The labels are {listed(distinct)}, taken for classes numbered 0 to "
            f"{count - 1}: class 0 has no rows. If your classes are numbered from 1, "
            f"give the model label_names={tuple(range(1, count + 1))!r:.60}.",
            stacklevel=6,
        )
