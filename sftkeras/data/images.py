"""A folder of image files as arrays (article §6.3)."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sftkeras.errors import InputError

SIDE = 224  # pixels: what most models of photographs were trained on
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
GREY = {"1", "L", "LA", "La"}  # Pillow's modes without colour


def load_images(path):
    """Load a folder of image files, one folder a class: `class_name/*.png` (or jpg, …).

    Args:
        path: the folder. Damaged files in it are skipped; a warning names them.

    Returns:
        `(x, y)`: uint8 `(N, side, side, channels)`, one channel if all images are
        grey, else three; and N class names. Images are cut to squares of one size:
        the median of their shorter sides, at most `SIDE` pixels.

    Raises:
        InputError: no folder, fewer than two classes, or a class without an image.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(
            f"{path}: no such folder. Images are given as a folder with one folder a "
            "class: FOLDER/cat/1.jpg, FOLDER/dog/2.png, …"
        )
    folders = [p for p in sorted(path.iterdir()) if p.is_dir() and p.name[0] != "."]
    files = {
        folder.name: [
            file
            for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in SUFFIXES and file.name[0] != "."
        ]
        for folder in folders
    }
    found = [(name, file) for name, inside in files.items() for file in inside]
    good, damaged = [], []
    for name, file in found:
        try:
            good.append((name, _read(file)))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            damaged.append(str(file.relative_to(path)))
    if damaged:
        more = f" and {len(damaged) - 10} more" if len(damaged) > 10 else ""
        warnings.warn(
            f"{path}: {len(damaged)} of {len(found)} image files cannot be read and "
            f"are skipped: {', '.join(damaged[:10])}{more}.",
            stacklevel=2,
        )
    empty = sorted(set(files) - {name for name, _ in good})
    if len(files) < 2 or empty:
        raise InputError(
            f"{path}: at least two classes are needed, each a folder with images in "
            f"it. Received: {len(files)} folder(s)"
            + (f", without an image: {', '.join(empty)}" if empty else "")
        )
    mode = "L" if all(image.mode == "L" for _, image in good) else "RGB"
    side = int(np.median([image.width for _, image in good]))
    x = np.stack(
        [np.asarray(ImageOps.fit(i.convert(mode), (side, side))) for _, i in good]
    )
    return x.reshape(len(x), side, side, -1), np.array([name for name, _ in good])


def _read(file):
    """Return the middle square of an image file, at most `SIDE` wide, grey or RGB."""
    with Image.open(file) as image:
        image = ImageOps.exif_transpose(image)  # as the camera was held
        if image.mode[0] == "I":  # 16 bits; `convert` would cut at 255
            image = Image.fromarray((np.asarray(image) / 257).astype("uint8"))
        image = image.convert("L" if image.mode in GREY else "RGB")
        side = min(SIDE, *image.size)
        return ImageOps.fit(image, (side, side))
