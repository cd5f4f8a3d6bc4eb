"""Figures of translation: what is learned and forgotten, what is looked at (§6.4)."""

import numpy as np

from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import draw_chinese, say


def plot_old_and_new(rows, new, old):
    """Draw a measure on a new domain beside that on the old one, a pair a method.

    A dot is a seed; the bars are means over the seeds, of the most labels there are.

    Args:
        rows: `pandas.DataFrame` with `model`, `labels`, and the two measures.
        new, old: names of the columns, in the order in which they are drawn.
    """
    rows = rows[rows["labels"] == rows["labels"].max()]
    methods = list(dict.fromkeys(rows["model"]))[::-1]
    figure, axis = new_figure(1, 1, width=7.5, height=0.7 + 0.5 * len(methods))
    for shift, (name, color) in enumerate(zip((new, old), COLORS, strict=False)):
        places = np.arange(len(methods)) + (0.2 if shift == 0 else -0.2)
        for place, method in zip(places, methods, strict=True):
            values = rows.loc[rows["model"] == method, name]
            label = say(name) if place == places[0] else None
            axis.barh(place, values.mean(), 0.36, color=color, alpha=0.5, label=label)
            axis.plot(values, np.full(len(values), place), "o", ms=3, color=color)
    axis.set_yticks(range(len(methods)), methods)
    count = int(rows["labels"].iloc[0])
    axis.set(xlabel=say("{metric} on test, {count} labels", metric=new, count=count))
    axis.legend(frameon=False, fontsize=8)
    return figure


def plot_alignment(weights, source, target):
    """Draw where a decoder looks while it writes: a row a unit, a column a token.

    Args:
        weights: float array `(T, S)`, each row adding up to 1.
        source: the S tokens of the original.
        target: the T units of the translation.
    """
    figure, axis = new_figure(1, 1, 1.6 + 0.42 * len(source), 1.4 + 0.32 * len(target))
    image = axis.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(source)), source, rotation=60, ha="right")
    axis.set_yticks(range(len(target)), target)
    axis.set(xlabel=say("original"), ylabel=say("translation"))
    figure.colorbar(image, ax=axis, label=say("Attention weight"), shrink=0.8)
    draw_chinese(figure)
    return figure
