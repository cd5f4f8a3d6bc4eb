"""The committed notebooks are what the build makes; their sources keep the rules."""

import ast
import re
from collections import Counter

import assembling
import build
import pytest
import source as sources
from IPython.core.inputtransformer2 import TransformerManager

from sftkeras.files import ROOT

ALL = {sources.name_of(path): path for path in sources.find_sources()}
CHAPTERS = {name for name in ALL if "/" not in name and name != "00_index"}
EXERCISES = {name for name in ALL if "/" in name}
BUILT = [path for found in ALL.values() for path in sources.targets(found)]
# The notebooks of one chapter that share its exercises.
SHARED = {"05_decisions": "05_project", "05_encoder": "05_project"}
LINK = re.compile(r"\]\(([^)#\s]+)[^)\s]*\)")
CJK = re.compile("[\u4e00-\u9fff]")
# A number that was measured belongs in an output: 0.85, 85%, 12 seconds.
MEASURED = re.compile(r"\b0\.\d\d+|\d ?[%％]|\d ?(?:seconds|secs?|s|秒)(?![a-z])")
# Two names after a slash, or a drive: a place on the author's machine.
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/<~])/\w[\w.-]*/\w.*|\b[A-Z]:\\.*")
# A sound or a picture inside a page, in base64, which has slashes of its own.
EMBEDDED = re.compile(r"data:[\w/.+-]+;base64,[\w+/=]+")
NOT_PROSE = re.compile(
    r"```.*?```|\$\$.*?\$\$|`[^`]*`|\$[^$\n]+\$|\]\([^)]*\)|§[\d.]+|^#+ [^\n]*$",
    re.S | re.M,
)


def cells_of(name, kind):
    return [cell for cell in sources.read_source(ALL[name]) if cell.kind == kind]


def python(code):
    """Return the code with IPython's magics made Python."""
    return ast.parse(TransformerManager().transform_cell(code))


def each(names):
    return pytest.mark.parametrize("name", sorted(names))


# The committed notebooks.


@each(ALL)
def test_is_what_the_build_makes(name):
    for path, text in build.render(ALL[name]).items():
        again = f"python notebooks/build.py --no-run {name}"
        assert path.is_file(), f"{path} is missing: {again}"
        assert path.read_text(encoding="utf-8") == text, f"{path} is old: {again}"


@each(CHAPTERS | EXERCISES)
def test_outputs_are_of_this_code(name):
    for path, kind in sources.targets(ALL[name]).items():
        notebook = sources.read(path)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        outputs = [output for cell in code for output in cell.outputs]
        if kind == "exercises":
            assert not outputs
            continue
        known = notebook.metadata["sftkeras"]
        again = f"run: python notebooks/build.py {name}"
        assert known["code"] == assembling.code_hash(notebook), again
        assert outputs
        assert known["run_seconds"] < build.LIMIT
        for output in outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text
            texts = [v for k, v in output.get("data", {}).items() if "text/" in k]
            for text in [*texts, output.get("text", "")]:
                found = re.search(ABSOLUTE_PATH, EMBEDDED.sub("", text))
                assert not found, found[0][:80]


def test_no_built_notebook_lacks_its_source():
    found = set(sources.FOLDER.rglob("*.ipynb"))
    assert {p for p in found if ".ipynb_checkpoints" not in p.parts} == set(BUILT)


def test_absolute_paths_are_seen():
    for path in ("/opt/x/y.py", "in /var/log", '"/a/b"', r"C:\Users\me", "=/some/file"):
        assert re.search(ABSOLUTE_PATH, path)
    for text in (
        "runs/mine/x",
        "<td></td></tr>",
        "1/2/3",
        "a://b/c/d",
        "and/or",
        "~/x/y",
    ):
        assert not re.search(ABSOLUTE_PATH, text)


DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
DOCUMENTS += [ROOT / name / "README.md" for name in ("data", "notebooks")]
DOCUMENTS += sorted((ROOT / "notebooks" / "teaching").rglob("*.md"))
DOCUMENTS += sorted((ROOT / "notebooks").glob("*/[gs]*.md"))  # glossary, summary


