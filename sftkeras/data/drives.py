"""Recorded drives: files of what a driver saw and what he did (article §6.8)."""

import csv
import io
import zipfile

import numpy as np

from sftkeras.data.decoding import as_path, check_file, read_text
from sftkeras.data.examples import Examples
from sftkeras.data.roads import ACTIONS, EGO, OTHER, SEEN
from sftkeras.data.table_columns import is_number
from sftkeras.errors import InputError, suggest
from sftkeras.files import write_file

SHAPE = (SEEN, len(EGO))
FACTS = [f"0 {name}" for name in EGO]
FACTS += [f"{row} {name}" for row in range(1, SEEN) for name in OTHER]
_FIRST = ["drive", "second", "action"]


def load_drives(path):
    """Load recorded drives.

    Args:
        path: a `.csv` file with the columns `drive`, `second`, `action` and the 56 of
            `FACTS`, as `data.roads.observe` scales them; or an `.npz` file with `x`
            `(N, 8, 7)`, `y` (names or numbers of actions) and `drive` `(N,)`.
            `write_drives` writes both.

    Returns:
        `Examples`: float32 `(N, 8, 7)`, N names of actions, the drives as groups.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it is damaged, something is missing, an action is unknown, a number
            is none, a second stands there twice, or there are fewer than two drives.
    """
    path = as_path(path)
    check_file(path)
    if path.suffix.lower() not in (".csv", ".npz"):
        raise InputError(f"Drives are read from .csv and .npz files. Received: {path}")
    read = _from_csv if path.suffix.lower() == ".csv" else _from_npz
    x, actions, drives = read(path)
    if len(set(drives)) < 2:
        raise InputError(
            f"{path}: needed are two drives or more, some to learn from, others to "
            f"test on. Received: {len(set(drives))}"
        )
    return Examples(np.array(x, "float32"), np.array(actions), np.array(drives))


def write_drives(path, examples):
    """Write drives to a `.csv` or an `.npz` file (there in half precision).

    Args:
        path: the file.
        examples: `Examples`, as `load_drives` returns them.
    """
    x, y = np.asarray(examples.inputs), np.asarray(examples.labels)
    with write_file(as_path(path)) as temporary:
        if as_path(path).suffix.lower() == ".npz":
            codes = np.array([ACTIONS.index(action) for action in y], "uint8")
            arrays = {"x": x.astype("float16"), "y": codes, "drive": examples.groups}
            with temporary.open("wb") as stream:
                np.savez_compressed(stream, **arrays)
            return
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow([*_FIRST, *FACTS])
            second = dict.fromkeys(examples.groups, 0)
            for scene, action, drive in zip(x, y, examples.groups, strict=True):
                numbers = [f"{number:.6g}" for number in scene.ravel()]
                writer.writerow([drive, second[drive], action, *numbers])
                second[drive] += 1


def _action(given, where):
    """Return the name of an action, given as a name or a number."""
    name = str(given).strip().upper()
    if name.isdecimal() and int(name) < len(ACTIONS):
        return ACTIONS[int(name)]
    if name not in ACTIONS:
        raise InputError(
            f"{where}: an action is one of {', '.join(ACTIONS)}, or its number from 0 "
            f"to {len(ACTIONS) - 1}. Received: {str(given)[:40]!r}"
        )
    return name


def _from_npz(path):
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"{path}: not a file of NumPy arrays. ({error})") from error
    if missing := {"x", "y", "drive"} - {*found}:
        raise InputError(
            f"{path}: needed are the arrays x, y and drive. Missing: "
            f"{', '.join(sorted(missing))}; received: {sorted(found)}"
        )
    x, y, drives = found["x"], found["y"], found["drive"]
    if x.shape != (len(x), *SHAPE) or not len(x) == len(y) == len(drives):
        raise InputError(
            f"{path}: x must be (N, {SEEN}, {len(EGO)}), y and drive (N,). Received: "
            f"{x.shape}, {y.shape}, {drives.shape}"
        )
    if x.dtype.kind not in "fiu" or not np.isfinite(x).all():
        raise InputError(f"{path}: x must hold finite numbers. Received: {x.dtype}")
    actions = [_action(one, f"{path}, y[{row}]") for row, one in enumerate(y)]
    return x, actions, drives


def _from_csv(path):
    rows = csv.reader(io.StringIO(read_text(path), newline=""), skipinitialspace=True)
    names = [name.strip() for name in next(rows, [])]
    needed = [*_FIRST, *FACTS]
    if missing := [name for name in needed if name not in names]:
        raise InputError(
            f"{path}, line 1: needed are the columns drive, second, action and the "
            f"{len(FACTS)} that `python -m sftkeras scenario --help` lists "
            f"(sftkeras.data.drives.FACTS). Missing: {missing[0]!r}"
            f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}."
            f"{suggest(missing[0], names)}"
        )
    places = {name: names.index(name) for name in needed}
    x, actions, drives, seen = [], [], [], set()
    for row in rows:
        if not row:
            continue
        where = f"{path}, line {rows.line_num}"
        if len(row) != len(names):
            raise InputError(
                f"{where}: needed are {len(names)} cells as in line 1. "
                f"Received: {len(row)}"
            )
        for name in ("second", *FACTS):
            if not is_number(row[places[name]].strip()):
                raise InputError(
                    f"{where}, column {name!r}: not a number. Received: "
                    f"{row[places[name]][:40]!r}"
                )
        drive, second = row[places["drive"]].strip(), float(row[places["second"]])
        if (drive, second) in seen:
            raise InputError(
                f"{where}: second {second:g} of drive {drive!r} stands there twice."
            )
        seen.add((drive, second))
        actions.append(_action(row[places["action"]], f"{where}, column 'action'"))
        drives.append(drive)
        x.append([float(row[places[name]]) for name in FACTS])
    return np.reshape(x, (-1, *SHAPE)), actions, drives


def joined(*parts):
    """Return the rows of several `Examples` of drives, one after the other."""
    columns = zip(*((p.inputs, p.labels, p.groups) for p in parts), strict=True)
    return Examples(*(np.concatenate(column) for column in columns))


def road_of(examples):
    """Return the road on which drives were recorded: "dense" of "dense 12".

    Args:
        examples: `Examples`. A drive whose name holds no blank does not say.

    Returns:
        A name of `data.roads.ROADS` or an id of highway-env, or `None`.

    Raises:
        InputError: the drives are of several roads.
    """
    names = {str(name).rpartition(" ")[0] for name in examples.groups}
    if len(names) > 1:
        raise InputError(
            f"The drives must be of one road. Received: {', '.join(sorted(names))}"
        )
    return names.pop() or None
