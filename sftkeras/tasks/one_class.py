"""`OneClass`: one of several classes a row, decided and scored (article §3.5, §4.1).

NumPy only: `Classification` stands on it, and an exported classifier needs no more.
"""

import dataclasses
import numbers

import numpy as np

from sftkeras.errors import InputError
from sftkeras.tasks.answers import Answers
from sftkeras.tasks.labels import as_array
from sftkeras.tasks.measures import decide, of_true, score_classes
from sftkeras.tasks.names import as_names, ordered, positions, unknown
from sftkeras.tasks.reports import format_classes


@dataclasses.dataclass(frozen=True)
class OneClass:
    """How one of several classes is chosen; see `Classification`."""

    label_names: tuple | None = None
    num_classes: int | None = None
    units: int | None = None
    from_logits: bool = False
    one_hot: bool = False

    def __post_init__(self):
        names, count = self.label_names, self.num_classes
        names = as_names(names)
        count = count or (len(names) if names else 2)
        if names is not None and len(names) != count:
            raise InputError(
                f"`label_names` has {len(names)} names for num_classes={count}."
            )
        if count < 2:
            raise InputError(
                f"A classification has two classes or more. Received: {count}"
            )
        object.__setattr__(self, "label_names", names)
        object.__setattr__(self, "num_classes", count)
        object.__setattr__(self, "units", self.units or (1 if count == 2 else count))

    @property
    def kind(self):
        """`"binary"` with one output, else `"multiclass"`."""
        return "binary" if self.units == 1 else "multiclass"

    @property
    def names(self):
        """The labels' names; their numbers as long as they are not known."""
        return self.label_names or tuple(range(self.num_classes))

    def codes(self, labels):
        """Return class numbers, int32 `(N,)`.

        Raises:
            InputError: a label that is missing, or that the model does not know.
        """
        labels = as_array(ordered(labels, self.names))
        if labels.ndim == 2:
            if labels.shape[1] != self.num_classes:
                raise InputError(
                    f"One-hot labels have {labels.shape[1]} columns, the model has "
                    f"{self.num_classes} classes."
                )
            return labels.argmax(axis=1).astype("int32")
        code = {name: number for number, name in enumerate(self.names)}
        labels = positions(labels.tolist(), self.names)
        try:
            return np.array([code[label] for label in labels], "int32")
        except KeyError:
            row = next(i for i, label in enumerate(labels) if label not in code)
            count = self.num_classes
            if labels[row] == count and self.names == tuple(range(count)):
                raise InputError(
                    f"Label {count} (row {row}) is none of the model's, 0 to "
                    f"{count - 1}. If your classes are numbered from 1, build the "
                    f"model with label_names={tuple(range(1, count + 1))!r:.60}."
                ) from None
            raise InputError(unknown(labels, self.names)) from None

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

    def decide(self, outputs, threshold=0.5):
        """Return the likeliest label of each row; of two, by a threshold."""
        return self.choose(self.probabilities(outputs), threshold)

    def choose(self, probabilities, threshold=0.5):
        """Return `Answers` from probabilities `(N, C)`; see `decide`."""
        self.check_threshold(threshold)
        names = self.names
        codes = decide(probabilities, threshold)
        return Answers([names[code] for code in codes], probabilities)

    def check_threshold(self, threshold):
        """Raise `InputError` for a threshold that means nothing here."""
        real = isinstance(threshold, numbers.Real) or (
            isinstance(threshold, np.ndarray) and threshold.ndim == 0
        )
        if not real or not 0 <= threshold <= 1:
            raise InputError(
                "`threshold` must be a number between 0 and 1. Received: "
                f"threshold={threshold!r}"
            )
        if self.num_classes > 2 and threshold != 0.5:
            raise InputError(
                f"`threshold` is for two classes; the model has {self.num_classes}. "
                "Use `predict_probabilities` and decide on those."
            )

    def score(self, labels, answers, weights=None):
        """Return accuracy, precision, recall, F1, loss … of `Answers`, rows weighed."""
        predicted, targets = self.codes(list(answers)), self.codes(labels)
        of_class = of_true(answers.outputs, targets)
        return score_classes(self.names, targets, predicted, of_class, weights)

    def describe(self, report):
        """Return a classification report as text."""
        return format_classes(report)
