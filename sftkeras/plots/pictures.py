"""Figures of examples: images, feature maps, texts as points."""

import numpy as np

from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import say


def plot_embedding_map(maps, labels, label_names=None, marked=None):
    """Draw texts as points of a plane, a panel a model, on the same axes (§2).

    Args:
        maps: {title: float array `(N, 2)`}: the same N texts, seen by each model.
        labels: N labels; each has its own colour and mark.
        label_names: {label: name in the legend}, drawn in this order. Defaults to
            `None`: the labels themselves, sorted.
        marked: {row number: text written beside its point}. Defaults to `None`.
    """
    labels = np.asarray(labels)
    names = label_names or {label: str(label) for label in np.unique(labels).tolist()}
    figure, axes = new_figure(1, len(maps), width=4.9 * len(maps), height=4.4)
    points = np.concatenate(list(maps.values()))
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.05 * (high - low)
    for axis, (title, places) in zip(np.atleast_1d(axes), maps.items(), strict=True):
        for number, (label, name) in enumerate(names.items()):
            axis.scatter(
                *places[labels == label].T, s=14, alpha=0.7, lw=0, label=name,
                color=COLORS[number % len(COLORS)], marker="ovs^DPX"[number % 7],
            )  # fmt: skip
        for row, text in (marked or {}).items():
            axis.scatter(*places[row], s=110, marker="*", color="black", zorder=3)
            axis.annotate(
                text, places[row], xytext=(6, 6), textcoords="offset points",
                fontsize=8, zorder=4, bbox={"fc": "white", "ec": "none", "alpha": 0.8},
            )  # fmt: skip
        axis.set(title=title)
        axis.set(xlabel=say("First direction"), ylabel=say("Second direction"))
        axis.set_xlim(low[0] - margin[0], high[0] + margin[0])
        axis.set_ylim(low[1] - margin[1], high[1] + margin[1])
    np.atleast_1d(axes)[-1].legend(frameon=False, fontsize=8, markerscale=1.6)
    return figure


def plot_images(x, titles, columns=6, ink=True):
    """Draw images in rows, each under its title.

    Args:
        x: uint8 `(N, height, width, channels)`.
        titles: N strings or labels.
        columns: int, images in a row. Defaults to `6`.
        ink: bool. High values of grey images are dark, as ink is; `False` for
            photographs. Defaults to `True`.
    """
    shades = "gray_r" if ink else "gray"
    rows = max(1, -(-len(x) // columns))
    figure, axes = new_figure(rows, columns, 1.5 * columns, 1.95 * rows)
    for axis in np.ravel(axes):
        axis.axis("off")
    for axis, image, title in zip(np.ravel(axes), x, titles, strict=False):
        grey = image.shape[-1] == 1
        limits = {"cmap": shades} | ({} if ink else {"vmin": 0, "vmax": 255})
        axis.imshow(image[..., 0] if grey else image, **limits if grey else {})
        axis.axis("on")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(True)  # a page has edges
        axis.set_title(title, fontsize=9)
    return figure


def plot_top_classes(x, probabilities, names, count=5):
    """Draw images, and below each what a classifier holds most likely.

    Args:
        x: N images, uint8 `(height, width, channels)`, of any sizes.
        probabilities: `(N, classes)`.
        names: the names of the classes.
        count: int, classes an image. Defaults to `5`.
    """
    figure, axes = new_figure(2, len(x), width=4.2 * len(x), height=4.6)
    for (above, below), image, row in zip(
        np.reshape(axes, (2, -1)).T, x, np.asarray(probabilities), strict=True
    ):
        grey = image.shape[-1] == 1
        above.imshow(image[..., 0] if grey else image, cmap="gray" if grey else None)
        above.axis("off")
        best = row.argsort()[::-1][:count]
        bars = below.barh(range(len(best)), row[best], color=COLORS[0])
        below.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
        below.set_yticks(range(len(best)), [str(names[n]) for n in best], fontsize=8)
        below.invert_yaxis()
        below.set(xlim=(0, 1.1), xlabel=say("Predicted probability"))
    return figure


def plot_feature_maps(maps, columns=8):
    """Draw the liveliest channels of some layers, a row a layer.

    Args:
        maps: {name: array `(height, width, channels)`}, as from `images.feature_maps`.
        columns: int, channels in a row. Defaults to `8`.
    """
    figure, axes = new_figure(len(maps), columns, columns * 1.15, len(maps) * 1.3)
    for axis in np.ravel(axes):
        axis.axis("off")
    for row, (name, found) in zip(np.atleast_2d(axes), maps.items(), strict=True):
        lively = found.std(axis=(0, 1)).argsort()[::-1]
        title = f"{name}: {found.shape[0]} × {found.shape[1]}"
        row[0].set_title(title, loc="left", fontsize=8)
        for axis, channel in zip(row, lively, strict=False):
            axis.imshow(found[:, :, channel], cmap="viridis")
    return figure
