"""Figures of language models: which tokens count, how much, and LoRA (article §2.2)."""

import numpy as np
from matplotlib.patches import FancyBboxPatch, Rectangle

from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import draw_chinese, say

_VISIBLE = str.maketrans({"\n": "↵", " ": "␣"})
_GREY = "#d9d9d9"


def plot_counted(tokens, counted, columns=64):
    """Draw a conversation token by token: coloured is what the loss counts.

    Args:
        tokens: list of T strings; a blank and a line's end are made visible.
        counted: T numbers, 0 where a token is only read.
        columns: int, characters a line. Defaults to `64`.
    """
    places, line, at = [], 0, 0.0
    for text in (token.translate(_VISIBLE) for token in tokens):
        size = len(text) + 1.2
        if at and at + size > columns:
            line, at = line + 1, 0.0
        places.append((text, line, at, size))
        at += size
    figure, axis = new_figure(1, 1, width=9, height=0.36 * (line + 1) + 0.45)
    for (text, row, left, size), weight in zip(places, counted, strict=True):
        box = FancyBboxPatch(
            (left + 0.15, -row - 0.36), size - 0.3, 0.72, linewidth=0,
            boxstyle="round,pad=0,rounding_size=0.15",
            facecolor=COLORS[1] if weight else _GREY,
        )  # fmt: skip
        axis.add_patch(box)
        axis.text(
            left + size / 2, -row, text, ha="center", va="center", fontsize=9,
            family="monospace",
        )  # fmt: skip
    for color, name in ((COLORS[1], "counts"), (_GREY, "is only read")):
        axis.add_patch(Rectangle((0, 0), 0, 0, color=color, label=say(name)))
    axis.legend(
        frameon=False, fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1, 1)
    )
    axis.set(xlim=(0, columns), ylim=(-line - 0.6, 0.6))
    axis.axis("off")
    draw_chinese(figure)
    return figure


def plot_by_token(tokens, values, counted, label):
    """Draw a bar a token, in the colours of `plot_counted`.

    Args:
        tokens, counted: as in `plot_counted`.
        values: T numbers.
        label: str, what they are.
    """
    figure, axis = new_figure(1, 1, width=max(6.0, 0.27 * len(tokens)), height=3.0)
    places = np.arange(len(tokens))
    for chosen, color, name in (
        (np.asarray(counted) > 0, COLORS[1], "counts"),
        (np.asarray(counted) == 0, "#999999", "is only read"),
    ):
        bars = np.asarray(values)[chosen]
        axis.bar(places[chosen], bars, color=color, label=say(name))
    names = [token.translate(_VISIBLE) for token in tokens]
    axis.set_xticks(places, names, rotation=90, fontsize=8, family="monospace")
    axis.set(ylabel=say(label), xlim=(-0.7, len(tokens) - 0.3))
    axis.legend(frameon=False, fontsize=8)
    draw_chinese(figure)
    return figure


def plot_adapter(inputs, outputs, rank):
    """Draw a kernel and the product that LoRA adds to it, to scale (§3.3).

    Args:
        inputs, outputs: int, the kernel's sides.
        rank: int, the width of the product.
    """
    figure, axis = new_figure(1, 1, width=7.5, height=7.5 * inputs / (4 * outputs) + 1)
    gap, thin = outputs / 3, max(rank, outputs / 100)
    left = outputs + gap
    shapes = [
        (0, 0, outputs, inputs, _GREY, f"W\n{inputs} × {outputs} = "),
        (left, 0, thin, inputs, COLORS[1], f"A\n{inputs} × {rank} = "),
        (left + thin + gap, inputs - thin, outputs, thin, COLORS[1],
         f"B\n{rank} × {outputs} = "),
    ]  # fmt: skip
    sizes = [inputs * outputs, inputs * rank, rank * outputs]
    for (x, y, width, height, color, text), size in zip(shapes, sizes, strict=True):
        axis.add_patch(Rectangle((x, y), width, height, color=color))
        below = y - inputs / 20
        axis.text(x + width / 2, below, f"{text}{size:,}", ha="center", va="top")
    axis.text(outputs / 2, inputs / 2, say("frozen"), ha="center", va="center")
    for x, sign in ((outputs + gap / 2, "+"), (left + thin + gap / 2, "×")):
        axis.text(x, inputs / 2, sign, ha="center", va="center", fontsize=18)
    axis.set(xlim=(-gap / 4, left + thin + gap + outputs + gap / 4))
    axis.set(ylim=(-inputs / 3, inputs * 1.03), aspect="equal")
    axis.axis("off")
    draw_chinese(figure)
    return figure
