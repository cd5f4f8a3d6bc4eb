"""Train transformer blocks in few passes over memory (article §8.2)."""

import contextlib
import functools
import threading
import warnings

import keras

from sftkeras.graph import all_layers, sublayers
from sftkeras.machine import devices
from sftkeras.tasks.quick_blocks import block_parts
from sftkeras.tasks.quick_lstm import lstms
from sftkeras.training.techniques.block_passes import (
    compile_passes,
    passes,
    run_block,
)

# A step trains on so many tokens, times weights of the blocks, while XLA compiles the
# passes for one more length. (0.45 s, of which tracing hides a half.)
_WORK_A_LENGTH = 2.5e10
_PADDING = -1e4  # added to a score; its share of attention is then 0
# A block's layers with weights, in the order of their use, after query, key and value.
_PARTS = ("attention_output", "self_attention_layer_norm")
_PARTS += ("feedforward_intermediate_dense", "feedforward_output_dense")
_PARTS += ("feedforward_layer_norm",)


class FusedBlocks:
    """Compute the trained blocks of a BERT-like encoder in few passes over memory.

    The mathematics stays: the same loss and gradients without dropout, but for
    rounding. With it, other numbers are dropped: bytes are drawn, so that the rate is
    a whole number of 256ths (0.1 becomes 26/256). XLA compiles the passes for each
    length of batch, so batches are padded to a few lengths.

    It is for TensorFlow on a CPU, and for KerasHub's `TransformerEncoder` with GELU
    and normalization after each half (BERT, RoBERTa, XLM-R and their like), where no
    adapter stands in it. Anything else is left as it is, also a block whose rate would
    become 0 or 1: below 1/512, or above 511/512. `fine_tune(fast=True)` has it, with
    half precision; what each is worth: `python benchmarks/lengths.py`.

    Example:

    >>> tuned = fine_tune(
    ...     model, ["good", "bad"] * 8, [1, 0] * 8, techniques=[FusedBlocks()],
    ...     epochs=1, verbose=0,
    ... )
    """

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the blocks that are trained compute so, until the run ends."""
        fused = blocks_to_fuse(run.network)
        ahead = _Ahead(fused)
        if fused:
            run.tokens_a_length = price_of_a_length(fused)
            run.on_shapes.append(ahead.start)
        try:
            for layer, parts in fused.items():
                layer.call = _fused_call(layer, layer.call, parts)
            yield
        finally:
            ahead.stop()
            for layer in fused:
                vars(layer).pop("call", None)


def tell_if_idle(model):
    """Warn if a model has nothing that `fast` would compute in fewer passes.

    Args:
        model: a functional `keras.Model`, before any technique has changed it.
    """
    if not any(_parts(layer) for layer in all_layers(model)) and not lstms(model):
        warnings.warn(
            "fast=True: this model has nothing to compute in fewer passes here, as "
            "BERT-like encoders (minilm, e5-small) and LSTMs have on a CPU. What is "
            "left of it is half precision, where the hardware computes in it.",
            stacklevel=2,
        )


def blocks_to_fuse(network):
    """Return {layer: its parts} of the blocks that `FusedBlocks` would fuse."""
    if keras.backend.backend() != "tensorflow" or devices():
        return {}
    return {
        layer: parts
        for layer in all_layers(network)
        if layer.trainable_weights
        and "call" not in vars(layer)  # fused already
        and (parts := _parts(layer))
    }


def price_of_a_length(blocks):
    """Return how many tokens the blocks are trained on while one length is compiled."""
    weights = sum(layer.count_params() for layer in blocks)
    return _WORK_A_LENGTH / weights if weights else None


def _parts(layer):
    """Return {name: layer} of a block that can be fused, else `None`."""
    parts = block_parts(layer)
    if parts is None or (layer.dropout and not 0 < round(layer.dropout * 256) < 256):
        return None
    return parts


def _gelu_is_approximate(activation):
    """Return which GELU an activation is; `None` if it is another function."""
    name = getattr(activation, "__name__", "")
    return {"gelu": False, "gelu_approximate": True}.get(name)


def _settings(layer):
    """Return what a block's passes hang on, but for their dtype."""
    rate = round(layer.dropout * 256) / 256
    approximate = _gelu_is_approximate(layer.activation)
    return rate, approximate, float(layer.layer_norm_epsilon)


