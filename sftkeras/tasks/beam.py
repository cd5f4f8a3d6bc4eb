"""Texts out of a network that writes unit after unit: greedy or by a beam (§6.4).

Beam search keeps, at each step, the few beginnings that are most probable so far; a
beam of one is greedy search (Sutskever et al. 2014, https://arxiv.org/abs/1409.3215).
Longer texts are less probable: they are compared per unit (Wu et al. 2016, §7).
"""

import keras
import numpy as np

from sftkeras.errors import InputError

NEVER = -1e30  # the log of no probability
_LENGTH_POWER = 0.6


def check_beam(beam):
    """Raise unless it is `None` or from 1 to 20."""
    whole = isinstance(beam, int) and not isinstance(beam, bool)
    if beam is not None and not (whole and 1 <= beam <= 20):
        raise InputError(f"`beam` must be from 1 to 20. Received: {beam!r}")


def write(step, state, count, limit, start, end, beam=None, allow=None):
    """Return N sequences of units, and the mean log-probability of a unit in each.

    Args:
        step: function of `(int (B,), state)` that returns logits `(B, units)` of the
            unit after the one given, and the new state. Nothing that was computed for
            earlier units is computed again: it is in the state.
        state: arrays and tensors, `(N, …)` each, in any structure.
        count: int N.
        limit: int, units in the longest sequence.
        start, end: int, the units before the first and after the last.
        beam: int, beginnings that are kept. Defaults to `None`: one, greedy.
        allow: function of `(rows (B,), sequences (B, length), scores (B, units))` that
            sets to `NEVER` what may not come next. Defaults to `None`.

    Returns:
        `(list of N int arrays, without start and end, float array (N,))`.
    """
    width = beam or 1
    rows = np.repeat(np.arange(count), width)
    state = _taken(state, rows)
    units = np.full(len(rows), start)
    texts = np.zeros((len(rows), 0), int)
    # At first all beginnings of a row are the same: one of them counts.
    scores = np.tile([0.0] + [NEVER] * (width - 1), count)
    best = [(np.zeros(0, int), -np.inf) for _ in range(count)]
    for length in range(1, limit + 1):
        logits, state = step(units, state)
        chances = _log_softmax(np.asarray(logits, "float64"))
        if allow is not None:
            allow(rows, texts, chances)
        total = scores[:, None] + chances  # (B, units)
        groups = total.reshape(len(rows) // width, -1)
        chosen = np.argpartition(groups, -width, axis=1)[:, -width:]  # (rows, width)
        origin = (
            np.arange(len(groups))[:, None] * width + chosen // chances.shape[1]
        ).ravel()
        units = (chosen % chances.shape[1]).ravel()
        scores = np.take_along_axis(groups, chosen, axis=1).ravel()
        texts = np.concatenate([texts[origin], units[:, None]], axis=1)
        ended = units == end
        last = length == limit
        for place in np.flatnonzero(ended | last):
            _remember(best, rows[place], texts[place], scores[place], ended[place])
        scores = np.where(ended, NEVER, scores)
        going = _going(scores, rows, best, length, limit, width)
        kept = np.flatnonzero(going)
        if last or not len(kept):
            break
        rows, units, texts, scores = (x[kept] for x in (rows, units, texts, scores))
        state = _taken(state, origin[kept])
    return [text for text, _ in best], np.array([score for _, score in best])


def _remember(best, row, text, score, ended):
    """Keep a sequence if it is better than the best of its row so far."""
    text = text[:-1] if ended else text
    score = score / max(1, len(text)) ** _LENGTH_POWER
    if score > best[row][1] and score > NEVER / 1e3:
        best[row] = text, score


def _going(scores, rows, best, length, limit, width):
    """Return bool `(B,)`: of which rows a beginning may yet become the best."""
    groups = scores.reshape(-1, width)
    reach = groups.max(axis=1) / limit**_LENGTH_POWER  # a log is negative: the best
    known = np.array([best[row][1] for row in rows[::width]])
    return np.repeat((reach > known) & (groups.max(axis=1) > NEVER / 2), width)


def _taken(state, rows):
    """Return some rows of every array of a state, in that order."""
    return keras.tree.map_structure(
        lambda values: keras.ops.take(values, rows, axis=0), state
    )


def _log_softmax(logits):
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
