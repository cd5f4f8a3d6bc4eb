"""Logits of a language model only where the loss counts them.

Of a row of sixty tokens ten may be an answer. The last product, with the table of all
tokens, is the largest of a small model: SmolLM2's, of 49,152 tokens, takes more time
than ten of its thirty blocks, and most of the memory.
"""

import contextlib

import keras
import numpy as np

from sftkeras.graph import has_graph, has_mask, model_within, sources
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import Rows
from sftkeras.tasks.generation import Generation


class CountedOnly:
    """Let a `Generation` compute logits of the tokens that count, and of no others.

    The loss is the same: it is the mean over those tokens.
    """

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the run train a network that also takes the places that count."""
        if isinstance(run.task, Generation) and (network := _shortened(run.network)):
            names = {key: tensor.name for key, tensor in run.network.input.items()}
            run.network = network
            run.parts = [_counted(rows, names) for rows in run.parts]
        yield


class _Take(keras.layers.Layer):
    """Take of `(B, T, D)` the places `(B, K)`: `(B, K, D)`."""

    def call(self, hidden, places):
        chosen = keras.ops.one_hot(
            places, keras.ops.shape(hidden)[1], dtype=hidden.dtype
        )
        return keras.ops.matmul(chosen, hidden)

    def compute_output_shape(self, hidden_shape, places_shape):
        return (*places_shape, hidden_shape[-1])


def _shortened(model):
    """Return a model of the same layers with an input more, "counted", or `None`."""
    if not has_graph(model) or len(model.outputs) != 1:
        return None
    below = sources(model.outputs[0])
    plain = isinstance(model.input, dict) and len(below) == 1
    if not plain or len(below[0].shape) != 3 or has_mask(below[0]):
        return None
    head = model_within(below[0], model.output)
    counted = keras.Input((None,), dtype="int32", name="counted")
    logits = head(_Take(name="take_counted")(below[0], counted))
    inputs = {tensor.name: tensor for tensor in [*model.input.values(), counted]}
    return keras.Model(inputs, logits, name=model.name)


def _counted(rows, names):
    """Return the rows with the places that count, and those places' targets.

    Args:
        rows: `Rows`.
        names: {name of an input: what it is called now}.
    """
    places, targets, weights = [], [], []
    for row in range(len(rows)):
        where = np.flatnonzero(rows.weights[row])
        where = where if len(where) else np.zeros(1, "int64")
        places.append(where.astype("int32"))
        targets.append(rows.targets[row][where])
        weights.append(rows.weights[row][where])
    places, targets, weights = map(Ragged.from_rows, (places, targets, weights))
    inputs = {names[name]: column for name, column in rows.inputs.items()}
    return Rows({**inputs, "counted": places}, targets, weights)
