"""Train transformer blocks in few passes over memory (article §8.2)."""

import contextlib
import warnings

import keras

from sftkeras.graph import all_layers, sublayers
from sftkeras.machine import devices
from sftkeras.training.techniques.block_passes import passes, run_block

# As many tokens as a step trains on while XLA compiles the passes for one more length.
_TOKENS_A_LENGTH = 2**10
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
        fused = {}
        if keras.backend.backend() == "tensorflow" and not devices():
            fused = {
                layer: parts
                for layer in all_layers(run.network)
                if layer.trainable_weights
                and "call" not in vars(layer)  # fused already
                and (parts := _parts(layer))
            }
        if fused:
            run.tokens_a_length = _TOKENS_A_LENGTH
        try:
            for layer, parts in fused.items():
                layer.call = _fused_call(layer, layer.call, parts)
            yield
        finally:
            for layer in fused:
                vars(layer).pop("call", None)


def tell_if_idle(model):
    """Warn if a model has no block that `fast` would compute in fewer passes.

    Args:
        model: a functional `keras.Model`, before any technique has changed it.
    """
    if not any(_parts(layer) for layer in all_layers(model)):
        warnings.warn(
            "fast=True: this model has no blocks to compute in fewer passes, as "
            "BERT-like encoders (minilm, e5-small) have. What is left of it is half "
            "precision, where the hardware computes in it.",
            stacklevel=2,
        )


def _parts(layer):
    """Return {name: layer} of a block that can be fused, else `None`."""
    import keras_hub

    if type(layer) is not keras_hub.layers.TransformerEncoder or layer.normalize_first:
        return None
    parts = sublayers(layer)
    inner = parts["feedforward_intermediate_dense"]
    plain = not any(getattr(part, "lora_enabled", False) for part in parts.values())
    plain = plain and (not layer.dropout or 0 < round(layer.dropout * 256) < 256)
    width = parts["feedforward_output_dense"].units
    gelu = _gelu_is_approximate(inner.activation) is not None
    return parts if plain and gelu and width % layer.num_heads == 0 else None


def _gelu_is_approximate(activation):
    """Return which GELU an activation is; `None` if it is another function."""
    name = getattr(activation, "__name__", "")
    return {"gelu": False, "gelu_approximate": True}.get(name)


def _fused_call(layer, plain, parts):
    """Return what takes the place of a block's `call`."""
    heads, rate = layer.num_heads, round(layer.dropout * 256) / 256
    settings = rate, _gelu_is_approximate(layer.activation)
    settings = *settings, float(layer.layer_norm_epsilon)
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
        kernels = passes(*settings, inputs.dtype.name)
        made = run_block(inputs, mask, seeds, weights, heads, kernels)
        made.set_shape(inputs.shape)
        return made

    return call


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
