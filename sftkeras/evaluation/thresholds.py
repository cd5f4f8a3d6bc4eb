"""Thresholds: what each finds and costs, which is best (article §5.2)."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from sftkeras.errors import InputError
from sftkeras.evaluation.predicting import (
    model_task_data,
    score,
    true_and_probable,
)
from sftkeras.graph import attach
from sftkeras.models.forms import hand_back
from sftkeras.tasks.multilabel import MultiLabel


def threshold_table(model, data, labels=None, positive=None, thresholds=None):
    """Measure a two-class model at many thresholds (article §5.2, `p > 0.5`).

    Choose a threshold on validation data. On the test data it would be fitted to them,
    and what is then measured there flatters.

    Args:
        model: a `keras.Model` of two classes.
        data, labels: as in `evaluate_model`.
        positive: the label whose precision and recall are wanted. Defaults to `None`:
            the second, `model.label_names[1]`.
        thresholds: floats in [0, 1], the probability of the second label above which
            it is predicted. Defaults to `None`: 0.01, 0.02, … 0.99.

    Returns:
        A `pandas.DataFrame`, its index the threshold: `accuracy`, and `precision`,
        `recall` and `f1` of `positive`.
    """
    task, targets, probabilities = true_and_probable(model, data, labels)
    if len(task.names) != 2:
        raise InputError(
            f"A threshold is for two classes; the model has {len(task.names)}."
        )
    positive = task.names[1] if positive is None else positive
    if positive not in task.names:
        raise InputError(
            f"`positive` must be one of the labels {task.names}. "
            f"Received: positive={positive!r}"
        )
    if thresholds is None:
        thresholds = np.arange(1, 100) / 100
    rows = {}
    for threshold in thresholds:
        report = score(task.names, targets, probabilities, threshold)
        of_class = report["per_class"][str(positive)]
        rows[float(threshold)] = {"accuracy": report["accuracy"], **of_class}
    table = pd.DataFrame.from_dict(rows, orient="index").drop(columns="support")
    return table.rename_axis("threshold")


THRESHOLDS = np.arange(1, 100) / 100


def tune_thresholds(model, data, labels=None):
    """Choose the threshold of each label by F1 on validation data, and keep them.

    For a `MultiLabel` model: labels differ in how often they apply, and 0.5 misses the
    rare ones. What is then measured on these data flatters; measure on others.

    Args:
        model: a `keras.Model` of several labels a row; its task gets the thresholds.
        data, labels: validation data, as in `evaluate_model`.

    Returns:
        A `pandas.DataFrame`, its index the label: `threshold`, `f1` at it, and `f1 at
        0.5`. A label that never applies there keeps 0.5.
    """
    whole, task, examples = model_task_data(model, data, labels, needs_labels=True)
    if not isinstance(task, MultiLabel):
        raise InputError(
            "`tune_thresholds` is for several labels a row. For two classes choose by "
            "`threshold_table`."
        )
    probabilities = task.answer(whole, examples.inputs).outputs
    targets = task.targets(examples.labels)
    chosen = {}
    for name, p, y in zip(task.names, probabilities.T, targets.T, strict=True):
        taken = p > THRESHOLDS[:, None]  # (thresholds, N)
        f1 = 2 * (taken & (y == 1)).sum(axis=1) / np.maximum(taken.sum(1) + y.sum(), 1)
        best = THRESHOLDS[np.isclose(f1, f1.max())]
        at = float(best[len(best) // 2]) if y.any() else 0.5
        half = int(np.argmin(np.abs(THRESHOLDS - 0.5)))
        chosen[name] = {"threshold": at, "f1": f1.max(), "f1 at 0.5": f1[half]}
    table = pd.DataFrame.from_dict(chosen, orient="index").rename_axis("label")
    attach(whole, task.replaced(thresholds=table["threshold"].tolist()))
    hand_back(whole, model)
    return table


def recall_at(positive, p, false_alarms):
    """Return the share of the positive found while few of the others are.

    Args:
        positive: bool array `(N,)`.
        p: float array `(N,)`, the probability of being positive.
        false_alarms: float, the share of the others that may be taken for positive.
    """
    alarms, found, _ = roc_curve(positive, p, drop_intermediate=False)
    return float(found[alarms <= false_alarms + 1e-9].max())


def mean_cost(positive, p, threshold=None, missed_cost=1.0, alarm_cost=1.0):
    """Return what a row costs on average if one acts above a threshold.

    Args:
        positive, p: as in `recall_at`.
        threshold: float or array. Defaults to `None`: `break_even` of the costs.
        missed_cost: float, of a positive row below the threshold. Defaults to 1.
        alarm_cost: float, of another row above it. Defaults to 1.

    Returns:
        A float, or an array shaped as `threshold`.
    """
    if threshold is None:
        threshold = break_even(missed_cost, alarm_cost)
    alarm = p > np.expand_dims(threshold, -1)  # (…, N)
    costs = np.where(positive, missed_cost * ~alarm, alarm_cost * alarm)
    return np.mean(costs, axis=-1)


def break_even(missed_cost=1.0, alarm_cost=1.0):
    """Return the threshold of least cost if the probabilities are true (Elkan 2001).

    Args:
        missed_cost, alarm_cost: as in `mean_cost`.
    """
    return alarm_cost / (alarm_cost + missed_cost)


def cheapest_threshold(positive, p, missed_cost=1.0, alarm_cost=1.0):
    """Return the cheapest of `THRESHOLDS`; of several as cheap, the middle one.

    Args:
        positive, p: as in `recall_at`, of validation rows, never of the test's.
        missed_cost, alarm_cost: as in `mean_cost`.
    """
    found = mean_cost(positive, p, THRESHOLDS, missed_cost, alarm_cost)
    cheapest = THRESHOLDS[np.isclose(found, found.min())]
    return float(cheapest[len(cheapest) // 2])


def calibration_error(positive, p, bins=10):
    """Return the mean gap of probability and frequency, over bins of probability.

    Expected calibration error (Naeini et al. 2015). Few rows make it too large.

    Args:
        positive, p: as in `recall_at`.
        bins: int, of equal width. Defaults to `10`.
    """
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = np.bincount(place, positive - p, bins)
    return float(np.abs(gaps).sum() / len(p))
