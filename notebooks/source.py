"""The notebooks' source format, and what a source becomes (nothing runs here).

`src/NAME.py`, a jupytext percent script, becomes `en/NAME.ipynb` and `zh/NAME.ipynb`:
prose comes in pairs (`lang="en"`, then `lang="zh"`), code is shared.
`src/exercises/NAME.py` becomes `{en,zh}/solutions/NAME.ipynb` and, with what stands
between `# solution` and `# end solution` cut out, `{en,zh}/exercises/NAME.ipynb`.
"""

import copy
import hashlib
import math
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import jupytext
import nbformat

FOLDER = Path(__file__).resolve().parent
LANGUAGES = {"en": "English", "zh": "中文"}
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python"},
}
SETUP = """\
# Set-up: find the project's folder, work from there, start Keras quietly.
%matplotlib inline
import os, sys
from pathlib import Path

here = Path.cwd()
places = [here, *here.parents, *sorted(here.glob("*/"))]
root = next((p for p in places if (p / "sftkeras" / "__init__.py").is_file()), None)
if root is None:
    raise FileNotFoundError(f"There is no sftkeras project in or above {here}: clone "
                            "it there, pip install its requirements.txt, run again.")
os.chdir(root)
sys.path.insert(0, str(root))
from sftkeras.machine import import_keras

keras = import_keras()"""
SETUP_METADATA = {"tags": ["setup", "hide-input"], "jupyter": {"source_hidden": True}}
# The last cell of each kind of notebook. {up}: the language's folder.
LINKS = {
    "src": {"en": "[Contents](00_index.ipynb) · ", "zh": "[目录](00_index.ipynb) · "},
    "solutions": {
        "en": "[The chapter]({up}{name}) · [Unsolved]({up}exercises/{name}) · ",
        "zh": "[回到本章]({up}{name}) · [不带答案的练习]({up}exercises/{name}) · ",
    },
    "exercises": {
        "en": "[The chapter]({up}{name}) · [Solutions]({up}solutions/{name}) · ",
        "zh": "[回到本章]({up}{name}) · [参考答案]({up}solutions/{name}) · ",
    },
}
SOLUTION = re.compile(r"^( *)# solution\n.*?^ *# end solution$", re.M | re.S)
RUN_TIME = re.compile(r"\{\{run_time(?::(\w+))?\}\}")


class BuildError(Exception):
    """A source that cannot be built, or a cell that fails; the message says where."""


class Cell(NamedTuple):
    """A cell of a source: "markdown" with its language, or "code"."""

    kind: str
    text: str
    lang: str | None = None
    line: int = 0


def read_source(path):
    """Return the `Cell`s of a source, checked: prose in pairs, solutions marked."""
    text = path.read_text(encoding="utf-8")
    starts = [n for n, s in enumerate(text.splitlines(), 1) if s.startswith("# %%")]
    found = jupytext.reads(text, "py:percent").cells
    if not starts or len(found) != len(starts):
        raise BuildError(f"{path}:1: each cell must begin with a line `# %%`.")
    cells = [
        Cell(cell.cell_type, cell.source, cell.metadata.get("lang"), line)
        for cell, line in zip(found, starts, strict=True)
    ]
    if cells[0].kind != "markdown":
        raise BuildError(f"{path}:{starts[0]}: a notebook begins with prose.")
    due = "en"
    for cell in [*cells, Cell("code", "", line=len(text.splitlines()))]:
        prose = cell.kind == "markdown"
        if (prose and cell.lang != due) or (not prose and due == "zh"):
            what = f"prose with lang={cell.lang!r}" if prose else "code, or the end"
            raise BuildError(
                f'{path}:{cell.line}: prose comes in pairs, lang="en" then lang="zh". '
                f"Here it must be {due!r}. Found: {what}."
            )
        due = "zh" if prose and due == "en" else "en"
        marks = re.findall(r"^ *# (?:end )?solution\b.*$", cell.text, re.M)
        if len(marks) != 2 * len(SOLUTION.findall(cell.text)):
            raise BuildError(
                f"{path}:{cell.line}: each `# solution` needs its `# end solution`, "
                "both alone on their lines."
            )
    return cells


