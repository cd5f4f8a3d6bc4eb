"""The labelled data that `fit` is given: read, and checked together."""

import warnings

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
from sftkeras.errors import InputError
from sftkeras.models.encoders import encoder_for


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
        arguments.model = "minilm"
        if are_photographs(paths["train"]):
            arguments.model = "efficientnet-lite0"
        elif are_recordings(paths["train"]):
            arguments.model = "speech-embedding"
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
    for part in parts.values():
        check_labels(part, train.label_names, train.several)
    _warn_of_leaks(parts)
    return parts


def _tell_of_model(arguments, why):
    tell(arguments.train, f"{why}, so --model {arguments.model} is taken.")


def _load_photographs(paths, size, arguments):
    parts = {n: load_photographs(path, size, arguments) for n, path in paths.items()}
    train = parts.pop("train")
    for name, part in parts.items():
        check_classes(part, train.label_names)
        if again := equal_images(train, part):
            warnings.warn(
                f"{len(again)} images of --{name} stand in --train too: the result "
                f"flatters. First: {again[0]}",
                stacklevel=2,
            )
    return {"train": train, **parts}


def _warn_of_leaks(parts):
    from sftkeras.data.splits import find_leaks

    for name in ("val", "test"):
        if name in parts and (leaks := find_leaks(parts["train"], parts[name])):
            warnings.warn(
                f"{len(leaks)} texts of --{name} stand in --train too: the result "
                f"flatters. First: {leaks[0][2][:60]!r}",
                stacklevel=2,
            )
