"""Attention that can go on from what it has computed: see Vaswani et al. 2017."""

import keras
from keras import layers, ops

_NEVER = -1e9


@keras.saving.register_keras_serializable("sftkeras")
class Attention(layers.Layer):
    """Each place takes a mixture of values from other places (arXiv 1706.03762, §3.2).

    Of its own sequence, from itself and what stands before it; or of another one, the
    memory, from all places that the mask leaves.

    Args:
        heads: int, mixtures side by side; they divide the width.
        dropout: float in [0, 1), of the weights. Defaults to `0`.
        seed: int, of the dropout. Defaults to `None`.
    """

    def __init__(self, heads, dropout=0.0, seed=None, **options):
        super().__init__(**options)
        self.heads, self.rate, self.seed = heads, dropout, seed
        self.dropout = layers.Dropout(dropout, seed=seed, name="dropout")

    def build(self, x_shape, memory_shape=None, mask_shape=None):
        """Make the four projections, `(width, width)` each."""
        width = x_shape[-1]
        memory_shape = memory_shape or x_shape
        for name in ("query", "key", "value", "output"):
            dense = layers.Dense(width, name=name, dtype=self.dtype_policy)
            dense.build(memory_shape if name in ("key", "value") else x_shape)
            setattr(self, f"{name}_dense", dense)
        self.size = width // self.heads

    def call(self, x, memory=None, mask=None, training=False):
        """Return `(B, T, width)`.

        Args:
            x: `(B, T, width)`.
            memory: `(B, S, width)`. Defaults to `None`: `x`, and no place sees one
                that stands behind it.
            mask: int or bool `(B, S)`, the places of the memory that count. Defaults
                to `None`: all.
            training: bool.
        """
        if memory is None:
            length = ops.arange(ops.shape(x)[1])
            allowed = (length[:, None] >= length[None, :])[None, None]
        else:
            allowed = None if mask is None else mask[:, None, None, :]
        keys, values = self.keys_values(x if memory is None else memory)
        return self.attend(x, keys, values, allowed, training)[0]

    def keys_values(self, memory):
        """Return what places offer: keys and values, `(B, heads, S, size)` each."""
        return self._split(self.key_dense(memory)), self._split(
            self.value_dense(memory)
        )

    def attend(self, x, keys, values, allowed=None, training=False):
        """Return `(B, T, width)`, and the weights `(B, heads, T, S)`.

        Args:
            x: `(B, T, width)`.
            keys, values: as `keys_values` returned them.
            allowed: bool, of the weights' shape or one that spreads to it. Defaults to
                `None`: all places.
            training: bool. Defaults to `False`.
        """
        queries = self._split(self.query_dense(x)) / self.size**0.5
        weights = ops.matmul(queries, ops.swapaxes(keys, -1, -2))
        if allowed is not None:
            weights = ops.where(ops.cast(allowed, "bool"), weights, _NEVER)
        # Keras' softmax warns of a single place, which the first unit looks at.
        weights = ops.exp(weights - ops.logsumexp(weights, axis=-1, keepdims=True))
        mixed = ops.matmul(self.dropout(weights, training=training), values)
        mixed = ops.swapaxes(mixed, 1, 2)  # (B, T, heads, size)
        shape = (-1, ops.shape(mixed)[1], self.heads * self.size)
        return self.output_dense(ops.reshape(mixed, shape)), weights

    def _split(self, x):
        x = ops.reshape(x, (-1, ops.shape(x)[1], self.heads, self.size))
        return ops.swapaxes(x, 1, 2)

    def compute_output_shape(self, x_shape, memory_shape=None, mask_shape=None):
        """Return the shape of `x`."""
        return x_shape

    def get_config(self):
        """Return what the constructor takes."""
        own = {"heads": self.heads, "dropout": self.rate, "seed": self.seed}
        return {**super().get_config(), **own}
