"""Photographs on the command line: a folder with one folder a class, or files."""

import itertools
import json
import os
import re
from pathlib import Path

from sftkeras.commands.shared import bundle_directory, reading, refuse_reading
from sftkeras.errors import InputError, listed

# Columns of a list that hold the images' files: ours, and those that others write.
_COLUMNS = ("image", "file", "path", "filename", "file_name", "filepath", "image_path")
_COLUMNS += ("photo", "图片", "图像", "照片", "文件", "文件名", "路径")
_FIRST = 64  # lines by which a file is known to list images


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
    """Return whether a file is an image, or a folder is of images more than of texts.

    A note or a list beside photographs does not make them texts.
    """
    from sftkeras.data.image_files import SUFFIXES
    from sftkeras.data.image_folders import image_files

    if not os.path.isdir(path):  # it may be a text
        return os.path.isfile(path) and Path(path).suffix.lower() in SUFFIXES
    path = Path(path)
    images = len(image_files(path))
    return images > 0 and images >= sum(1 for _ in path.rglob("*.[tT][xX][tT]"))


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

    known = {*digests(train)}
    found = zip(digests(other), other.files, strict=True)
    return [file for digest, file in found if digest in known]


def iterate_photographs(arguments):
    """Yield (id, path) of the images that `predict` was given.

    Args:
        arguments: of the command line: image files and folders as `text`; or `file`,
            an image, a folder, or a file that lists images, one a line or in a column.
    """
    from sftkeras.data.image_files import SUFFIXES, UNREAD

    names = arguments.text or [arguments.file]
    path = Path(names[0])
    is_list = not arguments.text and not path.is_dir()
    if is_list and path.suffix.lower() not in SUFFIXES | UNREAD:
        return _listed_images(path, arguments)
    refuse_reading(arguments, "photographs")
    return ((None, name) for name in _named_images(names, arguments.model))


def _named_images(names, model):
    """Return the paths of image files; for a folder those of the images in it."""
    from sftkeras.data.image_files import checked_picture
    from sftkeras.data.image_folders import image_files

    found = []
    for name in names:
        if os.path.isdir(name):
            inside = image_files(Path(name))
            if not inside:
                raise InputError(f"{name}: there is no image file in this folder.")
            found += map(str, inside)
        elif os.path.isfile(name):
            checked_picture(name)  # one that was named must be one
            found.append(name)
        else:
            raise InputError(
                f"{name[:60]}: no such image file. {model} takes photographs."
            )
    return found


def _listed_images(path, arguments):
    """Yield (id, path) of the images that a file lists."""
    from sftkeras.data.texts import iterate_texts

    if arguments.pair_column:
        raise InputError("--pair-column is for texts; an image stands alone.")
    options = reading(arguments)
    if _begins_with_an_image(path):
        options.setdefault("header", False)
    rows = iterate_texts(
        path, id_name=arguments.id_column, preferred=_COLUMNS, **options
    )
    rows = ((number, _found(name, path.parent)) for number, name in rows)
    start = list(itertools.islice(rows, _FIRST))
    names = [name for _, name in start if name]
    if names and not any(map(os.path.isfile, names)):
        which = (
            f"of its first {_FIRST} lines" if len(start) == _FIRST else "of its lines"
        )
        raise InputError(
            f"{path}: none {which} names an image file. First: {names[0][:60]!r}. "
            "Give paths that hold from the list's folder, or from here."
        )
    return itertools.chain(start, rows)


def _begins_with_an_image(path):
    """Return whether the first line of a .csv names an image, so it is no header."""
    from sftkeras.data.image_files import SUFFIXES

    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.readline(10_000).decode("utf-8", errors="ignore").lower()
    cells = re.split(r"[,;\t]", head)
    return any(cell.strip(' \r\n"').endswith((*SUFFIXES,)) for cell in cells)


def _found(name, folder):
    """Return the path of a listed file: beside the list, or from here."""
    beside = str(folder / name)
    return beside if name and os.path.isfile(beside) else name


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
