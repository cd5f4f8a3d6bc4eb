"""The narrow product beside a kernel, computed beside it (article §8).

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", §4.1:
`x W + s (x A) B`. Keras' own LoRA computes `x (W + s A B)`, which costs the sum of two
kernels forwards, and backwards the gradient of a whole kernel, of which only the
narrow ones' are used.
"""

import keras

from sftkeras.graph import add_weights, base_kernel


def add_low_rank(layer, rank, scale):
    """Let a dense layer add a narrow product of its own; return whether it could.

    A kernel of `inputs × heads × size` gets `inputs × rank` and `rank × heads × size`.

    Args:
        layer: a `Dense` or `EinsumDense`, built. Others are left alone.
        rank: int.
        scale: float, what the product is multiplied by.
    """
    inputs = _summed(layer)
    if not inputs:
        return False
    shape = tuple(base_kernel(layer).shape)
    add_weights(
        layer,
        lora_kernel_a=((*shape[:inputs], rank), "he_uniform"),
        lora_kernel_b=((rank, *shape[inputs:]), "zeros"),
    )
    base_kernel(layer).trainable = False
    layer.call = _Call(layer, rank, scale)
    return True


class _Call:
    """What such a layer computes, with the product in it."""

    def __init__(self, layer, rank, scale):
        self.layer, self.rank, self.scale = layer, rank, scale

    def __call__(self, inputs, training=None):
        layer, ops = self.layer, keras.ops
        if isinstance(layer, keras.layers.EinsumDense):
            x = ops.einsum(layer.equation, inputs, layer.kernel)
        else:
            x = ops.matmul(inputs, layer.kernel)
        # As matrices: of einsums with so narrow a side TensorFlow makes a slow batch.
        a = ops.reshape(layer.lora_kernel_a, (-1, self.rank))
        b = ops.reshape(layer.lora_kernel_b, (self.rank, -1))
        narrow = ops.matmul(ops.reshape(inputs, (-1, a.shape[0])), a)
        narrow = ops.matmul(self.scale * narrow, b)
        x = ops.add(x, ops.reshape(narrow, ops.shape(x)))
        if layer.bias is not None:
            x = ops.add(x, layer.bias)
        return x if layer.activation is None else layer.activation(x)


def merged(kernel, a, b, scale):
    """Return a kernel with a narrow product added, in either form."""
    two = len(b.shape) == 2
    product = keras.ops.matmul(a, b) if two else keras.ops.tensordot(a, b, axes=1)
    return kernel + scale * product


def _summed(layer):
    """Return how many dimensions of a dense layer's kernel are summed over.

    They are the last ones of its inputs and the first ones of its kernel. 0 of a layer
    that computes something else than one such product.
    """
    kinds = keras.layers.Dense, keras.layers.EinsumDense
    if not any(type(layer).call is kind.call for kind in kinds):
        return 0
    equation = getattr(layer, "equation", "...a,ab->...b").replace(" ", "")
    read, _, rest = equation.partition(",")
    kernel, _, made = rest.partition("->")
    summed = "".join(c for c in kernel if c in read and c not in made)
    new = "".join(c for c in kernel if c in made and c not in read)
    left = read.removesuffix(summed)
    plain = read != left and kernel == summed + new and made == left + new
    return 0 if layer.kernel_constraint or not plain else len(summed)
