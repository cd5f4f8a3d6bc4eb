"""Figures of what a model makes of texts: cosines, attention, layers (article §2)."""

import numpy as np

from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import say


def plot_cosines(cosines, left):
    """Draw how near N left sentences lie to N right ones, a panel a model (§1.4).

    A dot marks the right sentence that is nearest to each left one; partners lie on
    the diagonal.

    Args:
        cosines: {title: float array `(N, N)`}, a row a left sentence.
        left: the N left sentences, written beside the first panel.
    """
    figure, axes = new_figure(1, len(cosines), width=5 * len(cosines), height=3.6)
    top = max(np.abs(found).max() for found in cosines.values())
    places = np.arange(len(left))
    panels = zip(np.atleast_1d(axes), cosines.items(), strict=True)
    for number, (axis, (title, found)) in enumerate(panels):
        image = axis.imshow(found, cmap="Blues", vmin=-top, vmax=top)
        axis.plot(found.argmax(axis=1), places, "o", color=COLORS[1])
        axis.set(title=title, xlabel=say("right sentence"))
        axis.set_xticks(places, places + 1)
        axis.set_yticks(places, [] if number else list(left))
    figure.colorbar(image, ax=axes, label=say("cosine"), shrink=0.8)
    return figure


def plot_attention(weights, tokens):
    """Draw attention weights, a panel a head: which token looks at which (§2.1).

    Args:
        weights: {title: float array `(T, T)`}, each row adding up to 1.
        tokens: the T tokens.
    """
    figure, axes = new_figure(1, len(weights), width=5 * len(weights), height=4.6)
    places = range(len(tokens))
    for axis, (title, found) in zip(np.atleast_1d(axes), weights.items(), strict=True):
        image = axis.imshow(found, cmap="Blues", vmin=0, vmax=1)
        axis.set_xticks(places, tokens, rotation=90)
        axis.set_yticks(places, tokens)
        axis.set(title=title, xlabel=say("looks at"), ylabel=say("token"))
    figure.colorbar(image, ax=axes, label=say("Attention weight"), shrink=0.8)
    return figure


def plot_by_layer(panels, floors):
    """Draw the share of the five nearest texts that are alike, by layer (§2.4).

    Args:
        panels: {title: {name: L shares, from the lowest layer up}}.
        floors: {title: the share among texts drawn at random}, a dotted line.
    """
    figure, axes = new_figure(1, len(panels), width=4.8 * len(panels), height=3.8)
    for axis, (title, curves) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        for color, (name, shares) in zip(COLORS, curves.items(), strict=False):
            axis.plot(range(len(shares)), shares, "o-", color=color, label=name)
        axis.axhline(floors[title], ls=":", color="grey", label=say("by chance"))
        axis.set(title=title, xlabel=say("Transformer layer"), ylim=(0, 1))
        axis.set_ylabel(say("Share of the five nearest"))
    np.atleast_1d(axes)[0].legend(frameon=False, loc="lower left")
    return figure


def plot_changes(changes):
    """Draw how far each layer's weights have moved, a bar a layer (§2.4).

    Args:
        changes: what `describe_changes` returned.
    """
    figure, axis = new_figure(1, 1, width=7.5, height=0.3 * len(changes) + 0.8)
    percent = 100 * changes["change"][::-1]
    axis.barh(changes["layer"][::-1], percent, color=COLORS[0])
    axis.set(xlabel=say("Length of the change, in % of the layer's weights"))
    return figure
