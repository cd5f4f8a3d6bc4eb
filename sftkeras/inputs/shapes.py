"""Few shapes of batches where XLA compiles each anew (article §8.2).

A step of MiniLM takes XLA some five seconds to compile, for each length of its batches
and once more for a last batch that is not full. So, where XLA computes, batches are
padded to a few lengths, chosen for the data at hand: padding costs time in every step.
Nothing is changed but the padding, so this is for networks that do not count it.
"""

import keras
import numpy as np

from sftkeras.graph import all_layers, calls, has_graph, has_mask, is_input
from sftkeras.inputs.ragged import Ragged
from sftkeras.machine import devices

JIT_MULTIPLE = 16  # of networks that see the padding: as little of it as may be
_SHORTEST, _FINE = 16, 8
# As many tokens as MiniLM trains on while one step is compiled: some 5 s of 1 ms a
# token on two cores; on an H200 12 s, or 1 s from JAX's cache, of 0.01 ms a token
# (benchmarks/README.md). To predict is compiled in a tenth of the time and computed in
# a third.
_TOKENS_A_PROGRAM = {"cpu": 2**13, "gpu": 2**19}
_OF_PREDICTION = 4
# The layers that end a time axis and heed Keras' mask.
_HEED_A_MASK = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional")
_HEED_A_MASK += ("GlobalAveragePooling1D",)


def xla_predicts():
    """Return whether predictions are compiled for each shape: not on TensorFlow."""
    return keras.backend.backend() != "tensorflow"


def lengths_for(model, rows, passes=1, trains=False, price=None):
    """Return what to round the lengths of batches up to, for XLA.

    Args:
        model: the `keras.Model` that takes the rows.
        rows: its `Rows`.
        passes: int, how often each row is computed. Defaults to `1`.
        trains: bool, whether the weights are trained on it. Defaults to `False`.
        price: int, as many tokens as compiling for one more length costs, where less
            than a whole step is compiled. Defaults to `None`: a step.

    Returns:
        An increasing tuple of lengths; or `JIT_MULTIPLE`, where padding is seen: of a
        network without a mask, and of targets that are sequences.
    """
    if rows.lengths is None or isinstance(rows.targets, Ragged):
        return JIT_MULTIPLE
    if not heeds_mask(model):
        return JIT_MULTIPLE
    if price is not None:
        return choose_lengths(rows.lengths, price / passes, _limit(model), fine=True)
    price = _TOKENS_A_PROGRAM["gpu" if devices() else "cpu"]
    price /= passes if trains else passes * _OF_PREDICTION
    return choose_lengths(rows.lengths, price, _limit(model))


def _limit(model):
    """Return the longest sequence that a model takes, `None` if it does not say."""
    limits = [getattr(layer, "sequence_length", None) for layer in all_layers(model)]
    limits.append(getattr(getattr(model, "preprocessor", None), "max_length", None))
    return min((limit for limit in limits if isinstance(limit, int)), default=None)


def choose_lengths(lengths, price, limit=None, fine=False):
    """Return the lengths to pad to that cost least: padding, and `price` for each.

    Powers of two, and one and a half times them: other data then get the same ones,
    which XLA may have compiled before.

    Example:

    >>> choose_lengths([9] * 900 + [30] * 90 + [50], price=1000)
    (16, 64)

    Args:
        lengths: ints `(N,)`.
        price: float, as many tokens as compiling for one more length costs.
        limit: int, a length that no batch may exceed. Defaults to `None`.
        fine: bool. Choose among all multiples of eight. Defaults to `False`.
    """
    lengths, longest = np.asarray(lengths), int(np.max(lengths))
    ladder = list(range(_FINE, longest + _FINE, _FINE)) if fine else [_SHORTEST]
    while ladder[-1] < longest:
        last = ladder[-1]
        ladder.append(last * 3 // 2 if last & (last - 1) == 0 else last * 4 // 3)
    if limit is not None:
        ladder[-1] = max(longest, min(ladder[-1], limit))
    fits = [0, *(int(np.count_nonzero(lengths <= length)) for length in ladder)]
    cheapest = [(0.0, ())]  # of the rows that fit into each length, and its lengths
    for place, length in enumerate(ladder, start=1):
        cheapest.append(
            min(
                (cost + length * (fits[place] - fits[below]) + price, (*chosen, length))
                for below, (cost, chosen) in enumerate(cheapest)
            )
        )
    return cheapest[-1][1]


def heeds_mask(model):
    """Return whether padding is known not to count in a model's outputs.

    It has an input `padding_mask`, as KerasHub's networks; or Keras' mask goes along
    with every sequence, up to a layer that heeds it.
    """
    if not has_graph(model):
        return False
    if any(tensor.name == "padding_mask" for tensor in model.inputs):
        return True
    return all(
        _hands_on_a_mask(type(layer).__name__, read, made)
        for layer, read, made in calls(model)
        if any(map(_is_sequence, read))
    )


def _hands_on_a_mask(kind, read, made):
    if all(tensor.dtype == "bool" for tensor in made):  # it makes the mask
        return True
    if any(is_input(tensor) for tensor in read):
        return all(map(has_mask, made))
    if not all(has_mask(tensor) for tensor in read if _is_sequence(tensor)):
        return False
    if any(map(_is_sequence, made)):
        return all(map(has_mask, made))
    return kind in _HEED_A_MASK


def _is_sequence(tensor):
    plain = len(tensor.shape) > 1 and tensor.shape[1] is None
    return plain and tensor.dtype != "bool"  # that is a mask


def even_share(count, batch_size):
    """Return the batch size nearest to the wanted that leaves no smaller last batch.

    For evaluation, which does not depend on it. At most twice as large; the size
    itself, where no such divides the rows.

    Args:
        count: int, of rows.
        batch_size: int, the wanted.
    """
    sizes = range(-(-batch_size // 2), 2 * batch_size + 1)
    fitting = [size for size in sizes if count % size == 0]
    return min(fitting, key=lambda s: abs(s - batch_size), default=batch_size)


def filled(batches, batch_size):
    """Return batches of row numbers, each filled up with its first to one size.

    For predictions, of which what was filled up is left out. A batch on its own grows
    to a power of two only: to predict one text costs one text.

    Args:
        batches: list of int arrays, of at most `batch_size`.
        batch_size: int.
    """
    if len(batches) == 1:
        batch_size = min(batch_size, 1 << (len(batches[0]) - 1).bit_length())
    return [
        np.concatenate([where, np.repeat(where[:1], batch_size - len(where))])
        for where in batches
    ]
