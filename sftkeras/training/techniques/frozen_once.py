"""The frozen part of a model runs once, not once an epoch."""

import tempfile

import keras
import numpy as np

from sftkeras.graph import all_layers, has_graph, has_mask, is_input, maker, sources
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import Rows
from sftkeras.tasks.running import iterate_outputs

MEMORY_LIMIT = 2 * 2**30  # bytes of cached activations; beyond it they go to disk


def split_at_frozen(model):
    """Cut a model where frozen layers meet trained ones.

    Layers below the first trained one on every path compute the same thing for a row
    in every epoch. Both parts share their layers, and so their weights, with `model`.

    Args:
        model: a functional `keras.Model` whose `trainable` flags are set.

    Returns:
        `(frozen, trained)`: a model from `model`'s inputs to a dictionary of the
        tensors that cross the cut, and one from those to `model`'s output. `None` if
        there is nothing to gain or no safe cut: the first layers are trained, the
        model is not functional, an implicit mask crosses, or images are augmented
        below the cut.
    """
    if not has_graph(model):
        return None
    outputs = keras.tree.flatten(model.output)
    above, crossing = {}, {}

    def is_above(tensor):
        """True if a trained layer stands at or below the tensor."""
        if id(tensor) not in above:
            operation = maker(tensor)
            own = bool(getattr(operation, "trainable_weights", ()))
            below = [is_above(source) for source in sources(tensor)]
            above[id(tensor)] = own or any(below)
        return above[id(tensor)]

    def collect(tensor, seen):
        if id(tensor) in seen:
            return
        seen.add(id(tensor))
        for source in sources(tensor):
            if is_above(source) or _is_random(maker(source)):
                collect(source, seen)
            else:
                crossing[id(source)] = source

    if not all(is_above(tensor) for tensor in outputs):
        return None
    seen = set()
    for tensor in outputs:
        collect(tensor, seen)
    tensors = list(crossing.values())
    computed = [t for t in tensors if not is_input(t)]
    if not computed or any(has_mask(t) for t in tensors):
        return None
    cut = {tensor.name: tensor for tensor in tensors}
    frozen = keras.Model(model.input, cut)
    augments = any(hasattr(layer, "generator") for layer in all_layers(frozen))
    if not frozen.weights or augments:
        return None
    return frozen, keras.Model(cut, model.output)


def run_frozen(frozen, rows, batch_size=32):
    """Run the frozen part over all rows, in inference mode.

    Memory: the activations of N rows, `sum over crossing tensors of values × 4` bytes
    (384 × tokens × 4 for MiniLM); above `MEMORY_LIMIT` they are kept in a temporary
    file instead, which the operating system pages in.

    Returns:
        A `Rows` of the crossing tensors, texts still without padding.
    """
    ragged = rows.lengths is not None
    offsets = np.concatenate([[0], np.cumsum(rows.lengths)]) if ragged else None
    along_time = {
        name: ragged and len(tensor.shape) > 1 and tensor.shape[1] is None
        for name, tensor in frozen.output.items()
    }
    stores = None
    for where, outputs in iterate_outputs(frozen, rows, batch_size):
        if stores is None:
            stores = _allocate(outputs, along_time, len(rows), offsets)
        for name, output in outputs.items():
            if not along_time[name]:
                stores[name][where] = output
                continue
            for row, values in zip(where, output, strict=True):
                start, end = offsets[row : row + 2]
                stores[name][start:end] = values[: end - start]
    return Rows(
        {
            name: Ragged(store, offsets) if along_time[name] else store
            for name, store in stores.items()
        }
    )


def _allocate(outputs, along_time, count, offsets):
    """Return an empty array for each output of a first batch."""
    shapes = {
        name: (offsets[-1], *output.shape[2:])
        if along_time[name]
        else (count, *output.shape[1:])
        for name, output in outputs.items()
    }
    size = sum(
        float(np.prod(shape, dtype=float)) * outputs[name].itemsize
        for name, shape in shapes.items()
    )
    if size <= MEMORY_LIMIT:
        return {n: np.empty(shape, outputs[n].dtype) for n, shape in shapes.items()}
    stores = {}
    for name, shape in shapes.items():
        with tempfile.TemporaryFile() as file:  # the map outlives it
            stores[name] = np.memmap(file, outputs[name].dtype, "w+", shape=shape)
    return stores


def _is_random(operation):
    """A dropout right at the cut goes to the trained part, where it stays active."""
    return hasattr(operation, "seed_generator") and not operation.weights