class _Ahead:
    """Compiles blocks' passes on a thread of its own, while the first step is traced.

    Tracing is Python, compiling is not: they do not wait for each other.

    Args:
        blocks: the layers.
    """

    def __init__(self, blocks):
        self.blocks, self.stopped, self.thread = blocks, threading.Event(), None

    def start(self, shapes):
        """Begin, for batches of these shapes: a set of (rows, length)."""
        self.thread = threading.Thread(target=self._work, args=(shapes,), daemon=True)
        self.thread.start()

    def stop(self):
        """End after what is being compiled."""
        self.stopped.set()
        if self.thread is not None:
            self.thread.join()

    def _work(self, shapes):
        kinds = {
            (_settings(x), x.compute_dtype, x.num_heads, x.intermediate_dim, _width(x))
            for x in self.blocks
        }
        for shape in sorted(shapes, key=lambda shape: shape[1]):
            for settings, dtype, *sizes in kinds:
                if not self.stopped.is_set():
                    kernels, drops = passes(*settings, dtype), settings[0] > 0
                    compile_passes(kernels, drops, dtype, shape, *sizes)


def _width(layer):
    return sublayers(layer)["feedforward_output_dense"].units


def _fused_call(layer, plain, parts):
    """Return what takes the place of a block's `call`."""
    heads, settings = layer.num_heads, _settings(layer)
    generators = [
        getattr(parts[name], "seed_generator", None)  # none, if nothing is dropped
        for name in ("self_attention_dropout", "feedforward_dropout")
    ]

    def call(inputs, padding_mask=None, attention_mask=None, training=None, **more):
        if not training or attention_mask is not None or more:
            return plain(
                inputs, padding_mask, attention_mask, training=training, **more
            )
        import tensorflow as tf

        weights = _weights(parts, inputs.shape[-1], heads)
        mask = tf.zeros((1, 1, 1, 1), inputs.dtype)
        if padding_mask is not None:
            padding = 1 - tf.cast(padding_mask, inputs.dtype)
            mask = padding[:, None, None, :] * _PADDING
        seeds = [one and tf.cast(one.next(), tf.int32) for one in generators]
        run = traced_block(*settings, inputs.dtype.name, heads)
        made = run(inputs, mask, seeds, weights)
        made.set_shape(inputs.shape)
        return made

    return call


@functools.cache
def traced_block(rate, approximate, epsilon, dtype, heads):
    """Return `run_block` as a `tf.function`: blocks that are alike share one trace.

    Args:
        rate, approximate, epsilon, dtype: as in `passes`.
        heads: int.
    """
    import tensorflow as tf

    kernels = passes(rate, approximate, epsilon, dtype)

    def block(x, mask, seeds, weights):
        return run_block(x, mask, seeds, weights, heads, kernels)

    return tf.function(block, autograph=False)


def _weights(parts, width, heads):
    """Return a block's weights as `run_block` takes them, in its precision."""
    import tensorflow as tf

    scales = {"query": (width // heads) ** -0.5, "key": 1.0, "value": 1.0}
    kernels = [tf.reshape(parts[n].kernel, [width, -1]) * s for n, s in scales.items()]
    biases = [tf.reshape(parts[n].bias, [-1]) * s for n, s in scales.items()]
    found = [tf.concat(kernels, 1), tf.concat(biases, 0)]
    for name in _PARTS:
        part = parts[name]
        norm = name.endswith("norm")
        found += [part.gamma, part.beta] if norm else [part.kernel, part.bias]
    found[2] = tf.reshape(found[2], [width, width])  # KerasHub's: heads, size, width
    return [tf.convert_to_tensor(weight) for weight in found]
