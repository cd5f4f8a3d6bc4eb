"""A backbone for tables of numbers, pretrained without labels (article §6.7)."""

import keras
import numpy as np

from sftkeras.process import seeded


def create_backbone(x, width=64):
    """Return an untrained backbone, `(B, F)` to `(B, width)`, that standardises by `x`.

    Mean and variance stand in the layer's settings, where a copy of it finds them.
    """
    variance = np.where(x.var(axis=0) > 0, x.var(axis=0), 1)  # 0 of a constant column
    standardize = keras.layers.Normalization(
        mean=x.mean(axis=0), variance=variance, name="standardize"
    )
    inputs = keras.Input((x.shape[1],), name="measurements")
    h = standardize(inputs)
    for number in range(2):
        h = keras.layers.Dense(width, "gelu", name=f"block_{number}")(h)  # (B, width)
    return keras.Model(inputs, h, name="backbone")


def pretrain(x, seed, hidden=0.3, rows=20_000, epochs=4):
    """Learn, without any label, to rebuild measurements that were hidden.

    Each row is used many times, each time with others hidden: replaced by their mean.
    The loss is the squared error of the hidden ones, in standard deviations.

    Args:
        x: float array `(N, F)`, the pool's rows, never the test's.
        seed: int.
        hidden: float, the share that is hidden. Defaults to 0.3.
        rows: int, about how many rows an epoch has. Defaults to 20,000.
        epochs: int. Defaults to `4`.

    Returns:
        `(backbone, rebuilder)`: the second, `(B, F)` to `(B, F, 1)`, holds the first.
    """
    with seeded(seed):
        return _pretrained(x, seed, hidden, rows, epochs)


def _pretrained(x, seed, hidden, rows, epochs):
    backbone = create_backbone(x)
    full = np.repeat(x, max(1, rows // len(x)), axis=0)
    hide = np.random.default_rng(seed).random(full.shape) < hidden
    targets = keras.ops.convert_to_numpy(backbone.get_layer("standardize")(full))
    rebuilt = keras.layers.Dense(x.shape[1], name="rebuild")(backbone.output)
    rebuilt = keras.layers.Reshape((-1, 1), name="one_by_one")(rebuilt)
    rebuilder = keras.Model(backbone.input, rebuilt)
    rebuilder.compile(keras.optimizers.Adam(2e-3), "mse")
    seen, weights = np.where(hide, x.mean(axis=0), full), hide.astype("float32")
    rebuilder.fit(
        seen, targets[..., None], sample_weight=weights,
        batch_size=256, epochs=epochs, verbose=0,
    )  # fmt: skip
    return backbone, rebuilder


def fill_gaps(rebuilder, x):
    """Return rows `(N, F)` with their gaps (nan) filled as pretraining has learned.

    Args:
        rebuilder: what `pretrain` returned second.
        x: float array `(N, F)`.
    """
    layer = rebuilder.get_layer("standardize")
    mean, deviation = np.ravel(layer.mean), np.sqrt(np.ravel(layer.variance))
    rebuilt = rebuilder.predict(np.where(np.isnan(x), mean, x), verbose=0)[..., 0]
    return np.where(np.isnan(x), rebuilt * deviation + mean, x)
