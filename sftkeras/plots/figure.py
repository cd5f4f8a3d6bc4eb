"""A figure of our own style, and its file."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sftkeras.files import write_file
from sftkeras.plots.words import draw_chinese

# Okabe and Ito's colours, told apart with any colour vision.
COLORS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000"]


_MARK = "sftkeras, with Matplotlib"


def save_figure(figure, path, keep_others=False):
    """Write a figure to a file; the name's ending says the format.

    Args:
        figure: a matplotlib `Figure`.
        path: the file.
        keep_others: bool, for a PNG: what lies there and was not written by this
            function is kept under another name. Defaults to `False`.
    """
    draw_chinese(figure)
    software = {"Software": _MARK} if str(path).lower().endswith(".png") else None
    with write_file(path, _is_ours if keep_others else None) as temporary:
        figure.savefig(temporary, dpi=150, metadata=software)


def _is_ours(path):
    with path.open("rb") as stream:
        return _MARK.encode() in stream.read(1000)


def new_figure(rows, columns, width, height=3.6):
    """Return a figure of its own, outside pyplot: nothing to close, no window."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns)
    for axis in np.atleast_1d(axes).ravel():
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes
