"""Folders of image files: which files are in them, and of which class (§6.3)."""

from collections import Counter

from sftkeras.data.image_files import SUFFIXES, UNREAD
from sftkeras.data.telling import tell
from sftkeras.errors import InputError, counted, listed

# Names of folders that hold parts of the data, one folder a class in each.
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
PARTS |= {"eval", "evaluation", "训练", "训练集", "测试", "测试集", "验证", "验证集"}
# Folders that systems and archives put beside ours, and files of theirs within.
SYSTEMS = {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"}
SYSTEMS |= {"lost+found"}
HOW = "one folder a class: FOLDER/cat/1.jpg, FOLDER/dog/2.png, …"


def image_files(path):
    """Return the image files in a folder and the folders in it, sorted.

    Without hidden ones, and without what systems keep for themselves.

    Args:
        path: a `pathlib.Path`.
    """
    return [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in SUFFIXES
        and not any(map(_is_system, file.relative_to(path).parts))
    ]


def classes_in(path):
    """Return {class name: [image files]} of a folder with one folder a class.

    Told are images and links that belong to no class, and photographs of kinds that
    are not read.

    Args:
        path: a `pathlib.Path`.

    Raises:
        InputError: no folder, or folders that are parts of the data.
    """
    if not path.is_dir():
        kind = "a file" if path.exists() else "no such folder"
        raise InputError(f"{path}: {kind}. Images are given as a folder with {HOW}")
    folders = [p for p in sorted(path.iterdir()) if p.is_dir() and not _is_system(p)]
    _refuse_parts(path, folders)
    files = {
        folder.name: image_files(folder)
        for folder in folders
        if not _leads_back(path, folder)
    }
    if files and all(files.values()):
        _tell_of_others(path)
    return files


def check_classes_in(path, files, good):
    """Raise `InputError` for fewer than two classes, or one without an image.

    Args:
        path: a `pathlib.Path`.
        files: {class name: [image files]}.
        good: names of the classes with an image that can be read.
    """
    empty = sorted(set(files) - set(good))
    if len(files) >= 2 and not empty:
        return
    rule, end = "at least two classes are needed, each a folder with images in it", ""
    if len(set(good)) >= 2:
        rule = "each class is a folder with images in it"
        end = " Delete what is no class, or put images in it."
    found = f"Received: {counted(len(files), 'folder')}"
    if empty:
        found += f", without an image: {', '.join(empty[:10])}"
    found += _what_else(path) if not end else "."
    raise InputError(f"{path}: {rule}. {found}{end}")


def _is_system(part):
    name = getattr(part, "name", part)
    return name[0] == "." or name in SYSTEMS


def _leads_back(path, folder):
    """Return whether a folder is a link to the one it lies in, which is told."""
    inside = folder.is_symlink() and path.resolve().is_relative_to(folder.resolve())
    if inside:
        tell(folder, "a link to the folder that it lies in; it is no class, left out.")
    return inside


def _tell_of_others(path):
    if loose := _loose(path):
        lie = "lies in it without a class and is"
        if len(loose) > 1:
            lie = "lie in it without a class and are"
        tell(
            path, f"{counted(len(loose), 'image')} {lie} left out: {listed(loose, 5)}."
        )
    if unread := Counter(_endings(path, UNREAD)):
        count = sum(unread.values())
        are, them = ("is", "it") if count == 1 else ("are", "them")
        tell(
            path,
            f"{counted(count, 'file')} of kinds that are not read {are} left out "
            f"({', '.join(sorted(unread))}): save {them} as .jpg or .png.",
        )


def _loose(path):
    return [file.name for file in image_files(path) if file.parent == path]


def _endings(path, wanted=None):
    """Return the endings of all files in a folder and the folders in it."""
    found = (file.suffix.lower() for file in path.rglob("*") if file.is_file())
    return [ending for ending in found if wanted is None or ending in wanted]


def _what_else(path):
    """Say what lies in a folder that has no images where they should be."""
    if loose := len(_loose(path)):
        lie = "lies" if loose == 1 else "lie"
        return f"; {counted(loose, 'image')} {lie} in it without a class."
    others = sorted({*_endings(path)} - SUFFIXES - {""})
    return f"; there are files {', '.join(others[:5])} in it." if others else "."


def _refuse_parts(path, folders):
    """Raise for `train/cat`, `test/cat`: folders of parts, not of classes."""
    inside = {
        folder.name: sorted(
            p.name for p in folder.iterdir() if p.is_dir() and not _is_system(p)
        )
        for folder in folders
    }
    parts = [name for name in inside if name.lower() in PARTS]
    for name in parts:
        if inside[name]:
            raise InputError(
                f"{path}: {name!r} is a part of the data, not a class; it has the "
                f"folders {inside[name][:5]}. Give one part at a time: {path / name}"
            )
    if len(parts) == len(inside) > 1:
        raise InputError(
            f"{path}: {parts} are parts of the data, not classes, and have no folder a "
            "class: FOLDER/cat/1.jpg, FOLDER/dog/2.png, …"
        )
    first, *others = inside.values() or [[]]
    if len(first) > 1 and others and all(names == first for names in others):
        tell(
            path,
            f"the classes are {list(inside)[:5]}, each with the folders {first[:5]}. "
            "If those are the classes, give one of the outer folders.",
        )
