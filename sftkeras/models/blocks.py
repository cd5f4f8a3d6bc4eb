"""The blocks of a model: what is frozen or trained as one (article §3.3)."""

import re

import keras

from sftkeras.errors import InputError
from sftkeras.graph import all_layers, head_path, iterate_layers

# "block_3_expand", "conv5_block2_1_conv", "stack0_block1_pre_activation": a prefix.
_BLOCK = re.compile(r"^(.*?(?:block|layer|stage)_?\d+[a-z]?(?:_block_?\d+)?)(?:_.*)?$")


def blocks(model):
    """Return the names of a model's blocks, from the bottom up.

    What may be frozen or trained as one: transformer blocks; the blocks of a
    convolutional network, whose many layers share a prefix; in a network without
    either, each layer with weights but the head and normalizations.

    Example:

    >>> blocks(model)[-2:]
    ['transformer_layer_4', 'transformer_layer_5']
    >>> tuned = fine_tune(model, texts, labels, blocks(model)[-2:])  # doctest: +SKIP

    Args:
        model: a `keras.Model`.

    Returns:
        A list of layer paths and globs, as `fine_tune` and `set_trainable` take them.
    """
    if not isinstance(model, keras.Model):
        raise InputError(f"`model` must be a keras.Model. Received: {model!r}")
    head = head_path(model)
    layers = [(path, layer) for path, layer in iterate_layers(model) if layer.weights]
    composite = [
        path
        for path, layer in layers
        if path != head and any(inner.weights for inner in all_layers(layer))
    ]
    if len(composite) > 1:
        return composite
    groups = {}
    for path, _ in layers:
        if path != head and (found := _BLOCK.match(path)):
            groups.setdefault(found[1], []).append(path)
    if len(groups) > 1 and any(len(paths) > 1 for paths in groups.values()):
        return [
            paths[0] if paths == [prefix] else f"{prefix}_*"
            for prefix, paths in groups.items()
        ]
    kinds = (keras.layers.BatchNormalization, keras.layers.LayerNormalization)
    return [
        path for path, layer in layers if path != head and not isinstance(layer, kinds)
    ]
