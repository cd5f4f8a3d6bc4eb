"""`ImagePreprocessor`: images of any size to those that a network takes (§6.3)."""

import json
import os
from pathlib import Path

import numpy as np
from PIL import Image

from sftkeras.data.image_files import on_white, read_image, scaled
from sftkeras.errors import InputError


class ImagePreprocessor:
    """From images of any size to squares of one size, three channels, 0 to 255.

    An image is scaled as a whole, nothing is cut off; its proportions may change. Grey
    ones get three equal channels, transparent ones a white ground. Scaling the numbers
    is the network's first layer.

    Example:

    >>> ImagePreprocessor(32).encode([np.zeros((40, 60), "uint8")]).shape
    (1, 32, 32, 3)

    Args:
        image_size: int, height and width in pixels, at least 32.
    """

    def __init__(self, image_size):
        whole = isinstance(image_size, int) and not isinstance(image_size, bool)
        if not whole or not 32 <= image_size <= 1024:
            raise InputError(
                "`image_size` must be a whole number of pixels from 32 to 1024. "
                f"Received: image_size={image_size!r}"
            )
        self.image_size = image_size

    def encode(self, images):
        """Return images as uint8 `(N, image_size, image_size, 3)`.

        Args:
            images: an array `(N, height, width)` or `(N, height, width, channels)`, or
                a list of N images: arrays without the first axis, of any sizes, or
                paths of image files. One, three or four channels (red, green, blue,
                opacity); numbers from 0 to 255.
        """
        if isinstance(images, (str, os.PathLike)) or not hasattr(images, "__len__"):
            raise InputError(
                "An image model takes an array of images or a list of them. "
                f"Received: {type(images).__name__}"
            )
        if not len(images):
            raise InputError("An image model takes images. Received: none")
        shape = getattr(images, "shape", ())
        if len(shape) == 3 and shape[-1] in (1, 3, 4):
            raise InputError(
                f"An image model takes several images. Received: one, of shape {shape}."
                " Give image[None]."
            )
        side = self.image_size
        made = np.empty((len(images), side, side, 3), "uint8")
        for row, image in enumerate(images):
            made[row] = self._one(image, row)
        return made

    def _one(self, image, row):
        if isinstance(image, (str, os.PathLike)):
            array = read_image(image, self.image_size)
        else:
            array = _pixels(np.asarray(image), f"image {row}")
        picture = scaled(on_white(Image.fromarray(array)), self.image_size)
        return np.asarray(picture.convert("RGB"))

    def save(self, directory):
        """Write the settings into a directory."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        config = json.dumps({"image_size": self.image_size})
        (directory / "preprocessor.json").write_text(config)


def _pixels(array, name):
    """Return an image as uint8, `(height, width)` or with 3 or 4 channels."""
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    right = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (3, 4))
    if not right or 0 in array.shape:
        raise InputError(
            f"{name}: an image has the shape (height, width) or (height, width, "
            f"channels), with 1, 3 or 4 channels. Received: {array.shape}"
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "buif":
        raise InputError(f"{name}: pixels are numbers. Received: {array.dtype}")
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 255):  # NaN too
        raise InputError(
            f"{name}: pixels are numbers from 0 to 255. Received: {low} to {high}"
        )
    if array.dtype.kind in "bf" and 0 < high <= 1:
        raise InputError(
            f"{name}: pixels are numbers from 0 to 255, these are from 0 to 1. "
            "Give images * 255."
        )
    return np.round(array).astype("uint8")
