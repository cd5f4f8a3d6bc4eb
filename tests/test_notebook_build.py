"""What runs and writes the notebooks, on a tiny source."""

import asyncio
import queue
import sys
from pathlib import Path

import assembling
import build
import nbformat
import pytest
import running
import source as sources
from checking import Check
from tiny_source import EXERCISE, TINY

from sftkeras.files import ROOT


def test_the_same_source_gives_the_same_bytes(tiny):
    for path in (tiny(), tiny(EXERCISE, "exercises/01_tiny.py")):
        once, again = build.render(path), build.render(path)
        assert once == again and len(once) in (2, 4)
        for target, text in once.items():
            build.write(target, text)
        assert build.render(path) == once  # its own outputs and run time kept


def test_a_cell_that_fails_is_named_and_nothing_is_written(tiny):
    package = tiny().parents[2] / "sftkeras"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "machine.py").write_text("def import_keras(): pass")
    opening = "def open_notebook(language): pass"
    (package.parent / "notebooks" / "opening.py").write_text(opening)
    offline = "import os\nassert os.environ['HF_HUB_OFFLINE'] == '1'\n"
    where = "import pathlib\npathlib.Path('data').mkdir()\nprint(1 / 0)\n"
    source = tiny(f"{TINY}{offline}# %%\n{where}")
    with pytest.raises(sources.BuildError) as error:
        build.build(source)
    assert str(error.value).startswith(
        f"{source}:9: code cell 3 of 01_tiny (en) failed:\n"
    )
    assert "ZeroDivisionError: division by zero" in str(error.value)
    assert (package.parent / "data").is_dir()  # cells run in the project's folder
    assert not list(package.parent.rglob("*.ipynb"))


@pytest.mark.parametrize("place", ["project", "project/notebooks/en", "."])
def test_the_set_up_cell_finds_the_project(place, tmp_path, monkeypatch):
    root = tmp_path / "project"
    for folder in (root / "sftkeras", root / "notebooks" / "en", tmp_path / "other"):
        folder.mkdir(parents=True)
    (root / "sftkeras" / "__init__.py").touch()
    monkeypatch.setattr("sys.path", sys.path[:])
    monkeypatch.setattr("opening.open_notebook", "check in {}".format)
    monkeypatch.chdir(tmp_path / place)
    code = assembling.SETUP.replace("%matplotlib inline", "")
    names = {}
    exec(code, names)
    assert names["check"] == "check in LANGUAGE"
    assert Path.cwd() == root
    assert [sys.path[0], sys.path[-1]] == [str(root), str(root / "notebooks")]
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="There is no sftkeras project in"):
        exec(code, {})


def test_one_run_serves_both_languages_and_stays_with_its_code(tiny, monkeypatch):
    source = tiny()

    def fake_run(source, path, kind):
        done = assembling.assemble(source, path, kind)
        done.cells[2].outputs = [nbformat.v4.new_output("stream", text="4\n")]
        done.metadata["sftkeras"] = {"run_seconds": 95.0}
        done.metadata["sftkeras"]["code"] = assembling.code_hash(done)
        return done

    monkeypatch.setattr(running, "execute", fake_run)
    assert build.build(source) == "en 95 s; zh the same run"
    path, _ = sources.targets(source)
    en, zh = map(sources.read, sources.targets(source))
    assert en.cells[2].outputs[0].text == zh.cells[2].outputs[0].text == "4\n"
    assert "about 2 minutes" in en.cells[0].source
    assert "约 2 分钟" in zh.cells[0].source
    assert build.build(source, run=False) == "en outputs kept; zh outputs kept"
    tiny(TINY.replace("Tiny", "Small"))
    assert build.build(source, run=False) == "en outputs kept; zh outputs kept"
    assert "Small" in sources.read(path).cells[0].source
    assert sources.read(path).cells[2].outputs
    tiny(TINY.replace("2 + 2", "2 + 3"))
    assert "needs a run" in build.build(source, run=False)
    assert not sources.read(path).cells[2].outputs
    tiny(TINY.replace("2 + 2", '"two"') + '# %% [raw] words\n# "two" = "二"\n')
    assert build.build(source, languages=("zh",)) == "zh 95 s"
    assert [
        bool(sources.read(p).cells[2].outputs) for p in sources.targets(source)
    ] == [
        False,
        True,
    ]


