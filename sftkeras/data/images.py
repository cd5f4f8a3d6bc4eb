"""A folder of image files as arrays (article §6.3)."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sftkeras.data.telling import tell
from sftkeras.errors import InputError

SIDE = 224  # pixels: what most models of photographs were trained on
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
GREY = {"1", "L", "LA", "La"}  # Pillow's modes without colour
DEEP = {"I", "F"}  # 32 bits a pixel, whole numbers and floats: of any range
# Names of folders that hold parts of the data, one folder a class in each.
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
PARTS |= {"eval", "evaluation", "训练", "训练集", "测试", "测试集", "验证", "验证集"}
# Other kinds, whatever their name ends in, are not opened: PostScript is a program.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
MOST_PIXELS = 52_000_000  # the photograph of a 50-megapixel camera: 160 MB decoded
LONGEST_SIDE = 65_535  # pixels: JPEG's limit


def load_images(path):
    """Load a folder of image files, one folder a class: `class_name/*.png` (or jpg, …).

    Args:
        path: the folder. Damaged files in it are skipped, and so are those of more
            than 52 million pixels, before they are decoded; a warning names them.

    Returns:
        `(x, y)`: uint8 `(N, side, side, channels)`, one channel if all images are
        grey, else three; and N class names. Images are cut to squares of one size:
        the median of their shorter sides, at most `SIDE` pixels. Pixels of 16 bits
        are divided by 257. Those of 32 bits, whole numbers or floats, have no range
        of their own: 0 to 1, 255 or 65535, the first that holds all in the folder, or
        else the lowest to the highest; a warning says which.

    Raises:
        InputError: no folder, fewer than two classes, a class without an image, or
            folders that are parts of the data: `train/class_name/*.png`.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(
            f"{path}: no such folder. Images are given as a folder with one folder a "
            "class: FOLDER/cat/1.jpg, FOLDER/dog/2.png, …"
        )
    folders = [p for p in sorted(path.iterdir()) if p.is_dir() and p.name[0] != "."]
    _refuse_parts(path, folders)
    files = {
        folder.name: [
            file
            for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in SUFFIXES and file.name[0] != "."
        ]
        for folder in folders
    }
    found = [(name, file) for name, inside in files.items() for file in inside]
    good, bad = [], []
    for name, file in found:
        try:
            good.append((name, *_read(file)))
        except _TooLargeError:
            bad.append(f"{file.relative_to(path)} (too large)")
        except Exception:  # Pillow raises a dozen kinds for damage: MemoryError too
            bad.append(str(file.relative_to(path)))
    if bad:
        more = f" and {len(bad) - 10} more" if len(bad) > 10 else ""
        warnings.warn(
            f"{path}: {len(bad)} of {len(found)} image files cannot be read and "
            f"are skipped: {', '.join(bad[:10])}{more}.",
            stacklevel=2,
        )
    empty = sorted(set(files) - {name for name, *_ in good})
    if len(files) < 2 or empty:
        raise InputError(
            f"{path}: at least two classes are needed, each a folder with images in "
            f"it. Received: {len(files)} folder(s)"
            + (f", without an image: {', '.join(empty)}" if empty else "")
        )
    images = _in_bytes(path, [(image, ends) for _, image, ends in good])
    mode = "L" if all(image.mode == "L" for image in images) else "RGB"
    side = int(np.median([image.width for image in images]))
    x = np.stack(
        [np.asarray(ImageOps.fit(i.convert(mode), (side, side))) for i in images]
    )
    return x.reshape(len(x), side, side, -1), np.array([name for name, *_ in good])


def read_image(path):
    """Read one image file: its middle square, at most `SIDE` wide, as in `load_images`.

    Args:
        path: the file.

    Returns:
        A uint8 array, `(side, side)` of a grey image, else `(side, side, 3)`.

    Raises:
        InputError: no image, a damaged one, or one of more than 52 million pixels.
    """
    try:
        found = _read(Path(path))
    except _TooLargeError:
        raise InputError(
            f"{path}: the image is too large: more than {MOST_PIXELS:,} pixels."
        ) from None
    except Exception as error:
        raise InputError(f"{path}: no image that can be read ({error}).") from None
    return np.asarray(*_in_bytes(path, [found]))


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


class _TooLargeError(Exception):
    pass


def _read(file):
    """Return the middle square of an image file, at most `SIDE` wide.

    Grey, RGB, or `"F"` of a file with 32 bits a pixel, with its (lowest, highest).
    """
    if not file.is_file():  # a pipe would be waited for, a device never ends
        raise OSError("not a file")
    with Image.open(file, formats=FORMATS) as image:  # reads the header only
        width, height = image.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            raise _TooLargeError
        ImageOps.exif_transpose(image, in_place=True)  # as the camera was held
        ends, side = None, min(SIDE, *image.size)
        if image.mode.startswith("I;16"):  # `convert` would cut at 255
            image = Image.fromarray((np.asarray(image) / 257).astype("uint8"))
        if image.mode in DEEP:
            pixels = np.asarray(image)
            ends = float(pixels.min()), float(pixels.max())
            if not np.isfinite(ends).all():
                raise ValueError("pixels that are no numbers")
            mode = "F"
        else:
            mode = "L" if image.mode in GREY else "RGB"
        image = image if image.mode == mode else image.convert(mode)
        return ImageOps.fit(image, (side, side)), ends


def _in_bytes(path, images):
    """Return the images of `_read`, those of 32 bits scaled to 0 … 255, as one."""
    ends = [ends for _, ends in images if ends]
    if not ends:
        return [image for image, _ in images]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    told = f"{low:g} to {high:g}"
    if low >= 0:
        low, high = 0, next((top for top in (1, 255, 65535) if high <= top), high)
    warnings.warn(
        f"{path}: {len(ends)} image(s) with 32 bits a pixel hold {told}, "
        f"taken as shades from {low:g} (black) to {high:g} (white).",
        stacklevel=3,
    )
    scale = 255 / ((high - low) or 1)
    return [
        Image.fromarray(
            np.clip((np.asarray(image) - low) * scale, 0, 255).astype("uint8")
        )
        if ends
        else image
        for image, ends in images
    ]
