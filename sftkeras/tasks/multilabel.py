"""`MultiLabel`: any number of labels a row (article §3.2, §4.1)."""

import dataclasses

import keras
import numpy as np

from sftkeras.errors import InputError, listed
from sftkeras.tasks.labels import as_several
from sftkeras.tasks.losses import check_several_labels
from sftkeras.tasks.measures import score_multi_label
from sftkeras.tasks.names import as_names, column_names, ordered, tell_alike
from sftkeras.tasks.reports import format_multi_label
from sftkeras.tasks.task import Answers, Task, dense_head


@dataclasses.dataclass(frozen=True)
class MultiLabel(Task):
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

    num_classes: int | None = None
    thresholds: object = 0.5
    from_logits: bool = False
    chosen_loss: object = None

    kind = "multi-label"

    def __post_init__(self):
        names, count = as_names(self.label_names), self.num_classes
        if not names and not count:
            raise InputError(
                "MultiLabel needs the names of its classes, or their number: "
                'MultiLabel(("food", "price")) or MultiLabel(num_classes=2).'
            )
        count = count or len(names)
        if names is not None and len(names) != count:
            raise InputError(
                f"`label_names` has {len(names)} names for num_classes={count}."
            )
        try:
            thresholds = np.ravel(np.array(self.thresholds))
            thresholds = thresholds.astype("float64", casting="same_kind")
        except (TypeError, ValueError):
            thresholds = np.array([np.nan])
        inside = np.all((thresholds >= 0) & (thresholds <= 1))
        if len(thresholds) not in (1, count) or not inside:
            raise InputError(
                f"`thresholds` must be one number between 0 and 1, or {count} of them. "
                f"Received: {self.thresholds!r}"
            )
        thresholds = np.broadcast_to(thresholds, count)
        object.__setattr__(self, "label_names", names)
        object.__setattr__(self, "num_classes", count)
        object.__setattr__(self, "thresholds", tuple(thresholds.tolist()))

    @property
    def units(self):
        """Outputs of the head: one a class."""
        return self.num_classes

    @property
    def names(self):
        """The labels' names; their numbers as long as they are not known."""
        return self.label_names or tuple(range(self.num_classes))

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

    def targets(self, labels):
        """Return float32 `(N, C)`, 1 where a label applies."""
        rows = as_several(ordered(labels, self.names), self.names)
        if isinstance(rows, np.ndarray):
            if rows.shape[1] != self.num_classes:
                raise InputError(
                    f"The labels have {rows.shape[1]} columns, the model has "
                    f"{self.num_classes} classes."
                )
            return rows
        code = {name: number for number, name in enumerate(self.names)}
        targets = np.zeros((len(rows), self.num_classes), "float32")
        for row, found in enumerate(rows):
            for label in found:
                if label not in code:
                    raise InputError(
                        f"Label {label!r} (row {row}) is none of the model's: "
                        f"{listed(self.names)}. Correct it; or let the model learn "
                        "a label more and keep what it knows: replace_head(model, "
                        f"task=MultiLabel((*model.label_names, {label!r}))), then "
                        "fine_tune."
                    )
                targets[row, code[label]] = 1
        return targets

    def probabilities(self, outputs):
        """Return the probability of each label, `(N, C)`; rows do not sum to 1."""
        outputs = np.asarray(outputs, "float64")
        return 1 / (1 + np.exp(-outputs)) if self.from_logits else outputs

    def decide(self, outputs, threshold=None):
        """Return the list of labels of each row.

        Args:
            outputs: float `(N, C)`.
            threshold: float, or one for each class. Defaults to `None`: the task's.
        """
        return self.choose(self.probabilities(outputs), threshold)

    def choose(self, probabilities, threshold=None):
        """Return `Answers` from probabilities `(N, C)`; see `decide`."""
        task = self if threshold is None else self.replaced(thresholds=threshold)
        taken = probabilities > np.array(task.thresholds)
        names = np.array(self.names, dtype=object)
        return Answers([names[row].tolist() for row in taken], probabilities)

    def score(self, labels, answers):
        """Return micro and macro precision, recall and F1, and those of each class."""
        named = self.replaced(label_names=self.names)
        predicted = named.targets(list(answers))
        return score_multi_label(
            self.names, self.targets(labels), answers.outputs, predicted
        )

    def describe(self, report):
        """Return the report as text."""
        return format_multi_label(report)