class FakeClient:
    """Runs cells in this process."""

    def __init__(self):
        self.names = {"check": Check()}

    def execute_cell(self, cell, index, store_history):
        assert cell.metadata["tags"] == ["raises-exception"]
        cell.outputs = []
        try:
            exec(cell.source, self.names)
        except Exception as error:
            name = type(error).__name__
            told = {"ename": name, "evalue": str(error)}
            cell.outputs = [nbformat.v4.new_output("error", **told)]


CHECK = 'check(lambda: more(1), 2, "one more than 1")'


@pytest.mark.parametrize(
    "text, refusal",
    [
        (EXERCISE, None),
        (EXERCISE.replace(CHECK, "check(lambda: nowhere, 2)"), None),
        (
            EXERCISE.replace(CHECK, "check.that(lambda: more(1) is None, 'no')"),
            "accepts it unsolved, or is",
        ),
        (EXERCISE.split("# %%\ncheck")[0], "accepts it unsolved, or is missing"),
        (EXERCISE.replace(CHECK, "check(more(1) + 1, 3)"), "It fails with TypeError: "),
        (
            EXERCISE.replace(CHECK, "check(lambda: more(1) + 1, 3)"),
            "with Stopped: Your",
        ),
    ],
)
def test_an_unsolved_exercise_must_be_refused_by_its_check(tiny, text, refusal):
    path = tiny(text, "exercises/01_tiny.py")
    target = next(t for t, kind in sources.targets(path).items() if kind == "exercises")
    stub = assembling.assemble(path, target, "exercises")
    index = next(n for n, c in enumerate(stub.cells) if "your code" in c.source)
    if not refusal:
        return running.must_fail(FakeClient(), stub, index)
    with pytest.raises(sources.BuildError, match=refusal):
        running.must_fail(FakeClient(), stub, index)


def test_outputs_are_cleaned():
    log = "2026-01-01 10:00:00.123456: I tensorflow/core/util/port.cc:153] oneDNN\n"
    log += "WARNING: All log messages before absl::InitializeLog() is called …\n"
    log += "I0000 00:00:1767261600.1 1 cpu_feature_guard.cc:227] This binary …\n"
    stream, new = "stream", nbformat.v4.new_output
    figure = {"image/png": f"{ROOT}/", "text/plain": f"<A at 0x7f00> in {ROOT}/runs"}
    outputs = [
        new(stream, name="stderr", text=log),
        new(stream, name="stderr", text=log + "UserWarning: real\n"),
        new(stream, name="stdout", text=f"{ROOT}/data/x.txt and {ROOT}\n"),
        new("display_data", data=figure),
    ]
    warning, text, picture = running.clean(outputs)
    assert warning.text == "UserWarning: real\n"
    assert text.text == "data/x.txt and .\n"
    assert picture.data == {"image/png": f"{ROOT}/", "text/plain": "<A> in runs"}


def test_names_choose_sources(tiny):
    chapter, exercise = tiny(), tiny(EXERCISE, "exercises/01_tiny.py")
    other = tiny(name="02_other.py")
    folder = chapter.parents[1]
    assert build.find_sources(folder=folder) == [chapter, exercise, other]
    assert build.find_sources(["01_tiny"], folder) == [chapter, exercise]
    assert build.find_sources(["exercises/01_tiny"], folder) == [exercise]
    with pytest.raises(sources.BuildError, match="no notebook '9'"):
        build.find_sources(["9"], folder)


def test_the_command_reports_each_notebook(tiny, monkeypatch, capsys):
    chapter, other = tiny(), tiny(name="02_other.py")
    done = {chapter: "12 s", other: sources.BuildError("02_other.py:7: why")}

    def fake_build(source, check, run, languages):
        assert check and run and languages == ("en", "zh")
        if isinstance(done[source], Exception):
            raise done[source]
        return done[source]

    monkeypatch.setattr(build, "find_sources", lambda names: [other, chapter])
    monkeypatch.setattr(build, "build", fake_build)
    assert build.main(["--check"]) == 1
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()] == [
        ["02_other", "FAILED"],
        ["01_tiny", "12", "s"],
    ]
    assert err == "02_other.py:7: why\n"


def test_a_message_whose_sign_was_lost_is_found_at_the_next_look():
    looks = []

    class Channel:
        async def get_msg(self, timeout=None):
            looks.append(timeout)
            if timeout is None or len(looks) < 3:
                raise queue.Empty  # a wait without an end would miss it for ever
            return "reply"

    channel = Channel()
    running.ask_again(channel)
    assert asyncio.run(channel.get_msg()) == "reply"
    assert looks == [1.0, 1.0, 1.0]
    looks.clear()
    with pytest.raises(queue.Empty):
        asyncio.run(channel.get_msg(timeout=0))