def targets(source):
    """Return the notebooks that a source becomes: {path: kind}."""
    chapter = source.parent.name == "src"
    folder = source.parents[1] if chapter else source.parents[2]
    name = f"{source.stem}.ipynb"
    if chapter:
        return {folder / lang / name: "src" for lang in LANGUAGES}
    kinds = ("solutions", "exercises")
    return {folder / lang / kind / name: kind for kind in kinds for lang in LANGUAGES}


def assemble(source, path, kind, seconds=None):
    """Return the notebook at `path`, without outputs: the same source, the same bytes.

    Args:
        source: path of the source.
        path, kind: one of its `targets`.
        seconds: what `{{run_time}}` says. Defaults to `None`: not measured yet.
    """
    folder = path.parent if kind == "src" else path.parents[1]
    cells = read_source(source)
    if any(cell.kind == "code" for cell in cells):
        cells.insert(2, Cell("code", SETUP))
    place = 2 if path.stem == "00_index" else len(cells)
    cells.insert(place, Cell("markdown", _links(path, kind, folder), folder.name))

    def run_time(match):
        other = folder.parent / "en" / f"{match[1]}.ipynb"
        return in_words(run_seconds(read(other)) if match[1] else seconds, folder.name)

    notebook = nbformat.v4.new_notebook(metadata=copy.deepcopy(METADATA))
    seen = Counter()
    for cell in cells:
        if cell.lang not in (None, folder.name):
            continue
        key = hashlib.sha256(f"{cell.kind}\n{cell.text}".encode()).hexdigest()[:8]
        seen[key] += 1
        key = f"{key}-{seen[key]}"
        if cell.kind == "markdown":
            text = RUN_TIME.sub(run_time, cell.text)
            notebook.cells.append(nbformat.v4.new_markdown_cell(text, id=key))
            continue
        text = cut(cell.text) if kind == "exercises" else cell.text
        metadata = copy.deepcopy(SETUP_METADATA) if cell.text == SETUP else {}
        node = nbformat.v4.new_code_cell(text, id=key, metadata=metadata)
        notebook.cells.append(node)
    return notebook


def cut(code):
    """Return the code with each solution replaced by a placeholder."""
    return SOLUTION.sub(r"\1...  # your code", code)


def in_words(seconds, lang):
    """Return a run time in words, rounded up to ten seconds or half a minute."""
    if seconds is None:
        return {"en": "not measured yet", "zh": "尚未测量"}[lang]
    if seconds <= 50:
        count = max(10, 10 * math.ceil(seconds / 10))
        return {"en": f"about {count} seconds", "zh": f"约 {count} 秒"}[lang]
    whole, half = divmod(math.ceil(seconds / 30), 2)
    if lang == "zh":
        return f"约 {whole} 分{'半' if half else ''}钟"
    return f"about {whole}{'½' * half} minute{'s' if whole + half > 1 else ''}"


def read(path):
    """Return a built notebook; an empty one if there is none."""
    if path.is_file():
        return nbformat.read(path, as_version=4)
    return nbformat.v4.new_notebook()


def run_seconds(notebook):
    """Return how long a notebook took to run, in seconds; `None` if it has not."""
    return notebook.metadata.get("sftkeras", {}).get("run_seconds")


def code_hash(notebook):
    """Return what tells whether outputs belong to the code beside them."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\n# %%\n".join(code).encode()).hexdigest()[:16]


def _links(path, kind, folder):
    up = "" if kind == "src" else "../"
    links = LINKS[kind][folder.name].format(up=up, name=path.name)
    if path.stem == "00_index":
        links = ""
    other = next(lang for lang in LANGUAGES if lang != folder.name)
    place = path.relative_to(folder).as_posix()
    return f"{links}[{LANGUAGES[other]}]({up}../{other}/{place})"
