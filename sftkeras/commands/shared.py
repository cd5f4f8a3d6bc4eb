"""What several commands share: options, reading, loading, and one-line messages."""

import argparse
import dataclasses
from pathlib import Path

from sftkeras.errors import InputError, printable
from sftkeras.training.recipe import Recipe


def seed_number(text):
    """Return the number in `text`, the type of `--seed`."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1, not {text}")
    return int(text)


def add_columns(parser):
    """Add the options that name the columns of a labelled file."""
    parser.add_argument("--text-column", metavar="NAME", help="default: text")
    parser.add_argument("--label-column", metavar="NAME", help="default: label")


def add_settings(parser):
    """Add the settings of `Recipe` that it offers to the command line as options."""
    group = parser.add_argument_group("training")
    for setting in dataclasses.fields(Recipe):
        if option := setting.metadata["option"]:
            if setting.name == "seed":  # a shell has text, and it must say so
                option = {"type": seed_number, "help": "default: 0"} | option
            name = "--" + setting.name.replace("_", "-")
            # Left out, it is no attribute, so that `Recipe`'s own default holds.
            group.add_argument(name, default=argparse.SUPPRESS, **option)


def given_settings(arguments):
    """Return {name: value} of the settings of `Recipe` that were given."""
    names = [s.name for s in dataclasses.fields(Recipe) if s.metadata["option"]]
    return {name: getattr(arguments, name) for name in names if name in arguments}


def load_labelled(path, arguments):
    """Return the `TextData` of a labelled file, from the columns that were named."""
    from sftkeras.data.texts import load_texts

    return load_texts(
        path, arguments.text_column, arguments.label_column, require_labels=True
    )


def check_labels(data, names):
    """Raise, with file and line, for a label that the model does not have."""
    if not names and data.label_names and isinstance(data.label_names[0], str):
        raise InputError(f"{data.path}: the labels are names; the model gives numbers.")
    if not names:
        return
    if isinstance(names[0], str):
        data.labels = data.labels.astype(str)  # 1 and 2, where another file has "n/a"
    for line, label in zip(data.lines, data.labels.tolist(), strict=True):
        if label not in names:
            raise InputError(
                f"{data.path}, line {line}: the label {label!r} is not one of the "
                f"model's: {', '.join(map(repr, names))}. Correct it, or train with it."
            )


def bundle_directory(path):
    """Return a bundle's path: the given one, or `classifier` in what `fit` wrote."""
    inner = Path(path, "classifier")
    found = not Path(path, "classifier.json").exists() and inner.is_dir()
    return inner if found else Path(path)


def load_model(path):
    """Return the classifier saved at `path`, or in what `fit` wrote there."""
    import sftkeras as sft

    return sft.load_classifier(bundle_directory(path))


def one_line(error):
    """Return an error, a warning or a text as one line that no terminal obeys."""
    text = error
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.filename}: {error.strerror}"
    return printable(" ".join(str(text).split()))
