"""What KerasHub's layers say of themselves wrongly is put right, so that they copy."""

import inspect

import keras

from sftkeras.graph import iterate_layers


def mend_blocks(model):
    """Let a Llama's blocks give their settings, which KerasHub 0.32 fails to.

    Its `get_config` asks for an attribute that the layer has not; without it a model
    could neither be copied nor saved.

    Args:
        model: a `keras.Model`; models of other blocks are left alone.
    """
    kinds = {type(layer) for _, layer in iterate_layers(model)}
    for kind in kinds:
        if (
            kind.__name__ == "LlamaTransformerDecoder"
            and kind.get_config is not _config
        ):
            kind.get_config = _config


def _config(layer):
    config = keras.Layer.get_config(layer)
    for name in inspect.signature(type(layer).__init__).parameters:
        if name not in ("self", "kwargs"):
            config[name] = getattr(layer, name)
    config["activation"] = keras.activations.serialize(layer.activation)
    config["kernel_initializer"] = keras.initializers.serialize(
        layer.kernel_initializer
    )
    return config
