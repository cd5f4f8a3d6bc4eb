"""Figures of results: history, confusion matrix, comparison, label budget.

Each function returns a matplotlib figure; `save_figure` writes one to a file.
"""

import numpy as np
import pandas as pd

from sftkeras.errors import InputError
from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import say
from sftkeras.tasks.reports import MOST_LISTED, worst_confusions


def plot_history(histories):
    """Draw loss and accuracy (or MAE) by epoch, training dashed, validation solid.

    Args:
        histories: {name: `keras.callbacks.History` or its dictionary}.
    """
    figure, axes = new_figure(1, 2, width=9.5)
    curves = {n: getattr(h, "history", h) for n, h in histories.items()}
    score = "mae" if all("mae" in values for values in curves.values()) else "accuracy"
    for axis, metric in zip(axes, ("loss", score), strict=True):
        for number, (name, values) in enumerate(curves.items()):
            styles = {metric: "--", f"val_{metric}": "-"}
            drawn = [key for key in styles if key in values]
            for key in drawn:
                axis.plot(
                    np.arange(1, len(values[key]) + 1), values[key], styles[key],
                    color=COLORS[number % len(COLORS)], marker="o", ms=3,
                    label=name if key == drawn[-1] else None,
                )  # fmt: skip
        title = say("MAE" if metric == "mae" else metric.capitalize())
        axis.set(xlabel=say("Epoch"), ylabel=title)
        validated = any(f"val_{metric}" in values for values in curves.values())
        note = "training dashed, validation solid" if validated else "training"
        axis.set_title(say("{metric}: " + note, metric=title), fontsize=10)
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[1].legend(frameon=False, fontsize=8)
    return figure


def plot_confusion_matrix(report, title=None):
    """Draw the confusion matrix of an `evaluate_model` report, with counts.

    Of more than 30 classes: a bar for each of the 20 most frequent confusions.

    Args:
        report: what `evaluate_model` returned.
        title: str. Defaults to `None`: "Confusion matrix".
    """
    title = say("Confusion matrix") if title is None else title
    if len(report.get("label_names", ())) > MOST_LISTED:
        return _plot_confusions(report, title)
    if "confusion_matrix" not in report:
        raise InputError(
            "The report has no confusion matrix; a regression has none. "
            f"Received: {sorted(report)}"
        )
    matrix = np.array(report["confusion_matrix"])
    names = [str(name) for name in report["label_names"]]
    size = max(3.6, 0.6 * len(names) + 2)
    figure, axis = new_figure(1, 1, width=size + 0.6, height=size)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        color = "white" if shares[row, column] > 0.5 else "black"
        axis.text(column, row, str(count), ha="center", va="center", color=color)
    axis.set_xticks(range(len(names)), names, rotation=45 if len(names) > 4 else 0)
    axis.set_yticks(range(len(names)), names)
    axis.set(xlabel=say("Predicted"), ylabel=say("True"), title=title)
    axis.spines[:].set_visible(False)
    share = say("Share of the true class")
    figure.colorbar(image, ax=axis, label=share, shrink=0.8)
    return figure


def _plot_confusions(report, title):
    found = worst_confusions(report, most=20)
    figure, axis = new_figure(1, 1, width=8, height=0.3 * len(found) + 1.3)
    places = np.arange(len(found))[::-1]
    axis.barh(places, [count for *_, count in found], color=COLORS[0], height=0.7)
    axis.set_yticks(places, [f"{true} → {wrong}" for true, wrong, _ in found])
    heading = say("{title}: true → predicted, the most frequent", title=title)
    axis.set(xlabel=say("Rows"), title=heading)
    axis.xaxis.get_major_locator().set_params(integer=True)
    return figure


def plot_comparison(results, metric="accuracy", floor=None):
    """Draw one bar a model, labelled with the score and the seconds of training.

    Args:
        results: {name: dictionary with `metric` and `train_seconds`}.
        metric: str. Defaults to `"accuracy"`.
        floor: float, drawn as a line: what guessing reaches. Defaults to `None`.
    """
    names = list(results)
    scores = [results[name][metric] for name in names]
    figure, axis = new_figure(1, 1, width=8, height=0.55 * len(names) + 1.3)
    places = np.arange(len(names))[::-1]
    colors = [COLORS[0] if s == max(scores) else "#9bb8cc" for s in scores]
    axis.barh(places, scores, color=colors, height=0.62)
    for place, name, value in zip(places, names, scores, strict=True):
        seconds = results[name]["train_seconds"]
        text = f" {value:.3f}   {seconds:.1f} s" if seconds else f" {value:.3f}"
        axis.text(value, place, text, va="center", fontsize=9)
    if floor is not None:
        axis.axvline(floor, color=COLORS[3], lw=1, ls="--", label=say("guessing"))
        axis.legend(frameon=False, loc="lower right", fontsize=8)
    axis.set_yticks(places, names)
    named = say(metric.capitalize())
    axis.set(xlim=(0, 1.18))
    axis.set_xlabel(say("{metric} on test; training time", metric=named))
    axis.set_xticks(np.linspace(0, 1, 6))
    return figure


