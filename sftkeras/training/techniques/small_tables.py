"""Train the rows of an embedding table that the texts use, and only those.

A few hundred texts use a tenth of a vocabulary of 30,000; the other rows get no
gradient, yet an optimizer walks over all of them, and over their moments, in every
step. Here the table is swapped for a small one while the model is trained.
"""

import contextlib

import keras
import numpy as np

from sftkeras.graph import has_graph, readers, uses
from sftkeras.inputs.ragged import Ragged
from sftkeras.process import keeping_random

_WORTH_IT = 0.5  # share of the table in use above which nothing is swapped


class SmallTables:
    """Train only those rows of embedding tables whose ids occur in the texts."""

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the run train on small tables, and put their rows back after it."""
        if not _leaves_unused_rows(run.optimizer):
            yield
            return
        tables = Swapped(run.network, run.parts)
        run.network, run.parts = tables.model, tables.parts
        with run.mirror(show=tables.write_back, take=tables.read_again):
            yield


def _leaves_unused_rows(optimizer):
    """Return whether a row without a gradient stays as it is, bit for bit."""
    kinds = keras.optimizers
    return not optimizer.weight_decay and isinstance(
        optimizer, (kinds.Adam, kinds.SGD, kinds.RMSprop, kinds.Adagrad, kinds.Lion)
    )


class Swapped:
    """A model whose trained embedding tables hold only the ids that occur.

    Exact for an optimizer without weight decay: a row that never occurs has a
    gradient of zero, and Adam's, RMSprop's or SGD's step for it is zero.

    Args:
        model: a functional `keras.Model`.
        parts: list of the `Rows` it will see, in training and validation.

    Attributes:
        model: the model to compile and fit; `model` itself if nothing was swapped.
            All other layers are shared.
        parts: the `Rows`, their ids renumbered.
    """

    def __init__(self, model, parts):
        self.model, self.parts, self.swapped = model, parts, {}
        if not has_graph(model):
            return  # not a functional graph
        columns = [_by_input(model, rows) for rows in parts]
        for layer, source in _tables(model):
            values = [_values(found[source]) for found in columns]
            used = np.unique(np.concatenate([[0], *map(np.unique, values)]))
            fits = used[0] == 0 and used[-1] < layer.input_dim
            if fits and len(used) <= _WORTH_IT * layer.input_dim:
                config = {**layer.get_config(), "input_dim": len(used)}
                with keeping_random():
                    small = type(layer).from_config(config)
                self.swapped[layer.name] = (layer, small, source, used)
        if not self.swapped:
            return

        def clone(layer):
            return self.swapped[layer.name][1] if layer.name in self.swapped else layer

        self.model = keras.models.clone_model(model, clone_function=clone)
        for layer, small, _, used in self.swapped.values():
            table = keras.ops.convert_to_numpy(layer.embeddings)
            small.embeddings.assign(table[used])
        self.parts = [
            self._renumber(rows, found)
            for rows, found in zip(parts, columns, strict=True)
        ]

    def write_back(self):
        """Put the trained rows into the large tables."""
        for layer, small, _, used in self.swapped.values():
            table = np.array(keras.ops.convert_to_numpy(layer.embeddings))
            table[used] = keras.ops.convert_to_numpy(small.embeddings)
            layer.embeddings.assign(table)

    def read_again(self):
        """Take over rows that a callback of the user's changed in the large tables."""
        for layer, small, _, used in self.swapped.values():
            rows = keras.ops.convert_to_numpy(layer.embeddings)[used]
            if not np.array_equal(rows, keras.ops.convert_to_numpy(small.embeddings)):
                small.embeddings.assign(rows)

    def _renumber(self, rows, found):
        found = dict(found)
        for _, _, source, used in self.swapped.values():
            column = found[source]
            ids = np.searchsorted(used, _values(column)).astype("int32")
            found[source] = (
                Ragged(ids, column.offsets) if isinstance(column, Ragged) else ids
            )
        inputs = keras.tree.pack_sequence_as(rows.inputs, list(found.values()))
        return rows.with_inputs(inputs)


def _by_input(model, rows):
    """Return {name of the input: column}, in the order of the columns."""
    columns = rows.inputs
    names = [tensor.name for tensor in model.inputs]
    if isinstance(columns, dict):
        names = sorted(columns)
    return dict(zip(names, keras.tree.flatten(columns), strict=True))


def _values(column):
    return column.values if isinstance(column, Ragged) else column


def _tables(model):
    """Yield (embedding layer, name of its input) where only an input feeds it."""
    for source in model.inputs:
        # (`mask_zero` compares the ids with 0, which stays 0: that reader is none.)
        found = [
            reader
            for reader in readers(model, source)
            if type(reader).__name__ != "NotEqual"
        ]
        if len(found) != 1:  # ids that another layer reads keep their numbers
            continue
        layer = found[0]
        if (
            isinstance(layer, keras.layers.Embedding)
            and layer.trainable_weights
            and uses(model, layer) == 1
            and len(layer.weights) == 1  # neither LoRA nor a second, reversed table
        ):
            yield layer, source.name
