"""EfficientNet-Lite0, pretrained on ImageNet (article §6.3).

KerasHub has this network too, but pads as PyTorch does; these weights were trained
with TensorFlow's padding.
"""

from pathlib import Path

import keras
from safetensors.numpy import load_file

from sftkeras.errors import InputError
from sftkeras.inputs.images import ImagePreprocessor
from sftkeras.models.encoders import checked
from sftkeras.process import keeping_random

SIZE = 160  # pixels; it was trained on 224, which takes twice the time
# Repeats, kernel, stride of the first, expansion, filters (Tan & Le 2019, table 1;
# Lite: no squeeze-and-excitation, ReLU6).
_STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
_CONVOLUTION = {"padding": "same", "use_bias": False}


def image_encoder(name, image_size=None, classes=None):
    """Return the pretrained network, its preprocessor, and the names of its classes.

    Args:
        name, image_size, classes: as in `load_pretrained_model`.

    Returns:
        `(keras.Model, ImagePreprocessor, names)`; without `classes` the names are
        `None`, and the network gives features.
    """
    if classes not in (None, "imagenet"):
        raise InputError(f"`classes` must be None or 'imagenet'. Received: {classes!r}")
    preprocessor = ImagePreprocessor(SIZE if image_size is None else image_size)
    names = imagenet_names() if classes else None
    size = preprocessor.image_size
    with keeping_random():
        model = efficientnet_lite0(size, checked(name), len(names) if names else None)
    return model, preprocessor, names


def imagenet_names():
    """Return the names of ImageNet's 1,000 classes, a tuple.

    Of two classes with one name (a bird and a machine are both "crane") each has its
    number beside it.
    """
    from keras_hub.utils import imagenet_id_to_name

    names = [imagenet_id_to_name(number).replace("_", " ") for number in range(1000)]
    return tuple(
        f"{name} ({number})" if names.count(name) > 1 else name
        for number, name in enumerate(names)
    )


def efficientnet_lite0(image_size=SIZE, directory=None, classes=None):
    """Return EfficientNet-Lite0 as one flat graph: 16 blocks and a last convolution.

    The layers of a block begin with its name, `block_0_` to `block_15_`; the last
    convolution, 1 × 1, counts as `block_16_`: `graph.blocks` takes each as one.

    Args:
        image_size: int, height and width of its inputs, `(B, size, size, 3)`, numbers
            from 0 to 255, which the first layer scales. Defaults to `SIZE`.
        directory: where `model.safetensors` lies. Defaults to `None`: random weights.
        classes: int. With the pretrained head, a softmax over so many classes; the
            output is `(B, classes)`. Defaults to `None`: the features,
            `(B, size / 32, size / 32, 1280)`.
    """
    inputs = keras.Input((image_size, image_size, 3))
    x = keras.layers.Rescaling(1 / 128, -127 / 128, name="scaling")(inputs)
    x = _convolve(x, "stem", 32, kernel=3, stride=2)
    number = 0
    for repeats, kernel, stride, expansion, filters in _STAGES:
        for repeat in range(repeats):
            step = 1 if repeat else stride
            x = _block(x, f"block_{number}", kernel, step, expansion, filters)
            number += 1
    x = _convolve(x, f"block_{number}_conv", 1280, bn=f"block_{number}_bn")
    if classes:
        x = keras.layers.GlobalAveragePooling2D(name="pooling")(x)
        x = keras.layers.Dense(classes, "softmax", dtype="float32", name="head")(x)
    model = keras.Model(inputs, x, name="efficientnet_lite0")
    if directory:
        _fill(model, Path(directory, "model.safetensors"))
    return model


def _block(x, name, kernel, stride, expansion, filters):
    """An inverted residual block: wider, depthwise, narrower (Sandler et al. 2018)."""
    before, width = x, x.shape[-1] * expansion
    if expansion != 1:
        x = _convolve(x, f"{name}_expand", width)
    x = _convolve(x, f"{name}_depthwise", None, kernel, stride)
    x = _convolve(x, f"{name}_project", filters, activate=False)
    if stride == 1 and before.shape[-1] == filters:
        x = keras.layers.Add(name=f"{name}_add")([x, before])
    return x


def _convolve(x, name, filters, kernel=1, stride=1, activate=True, bn=None):
    """Convolve, depthwise without `filters`; normalize; ReLU6."""
    layers, common = keras.layers, {"strides": stride, "name": name, **_CONVOLUTION}
    if filters is None:
        x = layers.DepthwiseConv2D(kernel, depthwise_initializer="he_normal", **common)(
            x
        )
    else:
        x = layers.Conv2D(filters, kernel, kernel_initializer="he_normal", **common)(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=bn or f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if activate else x


def _fill(model, path):
    tensors = load_file(path)
    for weight in model.weights:
        tensor = tensors.get(weight.path)
        if tensor is None or tensor.shape != tuple(weight.shape):
            raise InputError(
                f"{path}: not the weights of this network ({weight.path} differs). "
                "Run: python data/get_efficientnet_lite0.py"
            )
        weight.assign(tensor)
