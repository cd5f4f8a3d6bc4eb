"""Recordings on the command line: a folder with its transcripts, or sound files."""

import json
import os
import warnings
from pathlib import Path

from sftkeras.commands.shared import bundle_directory, load_model, refuse_reading
from sftkeras.errors import InputError, listed


def hears(model):
    """Return whether `--model` is a recogniser: asked before TensorFlow is waited for.

    Args:
        model: str, as it was given; a bundle is checked when it is loaded.
    """
    from sftkeras.models.encoders import ENCODERS

    if model in ENCODERS:
        return ENCODERS[model].sound
    file = bundle_directory(model) / "preprocessor" / "preprocessor.json"
    try:
        return "speech_edge" in json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def load_spoken(path, arguments):
    """Return the `Examples` of a folder of recordings and their transcripts.

    Args:
        path: as in `load_recordings`.
        arguments: of the command line; options of text files are refused.
    """
    from sftkeras.data.audio import load_recordings

    refuse_reading(arguments, "recordings")
    return load_recordings(path)


def load_spoken_parts(paths, arguments):
    """Return {part: `Examples`}; recordings of a part that stand in --train are told.

    Args:
        paths: {"train", and if given "val", "test": path}.
        arguments: of `fit`.
    """
    parts = {name: load_spoken(path, arguments) for name, path in paths.items()}
    known = {sound.tobytes() for sound in parts["train"].inputs}
    for name in ("val", "test"):
        sounds = parts[name].inputs if name in parts else []
        if again := sum(sound.tobytes() in known for sound in sounds):
            warnings.warn(
                f"{again} recordings of --{name} stand in --train too: the result "
                "flatters.",
                stacklevel=2,
            )
    return parts


def tell_unknown(data, model):
    """Warn of words that a recogniser has no output for: they count as mistakes.

    Args:
        data: `Examples` of recordings.
        model: a recogniser.
    """
    from sftkeras.graph import task_of

    task = task_of(model)
    units = {unit for text in data.labels for unit in task.units_of(text)}
    if unknown := sorted(units - {*task.label_names}):
        warnings.warn(
            f"The recogniser does not know {listed(unknown)}: each counts as a "
            "mistake. `fit --add-words` teaches it.",
            stacklevel=2,
        )


def refuse_recordings(path, model):
    """Raise if a folder, or a file, given to a model of other things is of sound."""
    from sftkeras.data.audio import SUFFIXES, is_recordings

    sound = os.path.isfile(path) and Path(path).suffix.lower() in SUFFIXES
    if sound or (os.path.isdir(path) and is_recordings(Path(path))):
        raise InputError(
            f"{path}: these are recordings, which {model} does not take. For speech "
            "give --model speech-embedding, or a recogniser that fit made with it."
        )


def recogniser(train, arguments, seed):
    """Return the recogniser that `fit` begins with.

    Args:
        train: `Examples` of recordings.
        arguments: of `fit`: `model`, `verify` and `add_words`.
        seed: int.

    Raises:
        InputError: words that it does not know, without `--add-words`.
    """
    import sftkeras as sft
    from sftkeras.graph import task_of
    from sftkeras.models.speech import language_of

    if (bundle_directory(arguments.model) / "classifier.json").is_file():
        model = load_model(arguments.model, arguments.verify)
    else:
        language = language_of(train.labels)
        model = sft.load_pretrained_model(arguments.model, classes=language, seed=seed)
    task = task_of(model)
    units = {unit for text in train.labels for unit in task.units_of(text)}
    if arguments.add_words and (new := sorted(units - {*task.label_names})):
        warnings.warn(f"New to the recogniser: {listed(new)}.", stacklevel=2)
        return sft.add_words(model, new, seed)
    return model


def iterate_recordings(arguments):
    """Yield (`None`, path) of the recordings that `predict` was given.

    Args:
        arguments: of the command line: sound files as `text`; or `file`, a folder or a
            sound file.
    """
    from sftkeras.data.audio import list_recordings

    if arguments.text:
        for name in arguments.text:
            if not os.path.isfile(name):
                raise InputError(
                    f"{name[:60]}: no such sound file. {arguments.model} takes "
                    "recordings."
                )
        return ((None, name) for name in arguments.text)
    path = Path(arguments.file)
    if not path.exists():
        raise InputError(f"{path}: no such folder or sound file.")
    files = list_recordings(path)
    if not files:
        raise InputError(f"{path}: there is no recording in this folder.")
    return ((None, str(file)) for file in files)


def audible(paths):
    """Return the samples of paths, `None` for those that cannot be used: that is told.

    Args:
        paths: list of strings.
    """
    from sftkeras.data.audio import read_audio
    from sftkeras.data.telling import tell

    sounds = []
    for path in paths:
        try:
            sounds.append(read_audio(path))
        except InputError as error:
            tell("Not transcribed", str(error))
            sounds.append(None)
    return sounds
