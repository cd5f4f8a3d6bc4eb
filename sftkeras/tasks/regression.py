"""`Regression`: a number a row (article §4.1.2)."""

import dataclasses

import keras

from sftkeras.errors import InputError
from sftkeras.tasks.labels import as_array
from sftkeras.tasks.losses import choose_loss
from sftkeras.tasks.task import Answers, Task, dense_head
from sftkeras.tasks.text_reports import format_numbers


@dataclasses.dataclass(frozen=True)
class Regression(Task):
    """One number a row.

    Example:

    >>> Regression().targets([2.5, 4]).tolist()
    [2.5, 4.0]

    Args:
        label_names, preprocessor: as in `Task`; there are no names: `()`.
        chosen_loss: a Keras loss. Defaults to `None`: the mean squared error.
    """

    label_names: tuple = ()
    chosen_loss: object = None

    kind = "regression"
    units = 1
    from_logits = True

    def head(self, seed=None):
        """Return one linear output."""
        return dense_head(1, None, seed)

    @property
    def loss(self):
        """The mean squared error, unless another was chosen."""
        return self.chosen_loss or keras.losses.MeanSquaredError()

    @property
    def metrics(self):
        """`mae`, the mean absolute error."""
        return [keras.metrics.MeanAbsoluteError(name="mae")]

    def for_loss(self, loss, labels):
        """Return the task with a Keras loss that fits it; else raise `InputError`."""
        return choose_loss(self, loss, labels)

    def targets(self, labels):
        """Return float32 `(N,)`."""
        labels = as_array(labels)
        if labels.dtype.kind == "U" or labels.ndim == 2:
            raise InputError(
                "The head has one linear output, for numbers. "
                f"Received: labels such as {labels[0].tolist()!r}"
            )
        return labels.astype("float32")

    def decide(self, outputs):
        """Return a number a row."""
        return Answers([float(v) for v in outputs.reshape(len(outputs))], outputs)

    def score(self, labels, answers):
        """Return `mse`, `mae`, `loss`, `rows`."""
        from sklearn import metrics

        targets = self.targets(labels)
        mse = float(metrics.mean_squared_error(targets, list(answers)))
        mae = float(metrics.mean_absolute_error(targets, list(answers)))
        return {"mse": mse, "mae": mae, "loss": mse, "rows": len(targets)}

    def describe(self, report):
        """Return the two errors as text."""
        return format_numbers(report)

    def weigh(self, class_weight, targets):
        """Refuse class weights."""
        if class_weight is not None:
            raise InputError("`class_weight` is for classes; this is a regression.")
