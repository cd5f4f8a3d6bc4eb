"""Recognisers of speech: speech_embedding with a top of units (article §6.2)."""

import json
import re

import keras
import numpy as np
from keras import layers
from safetensors import safe_open

from sftkeras.errors import InputError, listed
from sftkeras.files import ROOT
from sftkeras.graph import attach, task_of
from sftkeras.inputs.speech import BANDS, SpeechPreprocessor
from sftkeras.models.encoders import checked
from sftkeras.models.forms import as_functional
from sftkeras.models.heads import find_head
from sftkeras.models.speech_embedding import WINDOW, fill, speech_embedding
from sftkeras.process import keeping_random
from sftkeras.tasks.transcription import Transcription

TOPS = ROOT / "data" / "pretrained_tops"
LANGUAGES = {"english": "en", "chinese": "zh"}
_UNITS, _KERNEL, _BLOCKS = 160, 5, 2  # width of the top, its convolutions
_STRIDES = {80: 8, 40: 4, 20: 2}
_CHINESE = re.compile("[\u4e00-\u9fff]")
_BLANK_BIAS = 3.0  # at first most frames say nothing, as in speech
_UNLIKELY = -4.0  # the bias of a new unit, against the mean of the others


def speech_model(name, task=None, classes=None, frame_ms=None, dropout=0.1, seed=0):
    """Return a recogniser of speech: see `load_pretrained_model`.

    Args:
        name, classes, frame_ms, dropout, seed: as there.
        task: a `Transcription`, or `None`.
    """
    if classes not in (None, *LANGUAGES):
        raise InputError(
            f"`classes` must be None, 'english' or 'chinese'. Received: {classes!r}"
        )
    if task is None:
        classes = classes or "english"
    elif not isinstance(task, Transcription):
        raise InputError(
            f"{name!r} writes down what was said: task=Transcription(…). Received: "
            f"{type(task).__name__}"
        )
    if classes:
        file = TOPS / f"speech-{LANGUAGES[classes]}.safetensors"
        known = _stored_task(file)
        if frame_ms not in (None, known[1]):
            raise InputError(
                f"The top of {classes} answers every {known[1]} ms. Received: "
                f"frame_ms={frame_ms!r}"
            )
        frame_ms, wanted, task = known[1], task, known[0]
    elif task.label_names is None:
        raise InputError(
            "A new top needs the units: Transcription(('yes', 'no')), or "
            "Transcription(level='characters').fitted_to(texts)."
        )
    frame_ms = 40 if frame_ms is None else frame_ms
    with keeping_random(seed):
        base = speech_embedding(checked(name), frame_ms)
        model = put_top(base, task, dropout, seed)
    if classes:
        fill(model, file, "make_speech.py")
    model = attach(model, task.replaced(preprocessor=front_of(frame_ms)))
    if classes and wanted is not None and wanted.label_names is not None:
        model = replace_units(model, wanted.label_names, seed)
    return model


def put_top(base, task, dropout=0.1, seed=0):
    """Return the base with a top: convolutions over time, and a head of units.

    No convolution is padded, so that what a frame says depends on the sound around it
    and on nothing that fills a batch.

    Args:
        base: a `keras.Model` to `(B, T, 96)`.
        task: a `Transcription` with units.
        dropout, seed: as in `load_pretrained_model`.

    Returns:
        A flat `keras.Model` to logits `(B, T - 12, units)`.
    """
    x = layers.LayerNormalization(name="top_in_norm")(base.output)
    x = layers.Conv1D(_UNITS, _KERNEL, activation="relu", name="top_0_conv")(x)
    x = layers.LayerNormalization(name="top_0_norm")(x)
    for number in range(1, _BLOCKS + 1):
        x = _residual(x, f"top_{number}", _UNITS, dropout, seed + number)
    if dropout:
        x = layers.Dropout(dropout, seed=seed, name="head_dropout")(x)
    outputs = _with_head(x, task, seed)
    return keras.Model(base.input, outputs, name="speech_recogniser")


