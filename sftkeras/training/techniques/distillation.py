"""Distillation: learn from a larger model's probabilities too (article §8.1).

Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network".
"""

import contextlib
import dataclasses

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.models.forms import as_functional
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.infer import infer_task

_TEACHER = "teacher_probabilities"


@dataclasses.dataclass(frozen=True)
class Distillation:
    """Let the model learn what a teacher answers, beside the labels.

    The loss is `(1 - weight)` times that of the labels plus `weight` times T² times the
    cross-entropy of teacher and student at temperature T (less the teacher's entropy,
    so that it is 0 when they agree). The teacher answers each row once, before the
    training, with dropout off: rows that are changed at random are answered as they
    came.

    Example:

    >>> student = create_model(input_dim=50, units=4)
    >>> ids, labels = [[1, 2, 3], [4, 5, 6]] * 4, [0, 1] * 4
    >>> teacher = fine_tune(student, ids, labels, epochs=1, verbose=0)
    >>> learn = Distillation(teacher, temperature=2)
    >>> tuned = fine_tune(
    ...     student, ids, labels, epochs=1, verbose=0, techniques=[learn]
    ... )

    Args:
        teacher: a classifying `keras.Model` of the same labels, which takes the same
            raw inputs; its network and tokenizer may be others.
        temperature: float above 0. Defaults to `2.0`.
        weight: float in (0, 1], of the teacher. Defaults to `0.5`.
    """

    teacher: keras.Model
    temperature: float = 2.0
    weight: float = 0.5

    def __post_init__(self):
        if not isinstance(self.teacher, keras.Model):
            raise InputError(
                f"`teacher` must be a keras.Model. Received: {self.teacher!r}"
            )
        if not self.temperature > 0 or not 0 < self.weight <= 1:
            raise InputError(
                "`temperature` must be above 0, and `weight` above 0 and at most 1. "
                f"Received: {self.temperature!r}, {self.weight!r}"
            )

    def __repr__(self):
        return (
            f"Distillation({self.teacher.name!r}, temperature={self.temperature}, "
            f"weight={self.weight})"
        )

    @contextlib.contextmanager
    def applied_to(self, run):
        """Give the network the teacher's answers as one more input, and a loss."""
        if not isinstance(run.task, Classification):
            raise InputError(
                f"Distillation is for one class a row; the task is {run.task.kind}."
            )
        answers = self._answers(run.task, run.data[0])
        run.train = _with_teacher(run.train, answers)
        if run.validation is not None:  # no loss is added there
            empty = np.zeros((len(run.validation), answers.shape[1]), "float32")
            run.validation = _with_teacher(run.validation, empty)
        run.network = self._network(run.network, run.task, answers.shape[1])
        run.loss_weight = 1.0 - self.weight
        yield

    def _answers(self, task, inputs):
        """Return the teacher's probabilities `(N, C)` in the order of the labels."""
        whole = as_functional(self.teacher, inputs, "`teacher`")
        teacher = infer_task(whole)
        known = list(getattr(teacher, "names", ()))
        if not known:
            raise InputError("The teacher must be a classifier with label names.")
        if set(known) != set(task.names):
            raise InputError(
                "The teacher must know the same labels. "
                f"Received: {known}, not {list(task.names)}"
            )
        order = [known.index(name) for name in task.names]
        return teacher.answer(whole, inputs).outputs[:, order].astype("float32")

    def _network(self, network, task, classes):
        told = keras.Input((classes,), name=_TEACHER)
        loss = _SoftLoss(
            self.temperature, self.weight, task.from_logits, name="distillation"
        )
        inputs = network.input
        if isinstance(inputs, dict):
            inputs = {**inputs, _TEACHER: told}
        else:
            inputs = [*keras.tree.flatten(inputs), told]
        return keras.Model(inputs, loss(network.output, told), name=network.name)


@keras.saving.register_keras_serializable("sftkeras")
class _SoftLoss(keras.layers.Layer):
    """Hands the student's outputs on, and adds the loss against the teacher's."""

    def __init__(self, temperature, weight, from_logits, **options):
        options.setdefault("dtype", "float32")
        super().__init__(autocast=False, **options)  # probabilities in full
        self.temperature, self.weight = temperature, weight
        self.from_logits = from_logits

    def call(self, outputs, told, training=False):
        if training:
            at = self.temperature
            student = _log_softmax(self._logits(outputs) / at)  # (B, C)
            told = keras.ops.cast(told, "float32")
            teacher = _log_softmax(keras.ops.log(told + 1e-7) / at)
            gap = keras.ops.exp(teacher) * (teacher - student)
            mean = keras.ops.mean(keras.ops.sum(gap, axis=-1))
            self.add_loss(self.weight * at**2 * mean)
        return outputs

    def _logits(self, outputs):
        """Return logits `(B, C)`, up to a number that is the same for all classes."""
        outputs = keras.ops.cast(outputs, "float32")
        if self.from_logits:
            one = outputs.shape[-1] == 1
            pair = [keras.ops.zeros_like(outputs), outputs]
            return keras.ops.concatenate(pair, axis=-1) if one else outputs
        if outputs.shape[-1] == 1:
            outputs = keras.ops.concatenate([1 - outputs, outputs], axis=-1)
        return keras.ops.log(outputs + 1e-7)

    def get_config(self):
        names = ("temperature", "weight", "from_logits")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _log_softmax(logits):
    return keras.ops.log_softmax(logits, axis=-1)


def _with_teacher(rows, answers):
    inputs = rows.inputs
    if isinstance(inputs, dict):
        return rows.with_inputs({**inputs, _TEACHER: answers})
    return rows.with_inputs((*keras.tree.flatten(inputs), answers))
