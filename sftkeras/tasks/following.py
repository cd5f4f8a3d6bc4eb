"""Measures to follow in training, for the targets and outputs that are there (§3.5)."""

import inspect

import keras

from sftkeras.errors import InputError, suggest
from sftkeras.tasks.probing import prefers_right

_OURS = ("f1", "auc", "precision", "recall")
# What is better small has one of these in its name.
_SMALL = ("loss", "error", "mse", "mae", "mape", "msle", "entropy", "divergence")
_SMALL += ("hinge", "poisson", "false", "cosh", "huber", "perplexity")


def measures(task, wanted, monitor=None):
    """Return the metrics to compile with: the task's own, then those that are wanted.

    Args:
        task: the `Task`, with the loss chosen.
        wanted: Keras metrics; their names; functions of `(y_true, y_pred)`; or one of
            `"f1"`, `"auc"`, `"precision"`, `"recall"`: of the second class of two, else
            means over the classes.
        monitor: str, what early stopping will watch; one of the four need not be
            wanted as well. Defaults to `None`.
    """
    found = list(task.metrics)
    watched = str(monitor).removeprefix("val_")
    for metric in (*wanted, *([watched] if watched in _OURS else [])):
        made = _make(task, metric)
        if made.name not in {known.name for known in found}:
            found.append(made)
    return found


def watch(task, metrics, monitor, validated):
    """Return what early stopping watches, and whether `"min"` or `"max"` is best.

    Args:
        task: the `Task`.
        metrics: list of Keras metrics, those of `measures`.
        monitor: str, `"auto"` for the task's own.
        validated: bool, whether there are validation data.

    Raises:
        InputError: nothing of that name is measured.
    """
    if monitor == "auto":
        return task.monitor, task.mode
    names = ["loss", *(metric.name for metric in metrics)]
    known = [f"val_{name}" for name in names] if validated else []
    known += names
    if monitor not in known:
        if not validated and monitor.removeprefix("val_") in names:
            raise InputError(f"monitor={monitor!r} needs validation data.")
        raise InputError(
            f"`monitor`: nothing is called {monitor!r}.{suggest(monitor, known)} "
            f"Measured are: {', '.join(known)}. Give metrics=… for others."
        )
    return monitor, "min" if any(word in monitor for word in _SMALL) else "max"


def _make(task, metric):
    if isinstance(metric, str) and metric in _OURS:
        if task.kind == "regression":
            raise InputError(
                f"`metrics`: {metric!r} is for classes; this is a regression."
            )
        return OnProbabilities(_ours(task, metric), task)
    try:
        found = keras.metrics.get(metric)
    except (ValueError, TypeError):
        found = None
    if isinstance(found, keras.metrics.Metric):
        return found if task.kind == "regression" else OnProbabilities(found, task)
    if not callable(found):
        known = [
            n.lower() for n, v in vars(keras.metrics).items() if inspect.isclass(v)
        ]
        raise InputError(
            "`metrics` must hold Keras metrics, their names, or 'f1', 'auc', "
            f"'precision', 'recall'.{suggest(metric, known)} Received: {metric!r}"
        )
    own = not getattr(found, "__module__", "").startswith("keras.")
    name = getattr(found, "__name__", "metric")
    made = keras.metrics.MeanMetricWrapper(_as_floats(found), name=name)
    if task.kind == "regression":
        return made
    if own:  # as for a loss: class numbers, or one-hot rows if it takes those
        return OnProbabilities(made, task, not _takes_one_hot(task, found), True)
    return OnProbabilities(made, task)


def _takes_one_hot(task, function):
    """Return whether a measure tells right from wrong by one-hot rows only."""
    if task.kind != "multiclass":
        return False

    def less(true, predicted):
        return -function(true, predicted)

    for one_hot in (False, True):
        form = task.replaced(one_hot=one_hot)
        if any(prefers_right(form, each)[0] for each in (function, less)):
            return one_hot
    return False


