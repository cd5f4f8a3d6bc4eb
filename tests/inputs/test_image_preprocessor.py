"""`ImagePreprocessor`: images of any size to squares of one."""

import json

import numpy as np
import pytest
from PIL import Image

import sftkeras as sft
from sftkeras.inputs.images import ImagePreprocessor


@pytest.fixture
def prepare():
    """A preprocessor to 32 pixels."""
    return ImagePreprocessor(32)


def test_images_of_any_size_become_squares_of_three_channels(prepare):
    shapes = [(20, 40, 3), (32, 32, 3), (64, 50), (40, 40, 1), (33, 31, 4)]
    x = prepare.encode([np.full(shape, 80, "uint8") for shape in shapes])
    assert x.shape == (5, 32, 32, 3) and x.dtype == np.uint8
    assert np.all(x[:4] == 80)


def test_an_image_of_the_size_is_left_as_it_is(prepare):
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), "uint8")
    assert np.array_equal(prepare.encode(image), image)
    assert np.array_equal(prepare.encode(image.astype("float32")), image)


def test_nothing_is_cut_off(prepare):
    image = np.zeros((32, 96), "uint8")
    image[:, :3] = 240
    assert prepare.encode([image])[0, :, 0].min() > 200


def test_what_is_transparent_has_a_white_ground(prepare):
    image = np.zeros((32, 32, 4), "uint8")
    image[:16, :, 3] = 255  # black; below: transparent
    x = prepare.encode([image])[0]
    assert np.all(x[:15] == 0) and np.all(x[17:] == 255)


def test_files_are_read(prepare, tmp_path):
    Image.fromarray(np.full((40, 60, 3), 90, "uint8")).save(tmp_path / "a.png")
    assert np.all(prepare.encode([tmp_path / "a.png"]) == 90)
    assert np.all(prepare.encode([str(tmp_path / "a.png")]) == 90)
    (tmp_path / "b.png").write_bytes(b"no image")
    for name in ("b.png", "none.png"):
        with pytest.raises(sft.InputError, match=rf"{name}: no image that can be read"):
            prepare.encode([tmp_path / name])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "Received: none"),
        ("a.png", "array of images or a list of them. Received: str"),
        (None, "Received: NoneType"),
        ([np.zeros((4, 4, 2))], r"image 0: an image has the shape .*\(4, 4, 2\)"),
        (
            np.zeros((32, 32, 3), "uint8"),
            r"one, of shape \(32, 32, 3\)",
        ),
        ([np.full((4, 4), 0.5)], r"from 0 to 1. Give images \* 255"),
        ([np.full((4, 4), 300)], "from 0 to 255. Received: 300 to 300"),
        ([np.full((4, 4), np.nan)], "from 0 to 255. Received: nan to nan"),
        ([np.full((4, 4), "a")], "pixels are numbers. Received: <U1"),
        ([np.zeros((0, 4), "uint8")], r"Received: \(0, 4\)"),
    ],
)
def test_what_is_no_image_is_refused(prepare, images, message):
    with pytest.raises(sft.InputError, match=message):
        prepare.encode(images)


@pytest.mark.parametrize("size", [31, 1025, 64.0, True, None])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(sft.InputError, match=rf"image_size={size!r}"):
        ImagePreprocessor(size)


def test_its_settings_are_saved(prepare, tmp_path):
    prepare.save(tmp_path / "preprocessor")
    saved = (tmp_path / "preprocessor" / "preprocessor.json").read_text()
    assert json.loads(saved) == {"image_size": 32}