@pytest.mark.parametrize("path", [*BUILT, *DOCUMENTS], ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    if path.suffix == ".ipynb":
        cells = [c.source for c in sources.read(path).cells if c.cell_type != "code"]
        text = "\n".join(cells)
    else:
        text = path.read_text(encoding="utf-8")
    links = [link for link in LINK.findall(text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("lang", sources.LANGUAGES)
def test_the_index_links_everything(lang):
    folder = sources.FOLDER / lang
    index = folder / "00_index.ipynb"
    cells = sources.read(index).cells
    linked = {folder / link for cell in cells for link in LINK.findall(cell.source)}
    assert {path for path in BUILT if folder in path.parents} <= {*linked, index}


def test_the_readme_lists_every_chapter():
    text = (sources.FOLDER / "README.md").read_text(encoding="utf-8")
    for name in CHAPTERS:
        exercises = SHARED.get(name, name)
        for lang in sources.LANGUAGES:
            place = f"({lang}/exercises/{exercises}.ipynb)"
            for link in (f"({lang}/{name}.ipynb)", place):
                assert link in text, f"notebooks/README.md lacks {link}"


# The sources.


@each(ALL)
def test_prose_comes_in_two_languages(name):
    prose = cells_of(name, "markdown")
    for en, zh in zip(prose[::2], prose[1::2], strict=True):
        place = f"{ALL[name]}:{zh.line}"
        assert CJK.search(zh.text), f"{place}: no Chinese"
        headings = [re.findall(r"^#+(?= )", cell.text, re.M) for cell in (en, zh)]
        assert headings[0] == headings[1], f"{place}: other headings than in English"
        links = [Counter(LINK.findall(cell.text)) for cell in (en, zh)]
        assert links[0] == links[1], f"{place}: other links than in English"


@each(CHAPTERS | EXERCISES)
def test_prose_states_no_measured_number(name):
    for cell in cells_of(name, "markdown"):
        for found in MEASURED.finditer(NOT_PROSE.sub(" ", cell.text)):
            around = found.string[max(0, found.start() - 30) : found.end() + 10]
            pytest.fail(f"{ALL[name]}:{cell.line}: print it in a cell: …{around}…")


@each(CHAPTERS)
def test_a_chapter_opens_and_closes_as_all_do(name):
    opening, *_, summary, questions = cells_of(name, "markdown")[::2]
    number = int(name[:2])
    assert opening.text.startswith(f"# {number}. ")
    assert "{{run_time}}" in opening.text
    assert f"§{number}" in opening.text
    assert len(re.findall(r"^[-*] ", opening.text, re.M)) >= 3, "what you will learn"
    exercises = SHARED.get(name, name)
    assert f"exercises/{exercises}" in EXERCISES
    assert f"exercises/{exercises}.ipynb" in summary.text + questions.text
    text = "\n".join(cell.text for cell in cells_of(name, "markdown"))
    assert re.search(r"^## .*summary", text, re.M | re.I)


@each(CHAPTERS | EXERCISES)
def test_code_is_short(name):
    for cell in cells_of(name, "code"):
        place = f"{ALL[name]}:{cell.line}"
        lines = cell.text.splitlines()
        assert len(lines) <= 18, f"{place}: {len(lines)} lines"
        assert max(map(len, lines), default=0) <= 88, f"{place}: a long line"
        for node in ast.walk(python(cell.text)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                length = node.end_lineno - node.lineno + 1
                assert length <= 10, f"{place}: {node.name} belongs into sftkeras"


def test_no_helper_is_copied_from_chapter_to_chapter():
    homes = {}
    for name in CHAPTERS:
        for cell in cells_of(name, "code"):
            for node in ast.walk(python(cell.text)):
                if isinstance(node, ast.FunctionDef):
                    homes.setdefault(ast.dump(node), set()).add(f"{name}.{node.name}")
    assert [sorted(found) for found in homes.values() if len(found) > 1] == []


@each(EXERCISES)
def test_each_exercise_has_a_check(name):
    code = [cell for cell in cells_of(name, "code") if cell.lang != "zh"]
    cuts = [sources.cut(cell.text) != cell.text for cell in code]
    places = [place for place, is_cut in enumerate(cuts) if is_cut]
    assert 3 <= len(places) <= 6
    for place, following in zip(places, [*places[1:], len(code)], strict=True):
        checks = "\n".join(cell.text for cell in code[place + 1 : following])
        assert re.search(r"\bcheck[.(]|\bassert ", checks), (
            f"{ALL[name]}:{code[place].line}: no check follows"
        )
        stub = sources.cut(code[place].text)
        assert "your code" in stub and "# solution" not in stub
        python(stub)
