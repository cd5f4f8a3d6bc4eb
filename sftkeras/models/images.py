"""Large pretrained models of images, and augmentation (article §6.3).

Images are uint8 arrays `(N, height, width, channels)`; each model holds the
preprocessing that its backbone needs: the workflow takes the arrays as they are.
"""

import inspect

import keras
import keras_hub

from sftkeras.data.images import SIDE
from sftkeras.errors import InputError
from sftkeras.graph import attach, hand_on
from sftkeras.inputs.images import ImagePreprocessor
from sftkeras.models.encoders import ENCODERS
from sftkeras.models.forms import as_functional
from sftkeras.models.fronts import converter_steps, put_in_front
from sftkeras.models.pretrained import load_pretrained_model
from sftkeras.process import drawing_from
from sftkeras.tasks.classification import Classification


def load_image_model(source, shape, seed=0):
    """Load a large pretrained model of images; its preprocessing is part of the graph.

    Args:
        source: one of

            - `"efficientnet-lite0"`, which lies here and needs no network;
            - a function of `keras.applications`, `"ResNet50"`, with ImageNet's
              weights, or with those in a file: `"ResNet50:FILE"`;
            - an image preset of KerasHub, `"resnet_50_imagenet"`, or a directory that
              holds one, with its image converter.
        shape: `(height, width, channels)` of the images that it will be given. They
            are resized, and grey ones get three equal channels.
        seed: int, of the new head. Defaults to `0`.

    Returns:
        A flat `keras.Model` with a head for two classes; `replace_head` gives another.

    Raises:
        InputError: the model cannot be had; it says why.
    """
    if source in ENCODERS and ENCODERS[source].images:  # takes any shape
        return load_pretrained_model(source, dropout=0.0, seed=seed)
    name, _, weights = source.partition(":")
    if inspect.isfunction(getattr(keras.applications, name, None)):
        steps, model = _application(name, weights or "imagenet", seed)
    else:
        steps, model = _preset(source, seed)
    if shape[-1] == 1:
        steps = [lambda grey: keras.layers.Concatenate()([grey] * 3), *steps]
    return put_in_front(steps, shape, model)


def augment(model, shift=0.1, turn=0.03, fill_mode="nearest"):
    """Return the model with images moved and turned a little, in training only.

    The images differ each time, so nothing below can be computed once and kept:
    training a head on a frozen backbone becomes slow. Train it before, on still images.

    Args:
        model: a `keras.Model` of images.
        shift: float, share of the width and of the height. Defaults to `0.1`.
        turn: float, share of a full turn either way. Defaults to `0.03`, 11 degrees.
        fill_mode: what comes in from beyond the edge: `"nearest"`, `"reflect"`,
            `"wrap"`, or `"constant"`, zeros. Defaults to `"nearest"`.
    """
    model = as_functional(model)
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        shapes = [tuple(tensor.shape) for tensor in model.inputs]
        raise InputError(
            "`augment` is for a model of images, (batch, height, width, channels). "
            f"Received: inputs of shape {', '.join(map(str, shapes))}"
        )
    steps = [keras.layers.RandomTranslation(shift, shift, fill_mode=fill_mode)]
    if turn:
        steps.append(keras.layers.RandomRotation(turn, fill_mode=fill_mode))
    return hand_on(model, put_in_front(steps, model.inputs[0].shape[1:], model))


def small_network(num_classes, side=64, seed=0):
    """Return a small untrained network for images of any size: a control.

    Four convolutions, each of half the size before, and a head on the mean over the
    places: about 100,000 weights.

    Args:
        num_classes: int.
        side: int, pixels either way that images are scaled to. Defaults to `64`.
        seed: int, of the weights. Defaults to `0`.
    """
    task = Classification(None, ImagePreprocessor(side), num_classes)
    inputs = keras.Input((side, side, 3))
    with drawing_from(seed):
        x = keras.layers.Rescaling(1 / 127.5, -1)(inputs)
        for filters in (16, 32, 64, 128):
            layer = keras.layers.Conv2D(filters, 3, 2, "same", activation="relu")
            x = layer(x)
        x = keras.layers.GlobalAveragePooling2D()(x)
        model = keras.Model(inputs, task.head(seed)(x))
    return attach(model, task)


def _application(name, weights, seed):
    """Return the preprocessing and the model of a function of `keras.applications`."""
    build = getattr(keras.applications, name)
    size = (SIDE, SIDE)
    try:
        backbone = build(include_top=False, weights=weights, input_shape=(*size, 3))
    except Exception as error:
        raise InputError(
            f"Cannot load {name!r} with the weights {weights!r}. Those of ImageNet "
            "need a network on first use; without one give a file of its weights "
            f"without the top: '{name}:FILE'. ({type(error).__name__}: "
            f"{str(error)[:200]})"
        ) from error
    preprocess = inspect.getmodule(build).preprocess_input
    model = load_pretrained_model(backbone, dropout=0.0, seed=seed)
    return [keras.layers.Resizing(*size), preprocess], model


def _preset(source, seed):
    """Return the preprocessing and the model of a KerasHub preset or directory."""
    model = load_pretrained_model(source, dropout=0.0, seed=seed)
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        raise InputError(f"The pretrained model {source!r} does not take images.")
    try:
        found = keras_hub.layers.ImageConverter.from_preset(source)
    except Exception as error:
        raise InputError(
            f"{source}: the preset does not say how images are prepared for it. Save "
            "its image converter too: converter.save_to_preset(directory). "
            f"({type(error).__name__})"
        ) from error
    return converter_steps(found), model