def _as_floats(function):
    """Return a function of targets that are floats, as losses are given them."""

    def measured(y_true, y_pred):
        return function(keras.ops.cast(y_true, y_pred.dtype), y_pred)

    return measured


def _ours(task, name):
    metrics, several = keras.metrics, task.units > 1
    if name == "f1" and task.kind == "multiclass":
        return _Macro(task.units, name)
    if name == "f1":
        return metrics.F1Score("macro", threshold=0.5, name=name)
    if name == "auc":
        return metrics.AUC(
            multi_label=several, num_labels=task.units if several else None, name=name
        )
    if several:
        return _Macro(task.units, name, at=None if task.kind == "multiclass" else 0.5)
    kind = metrics.Precision if name == "precision" else metrics.Recall
    return kind(name=name)


class OnProbabilities(keras.metrics.Metric):
    """A metric of Keras' on probabilities and the targets that it takes.

    One-hot rows or 0 and 1 for each output; class numbers for those called `Sparse…`.

    Args:
        metric: a Keras metric.
        task: the `Task`.
        sparse: bool, whether it takes class numbers. Defaults to `None`: by its name.
        raw: bool, whether it takes the outputs as they are. Defaults to `False`: by
            its `from_logits`.
    """

    def __init__(self, metric, task, sparse=None, raw=False):
        super().__init__(name=metric.name)
        self.metric, self.task = metric, task
        kind = type(metric).__name__ + getattr(metric, "name", "")
        self.sparse = "sparse" in kind.lower() if sparse is None else sparse
        plain = isinstance(metric, (_Macro, keras.metrics.MeanMetricWrapper))
        config = {} if plain else metric.get_config()
        self.logits = raw or bool(config.get("from_logits"))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch."""
        ops, task = keras.ops, self.task
        multiclass = task.kind == "multiclass"
        one_hot = getattr(task, "one_hot", False)
        if task.from_logits and not self.logits:
            y_pred = ops.softmax(y_pred) if multiclass else ops.sigmoid(y_pred)
        if multiclass and one_hot and self.sparse:
            y_true = ops.argmax(y_true, axis=-1)
        elif multiclass and not one_hot and not self.sparse:
            y_true = ops.one_hot(
                ops.cast(ops.reshape(y_true, (-1,)), "int32"), task.units
            )
        elif not multiclass:
            y_true = ops.reshape(y_true, ops.shape(y_pred))
        self.metric.update_state(y_true, y_pred, sample_weight)

    def result(self):
        """Return it over the batches so far."""
        return self.metric.result()

    def reset_state(self):
        """Begin anew."""
        self.metric.reset_state()


class _Macro(keras.metrics.Metric):
    """The mean over the classes of precision, recall or F1; of those that occur."""

    def __init__(self, classes, name, at=None):
        super().__init__(name=name)
        self.at, self.classes = at, classes
        self.hits, self.given, self.true = (
            self.add_weight(shape=(classes,), initializer="zeros", name=n)
            for n in ("hits", "given", "true")
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch of rows `(B, C)`; each counts as its weight."""
        ops = keras.ops
        if self.at is None:
            given = ops.one_hot(ops.argmax(y_pred, axis=-1), self.classes)
        else:
            given = ops.cast(y_pred > self.at, "float32")
        true = ops.cast(y_true, "float32")
        weight = 1.0
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        for total, cells in (
            (self.hits, given * true),
            (self.given, given),
            (self.true, true),
        ):
            total.assign_add(ops.sum(cells * weight, axis=0))

    def result(self):
        """Return the mean over classes that are there, or were given."""
        ops = keras.ops
        below = {"precision": self.given, "recall": self.true}.get(self.name)
        below = (self.given + self.true) / 2 if below is None else below
        present = ops.cast(self.given + self.true > 0, "float32")
        each = self.hits / ops.maximum(below, 1e-7)
        return ops.sum(each * present) / ops.maximum(ops.sum(present), 1.0)
