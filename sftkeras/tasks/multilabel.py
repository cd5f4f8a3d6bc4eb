"""`MultiLabel`: any number of labels a row (article §3.2, §4.1)."""

import dataclasses

import keras
import numpy as np

from sftkeras.errors import InputError, listed
from sftkeras.tasks.labels import as_several
from sftkeras.tasks.losses import check_several_labels
from sftkeras.tasks.names import column_names, tell_alike
from sftkeras.tasks.several_labels import SeveralLabels
from sftkeras.tasks.task import Task, dense_head


@dataclasses.dataclass(frozen=True)
class MultiLabel(SeveralLabels, Task):
    """Any number of labels a row: a sigmoid and a threshold for each class.

    Labels are lists of names (empty: none applies), or an array `(N, C)` of 0 and 1.

    Example:

    >>> task = MultiLabel(("food", "price", "staff"))
    >>> task.targets([["price", "food"], []]).tolist()
    [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]

    Args:
        label_names, preprocessor: as in `Task`.
        num_classes: int. Defaults to as many as there are names.
        thresholds: float, or one for each class: the probability above which a label
            is given. `tune_thresholds` chooses them. Defaults to `0.5`.
        from_logits: bool, whether the head has no sigmoid. Defaults to `False`.
        chosen_loss: a Keras loss. Defaults to `None`: the binary cross-entropy, a
            mean over the classes.
    """

    chosen_loss: object = None

    @property
    def monitor(self):
        """What early stopping watches."""
        return "val_accuracy" if self.from_logits else "val_f1"

    mode = "max"

    def head(self, seed=None):
        """Return a sigmoid for each class."""
        return dense_head(self.num_classes, "sigmoid", seed)

    @property
    def loss(self):
        """The binary cross-entropy, unless another was chosen."""
        return self.chosen_loss or keras.losses.BinaryCrossentropy(self.from_logits)

    @property
    def metrics(self):
        """`accuracy` over all cells, and `f1`, micro, at thresholds of 0.5."""
        at = 0.0 if self.from_logits else 0.5
        metrics = [keras.metrics.BinaryAccuracy(name="accuracy", threshold=at)]
        if not self.from_logits:
            metrics.append(keras.metrics.F1Score("micro", threshold=0.5, name="f1"))
        return metrics

    def fitted_to(self, labels):
        """Return the task with the names that these labels have."""
        columns = column_names(labels)
        if self.label_names is None and columns is not None:
            return self.replaced(label_names=columns)
        rows = as_several(labels, self.names)
        if self.label_names is not None or isinstance(rows, np.ndarray):
            self.targets(labels)  # a label that is none is told of
            return self
        distinct = sorted({label for row in rows for label in row}, key=str)
        if len(distinct) != self.num_classes:
            raise InputError(
                f"The labels name {len(distinct)} classes ({listed(distinct)}), the "
                f"model's head has {self.num_classes}. Give MultiLabel their names."
            )
        tell_alike(name for name in distinct if isinstance(name, str))
        return self.replaced(label_names=tuple(distinct))

    def for_loss(self, loss, labels):
        """Return the task with a Keras loss of a 0 or 1 for each class."""
        if isinstance(loss, str) and loss == "auto":
            return self
        check_several_labels(self, loss)
        return self.replaced(chosen_loss=loss)
