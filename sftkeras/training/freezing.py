"""Choose the layers to fine-tune, freeze the others, prove it (article §3.3)."""

import hashlib
import warnings

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import all_layers, head_path, iterate_layers, mark_trainable
from sftkeras.models.forms import as_functional, check_model
from sftkeras.training.matching import match
from sftkeras.training.own_freezing import (
    keep_frozen,
    remember_frozen,
    weights_kept_frozen,
)


def set_trainable(model, layers_to_fine_tune="all", layers_to_freeze=()):
    """Mark the layers to fine-tune as trainable and all others as frozen (§3.3).

    The article's loop, `layer.trainable = layer.name in layers_to_fine_tune`, does
    this on a flat model. It has two silent failures, which are errors here or just
    work: a misspelt name trains nothing, and a backbone nested in the model is frozen
    whole. The last layer with weights, the head, is trained unless
    `layers_to_freeze` names it: a new head that is not trained predicts at random.

    Weights frozen one by one stay so, in trained layers too: `layer.bias.trainable =
    False`, a layer within a block, the kernel below Keras' own `enable_lora`.

    Keras reads `trainable` when the model is compiled: compile after this call.
    `fine_tune` chooses anew: give it the same layers.

    Example:

    >>> _ = set_trainable(model, ["transformer_layer_4", "transformer_layer_5"])
    >>> _ = set_trainable(model, ["transformer_layer_*"])  # all blocks, no embedding
    >>> _ = set_trainable(model, None)  # the head only

    Args:
        model: a `keras.Model`, flat or nested; changed in place.
        layers_to_fine_tune: list of names, paths or globs, one of these, `"all"`, or
            `None` (or `"none"`) for the head only. Defaults to `"all"`.
        layers_to_freeze: list of names, paths or globs that win over the former.
            Defaults to `()`.

    Returns:
        The list of paths of the trained layers that have weights.

    Raises:
        InputError: a name that matches no layer, or nothing left to train.
    """
    trained = choose_trained(model, layers_to_fine_tune, layers_to_freeze)
    remember_frozen(model, ())
    return trained


def choose_trained(model, layers_to_fine_tune, layers_to_freeze, left=()):
    """Do what `set_trainable` does, and leave the layers of some paths frozen."""
    check_model(model)
    layers = list(iterate_layers(model))
    head = head_path(model)
    wanted = layers_to_fine_tune
    if wanted is None or (isinstance(wanted, str) and wanted == "none"):
        chosen = set()
    elif isinstance(wanted, str) and wanted == "all":
        chosen = {path for path, _ in layers}
    else:
        chosen = match(layers, layers_to_fine_tune, "layers_to_fine_tune")
    chosen = (chosen - {*left}) | {head}
    chosen -= match(layers, layers_to_freeze, "layers_to_freeze")
    kept = weights_kept_frozen(model)
    trained = [
        path
        for path, layer in layers
        if path in chosen
        and any((path, number) not in kept for number, _ in enumerate(layer.weights))
    ]
    if not trained:
        raise InputError(
            "Nothing is left to train: every layer with weights is frozen. "
            f"Received: layers_to_freeze={layers_to_freeze!r}"
        )
    _open_containers(model)
    for path, layer in layers:
        mark_trainable(layer, path in chosen)
    keep_frozen(model, kept)
    return trained


def settle_frozen(model):
    """Freeze what is in each layer that is marked frozen.

    In a copied or loaded model a block can be marked frozen while the weights in it
    are not: Keras would train them.
    """
    for layer in all_layers(model):
        if not layer.trainable:
            mark_trainable(layer, False)


