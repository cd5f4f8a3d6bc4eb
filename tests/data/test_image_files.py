"""One image file: each kind that cameras and programs write, read as it is meant."""

import numpy as np
import pytest
from PIL import Image

from sftkeras.data import images
from sftkeras.data.image_files import read_image
from sftkeras.errors import InputError
from sftkeras.inputs.images import ImagePreprocessor

RED = (220, 20, 30)


def picture(color=RED, size=(60, 40)):
    return Image.new("RGB", size, color)


@pytest.fixture
def folder(tmp_path):
    """Two classes with a red image of 60 x 40 each."""
    for name in "ab":
        (tmp_path / name).mkdir()
        picture().save(tmp_path / name / "0.png")
    return tmp_path


def test_an_image_is_scaled_whole(tmp_path):
    image = picture("black")
    image.paste("white", (0, 0, 6, 40))  # its left tenth
    image.save(tmp_path / "x.png")
    for side in (None, 40, 100):
        found = read_image(tmp_path / "x.png", side)
        assert found.shape == (side or 40, side or 40, 3)
        assert found[:, 0].min() > 200 and found[:, -1].max() < 50


def test_a_file_and_its_array_are_one_image(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 90, 3), "uint8")
    Image.fromarray(pixels).save(tmp_path / "x.png")
    file, array = ImagePreprocessor(32).encode([tmp_path / "x.png", pixels])
    assert np.array_equal(file, array)


def test_a_large_photograph_is_decoded_smaller_and_looks_the_same(
    tmp_path, monkeypatch
):
    steps = np.linspace(0, 255, 1600).astype("uint8")
    large = Image.fromarray(np.tile(steps, (1200, 1)))
    large.save(tmp_path / "x.jpg", quality=95)
    decoded = []
    scale = Image.Image.resize
    monkeypatch.setattr(
        Image.Image,
        "resize",
        lambda self, *a, **k: (decoded.append(self.size), scale(self, *a, **k))[1],
    )
    found = read_image(tmp_path / "x.jpg", 64)
    assert decoded == [(200, 150)]
    expected = np.asarray(scale(large, (64, 64), Image.Resampling.BICUBIC))
    assert np.abs(found.astype(int) - expected).max() < 8


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA"])
def test_what_is_transparent_is_white(tmp_path, mode):
    image = Image.new("RGBA", (20, 20), (*RED, 255))
    image.paste((0, 0, 0, 0), (0, 10, 20, 20))  # hidden black below
    image = image.quantize() if mode == "P" else image.convert(mode)
    image.save(tmp_path / "x.png")
    assert image.mode == mode
    found = read_image(tmp_path / "x.png")
    assert found.shape[2:] == (() if mode == "LA" else (3,))
    assert found[15].min() == 255
    assert found[5].max() < 240


def test_the_inks_of_a_printer_become_colours(tmp_path):
    Image.new("CMYK", (30, 30), (0, 255, 255, 0)).save(tmp_path / "x.jpg", quality=95)
    found = read_image(tmp_path / "x.jpg")[15, 15].astype(int)
    assert found[0] > 240 and found[1:].max() < 20


def test_sixteen_bits_are_no_white_page(tmp_path):
    deep = np.full((30, 30), 25700, "uint16")  # 100 of 255
    Image.fromarray(deep).save(tmp_path / "x.png")
    (found,) = ImagePreprocessor(32).encode([tmp_path / "x.png"])
    assert np.abs(found.astype(int) - 100).max() <= 1


def test_a_photograph_stands_upright_wherever_it_is_read(tmp_path):
    image = picture("black")
    image.paste("white", (0, 0, 30, 40))  # left
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was turned: left is up
    image.save(tmp_path / "x.jpg", exif=turned, quality=95)
    (found,) = ImagePreprocessor(32).encode([tmp_path / "x.jpg"])
    assert found[:10].min() > 200 and found[-10:].max() < 50


@pytest.mark.parametrize("kind", ["gif", "webp", "png", "tif"])
def test_of_a_moving_image_the_first_counts_and_is_told(folder, kind):
    picture((250, 250, 250)).save(
        folder / "a" / f"moving.{kind}", save_all=True, append_images=[picture("black")]
    )
    with pytest.warns(UserWarning, match="1 image is moving or has pages: the first"):
        x, _ = images.load_images(folder)
    assert x[1].min() > 240
    with pytest.warns(UserWarning, match="the first one counts"):
        read_image(folder / "a" / f"moving.{kind}")


def test_a_truncated_photograph_is_left_out(folder):
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3), "uint8")
    Image.fromarray(pixels).save(folder / "whole.jpg")
    half = (folder / "whole.jpg").read_bytes()[:20_000]
    (folder / "whole.jpg").rename(folder / "a" / "cut.jpg")
    (folder / "a" / "cut.jpg").write_bytes(half)
    with pytest.warns(
        UserWarning, match=r"1 of 3 image files cannot be read .*cut\.jpg"
    ):
        x, _ = images.load_images(folder)
    assert len(x) == 2
    with pytest.raises(InputError, match=r"cut\.jpg: no image that can be read"):
        read_image(folder / "a" / "cut.jpg")


def test_photographs_of_a_telephone_are_not_passed_over_in_silence(folder):
    for number in range(3):
        (folder / "a" / f"{number}.HEIC").write_bytes(b"no matter")
    with pytest.warns(
        UserWarning, match=r"3 files of kinds .*\(\.heic\): save them as"
    ):
        images.load_images(folder)
    (folder / "a" / "0.png").unlink()
    with pytest.raises(InputError, match=r"without an image: a; there are .* \.heic"):
        images.load_images(folder)


def test_folders_in_a_class_belong_to_it(folder):
    (folder / "a" / "more" / "still").mkdir(parents=True)
    picture().save(folder / "a" / "more" / "still" / "1.png")
    assert images.load_images(folder)[1].tolist() == ["a", "a", "b"]


def test_image_data_knows_its_files_and_is_split(folder):
    for number in range(1, 5):
        for name, shade in (("a", 10), ("b", 200)):
            image = picture((shade, shade, 9 * number))
            image.save(folder / name / f"{number}.png")
    with pytest.warns(UserWarning, match=r"1 image.* more than once, 1 of .* b/0\.png"):
        data = images.load_image_data(folder, 32)
    assert data.inputs.shape == (10, 32, 32, 3) and data.label_names == ("a", "b")
    some = data.take([7, 2])
    assert [file[-7:] for file in some.files] == ["b/2.png", "a/2.png"]
    assert some.labels.tolist() == ["b", "a"]
