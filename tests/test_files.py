"""A quiet start, and files that are whole or not there."""

import os

import pytest

from sftkeras import runtime
from sftkeras.errors import InputError, suggest


def test_quiet_stderr_holds_back_what_c_writes(capfd):
    with runtime.quiet_stderr():
        os.write(2, b"a line of the start-up log\n")
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


def test_write_directory_takes_an_empty_directory_and_its_own(tmp_path):
    (tmp_path / "out").mkdir()
    for content in ("first", "second"):
        with runtime.write_directory(tmp_path / "out", "marker") as temporary:
            (temporary / "marker").write_text(content)
        assert (tmp_path / "out" / "marker").read_text() == content
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_write_directory_refuses_a_directory_of_the_user(tmp_path):
    (tmp_path / "thesis.tex").write_text("three years")
    context = runtime.write_directory(tmp_path, "marker")
    with pytest.raises(InputError, match="holds other files, which would be lost"):
        context.__enter__()
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


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
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"Cannot write to .*file/sub \(.*\)\. Choose"):
        runtime.check_writable(tmp_path / "file" / "sub")


def test_suggest_names_what_is_near():
    assert suggest("lstn", ["lstm", "head"]) == " Did you mean 'lstm'?"
    assert suggest("xyz", ["lstm", "head"]) == ""
