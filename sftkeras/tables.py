"""Tables of numbers: read from a `.csv` file, learned from without labels, filled."""

import csv
import io
from pathlib import Path

import keras
import numpy as np

from sftkeras.data import read_text
from sftkeras.errors import InputError


def load_table(path):
    """Load a `.csv` file: a header line, numbers in each column but that of the labels.

    A missing value is refused: how to fill it is a decision about your data.

    Args:
        path: the file. Its labels stand in the column named `label`, or in the last.

    Returns:
        `(x, y)`: float32 array `(N, F)`, and array `(N,)` of labels: int if all are
        whole numbers from 0, else str.

    Raises:
        InputError: a cell that is no number, a row without a label, fewer than two
            columns of numbers, or two of one name; the message names line and column.
    """
    csv.field_size_limit(2**31 - 1)  # an open quote is told of as a bad cell
    lines = io.StringIO(read_text(Path(path)), newline="")
    reader = csv.DictReader(lines, restval="", skipinitialspace=True)
    names = [name.strip() for name in reader.fieldnames]
    if len({*names}) < max(3, len(names)):
        raise InputError(
            f"{path}: needed are two columns of numbers or more, each with a name of "
            f"its own, and one of labels. Received: columns {names[:5]}"
        )
    reader.fieldnames, label = names, "label" if "label" in names else names[-1]
    x, y = [], []
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        if None in row or not row[label].strip():  # None: beyond the header's columns
            raise InputError(
                f"{where}: needed are {len(names)} columns as in the header, and a "
                f"label in column {label!r}."
            )
        y.append(row.pop(label).strip())
        x.append([_number(row[n], f"{where}, column {n!r}") for n in row])
    if not y:
        raise InputError(f"{path}: there are no rows below the header.")
    numbers = all(name.isdecimal() for name in y)
    return np.array(x, "float32"), np.array(y, int if numbers else str)


def _number(cell, where):
    try:
        if abs(number := float(cell)) < 1e30:  # false for nan
            return number
    except ValueError:
        pass
    raise InputError(
        f"{where}: not a number. Received: {cell[:40]!r}. Fill a missing value first "
        "(scikit-learn's SimpleImputer), or take out its row or column."
    )


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
    keras.utils.set_random_seed(seed)
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
