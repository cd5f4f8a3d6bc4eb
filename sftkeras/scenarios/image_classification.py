"""Images (article §6.3): handwritten digits somewhere on a page, or a folder of files.

A small backbone of KerasHub learns the digits 0 to 4 and is fine-tuned on 5 to 9,
which it has never seen.
"""

import functools

import keras
import keras_hub
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sftkeras import plots
from sftkeras.data.examples import Examples
from sftkeras.data.images import load_images
from sftkeras.errors import InputError
from sftkeras.evaluation.inside import feature_maps
from sftkeras.evaluation.mistakes import confident_mistakes
from sftkeras.models.fronts import put_in_front
from sftkeras.models.heads import replace_head
from sftkeras.models.images import augment, load_image_model
from sftkeras.models.pretrained import load_pretrained_model
from sftkeras.plots.words import say
from sftkeras.process import drawing_from
from sftkeras.scenarios.contract import Scenario, probabilities, report_of
from sftkeras.scenarios.methods import untrained
from sftkeras.training.fine_tuning import fine_tune, train_model

METRIC = "accuracy"
PAGE = (16, 16, 1)
TOYS = {
    "resnet": lambda: keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 64],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
        image_shape=PAGE,
    ),
    "vgg": lambda: keras_hub.models.VGGBackbone([2, 2], [32, 64], PAGE),
    "vit": lambda: keras_hub.models.ViTBackbone(PAGE, 4, 2, 4, 64, 128),
}


def load_examples(path=None):
    """Load the digits 5 to 9, each somewhere on a page, or a folder of image files.

    Args:
        path: a folder as in `sftkeras.load_images`. Defaults to `None`: 896 of
            scikit-learn's handwritten digits, 8 × 8, each on a page of 16 × 16.

    Returns:
        `Examples`: inputs uint8 `(N, height, width, channels)`, and N labels.
    """
    if path is not None:
        return Examples(*load_images(path))
    x, y = digits(5, 9)
    return Examples(put_on_pages(x, seed=0), y)


