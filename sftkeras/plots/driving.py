"""Figures of drivers: how many crash and how fast they are, a drive in pictures."""

import numpy as np
from PIL import Image

from sftkeras.data.roads import ACTIONS
from sftkeras.files import write_file
from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import say


def plot_drivers(rows, names=None):
    """Draw the crash rate and the mean speed of each driver, a mark a seed.

    Args:
        rows: `pandas.DataFrame` with `model`, `crash rate`, `crash low`, `crash high`
            (drawn as a line, the 95 % interval) and `speed`; more than one row a model
            if there are several seeds.
        names: {model: name shown}. Defaults to `None`: as they are called.
    """
    models = list(rows["model"].unique())
    width, height = 9, 0.55 * len(models) + 1.3
    figure, (left, right) = new_figure(1, 2, width, height)
    for place, model in enumerate(models):
        found = rows[rows["model"] == model]
        steps = place + np.linspace(-0.2, 0.2, len(found) + 2)[1:-1]
        color = COLORS[0]
        left.hlines(steps, found["crash low"], found["crash high"], color, alpha=0.4)
        left.plot(found["crash rate"], steps, "o", color=color, ms=5)
        right.plot(found["speed"], steps, "o", color=COLORS[2], ms=5)
    shown = [(names or {}).get(model, model) for model in models]
    left.set_yticks(range(len(models)), shown)
    right.set_yticks(range(len(models)), [""] * len(models))
    for axis in (left, right):
        axis.set(ylim=(len(models) - 0.5, -0.5))
        axis.grid(axis="x", alpha=0.3)
    left.set(xlim=(-0.02, 1.02), xlabel=say("Crash rate; line: 95 % interval"))
    right.set(xlim=(0, 32), xlabel=say("Mean speed, m/s"))
    return figure


def plot_strip(film, last=6, columns=2):
    """Draw the last pictures of a drive, and what was done and advised in each.

    Args:
        film: a `data.driving.Drive` with pictures and advice.
        last: int, how many pictures. Defaults to `6`.
        columns: int. Defaults to `2`.
    """
    said = "second {second}: {taken}, advised {advised}, then {speed:.0f} m/s"
    titles = [
        say(said, second=n, speed=speed, taken=ACTIONS[taken], advised=ACTIONS[advised])
        for n, (speed, taken, advised) in enumerate(
            zip(film.speeds, film.taken, film.advised, strict=True)
        )
    ]
    titles.append(say("crashed") if film.crashed else say("arrived"))
    pictures, titles = film.pictures[-last:], titles[-last:]
    rows = -(-len(pictures) // columns)
    figure, axes = new_figure(rows, columns, 5.2 * columns, 1.65 * rows)
    for axis in np.ravel(axes):
        axis.axis("off")
    for axis, image, title in zip(np.ravel(axes), pictures, titles, strict=False):
        axis.imshow(image)
        axis.set_title(title, fontsize=9, loc="left")
    return figure


def save_animation(pictures, path, seconds=0.5):
    """Write pictures as a `.gif` file that runs for ever.

    Args:
        pictures: N uint8 arrays `(height, width, 3)`.
        path: the file.
        seconds: float, of each picture. Defaults to `0.5`.
    """
    frames = [Image.fromarray(one).quantize(32) for one in pictures]
    with write_file(path) as temporary, temporary.open("wb") as stream:
        frames[0].save(
            stream, "GIF", save_all=True, append_images=frames[1:], loop=0,
            duration=round(1000 * seconds), optimize=True,
        )  # fmt: skip
