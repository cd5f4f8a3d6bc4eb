"""Files of recorded drives: those that ship, one's own, and what is wrong (§6.8)."""

from pathlib import Path

import numpy as np
import pytest

from sftkeras.data.drives import (
    FACTS,
    SHAPE,
    joined,
    load_drives,
    road_of,
    write_drives,
)
from sftkeras.data.examples import Examples
from sftkeras.data.roads import ACTIONS
from sftkeras.errors import InputError

SHIPPED = Path(__file__).parents[2] / "data" / "driving"


@pytest.fixture
def drives():
    rng = np.random.default_rng(0)
    x = rng.integers(-8, 9, (6, *SHAPE)).astype("float32") / 8
    y = np.array(["IDLE", "FASTER", "SLOWER", "IDLE", "LANE_LEFT", "LANE_RIGHT"])
    return Examples(x, y, np.array(["dense 1"] * 3 + ["dense 2"] * 3))


@pytest.mark.parametrize(
    "road, count", [("highway", 250), ("dense", 80), ("merge", 40)]
)
def test_the_drives_that_ship(road, count):
    examples = load_drives(SHIPPED / f"{road}.npz")
    assert road_of(examples) == road and len(set(examples.groups)) == count
    assert set(examples.labels) == {*ACTIONS}
    assert 0.5 < np.mean(examples.labels == "IDLE") < 0.95
    assert np.abs(examples.inputs).max() < 4
    assert (SHIPPED / f"{road}.npz").stat().st_size < 300_000


@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_what_is_written_is_read(drives, ending, tmp_path):
    write_drives(tmp_path / f"a.{ending}", drives)
    found = load_drives(tmp_path / f"a.{ending}")
    assert np.array_equal(found.inputs, drives.inputs)
    assert found.labels.tolist() == drives.labels.tolist()
    assert found.groups.tolist() == drives.groups.tolist()


def test_actions_may_be_numbers_and_columns_in_any_order(drives, tmp_path):
    path = tmp_path / "a.csv"
    write_drives(path, drives)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    for row in rows[1:]:
        row[2] = str(ACTIONS.index(row[2]))
    path.write_text("\n".join(",".join(row[::-1]) for row in rows))
    assert load_drives(path).labels.tolist() == drives.labels.tolist()
    assert np.array_equal(load_drives(path).inputs, drives.inputs)


def changed(drives, tmp_path, line, column, cell):
    path = tmp_path / "a.csv"
    write_drives(path, drives)
    rows = [one.split(",") for one in path.read_text().splitlines()]
    rows[line][column] = cell
    path.write_text("\n".join(",".join(row) for row in rows))
    return path


@pytest.mark.parametrize(
    "line, column, cell, message",
    [
        (2, 2, "BRAKE", r"line 3, column 'action'.*LANE_LEFT.*'BRAKE'"),
        (2, 2, "7", r"line 3, column 'action'.*0 to 4.*'7'"),
        (2, 9, "fast", r"line 3, column '0 right': not a number.*'fast'"),
        (2, 9, "nan", r"line 3, column '0 right': not a number.*'nan'"),
        (2, 1, "0", r"line 3: second 0 of drive 'dense 1' stands there twice"),
        (0, 5, "spede", r"line 1.*Missing: '0 speed to go'"),
        (0, 0, "trip", r"line 1.*Missing: 'drive'"),
        (3, 3, "1,1", r"line 4: needed are 59 cells as in line 1. Received: 60"),
    ],
)
def test_a_bad_cell_is_named(drives, tmp_path, line, column, cell, message):
    with pytest.raises(InputError, match=message):
        load_drives(changed(drives, tmp_path, line, column, cell))


def test_one_drive_is_too_few(drives, tmp_path):
    write_drives(tmp_path / "a.npz", drives.take(range(3)))
    with pytest.raises(InputError, match=r"two drives or more.*Received: 1"):
        load_drives(tmp_path / "a.npz")
    (tmp_path / "b.csv").write_text(",".join(["drive", "second", "action", *FACTS]))
    with pytest.raises(InputError, match=r"two drives or more.*Received: 0"):
        load_drives(tmp_path / "b.csv")


def arrays(drives, **changes):
    given = {"x": drives.inputs, "y": drives.labels, "drive": drives.groups}
    return {name: a for name, a in {**given, **changes}.items() if a is not None}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"drive": None}, r"arrays x, y and drive. Missing: drive; received: \['x'"),
        ({"x": np.zeros((6, 7, 8))}, r"x must be \(N, 8, 7\).*\(6, 7, 8\)"),
        ({"y": np.zeros(5, int)}, r"\(6, 8, 7\), \(5,\), \(6,\)"),
        ({"x": np.full((6, *SHAPE), np.inf)}, "finite numbers"),
        ({"y": np.array(["IDLE"] * 5 + ["STOP"])}, r"y\[5\]: an action is.*'STOP'"),
        ({"y": np.array([{}] * 6)}, "not a file of NumPy arrays"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(drives, tmp_path, changes, message):
    np.savez(tmp_path / "a.npz", **arrays(drives, **changes))
    with pytest.raises(InputError, match=message):
        load_drives(tmp_path / "a.npz")


def test_a_damaged_file_and_another_kind_are_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(InputError, match="not a file of NumPy arrays"):
        load_drives(tmp_path / "a.npz")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"\.csv and \.npz files. Received: .*a.txt"):
        load_drives(tmp_path / "a.txt")
    with pytest.raises(FileNotFoundError, match=r"b\.csv: no such file"):
        load_drives(tmp_path / "b.csv")


def test_drives_are_joined_and_are_of_one_road(drives):
    both = joined(drives, drives.take([0, 1]))
    assert len(both) == 8 and both.groups[-1] == "dense 1"
    assert road_of(both) == "dense"
    assert road_of(Examples(drives.inputs, drives.labels, ["7"] * 6)) is None
    other = Examples(drives.inputs, drives.labels, ["merge 1"] * 6)
    with pytest.raises(InputError, match=r"one road\. Received: dense, merge"):
        road_of(joined(drives, other))
