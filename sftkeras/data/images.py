"""A folder of image files as arrays (article §6.3)."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sftkeras.data.examples import Examples
from sftkeras.data.image_files import (
    SIDE,
    in_bytes,
    read_image,
    read_picture,
    scaled,
    why_not,
)
from sftkeras.data.image_folders import check_classes_in, classes_in
from sftkeras.data.telling import tell
from sftkeras.errors import counted

__all__ = ["SIDE", "ImageData", "load_image_data", "load_images", "read_image"]


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
        sizes: list of N pairs, the sides of the images as they were, in pixels, the
            shorter one first: a dot and a page, both black, are two images.
    """

    label_names: tuple = ()
    path: str = ""
    files: list = field(default_factory=list)
    sizes: list = field(default_factory=list)
    several = False  # labels an image: one

    def take(self, rows):
        """Return the `ImageData` of some rows, as `Examples.take` does."""
        taken = super().take(rows)
        files, sizes = (
            Examples(told).take(rows).inputs if told else []
            for told in (self.files, self.sizes)
        )
        return replace(taken, files=files, sizes=sizes)


def load_images(path):
    """Load a folder of image files, one folder a class: `class_name/*.png` (or jpg, …).

    Args:
        path: the folder. Damaged files in it are skipped, and so are those of more
            than 52 million pixels, before they are decoded; a warning names them and
            says why. Others name images beside the classes, and links that lead back.

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
    names, _, images, _ = _read_all(path)
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
    names, files, images, sizes = _read_all(path, side)
    x = np.stack([np.asarray(image.convert("RGB")) for image in images])
    data = ImageData(
        x,
        np.array(names),
        label_names=tuple(sorted({*names})),
        path=str(path),
        files=[str(file) for file in files],
        sizes=sizes,
    )
    _tell_of_equal_ones(data)
    return data


def digests(data):
    """Return N digests of an `ImageData`: equal images, equal digests."""
    sizes = data.sizes or [()] * len(data)
    return [
        hashlib.sha256(
            np.ascontiguousarray(image).tobytes() + repr(size).encode()
        ).digest()
        for image, size in zip(data.inputs, sizes, strict=True)
    ]


def _read_all(path, side=None):
    """Return N class names, N files, N images of Pillow's and their N sizes."""
    files = classes_in(path)
    found = [(name, file) for name, inside in files.items() for file in inside]
    good, bad = [], []
    for name, file in found:
        try:
            good.append((name, file, read_picture(file, side)))
        except Exception as error:  # Pillow raises a dozen kinds: MemoryError too
            bad.append(f"{file.relative_to(path)} ({why_not(file, error)})")
    if bad:
        more = f" and {len(bad) - 10} more" if len(bad) > 10 else ""
        are = "is" if len(bad) == 1 else "are"
        tell(
            path,
            f"{len(bad)} of {len(found)} image files cannot be read and {are} skipped: "
            f"{', '.join(bad[:10])}{more}.",
        )
    check_classes_in(path, files, {name for name, *_ in good})
    names, files, pictures = zip(*good, strict=True)
    return names, files, in_bytes(path, pictures), [p.size for p in pictures]


def _tell_of_equal_ones(data):
    """Tell of images that are in a folder more than once, and of which class."""
    first, again, torn = {}, [], []
    for row, digest in enumerate(digests(data)):
        known = first.setdefault(digest, row)
        if known != row:
            again.append(row)
            torn += [row] * bool(data.labels[known] != data.labels[row])
    if again:
        example = Path(data.files[(torn or again)[0]]).relative_to(data.path)
        are = "is" if len(again) == 1 else "are"
        tell(
            data.path,
            f"{counted(len(again), 'image')} {are} there more than once"
            + (f", {len(torn)} of them in another class" if torn else "")
            + f". First: {example}",
        )
