"""A model's outputs for many rows: traced once, batch by batch, in inference mode."""

import contextlib
import tempfile
import threading
from functools import partial
from types import SimpleNamespace

import keras
import numpy as np

from sftkeras.graph import carried
from sftkeras.inputs.batches import Batches, tensor_spec
from sftkeras.inputs.ragged import Ragged, round_up
from sftkeras.inputs.shapes import filled, lengths_for, xla_predicts
from sftkeras.tasks.quick_blocks import quick_blocks
from sftkeras.tasks.quick_lstm import quick_lstms

# Held while layers compute by other means, and while any model is traced.
_CHANGED = threading.RLock()
MEMORY_LIMIT = 2 * 2**30  # bytes of outputs; beyond it they go to a temporary file


class OtherLengths(Exception):
    """An output's time axis is not as long as an input's, place by place."""


def run(model, rows, batch_size=32, fast=False):
    """Return the model's outputs for all rows, in input order.

    Memory: beyond `MEMORY_LIMIT` bytes they are kept in a temporary file instead,
    which the operating system pages in.

    Args:
        model: a functional `keras.Model`.
        rows: a `Rows`.
        batch_size: int. Defaults to `32`.
        fast: bool, through `quick_blocks` and `quick_lstms`. Defaults to `False`.

    Returns:
        For each output an array `(N, …)`; a `Ragged`, without padding, where an output
        has a time axis as long as the rows' sequences; structured as the model's.
    """
    return collect(model, rows, batch_size, fast=fast)


def collect(model, rows, batch_size=32, place_by_place=False, fast=False):
    """Do the work of `run`.

    With `place_by_place`, raise `OtherLengths` if a time axis follows none of the
    inputs' (a convolution with strides shortens it).
    """
    stores, lengths, structure = None, None, None
    for where, outputs in iterate_outputs(model, rows, batch_size, fast):
        flat = keras.tree.flatten(outputs)
        if stores is None:
            structure = outputs
            lengths = _output_lengths(model, rows, where, flat, place_by_place)
            stores = _allocate(flat, lengths, len(rows))
        for store, output in zip(stores, flat, strict=True):
            if not isinstance(store, Ragged):
                store[where] = output
                continue
            for row, values in zip(where, output, strict=True):
                place = store[row]
                place[:] = values[: len(place)]
    return keras.tree.pack_sequence_as(structure, stores)


def output_lengths(model, rows):
    """Return int `(N,)`, how long the time axis of a model's output is for each row.

    Args:
        model: a functional `keras.Model` with one output, `(B, time, …)`.
        rows: `Rows` of its inputs, of sequences.
    """
    groups = _sequences(rows)
    if groups:
        return _probe(model, rows, groups, 0, place_by_place=False)
    shapes = keras.tree.map_structure(
        lambda column: keras.KerasTensor((2, *column.shape[1:]), str(column.dtype)),
        rows.inputs,
    )
    output = keras.tree.flatten(model.compute_output_spec(shapes))[0]
    return np.full(len(rows), output.shape[1])


def iterate_outputs(model, rows, batch_size=32, fast=False):
    """Yield `(row numbers, outputs)` batch by batch, in inference mode.

    Rows of similar length go together; outputs are numpy, structured as the model's.
    """
    batches = Batches(rows, batch_size).batches
    infer = _inference_function(model, rows, len(batches) > 1, fast)
    multiple = _multiple(model, rows)
    cut = filled(batches, batch_size) if xla_predicts() else batches
    for where, taken in zip(batches, cut, strict=True):
        outputs = infer(rows.take(taken, multiple))
        yield where, keras.tree.map_structure(partial(_first, len(where)), outputs)


def _first(count, output):
    return keras.ops.convert_to_numpy(output)[:count]


def join_inference(model, frozen, trained):
    """Let `model` predict through its halves: the frozen one has been traced."""
    known = carried(frozen).inference
    if known is None:
        return
    import tensorflow as tf

    signature, _, fast = known.traced
    rest = _trace(
        trained,
        {name: tf.TensorSpec(t.shape, t.dtype) for name, t in frozen.output.items()},
        fast,
    )
    carried(model).inference = SimpleNamespace(
        traced=(signature, _weight_ids(model), fast),
        function=lambda inputs: rest(known.function(inputs)),
    )