def digits(first, last):
    """Return scikit-learn's digits from `first` to `last`: `(N, 8, 8, 1)`, labels."""
    x, y = load_digits(return_X_y=True)
    chosen = (y >= first) & (y <= last)
    return (x[chosen] * 255 // 16).astype("uint8").reshape(-1, 8, 8, 1), y[chosen]


def put_on_pages(x, seed=None):
    """Return each image on an empty page, in the middle or at a place drawn by lot.

    Args:
        x: uint8 `(N, height, width, channels)`, no larger than `PAGE`.
        seed: int, of the places. Defaults to `None`: all in the middle.
    """
    free = np.array(PAGE[:2]) - x.shape[1:3]
    places = np.tile(free // 2, (len(x), 1))
    if seed is not None:
        places = np.random.default_rng(seed).integers(0, free + 1, places.shape)
    pages = np.zeros((len(x), *PAGE), x.dtype)
    for page, image, (top, left) in zip(pages, x, places, strict=True):
        page[top : top + len(image), left : left + image.shape[1]] = image
    return pages


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


def pretrained_model(examples, seed, source=None):
    """Return a pretrained model for such images, with a new head.

    Args:
        examples: `Examples` as loaded; only the shape of the images matters.
        seed: int, of the head.
        source: `"resnet"`, `"vgg"` or `"vit"`: small, trained here on the digits 0 to
            4, for pages of 16 × 16; or a large one, as `load_image_model` takes it.
            Defaults to `None`: `"resnet"`.

    Raises:
        InputError: the images do not fit, or the model cannot be had; it says why.
    """
    source, shape = source or "resnet", examples.inputs.shape[1:]
    if source not in TOYS:
        return load_image_model(source, shape, seed)
    if shape != PAGE:
        raise InputError(
            f"The small pretrained model {source!r} takes grey images of 16 x 16. "
            f"Received: {shape}. For photographs give a large one: --model "
            "ResNet50, a KerasHub preset such as resnet_50_imagenet (both are "
            "downloaded on first use), or a directory that holds a preset."
        )
    return replace_head(_pretrain(source), 5, seed=seed)


@functools.cache
def _pretrain(kind):
    """Return a small model of 40 classes: the digits 0 to 4 in eight views each.

    One for all seeds, as a downloaded one would be.
    """
    x, y = eight_views(*digits(0, 4))
    model = toy_model(kind, 40)
    # Attention must find out what a convolution is built for: near pixels first.
    slow = {"epochs": 16, "rate": 1e-3} if kind == "vit" else {"epochs": 8}
    train_falling(model, put_on_pages(x, seed=1), y, batch_size=64, **slow)
    return model


def toy_model(kind, num_classes, seed=0):
    """Return an untrained model for pages.

    Args:
        kind: `"resnet"`, `"vgg"` or `"vit"`.
        num_classes: int.
        seed: int, of the weights. Defaults to `0`.
    """
    with drawing_from(seed):
        options = {"dropout": 0.0, "seed": seed}
        model = load_pretrained_model(TOYS[kind](), num_classes, **options)
    return put_in_front([keras.layers.Rescaling(1 / 255)], PAGE, model)


def train_falling(model, x, y, epochs, batch_size=16, seed=0, rate=3e-3):
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


def _of_pages(model, **settings):
    """Return settings for the small models; large ones take the defaults."""
    return settings if model.input_shape[1:] == PAGE else {}


def moved(model):
    """Return the model with its images moved about, in training only."""
    how = _of_pages(model, shift=0.25, turn=0, fill_mode="constant")
    return augment(model, **how)


def head_only(pretrained, train, seed):
    """Train a new head on what the frozen backbone makes of the images."""
    model = replace_head(pretrained, len(np.unique(train.labels)), seed=seed)
    how = _of_pages(model, epochs=30, learning_rate=0.03)
    return _fine_tune(model, train, None, seed, how)


def fine_tuned(pretrained, train, seed):
    """Train a new head first, then the layers below it too, on images moved about.

    A head of random numbers would send the backbone's layers astray.
    """
    head = head_only(pretrained, train, seed)
    return below_head(moved(head), train, seed)


def below_head(head, train, seed, layers="all"):
    """Train layers below a trained head, and the head too, at a lower rate."""
    how = _of_pages(head, epochs=30, learning_rate=1e-3)
    return _fine_tune(head, train, layers, seed, how)


def _fine_tune(model, train, layers, seed, how):
    return fine_tune(
        model, train.inputs, train.labels, layers, seed=seed, verbose=0, **how
    )


def from_scratch(pretrained, train, seed, move=True, epochs=60):
    """Train the same architecture from random numbers, for twice as many epochs."""
    model = replace_head(pretrained, len(np.unique(train.labels)), seed=seed)
    with drawing_from(seed):
        model = untrained(model)
        model = moved(model) if move else model
    train_falling(model, train.inputs, train.labels, epochs=epochs, seed=seed)
    return model


def on_pixels(pretrained, train, seed):
    """Fit a logistic regression on the pixels, without a network."""
    flatten = FunctionTransformer(lambda images: images.reshape(len(images), -1) / 255)
    model = make_pipeline(flatten, LogisticRegression(max_iter=2000))
    return model.fit(train.inputs, train.labels)


METHODS = {
    "fine-tuned": fine_tuned,
    "head only": head_only,
    "from scratch": from_scratch,
    "logistic regression on pixels": on_pixels,
}


def measure(fitted, test):
    """Return accuracy, and F1 as a mean over the classes.

    Args:
        fitted: a model of `METHODS`.
        test: `Examples`.
    """
    table = probabilities(fitted, test.inputs)
    found = table.idxmax(axis=1).to_numpy()
    return {
        METRIC: float(np.mean(found == test.labels)),
        "f1": float(f1_score(test.labels, found, average="macro")),
    }


def figures(trial):
    """Draw the confusion matrix, the mistakes and the feature maps of a trial."""
    name, test = SCENARIO.fine_tuned, trial.test
    model = trial.models[name]
    report = report_of(trial.probabilities[name], test.labels)
    drawn = {"confusion_matrix.png": plots.plot_confusion_matrix(report)}
    drawn["mistakes.png"] = plot_mistakes(model, test.inputs, test.labels)
    maps = feature_maps(model, test.inputs[0])
    drawn["feature_maps.png"] = plots.plot_feature_maps(maps)
    return drawn


def plot_mistakes(model, x, y, columns=6, ink=True):
    """Draw the mistakes of which a model was surest; the title: true, predicted.

    Args:
        model: a classifying `keras.Model`.
        x: uint8 `(N, height, width, channels)`.
        y: N labels.
        columns: int, images in each of two rows. Defaults to `6`.
        ink: as in `plots.plot_images`.
    """
    table = confident_mistakes(model, x, y, 2 * columns)
    told = "{label}, not {predicted}", "(sure: {probability:.2f})"
    titles = [
        "\n".join(say(text, **row) for text in told) for row in table.to_dict("records")
    ]
    figure = plots.plot_images(x[table.index], titles, columns, ink)
    title = say("{count} mistakes, the surest first", count=len(table))
    figure.suptitle(title, fontsize=10)
    return figure


SCENARIO = Scenario(
    title="Image classification",
    section="6.3",
    metric=METRIC,
    budgets=(25, 50, 100),
    load=load_examples,
    pretrained=pretrained_model,
    methods=METHODS,
    fine_tuned="fine-tuned",
    measure=measure,
    figures=figures,
)
