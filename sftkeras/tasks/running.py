"""A model's outputs for many rows: traced once, batch by batch, in inference mode."""

from types import SimpleNamespace

import keras
import numpy as np

from sftkeras.inputs.batches import Batches, tensor_spec


def iterate_outputs(model, rows, batch_size=32):
    """Yield `(row numbers, outputs)` batch by batch, in inference mode.

    Rows of similar length go together; outputs are numpy, structured as the model's.
    """
    batches = Batches(rows, batch_size=batch_size).batches
    infer = _inference_function(model, rows, worth_tracing=len(batches) > 1)
    for where in batches:
        outputs = infer(rows.take(where))
        yield where, keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


def _inference_function(model, rows, worth_tracing=True):
    """Return the model's forward pass, traced once for all lengths and batch sizes.

    For a single batch, running the operations one by one is quicker than a trace.
    """
    if keras.backend.backend() != "tensorflow":
        return model.predict_on_batch
    signature = keras.tree.map_structure(tensor_spec, rows.columns)
    traced = (signature, _weight_ids(model))
    known = getattr(model, "_sft_inference", None)
    if known is None or known.traced != traced:
        if not worth_tracing:
            return lambda inputs: model(inputs, training=False)
        known = SimpleNamespace(traced=traced, function=_trace(model, signature))
        model._sft_inference = known
    return known.function


def join_inference(model, frozen, trained):
    """Let `model` predict through its halves: the frozen one has been traced."""
    known = getattr(frozen, "_sft_inference", None)
    if known is None:
        return
    import tensorflow as tf

    rest = _trace(
        trained,
        {name: tf.TensorSpec(t.shape, t.dtype) for name, t in frozen.output.items()},
    )
    model._sft_inference = SimpleNamespace(
        traced=(known.traced[0], _weight_ids(model)),
        function=lambda inputs: rest(known.function(inputs)),
    )


def _trace(model, signature):
    """Return a `tf.function`; it is traced when it is first called."""
    import tensorflow as tf

    return tf.function(
        lambda inputs: model(inputs, training=False), input_signature=[signature]
    )


def _weight_ids(model):
    return [id(weight) for weight in model.weights]


def run(model, rows, batch_size=32):
    """Return the model's output for all rows, in input order, as numpy `(N, …)`."""
    result = None
    for where, outputs in iterate_outputs(model, rows, batch_size):
        if result is None:
            result = np.empty((len(rows), *outputs.shape[1:]), outputs.dtype)
        result[where] = outputs
    return result