def _inference_function(model, rows, worth_tracing, fast):
    """Return the model's forward pass, traced once for all lengths and batch sizes.

    For a single batch, running the operations one by one is quicker than a trace.
    """
    if keras.backend.backend() != "tensorflow":
        return model.predict_on_batch
    signature = keras.tree.map_structure(tensor_spec, rows.inputs)
    traced = (signature, _weight_ids(model), fast)
    known = carried(model).inference
    if known is None or known.traced != traced:
        if not worth_tracing:
            return partial(_infer, model, fast)
        known = SimpleNamespace(traced=traced, function=_trace(model, signature, fast))
        carried(model).inference = known
    return known.function


def _trace(model, signature, fast):
    """Return a `tf.function`; it is traced when it is first called."""
    import tensorflow as tf

    def infer(inputs):
        with _CHANGED:
            return _infer(model, fast, inputs)

    # Keras runs a layer's `call` as it is; rewriting ours would only cost time.
    return tf.function(infer, input_signature=[signature], autograph=False)


def _infer(model, fast, inputs):
    with contextlib.ExitStack() as stack:
        if fast:
            stack.enter_context(_CHANGED)
            stack.enter_context(quick_blocks(model))
            stack.enter_context(quick_lstms(model))
        return model(inputs, training=False)


def _weight_ids(model):
    return [id(weight) for weight in model.weights]


def _output_lengths(model, rows, where, outputs, place_by_place):
    """Return for each output int `(N,)`, the lengths of its time axis, or `None`."""
    groups, multiple = _sequences(rows), _multiple(model, rows)
    padded = [round_up(int(lengths[where].max()), multiple) for lengths in groups]
    found = []
    for number, (tensor, output) in enumerate(
        zip(keras.tree.flatten(model.outputs), outputs, strict=True)
    ):
        if not groups or len(tensor.shape) < 2 or tensor.shape[1] is not None:
            found.append(None)
        elif len(groups) == 1 and output.shape[1] == padded[0]:
            found.append(groups[0])
        else:
            found.append(_probe(model, rows, groups, number, place_by_place))
    return found


def _multiple(model, rows):
    """Return what lengths are rounded up to: JAX compiles each one anew."""
    return lengths_for(model, rows) if xla_predicts() else 1


def _sequences(rows):
    """Return the distinct lengths, int `(N,)` each, of the ragged inputs."""
    groups = []
    for column in keras.tree.flatten(rows.inputs):
        if isinstance(column, Ragged) and not any(
            np.array_equal(column.lengths, known) for known in groups
        ):
            groups.append(column.lengths)
    return groups


def _probe(model, rows, groups, number, place_by_place):
    """Return the lengths of an output by asking for its shape, nothing computed."""

    def length_for(sizes):
        def symbolic(column):
            shape = list(column.shape)
            if isinstance(column, Ragged):
                same = [np.array_equal(column.lengths, known) for known in groups]
                shape[1] = int(sizes[same.index(True)])
            return keras.KerasTensor((2, *shape[1:]), str(column.dtype))

        inputs = keras.tree.map_structure(symbolic, rows.inputs)
        return keras.tree.flatten(model.compute_output_spec(inputs))[number].shape[1]

    sizes = [512 + 32 * place for place in range(len(groups))]  # each its own
    asked = length_for(sizes)
    if asked in sizes:
        return groups[sizes.index(asked)]
    if place_by_place or asked is None:
        raise OtherLengths
    rows_of = np.stack(groups, axis=1)  # (N, groups)
    distinct, which = np.unique(rows_of, axis=0, return_inverse=True)
    return np.array([length_for(sizes) for sizes in distinct])[which.ravel()]


def _allocate(outputs, lengths, count):
    """Return an empty store for each output of a first batch."""
    shapes = [
        (count, *output.shape[1:])
        if length is None
        else (int(length.sum()), *output.shape[2:])
        for output, length in zip(outputs, lengths, strict=True)
    ]
    sizes = [
        float(np.prod(shape, dtype=float)) * output.itemsize
        for shape, output in zip(shapes, outputs, strict=True)
    ]
    stores = []
    for shape, output, length in zip(shapes, outputs, lengths, strict=True):
        if sum(sizes) <= MEMORY_LIMIT:
            store = np.empty(shape, output.dtype)
        else:
            with tempfile.TemporaryFile() as file:  # the map outlives it
                store = np.memmap(file, output.dtype, "w+", shape=shape)
        if length is not None:
            store = Ragged(store, np.concatenate([[0], np.cumsum(length)]))
        stores.append(store)
    return stores
