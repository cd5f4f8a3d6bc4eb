"""A folder of image files as arrays (article §6.3)."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sftkeras.data.examples import Examples
from sftkeras.data.image_files import (
    SIDE,
    SUFFIXES,
    UNREAD,
    TooLargeError,
    in_bytes,
    read_image,
    read_picture,
    scaled,
)
from sftkeras.data.telling import tell
from sftkeras.errors import InputError

__all__ = ["SIDE", "ImageData", "load_image_data", "load_images", "read_image"]

# Names of folders that hold parts of the data, one folder a class in each.
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
PARTS |= {"eval", "evaluation", "训练", "训练集", "测试", "测试集", "验证", "验证集"}


@dataclass(eq=False, repr=False)
class ImageData(Examples):
    """The images of a folder with one folder a class.

    Attributes:
        inputs: uint8 `(N, side, side, 3)`.
        labels: N class names.
        groups: `None`: each image stands alone.
        label_names: the class names, sorted.
        path: the folder.
        files: list of the N files.
    """

    label_names: tuple = ()
    path: str = ""
    files: list = field(default_factory=list)
    several = False  # labels an image: one

    def take(self, rows):
        """Return the `ImageData` of some rows, as `Examples.take` does."""
        taken = super().take(rows)
        files = Examples(self.files).take(rows).inputs if self.files else []
        return replace(taken, files=files)


def load_images(path):
    """Load a folder of image files, one folder a class: `class_name/*.png` (or jpg, …).

    Args:
        path: the folder. Damaged files in it are skipped, and so are those of more
            than 52 million pixels, before they are decoded; a warning names them.

    Returns:
        `(x, y)`: uint8 `(N, side, side, channels)`, one channel if all images are
        grey, else three; and N class names. Images are scaled to squares of one size,
        nothing is cut off: the median of their shorter sides, at most `SIDE` pixels.
        They stand as the camera was held; what is transparent is white; of moving ones
        the first counts. Pixels of 16 bits are divided by 257. Those of 32 bits, whole
        numbers or floats, have no range of their own: 0 to 1, 255 or 65535, the first
        that holds all in the folder, or else the lowest to the highest; a warning says
        which.

    Raises:
        InputError: no folder, fewer than two classes, a class without an image, or
            folders that are parts of the data: `train/class_name/*.png`.
    """
    path = Path(path)
    names, _, images = _read_all(path)
    mode = "L" if all(image.mode == "L" for image in images) else "RGB"
    side = int(np.median([image.width for image in images]))
    x = np.stack([np.asarray(scaled(image.convert(mode), side)) for image in images])
    return x.reshape(len(x), side, side, -1), np.array(names)


def load_image_data(path, side):
    """Load a folder as `load_images` does, as what a network of one size takes.

    Images that are in it twice are told, and where their classes differ.

    Args:
        path: the folder.
        side: int, pixels: each image is scaled to `(side, side)`, three channels.

    Returns:
        An `ImageData`.

    Raises:
        InputError: as `load_images`.
    """
    path = Path(path)
    names, files, images = _read_all(path, side)
    x = np.stack([np.asarray(image.convert("RGB")) for image in images])
    data = ImageData(
        x,
        np.array(names),
        label_names=tuple(sorted({*names})),
        path=str(path),
        files=[str(file) for file in files],
    )
    _tell_of_equal_ones(data)
    return data


def digests(images):
    """Return N digests: equal images, equal digests."""
    return [hashlib.sha256(np.ascontiguousarray(i)).digest() for i in images]


def image_files(path):
    """Return the image files in a folder and the folders in it, sorted."""
    return [
        file
        for file in sorted(Path(path).rglob("*"))
        if file.suffix.lower() in SUFFIXES and file.name[0] != "."
    ]


def _read_all(path, side=None):
    """Return N class names, N files and N images of Pillow's."""
    files = _files_of(path)
    found = [(name, file) for name, inside in files.items() for file in inside]
    good, bad = [], []
    for name, file in found:
        try:
            good.append((name, file, read_picture(file, side)))
        except TooLargeError:
            bad.append(f"{file.relative_to(path)} (too large)")
        except Exception:  # Pillow raises a dozen kinds for damage: MemoryError too
            bad.append(str(file.relative_to(path)))
    if bad:
        more = f" and {len(bad) - 10} more" if len(bad) > 10 else ""
        tell(
            path,
            f"{len(bad)} of {len(found)} image files cannot be read and are skipped: "
            f"{', '.join(bad[:10])}{more}.",
        )
    empty = sorted(set(files) - {name for name, *_ in good})
    if len(files) < 2 or empty:
        raise InputError(
            f"{path}: at least two classes are needed, each a folder with images in "
            f"it. Received: {len(files)} folder(s)"
            + (f", without an image: {', '.join(empty)}" if empty else "")
            + _what_else(path)
        )
    names, files, pictures = zip(*good, strict=True)
    return names, files, in_bytes(path, pictures)


def _files_of(path):
    """Return {class name: [image files]}."""
    if not path.is_dir():
        kind = "a file" if path.exists() else "no such folder"
        raise InputError(
            f"{path}: {kind}. Images are given as a folder with one folder a "
            "class: FOLDER/cat/1.jpg, FOLDER/dog/2.png, …"
        )
    folders = [p for p in sorted(path.iterdir()) if p.is_dir() and p.name[0] != "."]
    _refuse_parts(path, folders)
    files = {folder.name: image_files(folder) for folder in folders}
    unread = Counter(_endings(path, UNREAD))
    if unread and all(files.values()):
        tell(
            path,
            f"{sum(unread.values())} files of kinds that are not read are left out "
            f"({', '.join(sorted(unread))}): save them as .jpg or .png.",
        )
    return files


def _endings(path, wanted=None):
    """Return the endings of all files in a folder and the folders in it."""
    found = (file.suffix.lower() for file in path.rglob("*") if file.is_file())
    return [ending for ending in found if wanted is None or ending in wanted]


def _what_else(path):
    """Say what lies in a folder that has no images where they should be."""
    loose = sum(file.parent == path for file in image_files(path))
    if loose:
        return f"; {loose} image(s) lie in it without a class."
    others = sorted({*_endings(path)} - SUFFIXES - {""})
    return f"; there are files {', '.join(others[:5])} in it." if others else ""


def _refuse_parts(path, folders):
    """Raise for `train/cat`, `test/cat`: folders of parts, not of classes."""
    inside = {
        folder.name: sorted(
            p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != "."
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


def _tell_of_equal_ones(data):
    """Tell of images that are in a folder more than once, and of which class."""
    first, again, torn = {}, [], []
    for row, digest in enumerate(digests(data.inputs)):
        known = first.setdefault(digest, row)
        if known != row:
            again.append(row)
            torn += [row] * bool(data.labels[known] != data.labels[row])
    if again:
        example = Path(data.files[(torn or again)[0]]).relative_to(data.path)
        tell(
            data.path,
            f"{len(again)} image(s) are there more than once"
            + (f", {len(torn)} of them in another class" if torn else "")
            + f". First: {example}",
        )
