"""Folders of images as people have them: what is beside the classes, and why not."""

import numpy as np
import pytest
from PIL import Image

from sftkeras.data import images
from sftkeras.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Two classes with a grey image of 8 x 8 each."""
    for name, shade in {"cat": 100, "dog": 200}.items():
        (tmp_path / name).mkdir()
        pixels = np.full((8, 8), shade, "uint8")
        Image.fromarray(pixels).save(tmp_path / name / "0.png")
    return tmp_path


def test_an_empty_class_is_named_and_may_be_deleted(folder):
    (folder / "bird").mkdir()
    with pytest.raises(InputError) as raised:
        images.load_images(folder)
    told = str(raised.value)
    assert "3 folders, without an image: bird. Delete what is no class" in told
    assert "two classes" not in told


@pytest.mark.parametrize("name", ["__MACOSX", "@eaDir", ".ipynb_checkpoints"])
def test_folders_of_the_system_s_are_no_classes(folder, name):
    for place in (folder / name / "cat", folder / "cat" / name):
        place.mkdir(parents=True)
        (place / "0.png").write_bytes((folder / "cat/0.png").read_bytes())
    assert images.load_images(folder)[1].tolist() == ["cat", "dog"]


def test_images_beside_the_classes_are_told(folder):
    (folder / "loose.png").write_bytes((folder / "cat/0.png").read_bytes())
    with pytest.warns(UserWarning, match=r"1 image lies .* left out: 'loose\.png'"):
        assert len(images.load_images(folder)[0]) == 2


def test_a_link_that_leads_back_is_no_class(folder):
    (folder / "self").symlink_to(".")
    with pytest.warns(UserWarning, match="self: a link to the folder that it lies in"):
        assert images.load_images(folder)[1].tolist() == ["cat", "dog"]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_each_file_that_is_skipped_has_its_reason(folder):
    whole = np.random.default_rng(0).integers(0, 256, (99, 99, 3), "uint8")
    Image.fromarray(whole).save(folder / "cat" / "cut.jpg")
    cut = (folder / "cat" / "cut.jpg").read_bytes()[:4000]
    (folder / "cat" / "cut.jpg").write_bytes(cut)
    (folder / "cat" / "void.png").write_bytes(b"")
    (folder / "cat" / "words.png").write_text("no image")
    Image.new("1", (20_000, 10_000)).save(folder / "cat" / "vast.png")
    with pytest.warns(UserWarning, match="4 of 6") as found:
        images.load_images(folder)
    told = str(found[-1].message)
    for reason in (
        "cut.jpg (cut off)",
        "void.png (empty)",
        "words.png (not an image of a known kind)",
        "vast.png (too large)",
    ):
        assert reason in told
    with pytest.raises(InputError, match=r"too large.*52,000,000 pixels") as raised:
        images.read_image(folder / "cat" / "vast.png")
    assert "attack" not in str(raised.value), "Pillow's own words"


def test_a_dot_and_a_page_of_one_colour_are_two_images(folder):
    for place, size in {"cat/dot.png": (1, 1), "dog/page.png": (300, 200)}.items():
        Image.new("RGB", size).save(folder / place)
    data = images.load_image_data(folder, 32)
    assert data.take([1]).sizes == [(1, 1)]
    Image.new("RGB", (300, 200)).save(folder / "cat/page.png")
    with pytest.warns(UserWarning, match="1 image is there more than once, 1 of them"):
        images.load_image_data(folder, 32)


def test_avif_is_read(folder):
    Image.new("RGB", (40, 40), (250, 0, 0)).save(folder / "cat" / "1.avif")
    x, _ = images.load_images(folder)
    assert len(x) == 3 and x[1, 4, 4, 0] > 230 and x[1, 4, 4, 1] < 20
