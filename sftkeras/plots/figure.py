"""A figure of our own style, and its file."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sftkeras.files import write_file

# Okabe and Ito's colours, told apart with any colour vision.
COLORS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000"]


def save_figure(figure, path):
    """Write a figure to a file; the name's ending says the format."""
    with write_file(path) as temporary:
        figure.savefig(temporary, dpi=150)


def new_figure(rows, columns, width, height=3.6):
    """Return a figure of its own, outside pyplot: nothing to close, no window."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns)
    for axis in np.atleast_1d(axes).ravel():
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes
