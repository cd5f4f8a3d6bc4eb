"""Answers and weights that are no numbers are told of, never handed on (§3.5)."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged


def weight_not_finite(model):
    """Return the path of the first weight with a not-a-number in it, else `None`.

    One sum a weight: it is not finite if one of its numbers is not. (Numbers may be so
    large that only a float64 holds their sum.)
    """
    with np.errstate(all="ignore"):
        for weight in model.weights:
            if "float" in str(weight.dtype):
                values = keras.ops.convert_to_numpy(weight)
                if np.isfinite(values.sum()):
                    continue
                if not np.isfinite(values.sum(dtype="float64")):
                    return weight.path
    return None


def check_weights(model, what):
    """Raise `InputError` if a model's weights are not all finite.

    Args:
        model: a `keras.Model`.
        what: str, what cannot be done with it, such as "be saved".
    """
    if name := weight_not_finite(model):
        raise InputError(
            f"The model cannot {what}: its weight {name} holds not-a-number or "
            "infinity. Train it again, at a lower learning rate."
        )


def check_outputs(model, outputs, where=None):
    """Raise `InputError` if what a model answered is not all finite.

    Args:
        model: the `keras.Model`.
        outputs: an array or a `Ragged`, or a structure of those.
        where: int array, the numbers of the rows. Defaults to `None`: from 0 on.
    """
    for column in keras.tree.flatten(outputs):
        values = column.values if isinstance(column, Ragged) else np.asarray(column)
        if values.dtype.kind != "f" or np.isfinite(values.sum(dtype="float64")):
            continue
        check_weights(model, "answer")
        bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if not bad.any():  # very large, but numbers
            continue
        row = int(np.argmax(bad))
        if isinstance(column, Ragged):
            row = int(np.searchsorted(column.offsets, row, side="right") - 1)
        row = row if where is None else int(where[row])
        raise InputError(
            f"The model's answer to row {row} is not-a-number or infinite. Its inputs "
            "may be far larger than those of training: look at that row."
        )
