"""LSTMs in one operation a batch, not in a loop over the words (article §8.2)."""

import contextlib

import keras

from sftkeras.graph import all_layers
from sftkeras.machine import devices


@contextlib.contextmanager
def quick_lstms(model):
    """Let a model's LSTMs run through TensorFlow's `BlockLSTM`, while this is entered.

    The mathematics and the random numbers stay, what differs is rounding. Keras runs a
    loop in which a word takes some dozen small operations; on a CPU it is they, not the
    products, that take the time. (On a GPU, Keras takes cuDNN.)

    `BlockLSTM` knows no mask. So a text's words are moved to the front, and each place
    gets the state after the last word up to it: what skipping a masked place means.

    It is for TensorFlow on a CPU, and for `keras.layers.LSTM` with the usual
    activations and a bias, read forwards, without recurrent dropout. Anything else
    computes as ever. It computes in float32, also in half precision, which the
    operation does not know.

    Args:
        model: a `keras.Model`, which is traced meanwhile.
    """
    quick = lstms(model)
    try:
        for layer in quick:
            layer.inner_loop = _quick_loop(layer)
        yield
    finally:
        for layer in quick:
            vars(layer).pop("inner_loop", None)


def lstms(model):
    """Return the layers of a functional model that `quick_lstms` would change."""
    if keras.backend.backend() != "tensorflow" or devices():
        return []
    return [
        layer
        for layer in all_layers(model)
        if "inner_loop" not in vars(layer) and _is_usual(layer)
    ]


def _is_usual(layer):
    """Return whether a layer is an LSTM as `BlockLSTM` computes it."""
    if type(layer) is not keras.layers.LSTM:
        return False
    changed = layer.recurrent_dropout or layer.go_backwards or layer.unroll
    changed = changed or layer.stateful or layer.zero_output_for_mask
    usual = (keras.activations.tanh, keras.activations.sigmoid)
    return (
        not changed
        and layer.use_bias
        and layer.compute_dtype != "float64"
        and (layer.activation, layer.recurrent_activation) == usual
    )


def _quick_loop(layer):
    """Return what takes the place of an LSTM's `inner_loop`."""

    def loop(sequences, initial_state, mask, training=False):
        import tensorflow as tf

        words = sequences  # (B, T, width)
        if training and layer.dropout:
            words = words * layer.cell.get_dropout_mask(words[:, 0])[:, None]
        if keras.tree.is_nested(mask):
            mask = mask[0]
        if mask is None:
            mask = tf.ones(tf.shape(words)[:2], "bool")
        first = [tf.cast(state, "float32") for state in initial_state]
        text = tf.range(tf.shape(words)[0])[:, None] + tf.zeros_like(mask, "int32")
        # Words to the front, time as the first axis.
        order = tf.argsort(tf.where(mask, 0, 1), 1, stable=True)
        words = tf.gather_nd(
            words, tf.stack([tf.transpose(text), tf.transpose(order)], -1)
        )
        states = _block_lstm(layer.cell, tf.cast(words, "float32"), *first)
        # Back to each place: the state after as many words as were read up to it.
        read = tf.cumsum(tf.cast(mask, "int32"), 1)
        if not layer.return_sequences:
            text, read = text[:, -1:], read[:, -1:]
        where = tf.stack([tf.maximum(read - 1, 0), text], -1)
        outputs = tf.where(read[..., None] > 0, tf.gather_nd(states[0], where), 0.0)
        last = [tf.gather_nd(state, where[:, -1]) for state in states]
        some = read[:, -1:] > 0
        last = [tf.where(some, *pair) for pair in zip(last, first, strict=True)]
        return outputs[:, -1], outputs, last

    return loop


def _block_lstm(cell, words, hidden, carry):
    """Return the states after each word, hidden and carry: each (T, B, units).

    Not by `BlockLSTMV2`, for which TensorFlow registers the gradient of the other one,
    whose gates are in another order: its gradients are wrong.

    Args:
        words: float32 (T, B, width).
        hidden, carry: float32 (B, units), the states before the first word.
    """
    import tensorflow as tf

    def in_order(weight):  # of Keras: input, forget, candidate, output
        i, f, c, o = tf.split(weight, 4, -1)
        return tf.concat([i, c, f, o], -1)

    weights = [cell.kernel, cell.recurrent_kernel, cell.bias]
    kernel, recurrent, bias = [
        in_order(tf.cast(tf.convert_to_tensor(weight), "float32")) for weight in weights
    ]
    unused = tf.zeros(cell.units)  # weights from the carry to the gates
    made = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(words, "int64")[0],
        x=words,
        cs_prev=carry,
        h_prev=hidden,
        w=tf.concat([kernel, recurrent], 0),
        wci=unused,
        wcf=unused,
        wco=unused,
        b=bias,
        forget_bias=0.0,  # Keras' is in its bias
        cell_clip=0.0,
        use_peephole=False,
    )
    return made.h, made.cs
