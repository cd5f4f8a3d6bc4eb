"""Directories that are replaced as a whole, and what others put into them."""

import json
import os
import subprocess
import sys

import pytest

from sftkeras import directories
from sftkeras.directories import mend_directory, sha256, write_directory
from sftkeras.errors import InputError
from sftkeras.files import beside


def written(directory):
    """Ours is what the file `made` lists."""
    try:
        listed = json.loads((directory / "made").read_text())
    except (OSError, ValueError):
        return None
    return listed | {"made": sha256(directory / "made")}


def fill(directory, **contents):
    for name, content in contents.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(content)
    digests = {name: sha256(directory / name) for name in contents}
    (directory / "made").write_text(json.dumps(digests))


def contents(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_text()
        for path in directory.rglob("*")
        if path.is_file() and path.name != "made"
    }


def write(path, **files):
    with write_directory(path, written) as temporary:
        fill(temporary, **files)


@pytest.fixture(params=[True, False], ids=["exchange", "rename"])
def ways(request, monkeypatch):
    """On Linux two directories are exchanged; elsewhere renamed one by one."""
    if not request.param:
        monkeypatch.setattr(directories, "_exchange", lambda *_: False)


def test_an_empty_directory_and_our_own_are_replaced(tmp_path, ways):
    (tmp_path / "out").mkdir()
    for content in ("first", "second"):
        write(tmp_path / "out", model=content)
        assert contents(tmp_path / "out") == {"model": content}
    write(tmp_path / "out", other="third")
    assert contents(tmp_path / "out") == {"other": "third"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_others_put_in_is_carried_over(tmp_path, ways):
    out = tmp_path / "out"
    write(out, model="1", card="card", edited="ours", **{"sub/a": "ours"})
    (out / "notes.txt").write_text("mine")
    (out / "edited").write_text("mine")
    (out / "sub" / "b").write_text("mine")
    (out / "photos" / "empty").mkdir(parents=True)
    (out / "link").symlink_to("nowhere")
    (out / "folder").symlink_to(tmp_path)
    os.mkfifo(out / "pipe")
    write(out, model="2", edited="new")
    write(out, model="3", edited="newer")
    assert contents(out) == {
        "model": "3",
        "edited": "newer",
        "edited.kept": "mine",
        "notes.txt": "mine",
        "sub/b": "mine",
    }
    assert (out / "photos" / "empty").is_dir() and (out / "pipe").is_fifo()
    assert os.readlink(out / "link") == "nowhere" and (out / "folder").is_symlink()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_directory_of_others_below_a_name_that_is_a_file_now(tmp_path):
    out = tmp_path / "out"
    write(out, model="1")
    (out / "logs").mkdir()
    (out / "logs" / "mine").write_text("mine")
    write(out, model="2", logs="a file")
    assert contents(out) == {"model": "2", "logs": "a file", "logs.kept/mine": "mine"}


@pytest.mark.parametrize("name", ["thesis.tex", "made"])
def test_a_directory_of_the_user_is_refused_and_kept(tmp_path, name):
    (tmp_path / name).write_text("three years")
    with pytest.raises(InputError, match="holds other files, which would be lost"):
        write_directory(tmp_path, written).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "three years"


def test_a_failure_leaves_what_was_there(tmp_path, ways):
    out = tmp_path / "out"
    write(out, model="old")
    with pytest.raises(RuntimeError), write_directory(out, written) as temporary:
        (temporary / "model").write_text("half")
        raise RuntimeError
    assert contents(out) == {"model": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_link_stays_a_link(tmp_path, ways):
    (tmp_path / "store").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "store" / "model")
    for content in "12":
        write(tmp_path / "link", model=content)
    assert os.readlink(tmp_path / "link") == str(tmp_path / "store" / "model")
    assert contents(tmp_path / "store" / "model") == {"model": "2"}


def test_the_directory_has_the_mode_that_the_user_wants(tmp_path):
    before = os.umask(0o077)
    try:
        write(tmp_path / "private", model="1")
    finally:
        os.umask(before)
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700
    write(tmp_path / "private", model="2")
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700


@pytest.fixture
def dead_name():
    """A function of a path: a hidden name beside it that a dead process gave."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    def name(path):
        mine = beside(path)
        return mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{process.pid}-"))

    return name


def test_killed_while_writing(tmp_path, dead_name):
    out = tmp_path / "out"
    write(out, model="old")
    half = dead_name(out)
    half.mkdir()
    (half / "model").write_text("ha")
    write(out, model="new")
    assert contents(out) == {"model": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_killed_after_the_exchange(tmp_path, dead_name):
    """The old one lies beside, with what the user had put into it."""
    out = tmp_path / "out"
    write(out, model="new")
    old = dead_name(out)
    write(old, model="old")
    (old / "notes.txt").write_text("mine")
    mend_directory(out, written)
    assert contents(out) == {"model": "new", "notes.txt": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_killed_between_two_renames(tmp_path, dead_name):
    out = tmp_path / "out"
    old, new = dead_name(out), dead_name(out)
    write(old, model="old")
    (old / "notes.txt").write_text("mine")
    write(new, model="new")
    os.utime(old, (1, 1))
    mend_directory(out, written)
    assert contents(out) == {"model": "new", "notes.txt": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_living_process_is_writing_is_left_alone(tmp_path):
    out = tmp_path / "out"
    living = beside(out)
    living.mkdir()
    write(out, model="new")
    assert {path.name for path in tmp_path.iterdir()} == {"out", living.name}


def test_a_second_rename_that_fails_puts_the_old_one_back(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write(out, model="old")
    monkeypatch.setattr(directories, "_exchange", lambda *_: False)
    replace, calls = os.replace, []

    def fail(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise PermissionError(13, "open elsewhere")
        replace(source, target)

    monkeypatch.setattr(directories.os, "replace", fail)
    with pytest.raises(PermissionError):
        write(out, model="new")
    monkeypatch.undo()
    assert contents(out) == {"model": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
