"""Figures of numbers and formulas: curves side by side, paths on a surface.

Each function returns a matplotlib figure; titles and labels are the caller's.
"""

import math

import numpy as np

from sftkeras.errors import InputError
from sftkeras.plots.figure import COLORS, new_figure


def plot_curves(panels, xlabel="", ylabel="", xscale="linear", yscale="linear",
                ylim=None, marker=None, legend=0):  # fmt: skip
    """Draw curves in panels side by side; of several seeds, the mean and a band.

    Example:

    >>> x = [0, 1, 2]
    >>> figure = plot_curves({"squares": {"x²": (x, [0, 1, 4])}}, xlabel="x")

    Args:
        panels: {title: {name: (x, y)}}: x `(N,)`; y `(N,)`, or `(seeds, N)`: then a
            line for the mean (on a logarithmic axis the geometric one), and a band
            from the lowest to the highest. A name has one colour in all panels.
        xlabel, ylabel, xscale, yscale: str, or a list of them, one a panel.
            Matplotlib's. Default to no label and `"linear"`.
        ylim: (low, high), or a list of them, one a panel. Defaults to `None`: what
            is there.
        marker: str, Matplotlib's, of each point. Defaults to `None`.
        legend: int: the panel with the legend; or `"all"`. Defaults to `0`.

    Raises:
        InputError: there is no panel.
    """
    if not panels:
        raise InputError("There is nothing to draw: `panels` is empty.")
    count = len(panels)
    width = 6.5 if count == 1 else min(13, 4.8 * count)
    figure, axes = new_figure(1, count, width=width, height=3.9)
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    for place, (axis, (title, curves)) in enumerate(
        zip(np.atleast_1d(axes), panels.items(), strict=True)
    ):
        scale = _of(yscale, place)
        axis.set(title=title, xlabel=_of(xlabel, place), ylabel=_of(ylabel, place))
        axis.set(xscale=_of(xscale, place), yscale=scale)
        for name, (x, y) in curves.items():
            color = COLORS[names.index(name) % len(COLORS)]
            _curve(axis, np.asarray(x), np.asarray(y), color, name, marker, scale)
        if ylim is not None:
            axis.set_ylim(ylim[place] if np.ndim(ylim) == 2 else ylim)
        if legend in ("all", place):
            axis.legend(frameon=False, fontsize=8)
    return figure


def _of(setting, place):
    return setting if isinstance(setting, str) else setting[place]


def _curve(axis, x, y, color, name, marker, scale):
    if y.ndim == 2:
        low, high = y.min(axis=0), y.max(axis=0)
        axis.fill_between(x, low, high, color=color, alpha=0.2, lw=0)
        y = np.exp(np.log(y).mean(axis=0)) if scale == "log" else y.mean(axis=0)
    axis.plot(x, y, color=color, label=name, marker=marker, ms=3, lw=1.3)


def plot_paths(loss, paths, box, best=None, columns=3, names=("w₁", "w₂")):
    """Draw the paths of optimizers over the contour lines of a loss of two weights.

    Example:

    >>> def bowl(w):
    ...     return w[0] ** 2 + 9 * w[1] ** 2
    >>> path = [[1.0, 1.0], [0.5, 0.2], [0.2, 0.0]]
    >>> figure = plot_paths(bowl, {"three steps": path}, ((-2, 2), (-2, 2)), (0, 0))

    Args:
        loss: function of `(2,)` that returns a float.
        paths: {title: `(steps + 1, 2)`}, a panel each; or {title: {name: path}}.
        box: ((low, high), (low, high)) of the two weights; what leaves it is not seen.
        best: `(2,)`, drawn as a star. Defaults to `None`.
        columns: int, panels in a row. Defaults to `3`.
        names: the labels of the two axes. Defaults to `("w₁", "w₂")`.
    """
    columns = min(columns, len(paths))
    rows = math.ceil(len(paths) / columns)
    width = 6.5 if columns == 1 else min(12.5, 4.6 * columns)
    figure, axes = new_figure(rows, columns, width=width, height=3.2 * rows + 0.4)
    a, b = np.meshgrid(*(np.linspace(*side, 60) for side in box))
    heights = np.array([loss(np.array(w)) for w in zip(a.flat, b.flat, strict=True)])
    lowest = heights.min() if best is None else loss(np.asarray(best))
    levels = lowest + (heights.max() - lowest) * np.geomspace(1e-3, 0.9, 10)
    axes = list(np.atleast_1d(axes).flat)
    for axis in axes[len(paths) :]:
        axis.set_axis_off()
    for axis, (title, walks) in zip(
        np.atleast_1d(axes).flat, paths.items(), strict=False
    ):
        axis.contour(
            a, b, heights.reshape(a.shape), levels, colors="0.75", linewidths=1
        )
        if best is not None:
            axis.plot(*best, "*", ms=12, color="black")
        walks = walks if isinstance(walks, dict) else {None: walks}
        for (name, path), color in zip(walks.items(), COLORS, strict=False):
            axis.plot(*np.transpose(path), ".-", ms=4, lw=0.9, color=color, label=name)
        if None not in walks:
            axis.legend(frameon=False, fontsize=8)
        axis.set(xlim=box[0], ylim=box[1], xlabel=names[0], ylabel=names[1])
        axis.set_title(title, fontsize=10)
    return figure
