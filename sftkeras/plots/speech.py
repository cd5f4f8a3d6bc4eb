"""Figures of speech: what the network sees, what each frame says, what is confused."""

import numpy as np

from sftkeras.plots.figure import COLORS, new_figure
from sftkeras.plots.words import say

_SHOWN = 10  # confusions a recogniser


def plot_frames(spectrogram, logits, names, edge=0, frame_ms=40, most=6):
    """Draw a spectrogram, and below it the probability of each unit, frame by frame.

    Args:
        spectrogram: array `(T, bands)`, a frame in 10 ms, with the silence that the
            preprocessor put at both ends.
        logits: array `(frames, units)`; unit 0 is the blank.
        names: the units' names, without the blank.
        edge: int, frames of that silence at either end. Defaults to `0`.
        frame_ms: int, of the logits' frames. Defaults to `40`.
        most: int, so many units are drawn beside the blank. Defaults to `6`.
    """
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    sound = spectrogram[edge : len(spectrogram) - edge]
    seconds = len(sound) / 100
    figure, (above, below) = new_figure(2, 1, width=9.5, height=5)
    above.imshow(
        sound.T, origin="lower", aspect="auto", cmap="magma",
        extent=(0, seconds, 0, sound.shape[1]),
    )  # fmt: skip
    above.set(title=say("The spectrogram: loudness of 32 bands"), ylabel=say("Band"))
    times = (np.arange(len(p)) + 0.5) * frame_ms / 1000
    below.fill_between(times, p[:, 0], color="0.85", step="mid", label=say("blank"))
    order = 1 + np.argsort(-p[:, 1:].max(axis=0))[:most]
    for number, unit in enumerate(sorted(order, key=lambda u: p[:, u].argmax())):
        below.plot(
            times, p[:, unit], drawstyle="steps-mid", label=names[unit - 1],
            color=COLORS[number % len(COLORS)],
        )  # fmt: skip
    below.set(
        title=say("What each frame says"),
        xlabel=say("Seconds"),
        ylabel=say("Probability"),
    )
    for axis in (above, below):
        axis.set_xlim(0, seconds)
    below.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def plot_lattice(logits, units, names, frame_ms=40):
    """Draw CTC's lattice of one transcript: how probable it is to be at each place.

    A path begins in the first or second row, ends in the last two, and never goes up.
    Blanks stand between the units. The colour is the share of all paths, weighed by
    their probability, that are in a place at a time (Graves et al. 2006, §4.1).

    Args:
        logits: array `(frames, units)`.
        units: list of the transcript's numbers, from 1.
        names: as in `plot_frames`.
        frame_ms: int. Defaults to `40`.
    """
    share = occupancy(logits, units)
    labels = ["–"]
    for unit in units:
        labels += [names[unit - 1], "–"]
    figure, axis = new_figure(1, 1, width=9.5, height=0.3 * len(labels) + 1.4)
    image = axis.imshow(
        share.T, aspect="auto", cmap="Blues", vmin=0, vmax=1,
        extent=(0, len(share) * frame_ms / 1000, len(labels) - 0.5, -0.5),
    )  # fmt: skip
    axis.set_yticks(range(len(labels)), labels)
    axis.set(title=say("Where the alignments are"), xlabel=say("Seconds"))
    figure.colorbar(image, ax=axis, label=say("Share of the paths"))
    return figure


def occupancy(logits, units):
    """Return the share of a transcript's paths in each place: `(frames, 2 L + 1)`.

    The forward and backward sums of CTC, in logarithms.

    Args:
        logits: array `(frames, units)`.
        units: list of L numbers, from 1.
    """
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    places = [0]
    for unit in units:
        places += [unit, 0]
    emit = log_p[:, places]  # (T, 2 L + 1)
    skips = [False, False] + [
        places[s] != 0 and places[s] != places[s - 2] for s in range(2, len(places))
    ]
    forward = _sums(emit, np.array(skips))
    backward = _sums(emit[::-1, ::-1], np.array(_reversed(skips)))[::-1, ::-1]
    both = forward + backward - emit
    return np.exp(both - np.logaddexp.reduce(both, axis=1, keepdims=True))


def _reversed(skips):
    """A skip into place s is, from behind, one into place s - 2."""
    return [False, False, *skips[:1:-1]]


def _sums(emit, skips):
    found = np.full_like(emit, -np.inf)
    found[0, :2] = emit[0, :2]
    for t in range(1, len(emit)):
        stay, step = found[t - 1], np.append(-np.inf, found[t - 1, :-1])
        skip = np.append([-np.inf] * 2, found[t - 1, :-2])
        skip = np.where(skips, skip, -np.inf)
        found[t] = np.logaddexp(np.logaddexp(stay, step), skip) + emit[t]
    return found


def plot_confused(reports):
    """Draw the most frequent mistakes of recognisers: what was said, what was heard.

    Args:
        reports: {name: report of `evaluate_model`}.
    """
    figure, axes = new_figure(1, len(reports), width=4.6 * len(reports))
    most = max(
        [times for r in reports.values() for *_, times in r["confusions"]], default=1
    )
    for axis, (name, report) in zip(np.atleast_1d(axes), reports.items(), strict=True):
        shown = report["confusions"][:_SHOWN][::-1]
        words = [f"{said or '+'} → {heard or '–'}" for said, heard, _ in shown]
        counts = [times for *_, times in shown]
        axis.barh(range(len(shown)), counts, color=COLORS[0])
        axis.set_yticks(range(len(shown)), words)
        axis.set(title=name, xlabel=say("Times"), xlim=(0, most + 0.5))
        axis.xaxis.get_major_locator().set_params(integer=True)
    return figure
