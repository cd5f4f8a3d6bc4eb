"""What the user froze: kept weight by weight, told layer by layer (article §3.3)."""

import warnings

import keras

from sftkeras.graph import (
    all_layers,
    carried,
    head_path,
    iterate_layers,
    trained_unless_frozen,
)


def weights_kept_frozen(model):
    """Return the weights that stay frozen, in whatever layers are trained.

    A bias or kernel with `trainable = False` in a layer that is trained, a layer frozen
    within a block, the kernel below Keras' own adapters (`enable_lora`). BatchNorm is
    not among them: `freeze_batch_norm` sees to it.

    Returns:
        A set of `(path of the layer, place among its weights)`.
    """
    places = set()
    for path, layer in iterate_layers(model):
        known = {n for p, n in carried(model).kept_frozen if p == path}
        usual = {id(weight) for weight in _without_batch_norm(layer)}
        base = {id(weight) for part in _parts(layer) for weight in _lora_base(part)}
        for number, weight in enumerate(layer.weights):
            apart = layer.trainable and id(weight) in usual
            if id(weight) in base or (
                not weight.trainable and (apart or number in known)
            ):
                places.add((path, number))
    return places


def keep_frozen(model, places):
    """Freeze the weights that `weights_kept_frozen` returned, and remember them."""
    for path, layer in iterate_layers(model):
        for number, weight in enumerate(layer.weights):
            if (path, number) in places:
                weight.trainable = False
    carried(model).kept_frozen = frozenset(places)


def frozen_layers(model):
    """Return the paths of the frozen layers that have weights, but for BatchNorm."""
    return [
        path
        for path, layer in iterate_layers(model)
        if layer.weights
        and not layer.trainable
        and not isinstance(layer, keras.layers.BatchNormalization)
    ]


def left_frozen(model, layers_to_fine_tune):
    """Return the paths of layers that the user froze and that `"all"` leaves frozen.

    A warning names them. What an earlier `fine_tune` froze is its own, and is thawed;
    so is what is named in `layers_to_fine_tune`; the head is always trained.
    """
    ours = {*carried(model).frozen_by_us, head_path(model)}
    found = [path for path in frozen_layers(model) if path not in ours]
    if not (isinstance(layers_to_fine_tune, str) and layers_to_fine_tune == "all"):
        return []
    if found:
        names = ", ".join(map(repr, found[:5])) + (", …" if len(found) > 5 else "")
        warnings.warn(
            f"Frozen before, and so left frozen: {names}. To train them too, set their "
            "`trainable`, or name them in layers_to_fine_tune.",
            stacklevel=5,
        )
    return found


def remember_frozen(model, frozen):
    """Note which frozen layers `fine_tune` froze: all but those frozen before it.

    Args:
        model: the `keras.Model`, as it is now.
        frozen: what `frozen_layers` returned before.
    """
    theirs = {path for path in frozen if path not in carried(model).frozen_by_us}
    now = frozen_layers(model)
    carried(model).frozen_by_us = frozenset(p for p in now if p not in theirs)


def _parts(layer):
    return [layer, *all_layers(layer)]


def _without_batch_norm(layer):
    kind = keras.layers.BatchNormalization
    found = [part for part in _parts(layer) if not isinstance(part, kind)]
    return [weight for part in found for weight in trained_unless_frozen(part)]


def _lora_base(layer):
    """Return what Keras' own adapter leaves as it is: the first weight of its layer."""
    return trained_unless_frozen(layer)[:1] if _has_adapter(layer) else []


def _has_adapter(layer):
    return getattr(layer, "lora_enabled", False)
