"""Copies of models, each with weights of its own."""

import inspect

import keras

from sftkeras.errors import InputError
from sftkeras.graph import all_layers, hand_on
from sftkeras.models.forms import as_functional
from sftkeras.process import keeping_random


def copy_model(model):
    """Return a copy with its own weights, preprocessor and label names kept (§3.3).

    The article's `copy.deepcopy` works too, with warnings.
    """
    model = as_functional(model)
    try:
        copy = clone(model)
        for one, other in zip(all_layers(model), all_layers(copy), strict=True):
            _hand_vocabulary(one, other)
        fill(copy, model.get_weights())
    except (NotImplementedError, TypeError, ValueError) as error:
        raise InputError(
            f"Cannot copy the model {model.name!r}: a layer of it cannot be rebuilt "
            f"from its settings. ({error})"
        ) from error
    return hand_on(model, copy)


def fill(model, weights):
    """Set all weights of a model, and what its layers compute from them."""
    model.set_weights(weights)
    for layer in [model, *all_layers(model)]:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with numbers made of its weights


def _hand_vocabulary(layer, copy):
    """Give the copy of a lookup what it, or its `TextVectorization`, was adapted to.

    Keras keeps that outside of weights and settings.
    """
    if not isinstance(layer, (keras.layers.StringLookup, keras.layers.IntegerLookup)):
        return
    words, weights = layer.get_vocabulary(include_special_tokens=False), None
    if layer.output_mode == "tf_idf":
        weights = keras.ops.convert_to_numpy(layer.idf_weights)[-len(words) :]
    if len(words):
        copy.set_vocabulary(words, idf_weights=weights)


def clone(model):
    """Return a model of the same layers with new weights, as yet untrained."""
    with keeping_random():
        try:
            return keras.models.clone_model(model)
        except TypeError:
            return keras.models.clone_model(model, clone_function=_clone_layer)


def _clone_layer(layer):
    return rebuild(type(layer), layer.get_config())


def rebuild(kind, config):
    """Return a new layer with those of the settings that its constructor takes.

    KerasHub's ViT reports some that its layer computes and does not take.
    """
    taken = set()
    for parent in kind.__mro__:
        taken |= {*inspect.signature(parent.__init__).parameters}
    return kind.from_config({k: v for k, v in config.items() if k in taken})
