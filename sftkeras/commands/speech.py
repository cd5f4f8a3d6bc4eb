"""Recordings on the command line: a folder with its transcripts, or sound files."""

import contextlib
import json
import os
import re
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
    from sftkeras.data.transcripts import load_recordings

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


def are_recordings(path):
    """Return whether a path is a folder of recordings, or the table in it."""
    from sftkeras.data.transcripts import TRANSCRIPTS, is_recordings

    named = Path(path).name.lower() == TRANSCRIPTS
    return named or (os.path.isdir(path) and is_recordings(path))  # it may be a text


def refuse_recordings(path, model):
    """Raise if a folder, or a file, given to a model of other things is of sound."""
    from sftkeras.data.audio import SUFFIXES

    sound = os.path.isfile(path) and Path(path).suffix.lower() in SUFFIXES
    if sound or are_recordings(path):
        raise InputError(
            f"{path}: these are recordings, which {model} does not take. For speech "
            "give --model speech-embedding, or a recogniser that fit made with it."
        )


def recogniser(train, val, arguments, seed):
    """Return the recogniser that `fit` begins with.

    Args:
        train, val: `Examples` of recordings; the latter may be `None`.
        arguments: of `fit`: `train`, `val`, `model`, `verify` and `add_words`.
        seed: int.

    Raises:
        InputError: words that it does not know, without `--add-words`; of `val` in any
            case.
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
        model = sft.add_words(model, new, seed)
    _refuse_unknown(task_of(model), train.labels, arguments.train)
    if val:
        _refuse_unknown(task_of(model), val.labels, arguments.val)
    return model


def _refuse_unknown(task, texts, path):
    """Raise for words that a recogniser does not know, with the first one's line."""
    from sftkeras.data.transcripts import lines_of, table_of
    from sftkeras.models.speech import language_of

    missing = {}
    for row, text in enumerate(texts):
        for unit in task.units_of(text):
            if unit not in task.label_names:
                missing.setdefault(unit, row)
    if not missing:
        return
    row, table = min(missing.values()), table_of(path)
    place = f"{table}, line {lines_of(table)[row]}"
    known = language_of(task.label_names)
    if language_of(texts[row : row + 1]) != known:
        raise InputError(
            f"{place}: {texts[row][:40]!r} is not {known.title()}, as the recogniser "
            "and most of --train are. A recogniser has one language: leave it out, or "
            "train one for it alone."
        )
    raise InputError(
        f"{place}: the recogniser does not know {listed(sorted(missing))}. Correct the "
        "transcripts, or teach it with --add-words: five recordings of each in --train "
        "will do."
    )


@contextlib.contextmanager
def lines_named(arguments):
    """Say of an error in a row of transcripts where in the table it stands."""
    from sftkeras.data.transcripts import lines_of, table_of

    try:
        yield
    except InputError as error:
        found = re.match(r"(validation )?labels, row (\d+)", str(error))
        path = found and (arguments.val if found[1] else arguments.train)
        if not path:
            raise
        table = table_of(path)
        line = lines_of(table)[int(found[2])]
        raise InputError(f"{table}, line {line}{str(error)[found.end() :]}") from None


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
