"""The machinery that builds the notebooks, on a tiny source."""

import sys
from pathlib import Path

import build
import nbformat
import pytest
import source as sources

from sftkeras.files import ROOT

TINY = """\
# %% [markdown] lang="en"
# # 1. Tiny, {{run_time}}
# %% [markdown] lang="zh"
# # 1. 小，{{run_time}}
# %%
print(2 + 2)
"""
EXERCISE = '''\
# %% [markdown] lang="en"
# One more.
# %% [markdown] lang="zh"
# 加一。
# %%
def more(x):
    """Add one."""
    # solution
    y = x + 1
    return y
    # end solution
# %%
assert more(1) == 2, "one more than 1 is 2"
'''


@pytest.fixture
def tiny(tmp_path):
    """A function that writes a source and returns its path."""

    def write(text=TINY, name="01_tiny.py"):
        path = tmp_path / "notebooks" / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_same_source_gives_the_same_bytes(tiny):
    for path in (tiny(), tiny(EXERCISE, "exercises/01_tiny.py")):
        once, again = build.render(path), build.render(path)
        assert once == again and len(once) in (2, 4)
        for target, text in once.items():
            build.write(target, text)
        assert build.render(path) == once  # its own outputs and run time kept


def test_code_is_shared_and_prose_is_not(tiny):
    en, zh = (nbformat.reads(t, 4) for t in build.render(tiny()).values())
    assert [c.source for c in en.cells if c.cell_type == "code"] == [
        sources.SETUP,
        "print(2 + 2)",
    ]
    assert en.cells[1:3] == zh.cells[1:3]
    assert "not measured yet" in en.cells[0].source
    assert "尚未测量" in zh.cells[0].source
    assert en.cells[-1].source.endswith("[中文](../zh/01_tiny.ipynb)")


def test_solutions_are_cut_out():
    code = (
        "a = 0\nif a:\n    # solution\n    a = 1\n    b = 2\n    # end solution\nc = 3"
    )
    stub = "a = 0\nif a:\n    ...  # your code\nc = 3"
    assert sources.cut(code) == stub
    two = "# solution\nx = 1\n# end solution\ny\n# solution\nz = 1\n# end solution"
    assert sources.cut(two) == "...  # your code\ny\n...  # your code"


@pytest.mark.parametrize(
    "text, line, message",
    [
        (TINY.replace('lang="zh"', 'lang="en"'), 3, "must be 'zh'. Found: prose"),
        (TINY.replace('lang="zh"', ""), 3, "lang=None"),
        (TINY.replace('# %% [markdown] lang="zh"\n', ""), 4, "code, or the end"),
        (TINY + '# %% [markdown] lang="en"\n# End.\n', 8, "code, or the end"),
        ("x = 1\n" + TINY, 1, "each cell must begin"),
        ("# %%\nx = 1\n" + TINY, 1, "begins with prose"),
        (EXERCISE.replace("    # end solution\n", ""), 5, "needs its"),
        (EXERCISE.replace("# solution", "# solution:"), 5, "alone on their lines"),
    ],
)
def test_a_wrong_source_is_named_with_its_line(tiny, text, line, message):
    path = tiny(text)
    with pytest.raises(sources.BuildError) as error:
        sources.read_source(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert message in str(error.value)


def test_a_cell_that_fails_is_named_and_nothing_is_written(tiny):
    package = tiny().parents[2] / "sftkeras"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "machine.py").write_text("def import_keras(): pass")
    offline = "import os\nassert os.environ['HF_HUB_OFFLINE'] == '1'\n"
    where = "import pathlib\npathlib.Path('data').mkdir()\nprint(1 / 0)\n"
    source = tiny(f"{TINY}{offline}# %%\n{where}")
    with pytest.raises(sources.BuildError) as error:
        build.build(source)
    assert str(error.value).startswith(f"{source}:9: code cell 3 of 01_tiny failed:\n")
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
    monkeypatch.chdir(tmp_path / place)
    code = sources.SETUP.replace("%matplotlib inline", "")
    exec(code, {})
    assert Path.cwd() == root and sys.path[0] == str(root)
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="There is no sftkeras project in"):
        exec(code, {})


def test_outputs_go_to_both_languages_and_stay_with_their_code(tiny):
    source = tiny()
    path, _ = sources.targets(source)
    executed = sources.assemble(source, path, "src")
    executed.cells[2].outputs = [nbformat.v4.new_output("stream", text="4\n")]
    executed.metadata["sftkeras"] = {"run_seconds": 95.0, "code": "0"}
    executed.metadata["sftkeras"]["code"] = sources.code_hash(executed)
    for target, text in build.render(source, executed).items():
        build.write(target, text)
    en, zh = map(sources.read, sources.targets(source))
    assert en.cells[2].outputs[0].text == zh.cells[2].outputs[0].text == "4\n"
    assert "about 2 minutes" in en.cells[0].source
    assert "约 2 分钟" in zh.cells[0].source
    assert build.build(source, run=False) == "outputs kept"
    tiny(TINY.replace("Tiny", "Small"))
    assert build.build(source, run=False) == "outputs kept"
    assert "Small" in sources.read(path).cells[0].source
    assert sources.read(path).cells[2].outputs
    tiny(TINY.replace("2 + 2", "2 + 3"))
    assert "needs a run" in build.build(source, run=False)
    assert not sources.read(path).cells[2].outputs


class FakeClient:
    """Runs cells in this process."""

    def __init__(self):
        self.names = {}

    def execute_cell(self, cell, index, store_history):
        assert cell.metadata["tags"] == ["raises-exception"]
        cell.outputs = []
        try:
            exec(cell.source, self.names)
        except Exception as error:
            name = type(error).__name__
            cell.outputs = [nbformat.v4.new_output("error", ename=name, evalue="")]


@pytest.mark.parametrize(
    "text, accepted",
    [
        (EXERCISE, False),
        (EXERCISE.replace("assert more(1) == 2", "assert more"), True),
        (EXERCISE.split("# %%\nassert")[0], True),
    ],
)
def test_a_check_that_accepts_an_unsolved_exercise_is_refused(tiny, text, accepted):
    path = tiny(text, "exercises/01_tiny.py")
    target = next(t for t, kind in sources.targets(path).items() if kind == "exercises")
    stub = sources.assemble(path, target, "exercises")
    index = next(n for n, c in enumerate(stub.cells) if "your code" in c.source)
    if not accepted:
        return build._must_fail(FakeClient(), stub, index)
    with pytest.raises(sources.BuildError, match="accepts it unsolved, or is missing"):
        build._must_fail(FakeClient(), stub, index)


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
    warning, text, picture = build.clean(outputs)
    assert warning.text == "UserWarning: real\n"
    assert text.text == "data/x.txt and .\n"
    assert picture.data == {"image/png": f"{ROOT}/", "text/plain": "<A> in runs"}


def test_the_run_time_in_words():
    said = [sources.in_words(s, "en") for s in (3, 41, 55, 61, 119, 150.2)]
    assert said == [
        "about 10 seconds",
        "about 50 seconds",
        "about 1 minute",
        "about 1½ minutes",
        "about 2 minutes",
        "about 3 minutes",
    ]
    said = [sources.in_words(s, "zh") for s in (41, 55, 61, 119)]
    assert said == ["约 50 秒", "约 1 分钟", "约 1 分半钟", "约 2 分钟"]


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

    def fake_build(source, check, run):
        assert check and run
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
