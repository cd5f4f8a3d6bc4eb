"""Where a classifier errs, and what its threshold costs (article §3.5, §5.2)."""

import numpy as np
import pandas as pd

from sftkeras.errors import InputError
from sftkeras.evaluation import predict_probabilities, score
from sftkeras.task import infer_task


def confident_mistakes(model, data, labels, count=10):
    """List the wrong answers of which the model was surest (article §3.5).

    Read them before anything else is tuned: they show what the model has not learned,
    and which labels are wrong.

    Args:
        model: a classifying `keras.Model`.
        data: list of N strings for a text model, else arrays `(N, …)`.
        labels: N labels of the same kind as in training.
        count: int. The most rows to return. Defaults to `10`.

    Returns:
        A `pandas.DataFrame`, surest first, its index the row in `data`: `text` (of a
        text model), `label`, `predicted`, and `probability`, that of the predicted
        label.
    """
    task, targets, probabilities = _measure(model, data, labels)
    codes = probabilities.argmax(axis=1)
    names = np.array(task.label_names)
    table = pd.DataFrame({"label": names[targets], "predicted": names[codes]})
    table["probability"] = probabilities.max(axis=1)
    if getattr(model, "preprocessor", None) is not None:
        table.insert(0, "text", list(data))
    wrong = table[codes != targets]
    return wrong.sort_values("probability", ascending=False, kind="stable").head(count)


def threshold_table(model, data, labels, positive=None, thresholds=None):
    """Measure a two-class model at many thresholds (article §5.2, `p > 0.5`).

    Choose a threshold on validation data. On the test data it would be fitted to them,
    and what is then measured there flatters.

    Args:
        model: a `keras.Model` of two classes.
        data: list of N strings for a text model, else arrays `(N, …)`.
        labels: N labels of the same kind as in training.
        positive: the label whose precision and recall are wanted. Defaults to `None`:
            the second, `model.label_names[1]`.
        thresholds: floats in [0, 1], the probability of the second label above which
            it is predicted. Defaults to `None`: 0.01, 0.02, … 0.99.

    Returns:
        A `pandas.DataFrame`, its index the threshold: `accuracy`, and `precision`,
        `recall` and `f1` of `positive`.
    """
    task, targets, probabilities = _measure(model, data, labels)
    if len(task.label_names) != 2:
        raise InputError(
            f"A threshold is for two classes; the model has {len(task.label_names)}."
        )
    positive = task.label_names[1] if positive is None else positive
    if positive not in task.label_names:
        raise InputError(
            f"`positive` must be one of the labels {task.label_names}. "
            f"Received: positive={positive!r}"
        )
    if thresholds is None:
        thresholds = np.arange(1, 100) / 100
    rows = {}
    for threshold in thresholds:
        report = score(task.label_names, targets, probabilities, threshold)
        of_class = report["per_class"][str(positive)]
        rows[float(threshold)] = {"accuracy": report["accuracy"], **of_class}
    table = pd.DataFrame.from_dict(rows, orient="index").drop(columns="support")
    return table.rename_axis("threshold")


def _measure(model, data, labels):
    """Return the task, the class numbers `(N,)` and the probabilities `(N, C)`."""
    task = infer_task(model)
    probabilities = predict_probabilities(model, data)
    if len(labels) != len(probabilities):
        raise InputError(
            "There must be one label a row. Received: "
            f"{len(probabilities)} rows, {len(labels)} labels"
        )
    targets = task.encode(labels)
    return task, targets, probabilities
