"""`SeveralLabels`: any number of labels a row, decided and scored (article §3.5, §4.1).

NumPy only: `MultiLabel` stands on it, and an exported classifier needs no more.
"""

import dataclasses

import numpy as np

from sftkeras.errors import InputError, listed
from sftkeras.tasks.answers import Answers
from sftkeras.tasks.labels import as_several
from sftkeras.tasks.measures import score_multi_label
from sftkeras.tasks.names import as_names, ordered
from sftkeras.tasks.reports import format_multi_label


@dataclasses.dataclass(frozen=True)
class SeveralLabels:
    """How any number of labels is chosen; see `MultiLabel`."""

    label_names: tuple | None = None
    num_classes: int | None = None
    thresholds: object = 0.5
    from_logits: bool = False

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
        task = self
        if threshold is not None:
            task = dataclasses.replace(self, thresholds=threshold)
        taken = probabilities > np.array(task.thresholds)
        names = np.array(self.names, dtype=object)
        return Answers([names[row].tolist() for row in taken], probabilities)

    def score(self, labels, answers, weights=None):
        """Return micro and macro precision, recall and F1, and those of each class."""
        named = dataclasses.replace(self, label_names=self.names)
        predicted = named.targets(list(answers))
        return score_multi_label(
            self.names, self.targets(labels), answers.outputs, predicted, weights
        )

    def describe(self, report):
        """Return the report as text."""
        return format_multi_label(report)
