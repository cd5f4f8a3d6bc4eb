"""Copies of models, each with weights of its own."""

import contextlib
import functools
import inspect

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import (
    all_layers,
    give_flags,
    hand_on,
    iterate_layers,
    pairs_of_layers,
)
from sftkeras.models.forms import as_functional
from sftkeras.models.undrawn import undrawn
from sftkeras.process import keeping_random


def copy_model(model):
    """Return a copy with its own weights, preprocessor and label names kept (§3.3).

    The article's `copy.deepcopy` works too, with warnings.
    """
    model = as_functional(model)
    try:
        copy = undrawn(functools.partial(_filled_clone, model))
    except (NotImplementedError, TypeError, ValueError) as error:
        raise InputError(
            f"Cannot copy the model {model.name!r}: {_why(model, error)} "
            "(train_model trains in place, without a copy.)"
        ) from error
    give_flags(model, copy)
    return hand_on(model, copy)


def _filled_clone(model):
    copy = clone(model)
    _enable_adapters(model, copy)
    fill(copy, model.weights)  # one by one, not all of them in between
    return copy


def _enable_adapters(model, copy):
    """Enable Keras' own LoRA where a model has it; a block's settings forget it."""
    for layer, twin in pairs_of_layers(model, copy):
        if not getattr(layer, "lora_enabled", False):
            continue
        if not twin.lora_enabled:
            twin.enable_lora(layer.lora_rank)
        twin.lora_alpha = layer.lora_alpha  # which Keras' own copy forgets


def _why(model, error):
    for path, layer in iterate_layers(model):
        try:
            _clone_layer(layer)
        except Exception:
            return (
                f"the layer {path!r} cannot be rebuilt from its settings. Give "
                f"{type(layer).__name__} a `get_config` of all that its constructor "
                "takes."
            )
    return f"it cannot be rebuilt from its settings: {str(error).strip()[:200]}."


def fill(model, weights):
    """Set all weights of a model, and what its layers compute from them."""
    if keras.backend.backend() == "jax":
        weights = [own_array(weight) for weight in weights]
    model.set_weights(weights)
    for layer in [model, *all_layers(model)]:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with numbers made of its weights


def own_array(weight):
    """Return what another variable can be set to and not share it with this one.

    On JAX a variable takes over the array itself, and a step of training gives away
    the memory of those that it updates: the other would be left without.
    """
    if keras.backend.backend() != "jax":
        return weight
    return np.array(keras.ops.convert_to_numpy(weight))


def clone(model):
    """Return a model of the same layers with new weights, as yet untrained."""
    with keeping_random():
        if not any(isinstance(layer, _SHARED) for layer in all_layers(model)):
            with contextlib.suppress(TypeError, ValueError):
                return keras.models.clone_model(model)
        return keras.models.clone_model(
            model, clone_function=_clone_layer, recursive=True
        )


# Of no weights: a copy would lose the function, or the vocabulary.
_SHARED = (
    keras.layers.Lambda,
    keras.layers.TextVectorization,
    keras.layers.StringLookup,
    keras.layers.IntegerLookup,
)


def _clone_layer(layer):
    if isinstance(layer, _SHARED):
        return layer
    return rebuild(type(layer), layer.get_config())


def rebuild(kind, config):
    """Return a new layer with those of the settings that its constructor takes.

    KerasHub's ViT reports some that its layer computes and does not take.
    """
    taken = set()
    for parent in kind.__mro__:
        taken |= {*inspect.signature(parent.__init__).parameters}
    return kind.from_config({k: v for k, v in config.items() if k in taken})
