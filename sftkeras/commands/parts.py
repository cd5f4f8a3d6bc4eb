"""The labelled data that `fit` is given: read, and checked together."""

import os
import warnings
from pathlib import Path

from sftkeras.commands.conversations import load_talk_parts, writes
from sftkeras.commands.images import (
    are_photographs,
    check_classes,
    equal_images,
    image_size_of,
    load_photographs,
    refuse_photographs,
)
from sftkeras.commands.shared import check_labels, load_labelled
from sftkeras.commands.speech import (
    are_recordings,
    hears,
    load_spoken_parts,
    refuse_recordings,
)
from sftkeras.data.telling import tell
from sftkeras.errors import InputError, counted, suggest
from sftkeras.models.encoders import ALIASES, ENCODERS, encoder_for


def load_parts(arguments):
    """Return {"train", and if given "val", "test"}, checked together.

    Args:
        arguments: of `fit`. Without a `model` they get the one that suits the data,
            which is told.

    Returns:
        A dictionary of `TextData`, of `ImageData` for a model of photographs, or of
        `Examples` for one of speech and for one of language.
    """
    paths = {"train": arguments.train, "val": arguments.val, "test": arguments.test}
    paths = {name: path for name, path in paths.items() if path}
    guessed = arguments.model is None
    if guessed:
        arguments.model = _model_for(paths["train"])
    size = image_size_of(arguments.model, arguments.image_size)
    if size is not None:
        if guessed:
            _tell_of_model(arguments, "images")
        return _load_photographs(paths, size, arguments)
    if writes(arguments.model):
        return load_talk_parts(paths, arguments)
    if hears(arguments.model):
        if guessed:
            _tell_of_model(arguments, "recordings")
        return load_spoken_parts(paths, arguments)
    for path in paths.values():
        _refuse_unknown_model(path, arguments.model)
        refuse_photographs(path, arguments.model)
        refuse_recordings(path, arguments.model)
    parts = {name: load_labelled(path, arguments) for name, path in paths.items()}
    train = parts["train"]
    if len(train.label_names) == 1 and not train.several:
        raise InputError(
            f"{train.path}: every label is {train.label_names[0]!r}, so there is "
            "nothing to tell apart. Add examples of another class."
        )
    if guessed:
        arguments.model = encoder_for(train.texts)
        latin = arguments.model == "minilm"
        _tell_of_model(arguments, f"mostly {'' if latin else 'no '}Latin letters")
    _warn_of_unread(train, arguments.model)
    for part in parts.values():
        check_labels(part, train.label_names, train.several)
    _warn_of_leaks(parts)
    return parts


def _model_for(path):
    """Return the model that suits what lies at a path, by its files' names."""
    from sftkeras.data.audio import SUFFIXES

    if are_photographs(path):
        return "efficientnet-lite0"
    if are_recordings(path):
        return "speech-embedding"
    if os.path.isfile(path) and Path(path).suffix.lower() in SUFFIXES:
        raise InputError(
            f"{path}: one recording. Give the folder of all of them, with a "
            "transcripts.csv in it (file,text)."
        )
    return "minilm"  # or what `encoder_for` says of the texts


def _refuse_unknown_model(path, model):
    """Raise for a misspelt model of what lies at a path, which would be of texts."""
    known = [*ENCODERS, "lstm"]
    if model in (*known, *ALIASES) or os.path.exists(model):
        return
    hint = suggest(model, known)
    if hint and (are_photographs(path) or are_recordings(path)):
        raise InputError(f"There is no model {model!r}.{hint}")


def _warn_of_unread(train, model):
    """Tell of texts in other letters, where the model reads Latin ones only."""
    if model not in ENCODERS or ENCODERS[model].writing != "Latin":
        return
    alien = [
        text
        for text in train.texts
        if not "".join(text).isascii() and encoder_for([text]) != model
    ]
    if alien and 2 * len(alien) < len(train.texts):  # of most of them the model tells
        tell(
            train.path,
            f"{len(alien)} of the {counted(len(train.texts), 'text')} are mostly of "
            f"letters that {model} cannot read; --model e5-small reads both. First: "
            f"{''.join(alien[0])[:40]!r}",
        )


def _tell_of_model(arguments, why):
    tell(arguments.train, f"{why}, so --model {arguments.model} is taken.")


def _load_photographs(paths, size, arguments):
    parts = {n: load_photographs(path, size, arguments) for n, path in paths.items()}
    train = parts.pop("train")
    for name, part in parts.items():
        check_classes(part, train.label_names)
        if again := equal_images(train, part):
            _warn_of_leak(name, len(again), "image", again[0])
    return {"train": train, **parts}


def _warn_of_leaks(parts):
    from sftkeras.data.splits import find_leaks

    for name in ("val", "test"):
        if name in parts and (leaks := find_leaks(parts["train"], parts[name])):
            _warn_of_leak(name, len(leaks), "text", repr(leaks[0][2][:60]))


def _warn_of_leak(name, count, what, first):
    stand = "stands" if count == 1 else "stand"
    warnings.warn(
        f"{counted(count, what)} of --{name} {stand} in --train too: the result "
        f"flatters. First: {first}",
        stacklevel=3,
    )