def speech_from_scratch(task, seed=0, width=64, blocks=4, kernel=7, dropout=0.1):
    """Return an untrained recogniser of a size that few recordings can train.

    Residual convolutions with BatchNorm, an answer every 20 ms, noise at the input.

    Args:
        task: a `Transcription` with units.
        seed: int. Defaults to `0`.
        width: int, of its convolutions. Defaults to `64`.
        blocks: int, residual convolutions. Defaults to `4`.
        kernel: int, answers that each of them looks at. Defaults to `7`.
        dropout: float. Defaults to `0.1`.

    Returns:
        A flat `keras.Model` from log-mel `(B, T, 32)` to logits every 20 ms. As in
        `put_top` nothing is padded.
    """
    with keeping_random(seed):
        inputs = keras.Input((None, BANDS), name="log_mel")
        x = layers.Rescaling(0.5, -3.5, name="scale")(inputs)
        x = layers.GaussianNoise(0.1, seed=seed, name="noise")(x)
        x = layers.Conv1D(width, _KERNEL, strides=2, use_bias=False, name="stem")(x)
        x = _normal(x, "stem")
        for number in range(blocks):
            name = f"block_{number}"
            before = layers.Cropping1D(kernel // 2, name=f"{name}_crop")(x)
            x = layers.SeparableConv1D(
                width, kernel, use_bias=False, name=f"{name}_conv"
            )(x)
            x = _normal(x, name)
            x = layers.Dropout(dropout, seed=seed + number, name=f"{name}_dropout")(x)
            x = layers.Add(name=f"{name}_add")([before, x])
        outputs = task.head(seed)(x)
        model = keras.Model(inputs, outputs, name="speech_from_scratch")
    taken = _KERNEL + 2 * (kernel - 1) * blocks
    front = SpeechPreprocessor(-(-taken // 2))
    return attach(model, task.replaced(preprocessor=front))


def _normal(x, name):
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _residual(x, name, width, dropout, seed):
    before = layers.Cropping1D(_KERNEL // 2, name=f"{name}_crop")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed, name=f"{name}_dropout")(x)
    x = layers.SeparableConv1D(width, _KERNEL, activation="relu", name=f"{name}_conv")(
        x
    )
    x = layers.Add(name=f"{name}_add")([before, x])
    return layers.LayerNormalization(name=f"{name}_norm")(x)


def _with_head(x, task, seed):
    """Return the head's logits; its bias leans towards the blank."""
    head = task.head(seed)
    outputs = head(x)
    bias = np.zeros(task.units, "float32")
    bias[0] = _BLANK_BIAS
    head.bias.assign(bias)
    return outputs


def front_of(frame_ms):
    """Return the preprocessor whose edges the network's windows take away."""
    taken = WINDOW + (_KERNEL - 1) * (_BLOCKS + 1) * _STRIDES[frame_ms]
    return SpeechPreprocessor(taken // 2)


def _stored_task(file):
    """Return `(Transcription, ms a frame)` of a file of a top."""
    if not file.is_file():
        raise InputError(f"{file} is missing. Check out the project's files again.")
    with safe_open(file, "numpy") as stored:
        told = json.loads(stored.metadata()["top"])
    task = Transcription(tuple(told["units"]), level=told["level"])
    return task, told["frame_ms"]


def language_of(texts):
    """Return `"chinese"` where half of the texts or more are, else `"english"`."""
    chinese = sum(bool(_CHINESE.search(str(text))) for text in texts)
    return "chinese" if chinese and 2 * chinese >= len(texts) else "english"


def add_words(model, words, seed=0):
    """Return a recogniser that knows more words; those that it knew stay as they are.

    A new word begins as the mean of the others, and so unlikely that nothing is heard
    as it; `fine_tune` on some recordings of it, and of others, teaches it.

    Example:

    >>> more = add_words(model, ["robot"])  # doctest: +SKIP

    Args:
        model: a `keras.Model` with the task `Transcription`.
        words: list of str; of Chinese, words whose characters are new.
        seed: int. Defaults to `0`.

    Raises:
        InputError: they are known already, or no words.
    """
    model = as_functional(model)
    task = task_of(model)
    if not isinstance(task, Transcription):
        raise InputError(
            "`add_words` is for a recogniser, with the task Transcription."
        )
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise InputError(f"`words` must be a list of words. Received: {words!r}")
    units = dict.fromkeys(unit for word in words for unit in task.units_of(word))
    new = [unit for unit in units if unit not in task.label_names]
    if not new:
        raise InputError(f"The model knows all of them: {listed(list(words))}.")
    return replace_units(model, (*task.label_names, *new), seed)


def replace_units(model, units, seed=0):
    """Return a recogniser of other units; those that it knew keep their weights.

    Args:
        model: a functional `keras.Model` with the task `Transcription`.
        units: names of all units, in order.
        seed: int. Defaults to `0`.
    """
    old, features = find_head(model)
    known = task_of(model)
    task = known.replaced(label_names=tuple(units))
    kernel, bias = (np.asarray(w) for w in old.get_weights())
    place = {unit: number for number, unit in enumerate(known.label_names, 1)}
    fresh = np.random.default_rng(seed)
    columns = [(kernel[:, 0], bias[0])]
    for unit in task.label_names:
        if unit in place:
            columns.append((kernel[:, place[unit]], bias[place[unit]]))
        else:
            noise = fresh.normal(0, kernel[:, 1:].std() / 10, len(kernel))
            mean = kernel[:, 1:].mean(axis=1) + noise
            columns.append((mean, bias[1:].mean() + _UNLIKELY))
    with keeping_random(seed):
        head = task.head(seed)
        head.name = old.name
        outputs = head(features)
    head.set_weights(
        [np.stack([k for k, _ in columns], axis=1), np.array([b for _, b in columns])]
    )
    new = keras.Model(model.input, outputs, name=model.name)
    return attach(new, task)
