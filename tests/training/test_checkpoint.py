"""The files of a backup: whole, or told of."""

import os

import numpy as np
import pytest

from sftkeras.errors import InputError
from sftkeras.training import checkpoint
from sftkeras.training.checkpoint import (
    LAST,
    PREVIOUS,
    check_room,
    discard_backup,
    has_backup,
    pack,
    read_checkpoint,
    unpack,
    write_checkpoint,
)

ARRAYS = {
    "kernel": np.arange(6, dtype="float32").reshape(2, 3),
    "step": np.array(7, "int64"),
    "none": np.zeros((0, 4), "float32"),
    "half": np.ones(3, "float16"),
    "turned": np.arange(6.0).reshape(2, 3).T,
}


def write(directory, epoch):
    write_checkpoint(directory, pack({"epoch": epoch}, ARRAYS))


@pytest.fixture
def two(tmp_path):
    """A directory with a checkpoint of the second epoch, and one of the first."""
    write(tmp_path, 1)
    write(tmp_path, 2)
    return tmp_path


def test_what_is_packed_comes_back():
    told, arrays = unpack(b"".join(pack({"best": np.float32(0.5)}, ARRAYS)))
    assert told == {"best": 0.5} and list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_half_precision_of_keras_comes_back():
    import ml_dtypes

    array = np.ones(3, ml_dtypes.bfloat16)
    found = unpack(b"".join(pack({}, {"a": array})))[1]["a"]
    assert found.dtype == array.dtype and found.tobytes() == array.tobytes()


def test_the_last_is_read_and_the_one_before_is_kept(two):
    assert read_checkpoint(two)[0] == {"epoch": 2}
    assert {path.name for path in two.iterdir()} == {LAST, PREVIOUS}
    (two / LAST).unlink()  # killed between two renames
    assert read_checkpoint(two)[0] == {"epoch": 1}


def cut(content, share):
    return content[: int(len(content) * share)]


def flip(content, place):
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


DAMAGE = {
    "empty": lambda content: b"",
    "cut in its name": lambda content: content[:5],
    "cut in the digest": lambda content: content[:30],
    "half": lambda content: cut(content, 0.5),
    "one byte short": lambda content: content[:-1],
    "one byte long": lambda content: content + b"x",
    "zeros": lambda content: content[:40] + bytes(len(content) - 40),
    "all zeros": lambda content: bytes(len(content)),
    "flipped in its name": lambda content: flip(content, 3),
    "flipped in the digest": lambda content: flip(content, 25),
    "flipped in JSON": lambda content: flip(content, 100),
    "flipped at the end": lambda content: flip(content, -1),
    "JSON": lambda content: b'{"epochs": 3}',
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_falls_back_to_the_one_before(two, damage):
    content = damage((two / LAST).read_bytes())
    (two / LAST).write_bytes(content)
    with pytest.warns(UserWarning) as told:
        found = read_checkpoint(two)
    assert found[0] == {"epoch": 1}
    text = str(told[0].message)
    assert "the backup is damaged (" in text and "going on from the one before" in text
    assert not (two / LAST).exists()  # else it would take the place of the good one
    kept = two / (LAST + ".kept")
    ours = b"sftkeras backup 1 ".startswith(content[:18])
    assert ours or kept.read_bytes() == content, "what may be somebody's is not deleted"
    write(two, 2)
    assert read_checkpoint(two)[0] == {"epoch": 2}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_without_one_before_it_says_what_to_delete(tmp_path, damage):
    write(tmp_path, 1)
    (tmp_path / LAST).write_bytes(damage((tmp_path / LAST).read_bytes()))
    with pytest.raises(InputError) as raised:
        read_checkpoint(tmp_path)
    text = str(raised.value)
    assert str(tmp_path / LAST) in text
    assert "Delete" in text or "Give another directory, or move it" in text


def test_both_damaged(two):
    for name in (LAST, PREVIOUS):
        (two / name).write_bytes(cut((two / name).read_bytes(), 0.9))
    with pytest.raises(InputError, match=r"Delete .*last\.backup and .*previous\.back"):
        read_checkpoint(two)


def test_a_directory_in_its_place_is_told_of(tmp_path):
    (tmp_path / LAST).mkdir()
    with pytest.raises(InputError, match="is no backup of ours"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("name", [LAST, PREVIOUS])
def test_a_file_of_somebody_else_is_not_overwritten(tmp_path, name):
    (tmp_path / name).write_text("a thesis")
    with pytest.raises(InputError, match=rf"{name} is no backup of ours"):
        check_room(tmp_path)
    discard_backup(tmp_path)
    assert not has_backup(tmp_path)
    assert (tmp_path / name).read_text() == "a thesis"


def test_discarding_takes_our_files_only(two):
    (two / "thesis.txt").write_text("three years")
    assert has_backup(two)
    discard_backup(two)
    assert [path.name for path in two.iterdir()] == ["thesis.txt"]
    (two / "thesis.txt").unlink()
    write(two, 1)
    discard_backup(two)
    assert not two.exists()
    discard_backup(two)  # nothing there: nothing done


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [28, 27, 5, 30])  # ENOSPC, EFBIG, EIO, EROFS
def test_a_fault_of_the_disk_leaves_what_was_there(two, monkeypatch, call, number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(checkpoint.os, call, fail)
    with pytest.raises(OSError):
        write(two, 3)
    monkeypatch.undo()
    assert {path.name for path in two.iterdir()} == {LAST, PREVIOUS}
    assert read_checkpoint(two)[0] == {"epoch": 2}