def freeze_batch_norm(model):
    """Freeze each BatchNormalization, so that its running statistics stay.

    In Keras `training=False` in the call does not protect them in `fit`;
    `trainable=False` does. With a few hundred examples new statistics are worse than
    those of pretraining.

    Returns:
        The number of layers frozen.
    """
    found = [
        layer
        for layer in all_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    for layer in found:
        layer.trainable = False
    return len(found)


def describe_layers(model):
    """Return a table of the model's layers: what is trained, what is frozen.

    Args:
        model: a `keras.Model`.

    Returns:
        A `pandas.DataFrame` with a row a layer, in order: `layer` (its path), `type`,
        `trainable`, `params`, `trainable_params`.
    """
    import pandas as pd

    check_model(model)
    rows = []
    for path, layer in iterate_layers(model):
        rows.append(
            {
                "layer": path,
                "type": type(layer).__name__,
                "trainable": layer.trainable,
                "params": layer.count_params() if layer.built else 0,
                "trainable_params": count_trainable(layer),
            }
        )
    return pd.DataFrame(rows)


def count_trainable(model):
    """Return the number of trainable parameters of a model or layer."""
    return int(sum(np.prod(w.shape) for w in model.trainable_weights))


class Noted:
    """What a weight was, by its SHA-256: of a large model a copy would take a GB.

    Args:
        values: array.
    """

    def __init__(self, values):
        self.shape = values.shape
        self.digest = hashlib.sha256(np.ascontiguousarray(values)).digest()


def note_weights(model):
    """Return a list of `Noted`, a weight each, for `check_frozen`."""
    return [Noted(keras.ops.convert_to_numpy(weight)) for weight in model.weights]


def check_frozen(model, before):
    """Prove that fine-tuning left every frozen weight as it was, byte for byte.

    BatchNorm statistics of frozen layers count as weights.

    Args:
        model: the fine-tuned `keras.Model`.
        before: the model it was copied from, its `get_weights()`, or what
            `note_weights` said of it.

    Returns:
        The number of frozen parameters compared.

    Raises:
        RuntimeError: a frozen weight has changed.
    """
    model = as_functional(model)
    if not isinstance(before, list):
        before = as_functional(before, name="`before`").get_weights()
    if [w.shape for w in model.weights] != [np.shape(w) for w in before]:
        raise InputError(
            f"`before` must be the model that {model.name!r} was copied from, or its "
            "get_weights(). Received: weights of other shapes"
        )
    frozen, compared = _frozen_weights(model), 0
    for weight, old in zip(model.weights, before, strict=True):
        if id(weight) not in frozen:
            continue
        new = keras.ops.convert_to_numpy(weight)
        same = isinstance(old, Noted) and old.digest == Noted(new).digest
        if not same and new.tobytes() != np.asarray(old).tobytes():
            raise RuntimeError(
                f"The frozen weight {weight.path} changed in training. Was the model "
                "compiled before its layers were frozen?"
            )
        compared += new.size
    return compared


def put_back_frozen(model, before):
    """Undo what a callback of the user's made of frozen weights.

    A mean over epochs, for one, rounds weights that were the same in each.

    Args:
        model: the fine-tuned `keras.Model`.
        before: the `get_weights()` of the model that it was copied from.
    """
    frozen = _frozen_weights(model)
    for weight, old in zip(model.weights, before, strict=True):
        new = keras.ops.convert_to_numpy(weight)
        if id(weight) not in frozen or new.tobytes() == old.tobytes():
            continue
        if not np.allclose(new, old, rtol=1e-4, atol=1e-6):
            warnings.warn(
                f"A callback changed {weight.path}, which is frozen; it was put back.",
                stacklevel=4,
            )
        weight.assign(old)


def _frozen_weights(model):
    """Return the ids of the weights that are not trained."""
    frozen = {id(weight) for weight in model.non_trainable_weights}
    for _, layer in iterate_layers(model):
        if not layer.trainable:
            frozen |= {id(weight) for weight in layer.weights}
    return frozen


def describe_changes(before, after):
    """Return a table of how far training moved the weights of each layer.

    Args:
        before: a `keras.Model`.
        after: a model with the same layers: what `fine_tune` made of it.

    Returns:
        A `pandas.DataFrame` with a row for each layer that has weights, in order:
        `layer` (its path), `params`, `changed` (share of its numbers that are not
        what they were) and `change`: the length of the difference, all weights of
        the layer taken as one vector, over the length of the vector before (NaN if
        that is zero).

    Raises:
        InputError: the models have other layers, or layers of other shapes.
    """
    import pandas as pd

    old, new = (
        [
            (path, layer.get_weights())
            for path, layer in iterate_layers(m)
            if layer.weights
        ]
        for m in (as_functional(before), as_functional(after))
    )
    shapes = [[[w.shape for w in weights] for _, weights in m] for m in (old, new)]
    if shapes[0] != shapes[1]:
        raise InputError(
            "The two models must have the same layers, of the same shapes. "
            f"Received: {before.name!r} and {after.name!r}"
        )
    rows = []
    for (path, was), (_, now) in zip(old, new, strict=True):
        was, now = (np.concatenate([w.ravel() for w in ws]) for ws in (was, now))
        length = np.linalg.norm(was) or np.nan  # nothing to compare with
        change = float(np.linalg.norm(now - was) / length)
        changed = float(np.mean(was != now))
        rows.append((path, was.size, changed, change))
    return pd.DataFrame(rows, columns=["layer", "params", "changed", "change"])


def _open_containers(model):
    """A frozen nested model hides its layers' weights: open all of them first."""
    model.trainable = True
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            _open_containers(layer)
