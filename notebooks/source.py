"""The notebooks' source format: a jupytext percent script, read and checked.

`src/NAME.py` becomes `en/NAME.ipynb` and `zh/NAME.ipynb`; `src/exercises/NAME.py`
becomes `{en,zh}/solutions/NAME.ipynb` and `{en,zh}/exercises/NAME.ipynb`. What may
stand in a source is explained in notebooks/README.md, "Write".
"""

import functools
import re
from pathlib import Path
from typing import NamedTuple

import jupytext
import nbformat
from words import read_words

FOLDER = Path(__file__).resolve().parent
LANGUAGES = {"en": "English", "zh": "中文"}
# short: on the short path. slide: on the slides. summary: on the page to remember.
# fold: the code is hidden. answer: hidden in class copies, to be guessed first.
TAGS = {"short", "slide", "summary", "fold", "answer"}
SOLUTION = re.compile(r"^( *)# solution\n.*?^ *# end solution$", re.M | re.S)


class BuildError(Exception):
    """A source that cannot be built, or a cell that fails; the message says where."""


class Cell(NamedTuple):
    """A cell of a source: "markdown" with its language, or "code", or "words".

    `lang` of code is `None` where both languages share it; `minutes` are those of the
    short path.
    """

    kind: str
    text: str
    lang: str | None = None
    line: int = 0
    tags: tuple = ()
    minutes: float = 0


def read_cells(path):
    """Return all `Cell`s of a source as they stand, the table of words too."""
    return list(_parsed(path, path.read_text(encoding="utf-8")))


@functools.lru_cache(maxsize=64)  # the pages ask for each source many times
def _parsed(path, text):
    starts = [n for n, s in enumerate(text.splitlines(), 1) if s.startswith("# %%")]
    found = jupytext.reads(text, "py:percent").cells
    if not starts or len(found) != len(starts):
        raise BuildError(f"{path}:1: each cell must begin with a line `# %%`.")
    cells = []
    for node, line in zip(found, starts, strict=True):
        told = node.metadata
        is_words = node.cell_type == "raw" and told.get("title") == "words"
        kind = "words" if is_words else node.cell_type
        tags, minutes = tuple(told.get("tags", ())), told.get("minutes", 0)
        cell = Cell(kind, node.source, told.get("lang"), line, tags, minutes)
        cells.append(cell)
        if wrong := _wrong(cell, is_last=line == starts[-1]):
            raise BuildError(f"{path}:{line}: {wrong}")
    return tuple(cells)


def _wrong(cell, is_last):
    if cell.kind == "raw":
        return "the only raw cell is the table of words: `# %% [raw] words`."
    if cell.kind == "words" and not is_last:
        return "the table of words is the last cell."
    if unknown := set(cell.tags) - TAGS:
        return f"unknown tags {sorted(unknown)}; known: {sorted(TAGS)}."
    if cell.minutes and "short" not in cell.tags:
        return 'minutes are those of the short path: tags=["short"] is missing.'
    marks = re.findall(r"^ *# (?:end )?solution\b.*$", cell.text, re.M)
    if len(marks) != 2 * len(SOLUTION.findall(cell.text)):
        return (
            "each `# solution` needs its `# end solution`, both alone on their lines."
        )
    return None


def read_source(path):
    """Return the `Cell`s of a source, checked: pairs whole, solutions marked."""
    cells = [cell for cell in read_cells(path) if cell.kind != "words"]
    if cells[0].kind != "markdown":
        raise BuildError(f"{path}:{cells[0].line}: a notebook begins with prose.")
    first = None  # the English half of a pair that waits for its Chinese half
    for cell in [*cells, Cell("end", "", line=cells[-1].line)]:
        due = "zh" if first else "en" if cell.kind == "markdown" else None
        paired = first is None or cell.kind == first.kind
        if not paired or (cell.lang != due and (first or cell.lang != "en")):
            is_prose = "markdown" in (cell.kind, first and first.kind)
            what = {"markdown": "prose", "code": "code", "end": "the end"}[cell.kind]
            raise BuildError(
                f"{path}:{cell.line}: {'prose' if is_prose else 'code of one language'}"
                f' comes in pairs, lang="en" then lang="zh". '
                f"Here it must be {due!r}. Found: {what} with lang={cell.lang!r}."
            )
        if first and (cell.tags, cell.minutes) != (first.tags, first.minutes):
            raise BuildError(
                f"{path}:{cell.line}: tags or minutes differ from the English cell's."
            )
        first = cell if cell.lang == "en" else None
    return cells


def words_of(path):
    """Return the table of words of a source, {English key: `Word`}; empty if none."""
    last = read_cells(path)[-1]
    if last.kind != "words":
        return {}
    try:
        return read_words(last.text)
    except ValueError as error:
        line, message = error.args
        raise BuildError(f"{path}:{last.line + line}: {message}") from None


def targets(source):
    """Return the notebooks that a source becomes: {path: kind}."""
    chapter = source.parent.name == "src"
    folder = source.parents[1] if chapter else source.parents[2]
    name = f"{source.stem}.ipynb"
    if chapter:
        return {folder / lang / name: "src" for lang in LANGUAGES}
    kinds = ("solutions", "exercises")
    return {folder / lang / kind / name: kind for kind in kinds for lang in LANGUAGES}


def language_of(path):
    """Return "en" or "zh", where a built notebook lies."""
    return next(part for part in reversed(path.parts) if part in LANGUAGES)


def name_of(source):
    """Return "04_mathematics", or "exercises/04_mathematics"."""
    return source.stem if source.parent.name == "src" else f"exercises/{source.stem}"


def find_sources(names=(), folder=FOLDER):
    """Return the sources with these names, or all; a name covers its exercises."""
    sources = sorted((folder / "src").rglob("*.py"), key=lambda p: (p.stem, str(p)))
    for name in names:
        if not any(name in (name_of(s), s.stem) for s in sources):
            known = ", ".join(name_of(s) for s in sources)
            raise BuildError(f"There is no notebook {name!r}. Known: {known}.")
    return [s for s in sources if not names or {name_of(s), s.stem} & set(names)]


def number_of(source):
    """Return the article's section that a source names first: (6, 3) of `§6.3`."""
    found = re.search(r"§(\d+)(?:\.(\d+))?", source.read_text(encoding="utf-8"))
    return tuple(int(part or 0) for part in found.groups()) if found else (0, 0)


def cut(code):
    """Return the code with each solution replaced by a placeholder."""
    return SOLUTION.sub(r"\1...  # your code", code)


def read(path):
    """Return a built notebook; an empty one if there is none."""
    if path.is_file():
        return nbformat.read(path, as_version=4)
    return nbformat.v4.new_notebook()
