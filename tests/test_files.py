"""A quiet start, and files that are whole or not there."""

import os
import subprocess
import sys

import pytest

from sftkeras import files, runtime
from sftkeras.errors import InputError, suggest


@pytest.fixture(scope="module")
def dead():
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_quiet_stderr_holds_back_what_c_writes(capfd):
    with runtime.quiet_stderr():
        os.write(2, b"2026-01-31 09:00:00.123456: I start-up log\n")
        os.write(2, b"normalizer.cc(51) LOG(INFO) precompiled_charsmap is empty.\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_quiet_stderr_lets_errors_through(capfd):
    with pytest.raises(RuntimeError), runtime.quiet_stderr():
        os.write(2, b"the reason\n")
        raise RuntimeError
    assert capfd.readouterr().err == "the reason\n"


def test_versions_has_none_for_what_is_missing(monkeypatch):
    monkeypatch.setattr("sftkeras.machine.PACKAGES", ("keras", "no-such-package"))
    found = runtime.versions()
    assert list(found) == ["python", "keras", "no-such-package"]
    assert found["keras"] == runtime.import_keras().__version__
    assert found["no-such-package"] is None


def test_write_file_replaces_at_the_end(tmp_path):
    path = tmp_path / "new" / "report.json"
    for content in ("first", "second"):
        with runtime.write_file(path) as temporary:
            temporary.write_text(content)
            assert temporary.suffix == ".json"
            assert not path.exists() or path.read_text() == "first"
        assert path.read_text() == content
    assert list(path.parent.iterdir()) == [path]


def test_write_file_keeps_the_old_file_on_failure(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(RuntimeError), runtime.write_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_a_link_stays_a_link_and_modes_stay(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "real.json").write_text("old")
    (tmp_path / "store" / "real.json").chmod(0o600)
    (tmp_path / "report.json").symlink_to(tmp_path / "store" / "real.json")
    with runtime.write_file(tmp_path / "report.json") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "report.json").is_symlink()
    assert (tmp_path / "store" / "real.json").read_text() == "new"
    assert (tmp_path / "store" / "real.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["{}", "mine", '{"versions": 3}', "[" * 9999])
def test_a_report_of_somebody_else_is_kept(tmp_path, content):
    for name in ("report.json", "report.json.kept"):
        (tmp_path / name).write_text(content)
    with pytest.warns(
        UserWarning, match=r"report\.json was not .* report\.json\.kept2"
    ):
        runtime.write_report(tmp_path, {"versions": {"keras": "3"}})
    for name in ("report.json.kept", "report.json.kept2"):
        assert (tmp_path / name).read_text() == content
    runtime.write_report(tmp_path, {"versions": {"keras": "4"}})  # ours: replaced
    assert len([*tmp_path.iterdir()]) == 3


def test_files_that_dead_processes_left_are_deleted_and_no_others(tmp_path, dead):
    path = tmp_path / "report.json"
    mine = files.beside(path)
    names = [mine.name, ".report-7.json", ".other" + mine.name[7:]]
    names.append(f".report.sftkeras-00000000-{dead}-0.json")  # of another machine
    for name in names:
        (tmp_path / name).write_text("")
    left = mine.name.replace(f"-{os.getpid()}-", f"-{dead}-")
    (tmp_path / left).write_text("half")
    with files.write_file(path) as temporary:
        temporary.write_text("whole")
    assert {p.name for p in tmp_path.iterdir()} == {*names, "report.json"}


def test_a_directory_and_a_file_that_windows_will_not_touch(tmp_path, monkeypatch):
    """There no directory can be opened, and nothing renamed over an open file."""
    path, calls = tmp_path / "report.json", []

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    def busy(source, target, replace=os.replace):
        calls.append(target)
        if len(calls) < 3:
            refuse()
        replace(source, target)

    monkeypatch.setattr(files.os, "open", refuse)
    monkeypatch.setattr(files.os, "replace", busy)
    monkeypatch.setattr(files.os, "name", "nt")
    monkeypatch.setattr(files.time, "sleep", lambda _: None)
    (tmp_path / "new").write_text("new")
    files.replace(tmp_path / "new", path)
    assert path.read_text() == "new" and len(calls) == 3
    monkeypatch.setattr(files.os, "replace", refuse)
    (tmp_path / "new").write_text("newer")
    with pytest.raises(PermissionError):
        files.replace(tmp_path / "new", path)
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [InputError, FileNotFoundError])
def test_output_directory_is_removed_when_nothing_was_written(tmp_path, error):
    out = tmp_path / "out"
    with pytest.raises(error), runtime.output_directory(out):
        (out / "logs").mkdir()
        raise error
    assert not out.exists()


def test_output_directory_stays_when_it_holds_something_or_was_there(tmp_path):
    with pytest.raises(InputError), runtime.output_directory(tmp_path / "out"):
        (tmp_path / "out" / "log").write_text("x")
        raise InputError
    assert (tmp_path / "out" / "log").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError), runtime.output_directory(tmp_path / "empty"):
        raise InputError
    assert (tmp_path / "empty").exists()


def test_check_writable_makes_the_directory_or_says_why_not(tmp_path):
    runtime.check_writable(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "link").symlink_to(tmp_path / "later")
    runtime.check_writable(tmp_path / "link")
    assert (tmp_path / "later").is_dir()
    with pytest.raises(InputError, match=r"Cannot write to .*x.xff \(its name is not"):
        runtime.check_writable(os.fsdecode(os.fsencode(tmp_path) + b"/x\xff"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"Cannot write to .*file/sub \(.*\)\. Choose"):
        runtime.check_writable(tmp_path / "file" / "sub")


def test_nothing_is_removed_that_is_not_empty(tmp_path):
    """Not a pipe, a socket or a link that points at nothing either."""
    out = tmp_path / "out"
    with pytest.raises(InputError), runtime.output_directory(out):
        (out / "empty" / "below").mkdir(parents=True)
        (out / "link").symlink_to("nowhere")
        raise InputError
    assert [path.name for path in out.iterdir()] == ["link"]


def test_suggest_names_what_is_near():
    assert suggest("lstn", ["lstm", "head"]) == " Did you mean 'lstm'?"
    assert suggest("xyz", ["lstm", "head"]) == ""
