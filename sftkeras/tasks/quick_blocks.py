"""The forward pass of transformer blocks as few large products (article §8.2)."""

import contextlib

import keras

from sftkeras.graph import all_layers, sublayers
from sftkeras.machine import devices

_PADDING = -1e4  # added to a score; its share of attention is then 0


@contextlib.contextmanager
def quick_blocks(model):
    """Let a model's BERT-like blocks predict in fewer passes, while this is entered.

    Batch and time are one axis of rows, so that each dense layer is one product of
    two matrices, to which TensorFlow then joins its bias and GELU; Keras multiplies
    arrays of three and four axes. The mathematics and the weights are the same, an
    answer differs in its seventh digit.

    It is for TensorFlow on a CPU, and for KerasHub's `TransformerEncoder` with GELU
    and normalization after each half, as it is, without adapters. Anything else
    computes as ever.

    Args:
        model: a `keras.Model`, which is traced meanwhile.
    """
    quick = {}
    if keras.backend.backend() == "tensorflow" and not devices():
        quick = {
            layer: parts
            for layer in all_layers(model)
            if "call" not in vars(layer) and (parts := block_parts(layer))
        }
    try:
        for layer, parts in quick.items():
            layer.call = _quick_call(layer, layer.call, parts)
        yield
    finally:
        for layer in quick:
            vars(layer).pop("call", None)


def block_parts(layer):
    """Return {name: layer} of a BERT-like block as KerasHub made it, else `None`."""
    if type(layer).__name__ != "TransformerEncoder":
        return None
    import keras_hub

    if type(layer) is not keras_hub.layers.TransformerEncoder or layer.normalize_first:
        return None
    parts = sublayers(layer)
    inner = parts["feedforward_intermediate_dense"]
    changed = ("lora_enabled", "quantization_mode")
    plain = not any(getattr(p, n, None) for p in parts.values() for n in changed)
    gelu = getattr(inner.activation, "__name__", "") in ("gelu", "gelu_approximate")
    width = parts["feedforward_output_dense"].units
    return parts if plain and gelu and width % layer.num_heads == 0 else None


def _quick_call(layer, plain, parts):
    """Return what takes the place of a block's `call`."""

    def call(inputs, padding_mask=None, attention_mask=None, training=None, **more):
        if training or attention_mask is not None or more:
            return plain(
                inputs, padding_mask, attention_mask, training=training, **more
            )
        import tensorflow as tf

        mask = tf.zeros((1, 1, 1, 1), inputs.dtype)
        if padding_mask is not None:
            mask = (1 - tf.cast(padding_mask, inputs.dtype)) * _PADDING
            mask = mask[:, None, None, :]
        return _forward(layer, parts, inputs, mask)

    return call


def _forward(layer, parts, inputs, mask):
    """Return a block's output `(B, T, D)`; the rows of N = B·T tokens are `(N, D)`.

    Args:
        layer: KerasHub's `TransformerEncoder`.
        parts: its layers by name.
        inputs: `(B, T, D)`.
        mask: `(B, 1, 1, T)`, what is added to scores.
    """
    import tensorflow as tf

    (batch, time), width = tf.unstack(tf.shape(inputs)[:2]), inputs.shape[-1]
    heads, size = layer.num_heads, width // layer.num_heads

    def dense(rows, name):
        part = parts[name]
        kernel = part.kernel
        if len(kernel.shape) > 2:  # of attention: by heads
            kernel = tf.reshape(kernel, [width, width])
        bias = tf.reshape(part.bias, [-1])
        return tf.nn.bias_add(tf.matmul(rows, kernel), bias)

    def by_head(name):  # (B, heads, T, size)
        split = tf.reshape(dense(rows, name), [batch, time, heads, size])
        return tf.transpose(split, [0, 2, 1, 3])

    def norm(rows, name):
        part, whole = parts[name], tf.cast(rows, tf.float32)
        centered = whole - tf.reduce_mean(whole, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centered), -1, keepdims=True)
        normal = centered * tf.math.rsqrt(variance + layer.layer_norm_epsilon)
        gamma, beta = (tf.cast(w, tf.float32) for w in (part.gamma, part.beta))
        return tf.cast(normal * gamma + beta, rows.dtype)

    rows = tf.reshape(inputs, [-1, width])
    query = by_head("query") * tf.cast(size**-0.5, inputs.dtype)
    scores = tf.matmul(query, by_head("key"), transpose_b=True) + mask
    context = tf.matmul(tf.nn.softmax(scores), by_head("value"))
    context = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, width])
    attended = dense(context, "attention_output") + rows
    attended = norm(attended, "self_attention_layer_norm")
    approximate = layer.activation.__name__ == "gelu_approximate"
    inner = dense(attended, "feedforward_intermediate_dense")
    inner = tf.nn.gelu(inner, approximate=approximate)
    made = dense(inner, "feedforward_output_dense") + attended
    made = tf.reshape(norm(made, "feedforward_layer_norm"), tf.shape(inputs))
    made.set_shape(inputs.shape)
    return made
