"""The script that makes the translator's decoder: wheels in, split pairs out."""

import json
import zipfile

import make_translator as script
import pytest

from sftkeras.data.interface_strings import NEAR, likeness


@pytest.fixture
def wheel(tmp_path):
    """A wheel with a catalogue of gettext's, and two of JSON by keys."""
    path = tmp_path / "some_program-1.0-py3-none-any.whl"
    po = 'msgid "Open"\nmsgstr "打开"\n\nmsgid "Quit"\nmsgstr ""\n'
    english = {"menu": {"save": "Save", "new": "New"}, "odd": "Odd"}
    chinese = {"menu": {"save": "保存"}, "odd": {"not": "a text"}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app/locale/zh_Hans/LC_MESSAGES/app.po", po)
        archive.writestr("app/translations/en.json", json.dumps(english))
        archive.writestr("app/translations/zh-Hans.json", json.dumps(chinese))
        archive.writestr("app/translations/en-GB.json", json.dumps({"odd": "Ugly"}))
    return path


def test_pairs_of_both_kinds_are_found(wheel):
    assert script.pairs_of(wheel, "/zh_Hans/") == [("Open", "打开"), ("Quit", "")]
    assert script.pairs_of(wheel, "/translations/") == [("Save", "保存")]


def test_a_wheel_that_is_there_is_not_fetched(wheel):
    assert script.find_wheel("some-program==1.0", wheel.parent) == wheel


def test_what_is_kept_aside_is_like_nothing_else(monkeypatch):
    monkeypatch.setattr(script, "TEST", 3)
    monkeypatch.setattr(script, "DEV", 2)
    words = ["alarm", "battery", "cursor", "drawing", "engine", "folder", "garden"]
    sources = [f"Choose the {word} of {word[::-1]}" for word in words]
    sources += ["Open the file now", "Open the files now", "Close"]
    held = script.draw_held(sources, len(sources), 0)
    assert [len(rows) for rows in held.values()] == [3, 2]
    for row in [row for rows in held.values() for row in rows]:
        assert row not in (7, 8, 9)
        others = sources[:row] + sources[row + 1 :]
        assert likeness([sources[row]], others)[0] < NEAR


def test_a_mark_tells_a_string_however_it_is_written():
    assert script.mark("Open File") == script.mark("open file!")
    assert script.mark("Open File") != script.mark("Open Files")


def test_a_line_break_does_not_fit_a_line():
    assert script._line("a\nb", "c") == ""
    assert script._line("a", "b") == "a\tb\n"
