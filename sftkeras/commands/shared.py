"""What several commands share: options, reading, loading, and one-line messages."""

import argparse
import dataclasses
import functools
from pathlib import Path

from sftkeras.commands.paths import a_path
from sftkeras.errors import InputError, listed, printable
from sftkeras.training.recipe import Recipe


def seed_number(text):
    """Return the number in `text`, the type of `--seed`."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1, not {text}")
    return int(text)


def add_columns(parser, labels=True):
    """Add the options that say how a file is read: `load_texts`'s own.

    Args:
        parser: an `argparse` parser.
        labels: bool. Whether the file has labels. Defaults to `True`.
    """
    group = parser.add_argument_group("files")
    add = group.add_argument
    add(
        "--text-column",
        nargs="+",
        metavar="NAME",
        help="default: text; several: joined",
    )
    add("--pair-column", metavar="NAME", help="of a second text, for pairs")
    if labels:
        add(
            "--label-column",
            nargs="+",
            metavar="NAME",
            help="default: label; several: of 0 and 1",
        )
        add("--label-separator", metavar="SIGN", help="between several labels, as |")
    add("--encoding", metavar="NAME", help="default: UTF-8, or guessed and told")
    add("--delimiter", metavar="SIGN", help="of a .csv; default: by its first line")
    add("--header", action=argparse.BooleanOptionalAction, help="default: by its look")


def reading(arguments):
    """Return the options of `add_columns` as `load_texts` takes them."""
    names = ("text_column", "pair_column", "label_column", "label_separator")
    names += ("encoding", "delimiter", "header")
    given = {name: getattr(arguments, name, None) for name in names}
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in given.items()
        if value is not None
    }


def refuse_reading(arguments, taken):
    """Raise for an option of text files, given to a model that takes something else.

    Args:
        arguments: of the command line.
        taken: str, what the model takes.
    """
    if given := reading(arguments):
        option = "--" + next(iter(given)).replace("_", "-")
        raise InputError(
            f"{option} says how texts are read, and {arguments.model} takes {taken}. "
            "Leave it out."
        )


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


def seed_of(arguments):
    """Return `--seed`, or what it is where it was not given."""
    return getattr(arguments, "seed", Recipe.seed)


def load_labelled(path, arguments):
    """Return the `TextData` of a labelled file, from the columns that were named."""
    from sftkeras.data.texts import load_texts

    return load_texts(path, require_labels=True, **reading(arguments))


def check_labels(data, names, several=False):
    """Raise, with file and line, for a label that the model does not have.

    Labels are changed to what the model's are: names, or lists of them.

    Args:
        data: a `TextData` with labels.
        names: the model's `label_names`.
        several: bool. Whether it gives several labels a text. Defaults to `False`.
    """
    from sftkeras.data.texts import check_one_label

    if not several:
        check_one_label(data)
    elif not data.several:
        data.labels = [[label] for label in data.labels.tolist()]
    if not names and data.label_names and isinstance(data.label_names[0], str):
        raise InputError(f"{data.path}: the labels are names; the model gives numbers.")
    if not names:
        return
    if not isinstance(names[0], str):
        _as_numbers(data, names, several)
    else:  # 1 and 2, where another file has "n/a"
        if several:
            data.labels = [[*map(str, row)] for row in data.labels]
        else:
            data.labels = data.labels.astype(str)
    rows = data.labels if several else [[label] for label in data.labels.tolist()]
    for line, row in zip(data.lines, rows, strict=True):
        for label in row:
            if label not in names:
                raise InputError(
                    f"{data.path}, line {line}: the label {label!r} is not one of the "
                    f"model's: {listed(names)}. Correct it, or train "
                    "with it: `fit` on rows of it; of a saved classifier as `--model` "
                    "it keeps what that knows."
                )


def _as_numbers(data, names, several):
    """Take '1' for 1 where a name beside it made names of all labels of a file."""
    known = {str(name): name for name in names}
    if several:
        data.labels = [[known.get(x, x) for x in row] for row in data.labels]
    elif data.labels.dtype.kind == "U":
        labels = data.labels.tolist()
        data.labels = data.labels.astype(object)
        data.labels[:] = [known.get(label, label) for label in labels]


def bundle_directory(path):
    """Return a bundle's path: the given one, or `classifier` in what `fit` wrote."""
    inner = Path(path, "classifier")
    found = not Path(path, "classifier.json").exists() and inner.is_dir()
    return inner if found else Path(path)


def check_trainable(model):
    """Raise for a directory of ours that cannot be trained."""
    from sftkeras.saving.manifest import EXPORTED, check_torn

    check_torn(bundle_directory(model))
    if Path(model, EXPORTED.name).is_file():
        raise InputError(
            f"{model} was exported: it predicts, and is not trained. Give --model the "
            "classifier that it was exported from."
        )


def add_long_texts(parser):
    """Add the option of what is done with texts longer than the model reads."""
    parser.add_argument(
        "--long-texts",
        choices=["cut", "windows"],
        default="cut",
        help="longer than the model reads: cut, or read in windows whose mean is taken",
    )


def add_verify(parser):
    """Add the option that names the key of a bundle's maker."""
    parser.add_argument(
        "--verify",
        type=a_path,
        metavar="KEY",
        help="a public key: the classifier must have been signed with its other half",
    )


def load_model(path, verify=None):
    """Return the classifier saved at `path`, or in what `fit` wrote there."""
    import sftkeras as sft

    return sft.load_classifier(bundle_directory(path), verify=verify)


def add_engine(parser):
    """Add the option of what computes an exported classifier."""
    parser.add_argument(
        "--engine",
        choices=["onnxruntime", "openvino", "openvino-bfloat16"],
        help="of an exported classifier; default: onnxruntime",
    )


def load_predictor(path, verify=None, engine=None):
    """Return an `Exported`, without TensorFlow, or what `load_model` finds."""
    from sftkeras.serving.exported import is_exported, load_exported

    if is_exported(path):
        return load_exported(path, verify, engine or "onnxruntime")
    if engine:
        raise InputError("--engine is for what `export` wrote.")
    return load_model(path, verify)


def kind_of(model):
    """Return the kind of task of what `load_predictor` returned."""
    if _was_exported(model):
        return model.task.kind
    from sftkeras.tasks.infer import infer_task

    return infer_task(model).kind


def of_model(model, name):
    """Return `predict` or `evaluate` for what `load_predictor` returned."""
    if _was_exported(model):
        return getattr(model, name)
    import sftkeras as sft

    function = {"predict": sft.predict, "evaluate": sft.evaluate_model}[name]
    return functools.partial(function, model)


def _was_exported(model):
    from sftkeras.serving.exported import Exported

    return isinstance(model, Exported)


def check_threshold(model, threshold):
    """Raise `InputError` for a threshold where the model gives numbers.

    Args:
        model: a classifier that `load_model` returned.
        threshold: float, or `None`.
    """
    if threshold is not None and not model.label_names:
        raise InputError("--threshold is for classes; the model gives numbers.")


def one_line(error):
    """Return an error, a warning or a text as one line that no terminal obeys."""
    text = error
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.filename}: {error.strerror}"
    return printable(" ".join(str(text).split()))
