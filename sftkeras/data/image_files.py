"""One image file, opened with care: size, damage, turns, depth, opacity (§6.3)."""

import dataclasses
import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from sftkeras.data.telling import tell
from sftkeras.errors import InputError, counted

SIDE = 224  # pixels: what most models of photographs were trained on
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif"}
# Photographs, too, that we cannot read; a folder of them must not look empty.
UNREAD = {".heic", ".heif", ".jxl", ".svg", ".psd", ".dng", ".cr2", ".nef"}
GREY = {"1", "L", "LA", "La"}  # Pillow's modes without colour
DEEP = {"I", "F"}  # 32 bits a pixel, whole numbers and floats: of any range
# Other kinds, whatever their name ends in, are not opened: PostScript is a program.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "AVIF")
MOVING = FORMATS[:1] + FORMATS[3:]  # may hold several; a JPEG's second is a preview
MOST_PIXELS = 52_000_000  # the photograph of a 50-megapixel camera: 160 MB decoded
LONGEST_SIDE = 65_535  # pixels: JPEG's limit
TOO_LARGE, UNKNOWN = "too large", "not an image of a known kind"


class TooLargeError(Exception):
    """An image has more pixels than we decode."""


@dataclasses.dataclass
class Picture:
    """An image file, read.

    Attributes:
        image: Pillow's, grey, RGB, or `"F"` of a file with 32 bits a pixel.
        ends: (lowest, highest) of one with 32 bits a pixel, else `None`.
        frames: how many pictures the file holds; the first was read.
        size: its sides as it was, in pixels, the shorter one first.
    """

    image: Image.Image
    ends: tuple | None = None
    frames: int = 1
    size: tuple = ()


def read_image(path, side=None):
    """Read one image file, whole, scaled to a square.

    Args:
        path: the file.
        side: int, width and height wanted, in pixels. Defaults to `None`: the shorter
            one of the image, at most `SIDE`, as in `load_images`.

    Returns:
        A uint8 array, `(side, side)` of a grey image, else `(side, side, 3)`.

    Raises:
        InputError: no image, a damaged one, or one of more than 52 million pixels.
    """
    (image,) = in_bytes(path, [checked_picture(path, side)])
    return np.asarray(image)


def checked_picture(path, side=None):
    """Return the `Picture` of a file, or raise the `InputError` of `read_image`.

    Args:
        path, side: as in `read_image`.
    """
    path = Path(path)
    try:
        return read_picture(path, side)
    except Exception as error:  # Pillow raises a dozen kinds for damage
        why, advice = why_not(path, error), ""
        if why == TOO_LARGE:
            advice = f" At most {MOST_PIXELS:,} pixels are decoded: scale it down."
        elif path.suffix.lower() in UNREAD:
            advice = " Save it as .jpg or .png."
        elif why == UNKNOWN:
            advice = f" Give a file of the kinds {', '.join(FORMATS)}."
        raise InputError(
            f"{path}: no image that can be read ({why}).{advice}"
        ) from None


def why_not(file, error):
    """Return in a few words why an image file cannot be read.

    Args:
        file: a `pathlib.Path`.
        error: what `read_picture` raised.
    """
    if not os.path.isfile(file):
        return "not a file" if os.path.exists(file) else "no such file"
    if isinstance(error, TooLargeError | Image.DecompressionBombError):
        return TOO_LARGE
    if not file.stat().st_size:
        return "empty"
    if isinstance(error, UnidentifiedImageError):
        return UNKNOWN
    if "truncated" in str(error).lower():
        return "cut off"
    return f"damaged: {error}"[:80] if isinstance(error, ValueError) else "damaged"


def read_picture(file, side=None):
    """Return the `Picture` of a file, as the camera was held, on a white ground.

    Args:
        file: a `pathlib.Path`.
        side: as in `read_image`.
    """
    if not os.path.isfile(file):  # a pipe would be waited for, a device never ends
        raise OSError("not a file")
    with Image.open(file, formats=FORMATS) as image:  # reads the header only
        width, height = whole = image.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            raise TooLargeError
        frames = getattr(image, "n_frames", 1) if image.format in MOVING else 1
        side = side or min(SIDE, *image.size)
        image.draft(None, (2 * side, 2 * side))  # a large JPEG is decoded smaller
        ImageOps.exif_transpose(image, in_place=True)
        ends = None
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
            image = on_white(image)
        image = image if image.mode == mode else image.convert(mode)
        return Picture(scaled(image, side), ends, frames, (min(whole), max(whole)))


def on_white(image):
    """Return an image of Pillow's with what shines through it white."""
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def scaled(image, side):
    """Return an image of Pillow's scaled to a square, nothing cut off."""
    size = (side, side)
    return image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)


def in_bytes(path, pictures):
    """Return the images of `Picture`s; those of 32 bits scaled to 0 … 255, as one.

    Args:
        path: what a warning names.
        pictures: list of `Picture`.
    """
    moving = sum(picture.frames > 1 for picture in pictures)
    if moving:
        are = "is moving or has pages" if moving == 1 else "are moving or have pages"
        tell(path, f"{counted(moving, 'image')} {are}: the first one counts.")
    ends = [picture.ends for picture in pictures if picture.ends]
    if not ends:
        return [picture.image for picture in pictures]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    told = f"{low:g} to {high:g}"
    if low >= 0:
        low, high = 0, next((top for top in (1, 255, 65535) if high <= top), high)
    hold = "holds" if len(ends) == 1 else "hold"
    warnings.warn(
        f"{path}: {counted(len(ends), 'image')} with 32 bits a pixel {hold} {told}, "
        f"taken as shades from {low:g} (black) to {high:g} (white).",
        stacklevel=3,
    )
    scale = 255 / ((high - low) or 1)
    return [
        Image.fromarray(
            np.clip((np.asarray(picture.image) - low) * scale, 0, 255).astype("uint8")
        )
        if picture.ends
        else picture.image
        for picture in pictures
    ]
