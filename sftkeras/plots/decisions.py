"""Figures of decisions between two classes: what thresholds find, promise and cost."""

from functools import partial

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

from sftkeras.evaluation.thresholds import THRESHOLDS, cheapest_threshold, mean_cost
from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import say


def plot_rare(positive, scores, missed_cost=1.0, alarm_cost=1.0):
    """Draw precision by recall, and cost by threshold; dots at 0.5, stars at choices.

    A star is the cheapest threshold of one half of the rows, paid for on the other;
    both ways, and the mean of the two.

    Args:
        positive: bool array `(N,)`, few of them true.
        scores: {model: float array `(N,)`, the probability of being positive}.
        missed_cost, alarm_cost: as in `mean_cost`. Default to 1.
    """
    figure, (curve, cost) = new_figure(1, 2, width=11, height=4.4)
    prices = {"missed_cost": missed_cost, "alarm_cost": alarm_cost}
    parts = halves(positive), ~halves(positive)
    for color, (name, p) in zip(COLORS, scores.items(), strict=False):
        mark = partial(dict, color=color, mec="white", ms=11)
        precision, recall, _ = metrics.precision_recall_curve(positive, p)
        curve.step(recall, precision, where="post", color=color)
        taken = p > 0.5
        if taken.any():
            found, true = taken[positive].mean(), positive[taken].mean()
            curve.plot(found, true, **mark(marker="o"))
        paid = 1000 * mean_cost(positive, p, THRESHOLDS, **prices)
        cost.plot(THRESHOLDS, paid, color=color, label=name)
        cost.plot(0.5, 1000 * mean_cost(positive, p, 0.5, **prices), **mark(marker="o"))
        chosen = [cheapest_threshold(positive[h], p[h], **prices) for h in parts]
        paid = [
            1000 * mean_cost(positive[h], p[h], threshold, **prices)
            for h, threshold in zip(parts[::-1], chosen, strict=True)
        ]
        cost.plot(np.mean(chosen), np.mean(paid), **mark(marker="*", ms=15))
    curve.set(xlabel=say("Recall: share that is caught"), xlim=(0, 1.03))
    curve.set(ylabel=say("Precision: share of what is caught"), ylim=(0, 1.05))
    nothing = 1000 * missed_cost * positive.mean()
    cost.axhline(nothing, color="gray", lw=1, ls=":", label=say("catch nothing"))
    cost.set(xlabel=say("Threshold"), ylabel=say("Cost of 1,000 rows"))
    cost.set(ylim=(0, 3 * nothing))
    cost.legend(frameon=False, fontsize=8)
    title = say(
        "Dot: threshold 0.5; star: the cheapest on other rows, "
        "with a miss at {missed:g} and a false alarm at {alarm:g}",
        missed=missed_cost,
        alarm=alarm_cost,
    )
    figure.suptitle(title, fontsize=10)
    return figure


def halves(positive):
    """Return a bool array `(N,)`, true for half of the positive and of the others."""
    first = np.zeros(len(positive), bool)
    first[np.argsort(positive, kind="stable")[::2]] = True
    return first


def plot_diagnosis(positive, scores, missed_cost=1.0):
    """Draw sensitivity by false alarms, frequency by probability, cost by threshold.

    Args:
        positive, scores: as in `plot_rare`.
        missed_cost: float, in false alarms. Defaults to 1.
    """
    figure, (roc, reliability, costs) = new_figure(1, 3, width=13, height=4)
    thresholds = np.geomspace(0.002, 0.9, 200)
    for number, (name, p) in enumerate(scores.items()):
        style = {"color": COLORS[number], "ls": ["-", "--", "-."][number % 3]}
        roc.plot(*metrics.roc_curve(positive, p)[:2], label=name, **style)
        frequency, mean = calibration_curve(positive, p, n_bins=8, strategy="quantile")
        reliability.plot(mean, frequency, marker="o", ms=4, **style)
        costs.plot(thresholds, mean_cost(positive, p, thresholds, missed_cost), **style)
    gray = {"color": "gray", "lw": 1, "ls": ":"}
    roc.axvline(0.05, **gray, label=say("specificity 95%"))
    roc.set(xlim=(0, 0.3), ylim=(0.5, 1.01), title=say("What is found"))
    roc.set(xlabel=say("False alarms among the healthy"), ylabel=say("Sensitivity"))
    roc.legend(frameon=False, fontsize=8, loc="lower right")
    reliability.axline((0, 0), slope=1, **gray)
    reliability.set(xlabel=say("Predicted probability"))
    reliability.set(ylabel=say("Share that is ill"), title=say("Is 30% really 30%?"))
    costs.axvline(1 / (1 + missed_cost), **gray)
    costs.set(xscale="log", xlabel=say("Threshold"))
    costs.set(ylabel=say("Cost a patient (false alarms)"))
    title = say("A missed illness costs {missed:g} false alarms", missed=missed_cost)
    costs.set(title=title)
    return figure
