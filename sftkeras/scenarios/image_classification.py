"""Images (article §6.3): handwritten digits, or a folder of image files.

A small backbone of KerasHub learns the digits 0 to 4 and is fine-tuned on 5 to 9,
which it has never seen. Images are arrays `(N, height, width, channels)` of uint8;
each model holds the preprocessing that its backbone needs.
"""

import functools
import inspect
import warnings
from pathlib import Path

import keras
import keras_hub
import numpy as np
from PIL import Image, ImageOps
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sftkeras import plots
from sftkeras.errors import InputError
from sftkeras.evaluation import evaluate_model
from sftkeras.inspection import confident_mistakes
from sftkeras.pretrained import load_pretrained_model, replace_head
from sftkeras.scenarios.steps import probabilities
from sftkeras.training import fine_tune, train_model

TITLE, SECTION = "Image classification", "6.3"
METRIC = "accuracy"
LABELS = (25, 50, 100)

DIGIT = (8, 8, 1)
SIDE = 224  # pixels: what most models of photographs were trained on
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
GREY = {"1", "L", "LA", "La"}  # Pillow's modes without colour
TOYS = {
    "resnet": lambda: keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 64],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
        image_shape=(16, 16, 1),
    ),
    "vgg": lambda: keras_hub.models.VGGBackbone([2, 2], [32, 64], (16, 16, 1)),
    "vit": lambda: keras_hub.models.ViTBackbone((16, 16, 1), 4, 2, 4, 64, 128),
}


def load_data(path=None):
    """Load the digits 5 to 9, or a folder of image files.

    Args:
        path: a folder with one folder a class, `class_name/*.png` (or jpg, …).
            Defaults to `None`: 896 of scikit-learn's handwritten digits, 8 × 8.

    Returns:
        `(x, y)`: uint8 `(N, height, width, channels)`, one channel if all images are
        grey, else three; and N labels. The images of a folder are cut to squares of
        one size: the median of their shorter sides, at most `SIDE` pixels.

    Raises:
        InputError: no folder, fewer than two classes, or a class without an image.
    """
    if path is None:
        x, y = _digits()
        return x[y >= 5], y[y >= 5]
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


def pretrained_model(x, seed, source=None):
    """Return a pretrained model for images such as `x`, with a new head.

    Args:
        x: uint8 `(N, height, width, channels)`; only their shape matters.
        seed: int, of the pretraining and of the head.
        source: one of

            - `"resnet"`, `"vgg"`, `"vit"`: small, trained here on the digits 0 to 4;
              for grey images of 8 × 8 pixels. Defaults to `None`: `"resnet"`;
            - a function of `keras.applications`, `"ResNet50"`, with ImageNet's
              weights, or with those in a file: `"ResNet50:FILE"`;
            - an image preset of KerasHub, `"resnet_50_imagenet"`, or a directory that
              holds one.

    Raises:
        InputError: the images do not fit, or the model cannot be had; it says why.
    """
    source, shape = source or "resnet", x.shape[1:]
    if source in TOYS:
        if shape != DIGIT:
            raise InputError(
                f"The small pretrained model {source!r} takes grey images of 8 x 8. "
                f"Received: {shape}. For photographs give a large one: --model "
                "ResNet50, a KerasHub preset such as resnet_50_imagenet (both are "
                "downloaded on first use), or a directory that holds a preset."
            )
        return replace_head(_pretrain(source, seed), 5, seed=seed)
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
    outputs = _copyable(model)._run_through_graph(tensor)  # with the same layers
    return keras.Model(inputs, outputs, name=model.name)


def augment(model, shift=0.1, turn=0.03):
    """Return the model with images moved and turned a little, in training only.

    Args:
        model: a functional `keras.Model` of images.
        shift: float, share of the width and of the height. Defaults to `0.1`.
        turn: float, share of a full turn either way. Defaults to `0.03`, 11 degrees.
    """
    steps = [
        keras.layers.RandomTranslation(shift, shift, fill_mode="nearest"),
        keras.layers.RandomRotation(turn, fill_mode="nearest"),
    ]
    return put_in_front(steps, model.input_shape[1:], model)


