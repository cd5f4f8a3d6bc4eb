"""Photographs to classify when one has none: pieces of brick, grass and gravel (§6.3).

Cut out of three photographs of scikit-image, which anyone may use (CC0).
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from sftkeras.errors import InputError

SURFACES = ("brick", "grass", "gravel")
SIDE = 160  # pixels of what is written
_SHOWN = (40, 72)  # pixels of the photograph that a piece shows either way
# Pieces for training come from the left part of a photograph, those for testing from
# the right one; the strip between them belongs to neither.
_TRAIN, _TEST = 0.45, 0.55


def write_surfaces(folder, train=10, test=40, seed=0):
    """Write a folder of photographs: `train/brick/00.jpg`, …, `test/gravel/39.jpg`.

    Each is a piece of one of three photographs, at a place, angle and distance drawn
    by lot, in another light, some out of focus. That is real stone and grass, but one
    wall, one lawn, one path: what is learned here need not hold for others.

    Args:
        folder: where to; made if need be.
        train: int, images a class for training. Defaults to `10`.
        test: int, images a class for testing. Defaults to `40`.
        seed: int. Defaults to `0`.

    Returns:
        The two folders, `pathlib.Path`s: for training, for testing.
    """
    try:
        from skimage import data
    except ImportError:
        raise InputError(
            "The photographs are scikit-image's, which is not installed. Run: "
            "pip install scikit-image"
        ) from None
    random = np.random.default_rng(seed)
    folders = Path(folder, "train"), Path(folder, "test")
    for name in SURFACES:
        photograph = getattr(data, name)()
        edges = (int(photograph.shape[1] * part) for part in (_TRAIN, _TEST))
        left, right = next(edges), next(edges)
        parts = photograph[:, :left], photograph[:, right:]
        for place, part, count in zip(folders, parts, (train, test), strict=True):
            (place / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                _piece(part, random).save(place / name / f"{number:02}.jpg", quality=90)
    return folders


def _piece(photograph, random):
    """Return one image: a turned square of a grey photograph, in another light."""
    shown = int(random.integers(*_SHOWN, endpoint=True))
    needed = int(np.ceil(shown * 2**0.5)) + 1  # so that its corners are inside
    top, left = (int(random.integers(size - needed)) for size in photograph.shape)
    square = Image.fromarray(photograph[top : top + needed, left : left + needed])
    turned = square.rotate(random.uniform(0, 360), Image.Resampling.BICUBIC)
    edge = (needed - shown) / 2
    box = (edge, edge, edge + shown, edge + shown)
    image = turned.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box)
    if random.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(3))
    pixels = np.asarray(image) / 255
    lit = np.clip(pixels, 0, 1) ** random.uniform(0.6, 1.6) * random.uniform(0.6, 1.1)
    return Image.fromarray((255 * np.clip(lit, 0, 1)).astype("uint8"))
