"""Photographs on the command line: a folder with one folder a class, or files."""

import json
import os
from pathlib import Path

from sftkeras.commands.shared import bundle_directory, reading, refuse_reading
from sftkeras.errors import InputError, listed


def image_size_of(model, size=None):
    """Return the pixels of an image model's images, `None` for any other model.

    Asked before TensorFlow is waited for; the bundle is checked when it is loaded.

    Args:
        model: str, `--model` as it was given.
        size: int, `--image-size`. Defaults to `None`: the model's own.
    """
    from sftkeras.models.encoders import ENCODERS

    given = size
    if model in ENCODERS and ENCODERS[model].images:
        size = 160 if size is None else size
    else:
        size = _size_of_bundle(bundle_directory(model))
        if given is not None:
            known = "a saved classifier keeps its own" if size else "texts have none"
            raise InputError(f"--image-size is for efficientnet-lite0; {known}.")
    if size is not None:
        from sftkeras.inputs.images import ImagePreprocessor

        ImagePreprocessor(size)
    return size


def _size_of_bundle(directory):
    try:
        config = json.loads(
            (directory / "preprocessor" / "preprocessor.json").read_text("utf-8")
        )
        size = config.get("image_size")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return size if isinstance(size, int) else None


def load_photographs(path, size, arguments):
    """Return the `ImageData` of a folder.

    Args:
        path: the folder.
        size: int, pixels.
        arguments: of the command line; options of text files are refused.
    """
    from sftkeras.data.images import load_image_data

    refuse_reading(arguments, "photographs")
    if Path(path).is_file():
        raise InputError(
            f"{path}: a file, and {arguments.model} takes photographs: a folder with "
            "one folder a class, FOLDER/cat/1.jpg, FOLDER/dog/2.png, …"
        )
    return load_image_data(path, size)


def are_photographs(path):
    """Return whether a folder, or a file, is of images, by the names' endings."""
    from sftkeras.data.image_files import SUFFIXES

    endings = {Path(path).suffix.lower()} if os.path.isfile(path) else set()
    if os.path.isdir(path):
        endings = {file.suffix.lower() for file in Path(path).glob("*/*.*")}
    return bool(endings & SUFFIXES) and ".txt" not in endings


def refuse_photographs(path, model):
    """Raise if a folder, or a file, given to a model of texts is of images."""
    if are_photographs(path):
        raise InputError(
            f"{path}: these are images, and {model} reads texts. For photographs give "
            "--model efficientnet-lite0, or a classifier that fit made with it."
        )


def check_classes(data, names):
    """Raise for a folder whose name is not a class of the model's.

    Args:
        data: an `ImageData`.
        names: the model's `label_names`.
    """
    for name in data.label_names:
        if name not in names:
            raise InputError(
                f"{data.path}: the class {name!r} is not one of the model's: "
                f"{listed(names)}. Rename the folder or leave it out, or train with it."
            )


def equal_images(train, other):
    """Return the files of an `ImageData` that stand in another one too."""
    from sftkeras.data.images import digests

    known = {*digests(train.inputs)}
    found = zip(digests(other.inputs), other.files, strict=True)
    return [file for digest, file in found if digest in known]


def iterate_photographs(arguments):
    """Yield (id, path) of the images that `predict` was given.

    Args:
        arguments: of the command line: image files as `text`; or `file`, a folder or a
            file that lists them, one a line or in a column.
    """
    from sftkeras.data.image_files import SUFFIXES, read_image
    from sftkeras.data.images import image_files
    from sftkeras.data.texts import iterate_texts

    if arguments.text:
        for name in arguments.text:
            if not os.path.isfile(name):
                raise InputError(
                    f"{name[:60]}: no such image file. {arguments.model} takes "
                    "photographs."
                )
            read_image(name)  # one that was named must be one
        return ((None, name) for name in arguments.text)
    path = Path(arguments.file)
    if path.is_dir():
        files = image_files(path)
        if not files:
            raise InputError(f"{path}: there is no image file in this folder.")
        return ((None, str(file)) for file in files)
    if path.suffix.lower() in SUFFIXES:
        return iter([(None, str(path))])
    rows = iterate_texts(path, id_name=arguments.id_column, **reading(arguments))
    return ((number, _found(name, path.parent)) for number, name in rows)


def _found(name, folder):
    """Return the path of a listed file: beside the list, or from here."""
    beside = folder / name
    return str(beside) if name and beside.is_file() else name


def readable(paths, size):
    """Return the images of paths, `None` for those that cannot be read, which is told.

    Args:
        paths: list of strings, `""` among them for no image.
        size: int, pixels.
    """
    from sftkeras.data.image_files import read_image
    from sftkeras.data.telling import tell

    images = []
    for path in paths:
        image = None
        if path:
            try:
                image = read_image(path, size)
            except InputError as error:
                tell("Not predicted", str(error))
        images.append(image)
    return images


def draw_mistakes(model, data, report, out):
    """Write the confusion matrix and the surest mistakes as figures.

    Args:
        model: a classifier of photographs.
        data: the `ImageData` that it was measured on.
        report: what `evaluate_model` said of it.
        out: a `pathlib.Path`, the directory.
    """
    from sftkeras import plots
    from sftkeras.scenarios.image_classification import plot_mistakes

    figures = {
        "confusion_matrix.png": plots.plot_confusion_matrix(report),
        "mistakes.png": plot_mistakes(model, data.inputs, data.labels),
    }
    for name, figure in figures.items():
        plots.save_figure(figure, out / name, keep_others=True)