def eight_views(x, y):
    """Return each image in its eight turns and mirrorings, a class a digit and view.

    To tell these apart a network must see more than what separates five digits.

    Args:
        x: array `(N, n, n, channels)`.
        y: N digits from 0.

    Returns:
        `(x, y)`: `(8 N, n, n, channels)`, and 8 × digit + view.
    """
    views = [np.rot90(a, k, (1, 2)) for a in (x, x[:, :, ::-1]) for k in range(4)]
    return np.concatenate(views), np.concatenate([8 * y + k for k in range(8)])


def _read(file):
    """Return the middle square of an image file, at most `SIDE` wide, grey or RGB."""
    with Image.open(file) as image:
        image = ImageOps.exif_transpose(image)  # as the camera was held
        if image.mode[0] == "I":  # 16 bits; `convert` would cut at 255
            image = Image.fromarray((np.asarray(image) / 257).astype("uint8"))
        image = image.convert("L" if image.mode in GREY else "RGB")
        side = min(SIDE, *image.size)
        return ImageOps.fit(image, (side, side))


@functools.cache
def _digits():
    x, y = load_digits(return_X_y=True)
    return (x * 255 // 16).astype("uint8").reshape(-1, *DIGIT), y


@functools.lru_cache(maxsize=8)
def _pretrain(kind, seed):
    """Return a small model of 40 classes: the digits 0 to 4 in eight views each."""
    x, y = _digits()
    model = toy_model(kind, 40, seed)
    x, y = eight_views(x[y < 5], y[y < 5])
    train_falling(augment(model), x, y, epochs=8, batch_size=64, seed=seed)
    return model


def toy_model(kind, num_classes, seed):
    """Return an untrained model for the digits.

    Args:
        kind: `"resnet"`, `"vgg"` or `"vit"`.
        num_classes: int.
        seed: int, of the weights.
    """
    keras.utils.set_random_seed(seed)
    model = load_pretrained_model(TOYS[kind](), num_classes, dropout=0.0, seed=seed)
    steps = [keras.layers.Rescaling(1 / 255), keras.layers.Resizing(16, 16)]
    return put_in_front(steps, DIGIT, model)


def train_falling(model, x, y, epochs, batch_size, seed, rate=3e-3):
    """Train a model from scratch, in place, at a rate that falls to zero.

    Args:
        model, x, y, epochs, batch_size, seed: as in `train_model`.
        rate: float, Adam's at the start. Defaults to `3e-3`.
    """
    steps = epochs * -(-len(x) // batch_size)
    falling = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.Adam(falling))
    options = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
    train_model(model, x, y, **options, verbose=0)


def _copyable(model):
    """Mend KerasHub 0.32's ViT, whose config holds two names that it does not take."""
    for kind in {type(layer) for layer in model.layers}:
        if kind.__name__ == "ViTPatchingAndEmbedding" and not hasattr(kind, "_config"):
            kind._config = kind.get_config
            kind.get_config = lambda self: {
                name: value
                for name, value in self._config().items()
                if name not in ("num_patches", "num_positions")
            }
    return model


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


def _settings(model, **of_digits):
    """Return settings for the small models; large ones take those of `fine_tune`."""
    return of_digits if model.input_shape[1:] == DIGIT else {}


def head_only(pretrained, x, y, seed):
    """Train a new head on what the frozen backbone makes of the images."""
    model = replace_head(pretrained, len(np.unique(y)), seed=seed)
    how = _settings(model, epochs=100, learning_rate=0.03)
    return fine_tune(model, x, y, None, seed=seed, verbose=0, **how)


def fine_tuned(pretrained, x, y, seed, layers="all"):
    """Train a new head first, then the layers below it too.

    A head of random numbers would send the backbone's layers astray.
    """
    model = head_only(pretrained, x, y, seed)
    how = _settings(model, epochs=20, learning_rate=3e-4)
    return fine_tune(model, x, y, layers, seed=seed, verbose=0, **how)


def from_scratch(pretrained, x, y, seed):
    """Train the same architecture from random numbers on the same images."""
    model = replace_head(pretrained, len(np.unique(y)), seed=seed)
    keras.utils.set_random_seed(seed)
    model = keras.models.clone_model(model)  # new weights
    train_falling(model, x, y, epochs=40, batch_size=16, seed=seed)
    return model


def on_pixels(pretrained, x, y, seed):
    """Fit a logistic regression on the pixels, without a network."""
    flatten = FunctionTransformer(lambda images: images.reshape(len(images), -1) / 255)
    return make_pipeline(flatten, LogisticRegression(max_iter=2000)).fit(x, y)


METHODS = {
    "fine-tuned": fine_tuned,
    "head only": head_only,
    "from scratch": from_scratch,
    "logistic regression on pixels": on_pixels,
}


def measure(model, x, y):
    """Return accuracy, and F1 as a mean over the classes."""
    names = model.classes_ if hasattr(model, "classes_") else model.label_names
    found = np.array(names)[probabilities(model, x).argmax(axis=1)]
    return {
        METRIC: float(np.mean(found == y)),
        "f1": float(f1_score(y, found, average="macro")),
    }


def figures(trial):
    """Draw the confusion matrix, the mistakes and the feature maps of a trial."""
    model, x, y = trial.models["fine-tuned"], trial.x_test, trial.y_test
    report = evaluate_model(model, x, y, verbose=False)
    drawn = {"confusion_matrix.png": plots.plot_confusion_matrix(report)}
    drawn["mistakes.png"] = plot_mistakes(model, x, y)
    drawn["feature_maps.png"] = plot_feature_maps(model, x[0])
    return drawn


def plot_mistakes(model, x, y, columns=6):
    """Draw the mistakes of which a model was surest; the title: true, predicted.

    Args:
        model: a classifying `keras.Model`.
        x: uint8 `(N, height, width, channels)`.
        y: N labels.
        columns: int, images in each of two rows. Defaults to `6`.
    """
    table = confident_mistakes(model, x, y, 2 * columns)
    figure, axes = plots.new_figure(2, columns, 1.5 * columns, 3.9)
    for axis in axes.ravel():
        axis.axis("off")
    for axis, found in zip(axes.ravel(), table.itertuples(), strict=False):
        _show(axis, x[found.Index])
        axis.set_title(
            f"{found.label}, not {found.predicted}\n(sure: {found.probability:.2f})",
            fontsize=9,
        )
    figure.suptitle(f"{len(table)} mistakes, the surest first", fontsize=10)
    return figure


def plot_feature_maps(model, image, columns=8):
    """Draw what the layers make of one image: a row a size, the liveliest channels.

    Args:
        model: a flat `keras.Model` of images.
        image: `(height, width, channels)`.
        columns: int, channels in a row. Defaults to `8`.
    """
    last = {}
    for layer in model.layers:
        shape = getattr(layer.output, "shape", ())
        if len(shape) == 4 and not isinstance(layer, keras.layers.ZeroPadding2D):
            last.pop(shape[1:3], None)  # the last of its size, in order
            last[shape[1:3]] = layer
    seen = keras.Model(model.input, [layer.output for layer in last.values()])
    # Said outright: `Resizing` would put all layers after it into training mode.
    maps = [np.asarray(found)[0] for found in seen(image[None], training=False)]
    figure, axes = plots.new_figure(len(maps), columns, columns * 1.15, len(maps) * 1.3)
    for axis in axes.ravel():
        axis.axis("off")
    for row, layer, found in zip(axes, last.values(), maps, strict=True):
        lively = found.std(axis=(0, 1)).argsort()[::-1]
        row[0].set_title(
            f"{layer.name}: {found.shape[0]} × {found.shape[1]}", loc="left", fontsize=8
        )
        for axis, channel in zip(row, lively, strict=False):
            axis.imshow(found[:, :, channel], cmap="viridis")
    return figure


def _show(axis, image):
    grey = image.shape[-1] == 1
    axis.imshow(image[..., 0] if grey else image, cmap="gray_r" if grey else None)
