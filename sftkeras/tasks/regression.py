"""`Regression`: a number a row (article §4.1.2)."""

import dataclasses

import keras

from sftkeras.errors import InputError
from sftkeras.tasks.deciding import OneNumber
from sftkeras.tasks.losses import choose_loss
from sftkeras.tasks.task import Task, dense_head


@dataclasses.dataclass(frozen=True)
class Regression(OneNumber, Task):
    """One number a row.

    Example:

    >>> Regression().targets([2.5, 4]).tolist()
    [2.5, 4.0]

    Args:
        label_names, preprocessor: as in `Task`; there are no names: `()`.
        chosen_loss: a Keras loss. Defaults to `None`: the mean squared error.
    """

    chosen_loss: object = None

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

    def weigh(self, class_weight, targets):
        """Refuse class weights."""
        if class_weight is not None:
            raise InputError("`class_weight` is for classes; this is a regression.")
