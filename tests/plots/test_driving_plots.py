"""Figures of drivers, and films that move."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sftkeras import plots
from sftkeras.data.driving import Drive


@pytest.fixture
def film():
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (15, 60, 3), dtype=np.uint8) for _ in range(4)]
    told = {"taken": [1, 3, 3], "advised": [1, 4, 4], "speeds": [20.0, 25.0, 12.0]}
    return Drive("dense", 1, crashed=True, pictures=pictures, **told)


def test_each_driver_has_a_mark_a_seed_and_its_interval():
    row = {"crash rate": 0.4, "crash low": 0.3, "crash high": 0.5, "speed": 20.0}
    rows = pd.DataFrame([{"model": m, **row} for m in ("a", "a", "b")])
    left, right = plots.plot_drivers(rows, {"a": "A"}).axes
    assert [len(line.get_xdata()) for line in left.lines] == [2, 1]
    assert [t.get_text() for t in left.get_yticklabels()] == ["A", "b"]
    segments = left.collections[0].get_segments()
    assert [one[:, 0].tolist() for one in segments] == [[0.3, 0.5]] * 2
    assert right.lines[1].get_xdata().tolist() == [20.0]


def test_a_strip_shows_the_end_and_says_what_was_done(film):
    axes = plots.plot_strip(film, last=3).axes
    titles = [axis.get_title("left") for axis in axes]
    assert titles[0] == "second 1: FASTER, advised SLOWER, then 25 m/s"
    assert titles[2] == "crashed" and titles[3] == ""
    assert np.array_equal(axes[2].images[0].get_array(), film.pictures[3])


def test_a_film_is_written_as_a_gif(film, tmp_path):
    plots.save_animation(film.pictures, tmp_path / "a.gif", seconds=0.25)
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.n_frames, image.size) == (4, (60, 15))
        assert image.info["duration"] == 250 and image.info["loop"] == 0
        shown = np.array(image.convert("RGB"), int)
    assert np.abs(shown - film.pictures[0]).mean() < 40