def plot_thresholds(tables, chosen=None):
    """Draw accuracy, precision and recall by threshold (article §5.2, `p > 0.5`).

    Args:
        tables: {title: a table of `threshold_table`}, a panel each.
        chosen: {name in the legend: threshold}, drawn upright. Defaults to `None`.
    """
    figure, axes = new_figure(1, len(tables), width=4.9 * len(tables), height=3.8)
    axes = np.atleast_1d(axes)
    for axis, (title, table) in zip(axes, tables.items(), strict=True):
        styles = {"accuracy": "-", "precision": "--", "recall": "-."}
        for number, (name, style) in enumerate(styles.items()):
            label, color = say(name.capitalize()), COLORS[number]
            axis.plot(table.index, table[name], style, color=color, label=label)
        for number, (name, threshold) in enumerate((chosen or {}).items(), len(styles)):
            axis.axvline(threshold, color=COLORS[number], lw=1, ls=":", label=name)
        axis.set(title=title, xlim=(0, 1), ylim=(0, 1.03))
        axis.set(xlabel=say("Threshold"), ylabel=say("Score"))
    axes[-1].legend(
        frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
    )
    return figure


def plot_label_budget(rows, metric="accuracy", floor=None):
    """Draw a measure by number of labels: mean, and band from lowest to highest seed.

    With one number of labels there are no curves: a line a model, from the lowest seed
    to the highest, and the mean.

    Args:
        rows: list of dictionaries, one a run, with `model`, `labels` and `metric`.
        metric: str. Defaults to `"accuracy"`.
        floor: float, drawn as a line: what guessing reaches. Defaults to `None`.
    """
    table = pd.DataFrame(rows).groupby(["model", "labels"], sort=False)[metric]
    table = table.agg(["min", "mean", "max"]).reset_index()
    names, ticks = list(table["model"].unique()), sorted(table["labels"].unique())
    height = 4.6 if len(ticks) > 1 else 0.5 * len(names) + 1.6
    figure, axis = new_figure(1, 1, width=8, height=height)
    if floor is not None:
        line = axis.axvline if len(ticks) == 1 else axis.axhline
        line(floor, color=COLORS[3], lw=1, ls="--", label=say("guessing"))
    named = say(f"{metric[0].upper()}{metric[1:]}")
    if len(ticks) == 1:
        places = range(len(names))
        blue = COLORS[0]
        axis.hlines(places, table["min"], table["max"], color=blue, lw=5, alpha=0.3)
        axis.plot(table["mean"], places, "o", color=blue, ms=8)
        for place, mean in zip(places, table["mean"], strict=True):
            axis.annotate(f"{mean:.3f}", (mean, place), (0, 9), fontsize=9,
                          textcoords="offset points", ha="center")  # fmt: skip
        axis.set_yticks(places, names)
        if floor is not None:
            axis.legend(frameon=False, fontsize=8, loc="lower right")
        what = say("{metric} on test, {count} labels", metric=named, count=ticks[0])
        axis.set(xlabel=what, ylim=(len(names) - 0.5, -0.7))
        title = say("Mean over the seeds; line: lowest to highest")
        axis.set_title(title, fontsize=10)
        return figure
    for number, name in enumerate(names):
        runs = table[table["model"] == name].sort_values("labels")
        style = {"color": COLORS[number % len(COLORS)]}
        axis.fill_between(
            runs["labels"], runs["min"], runs["max"], alpha=0.15, lw=0, **style
        )
        marker = "osD^vPX"[number % 7]
        axis.plot(runs["labels"], runs["mean"], f"{marker}-", label=name, **style)
    axis.set_xscale("log", base=2)
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set(xlabel=say("Labels to train on (log scale)"))
    axis.set(ylabel=say("{metric} on test", metric=named))
    title = say("Mean over the seeds; band: lowest to highest")
    axis.set_title(title, fontsize=10)
    axis.legend(frameon=False, fontsize=9, reverse=True)  # as the curves lie
    return figure
