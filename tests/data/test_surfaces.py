"""Photographs made of three: folders that `load_images` reads, parts that are apart."""

import sys

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.data import surfaces

skimage = pytest.importorskip("skimage")


def test_folders_of_photographs_are_written(tmp_path):
    train, test = surfaces.write_surfaces(tmp_path / "a", train=3, test=4, seed=1)
    x, y = sft.load_images(train)
    assert x.shape == (9, 160, 160, 1)
    assert y.tolist() == np.repeat(surfaces.SURFACES, 3).tolist()
    assert len(sft.load_images(test)[0]) == 12
    assert x.std(axis=(1, 2, 3)).min() > 3, "none is empty"
    again, _ = surfaces.write_surfaces(tmp_path / "b", train=3, test=1, seed=1)
    other, _ = surfaces.write_surfaces(tmp_path / "c", train=3, test=1, seed=2)
    assert np.array_equal(sft.load_images(again)[0][:3], x[:3])
    assert not np.array_equal(sft.load_images(other)[0], x)


def test_parts_for_training_and_testing_are_apart(tmp_path, monkeypatch):
    """Left of the middle a photograph is black here, right of it white."""
    photograph = np.zeros((512, 512), "uint8")
    photograph[:, 256:] = 250
    for name in surfaces.SURFACES:
        monkeypatch.setattr(f"skimage.data.{name}", lambda: photograph)
    train, test = surfaces.write_surfaces(tmp_path, train=20, test=20)
    assert sft.load_images(train)[0].max() < 10
    assert sft.load_images(test)[0].min() > 100


def test_without_scikit_image_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(sft.InputError, match="pip install scikit-image"):
        surfaces.write_surfaces(tmp_path)
