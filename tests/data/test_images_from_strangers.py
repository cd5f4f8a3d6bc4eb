"""Image files that are damaged, hostile, or deeper than 8 bits."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sftkeras.data import images
from sftkeras.errors import InputError


def write_png(path, width, height):
    """Write a tiny file that claims, and holds, so many grey pixels of 1 bit."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    rows = zlib.compress(bytes(1 + (width + 7) // 8) * height, 1)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def write_tiff(path, width, height):
    """Write 214 bytes that claim so many pixels, a strip a row."""
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1)]
    tags += [(273, 8), (277, 1), (278, 1), (279, 10)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    path.write_bytes(head + entries + bytes(104))


@pytest.fixture
def folder(tmp_path):
    """Two classes with a grey image of 8 x 8 each."""
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((8, 8), 100, "uint8")).save(tmp_path / name / "0.png")
    return tmp_path


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height", "write", "suffix"),
    [
        (8000, 8000, write_png, "png"),
        (1, 70_000, write_png, "png"),
        (70_000, 1, write_png, "png"),
        (12, 12_124_170, write_tiff, "tif"),
    ],
)
def test_too_many_pixels_are_refused_before_they_are_decoded(
    folder, monkeypatch, width, height, write, suffix
):
    write(folder / "a" / f"bomb.{suffix}", width, height)
    decoded = []
    load = Image.Image.load
    monkeypatch.setattr(
        Image.Image, "load", lambda self: (decoded.append(self.size), load(self))[1]
    )
    with pytest.warns(UserWarning) as found:
        x, _ = images.load_images(folder)
    (told,) = {str(w.message) for w in found if "skipped" in str(w.message)}
    assert len(x) == 2
    assert "1 of 3 image files" in told and f"bomb.{suffix} (too large)" in told
    assert (width, height) not in decoded


def test_what_is_no_file_is_not_waited_for(folder):
    os.mkfifo(folder / "a" / "pipe.png")
    (folder / "a" / "zero.png").symlink_to("/dev/zero")
    (folder / "a" / "loop.png").symlink_to("loop.png")
    (folder / "a" / "folder.png").mkdir()
    with pytest.warns(UserWarning, match=r"4 of 6 .*folder\.png.*loop\.png.*pipe"):
        x, _ = images.load_images(folder)
    assert len(x) == 2


def test_other_formats_are_not_opened_under_an_image_s_name(folder):
    for name, content in {
        "eps.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        "ppm.png": b"P5 2 2 255\n1234",
    }.items():
        (folder / "a" / name).write_bytes(content)
    with pytest.warns(UserWarning, match="2 of 4"):
        images.load_images(folder)


@pytest.mark.parametrize("error", [MemoryError, KeyError, struct.error, RecursionError])
def test_whatever_a_decoder_raises_costs_one_file(folder, monkeypatch, error):
    (folder / "a" / "bad.png").write_bytes(b"bad")
    read = images.read_picture

    def failing(file, side):
        if file.name == "bad.png":
            raise error("damage")
        return read(file, side)

    monkeypatch.setattr(images, "read_picture", failing)
    with pytest.warns(UserWarning, match=r"1 of 3 .*bad\.png"):
        x, _ = images.load_images(folder)
    assert len(x) == 2


@pytest.mark.parametrize(
    ("black", "grey", "white", "kind", "told"),
    [
        (0.0, 0.5, 1.0, "float32", "hold 0 to 1, taken as shades from 0 .* to 1 "),
        (0.0, 100.0, 200.0, "float32", "from 0 .* to 255 "),
        (0, 30_000, 60_000, "int32", "from 0 .* to 65535 "),
        (-1000, 0, 3000, "int32", "hold -1000 to 3000, .* from -1000 .* to 3000 "),
        (0.0, 1e6, 2e6, "float32", "from 0 .* to 2e"),
    ],
)
def test_deep_pixels_are_scaled_by_the_range_of_the_folder(
    tmp_path, black, grey, white, kind, told
):
    values = {"a": black, "b": grey, "c": white}
    for name, value in values.items():
        (tmp_path / name).mkdir()
        pixels = Image.fromarray(np.full((9, 9), value, kind))
        pixels.save(tmp_path / name / "0.tif")
    with pytest.warns(UserWarning, match=f"3 image.*{told}"):
        x, _ = images.load_images(tmp_path)
    top = next((t for t in (1, 255, 65535) if white <= t), white)
    low, top = (black, white) if black < 0 else (0, top)
    expected = [255 * (v - low) / (top - low) for v in values.values()]
    assert x.shape == (3, 9, 9, 1)
    np.testing.assert_allclose(x[:, 4, 4, 0], expected, atol=1)


def test_deep_pixels_stand_beside_others(folder):
    Image.fromarray(np.full((8, 8), 0.5, "float32")).save(folder / "a" / "deep.tif")
    Image.fromarray(np.full((8, 8), 51400, "uint16")).save(folder / "a" / "x16.tif")
    Image.fromarray(np.full((8, 8), np.nan, "float32")).save(folder / "b" / "nan.tif")
    with pytest.warns(UserWarning) as found:
        x, _ = images.load_images(folder)
    assert "nan.tif" in str(found[0].message) and "1 image with" in str(
        found[1].message
    )
    assert x[:, 0, 0, 0].tolist() == [100, 127, 200, 100]


@pytest.mark.parametrize("part", ["train", "Test", "验证集"])
def test_parts_of_the_data_are_no_classes(folder, part):
    for name in ("a", "b"):
        inner = folder / "all" / part / name
        inner.mkdir(parents=True)
        (folder / name / "0.png").rename(inner / "0.png")
    with pytest.raises(
        InputError, match=f"{part!r} is a part of .*'a', 'b'.*all/{part}"
    ):
        images.load_images(folder / "all")
    assert images.load_images(folder / "all" / part)[1].tolist() == ["a", "b"]


def test_parts_without_classes_are_refused(folder):
    (folder / "a").rename(folder / "train")
    assert images.load_images(folder)[1].tolist() == ["b", "train"], "a railway's"
    (folder / "b").rename(folder / "test")
    with pytest.raises(InputError, match="have no folder a class"):
        images.load_images(folder)


def test_classes_with_the_same_folders_in_each_are_told(folder):
    for name in ("a", "b"):
        for inner in ("cat", "dog"):
            (folder / name / inner).mkdir()
    with pytest.warns(UserWarning, match=r"classes are \['a', 'b'\].*'cat', 'dog'"):
        assert images.load_images(folder)[1].tolist() == ["a", "b"]
