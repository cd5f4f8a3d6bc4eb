"""Images: a folder of files as arrays, large pretrained models, augmentation.

Images are uint8 arrays `(N, height, width, channels)`; each model holds the
preprocessing that its backbone needs: the workflow takes the arrays as they are.
"""

import inspect
import warnings
from pathlib import Path

import keras
import keras_hub
import numpy as np
from PIL import Image, ImageOps

from sftkeras.errors import InputError
from sftkeras.pretrained import load_pretrained_model

SIDE = 224  # pixels: what most models of photographs were trained on
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
GREY = {"1", "L", "LA", "La"}  # Pillow's modes without colour


def load_images(path):
    """Load a folder of image files, one folder a class: `class_name/*.png` (or jpg, …).

    Args:
        path: the folder. Damaged files in it are skipped; a warning names them.

    Returns:
        `(x, y)`: uint8 `(N, side, side, channels)`, one channel if all images are
        grey, else three; and N class names. Images are cut to squares of one size:
        the median of their shorter sides, at most `SIDE` pixels.

    Raises:
        InputError: no folder, fewer than two classes, or a class without an image.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(
            f"{path}: no such folder. Images are given as a folder with one folder a "
            "class: FOLDER/cat/1.jpg, FOLDER/dog/2.png, …"
        )
    folders = [p for p in sorted(path.iterdir()) if p.is_dir() and p.name[0] != "."]
    files = {
        folder.name: [
            file
            for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in SUFFIXES and file.name[0] != "."
        ]
        for folder in folders
    }
    found = [(name, file) for name, inside in files.items() for file in inside]
    good, damaged = [], []
    for name, file in found:
        try:
            good.append((name, _read(file)))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            damaged.append(str(file.relative_to(path)))
    if damaged:
        more = f" and {len(damaged) - 10} more" if len(damaged) > 10 else ""
        warnings.warn(
            f"{path}: {len(damaged)} of {len(found)} image files cannot be read and "
            f"are skipped: {', '.join(damaged[:10])}{more}.",
            stacklevel=2,
        )
    empty = sorted(set(files) - {name for name, _ in good})
    if len(files) < 2 or empty:
        raise InputError(
            f"{path}: at least two classes are needed, each a folder with images in "
            f"it. Received: {len(files)} folder(s)"
            + (f", without an image: {', '.join(empty)}" if empty else "")
        )
    mode = "L" if all(image.mode == "L" for _, image in good) else "RGB"
    side = int(np.median([image.width for _, image in good]))
    x = np.stack(
        [np.asarray(ImageOps.fit(i.convert(mode), (side, side))) for _, i in good]
    )
    return x.reshape(len(x), side, side, -1), np.array([name for name, _ in good])


def load_image_model(source, shape, seed=0):
    """Load a large pretrained model of images; its preprocessing is part of the graph.

    Args:
        source: one of

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
    name, _, weights = source.partition(":")
    if inspect.isfunction(getattr(keras.applications, name, None)):
        steps, model = _application(name, weights or "imagenet", seed)
    else:
        steps, model = _preset(source, seed)
    if shape[-1] == 1:
        steps = [lambda grey: keras.layers.Concatenate()([grey] * 3), *steps]
    return put_in_front(steps, shape, model)


def put_in_front(steps, shape, model):
    """Return a model that takes other inputs, as one flat graph; layers are shared.

    Args:
        steps: layers, or functions of a tensor, that lead from the new inputs to
            those of `model`.
        shape: of a row of the new inputs.
        model: a functional `keras.Model` with one input.
    """
    tensor = inputs = keras.Input(shape)
    for step in steps:
        tensor = step(tensor)
    outputs = model._run_through_graph(tensor)  # with the same layers
    return keras.Model(inputs, outputs, name=model.name)


def augment(model, shift=0.1, turn=0.03, fill_mode="nearest"):
    """Return the model with images moved and turned a little, in training only.

    The images differ each time, so nothing below can be computed once and kept:
    training a head on a frozen backbone becomes slow. Train it before, on still images.

    Args:
        model: a functional `keras.Model` of images.
        shift: float, share of the width and of the height. Defaults to `0.1`.
        turn: float, share of a full turn either way. Defaults to `0.03`, 11 degrees.
        fill_mode: what comes in from beyond the edge: `"nearest"`, `"reflect"`,
            `"wrap"`, or `"constant"`, zeros. Defaults to `"nearest"`.
    """
    steps = [keras.layers.RandomTranslation(shift, shift, fill_mode=fill_mode)]
    if turn:
        steps.append(keras.layers.RandomRotation(turn, fill_mode=fill_mode))
    return put_in_front(steps, model.input_shape[1:], model)


def feature_maps(model, image):
    """Return what the layers make of one image: the last layer of each size.

    Args:
        model: a flat `keras.Model` of images.
        image: `(height, width, channels)`.

    Returns:
        {layer's name: array `(height, width, channels)`}, in the order of the layers.
    """
    last = {}
    for layer in model.layers:
        shape = getattr(layer.output, "shape", ())
        if len(shape) == 4 and not isinstance(layer, keras.layers.ZeroPadding2D):
            last.pop(shape[1:3], None)  # the last of its size, in order
            last[shape[1:3]] = layer
    seen = keras.Model(model.input, [layer.output for layer in last.values()])
    # Said outright: `Resizing` would put all layers after it into training mode.
    maps = seen(image[None], training=False)
    return {
        layer.name: np.asarray(found)[0]
        for layer, found in zip(last.values(), maps, strict=True)
    }


def _read(file):
    """Return the middle square of an image file, at most `SIDE` wide, grey or RGB."""
    with Image.open(file) as image:
        image = ImageOps.exif_transpose(image)  # as the camera was held
        if image.mode[0] == "I":  # 16 bits; `convert` would cut at 255
            image = Image.fromarray((np.asarray(image) / 257).astype("uint8"))
        image = image.convert("L" if image.mode in GREY else "RGB")
        side = min(SIDE, *image.size)
        return ImageOps.fit(image, (side, side))


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
    scale, offset = (
        usual if given is None else np.asarray(given).tolist()
        for given, usual in [(found.scale, 1.0), (found.offset, 0.0)]
    )
    steps = [keras.layers.Rescaling(scale, offset)]
    if found.image_size:
        steps.insert(0, keras.layers.Resizing(*found.image_size))
    return steps, model
