"""What a source becomes: the cells of each of its notebooks (nothing runs here)."""

import copy
import hashlib
import itertools
import re
from collections import Counter

import nbformat
import prose
from source import (
    LANGUAGES,
    BuildError,
    Cell,
    cut,
    find_sources,
    language_of,
    number_of,
    read,
    read_source,
    words_of,
)
from words import translate

# All that JupyterLab would add when a kernel starts, so that a notebook which was only
# opened stays as it is in git. `version` is that of `make setup` on the build machine.
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.11.7",
    },
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
sys.path.append(str(root / "notebooks"))
from sftkeras.machine import import_keras

keras = import_keras()
from opening import open_notebook

check = open_notebook("LANGUAGE")  # the language of figures and of checks"""
HIDDEN = {"jupyter": {"source_hidden": True}}


def assemble(source, path, kind, known=None):
    """Return the notebook at `path`, without outputs: the same source, the same bytes.

    Args:
        source: path of the source.
        path, kind: one of its `targets`.
        known: the notebook's metadata `sftkeras`: the measured times. Defaults to
            `None`: not measured yet.
    """
    lang, known = language_of(path), known or {}
    notebook = nbformat.v4.new_notebook(metadata=copy.deepcopy(METADATA))
    nodes, seen = notebook.cells, Counter()

    def add(cell, text, tags=()):
        digest = hashlib.sha256(f"{cell.kind}\n{cell.text}".encode()).hexdigest()[:8]
        seen[digest] += 1
        kinds = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
        node = kinds[cell.kind == "code"](text, id=f"{digest}-{seen[digest]}")
        if "setup" in tags:
            node.id = "set-up"
        if tags:
            node.metadata["tags"] = list(tags)
        if {"setup", "fold"} & set(tags):
            node.metadata |= copy.deepcopy(HIDDEN)
        nodes.append(node)

    links, was_short = _links(source, path, kind, lang), False
    cells = cells_in(source, lang)
    if any(cell.kind == "code" for cell in cells):
        setup = Cell(
            "code", SETUP.replace("LANGUAGE", lang), tags=("setup", "hide-input")
        )
        cells.insert(1, setup)
    for cell in cells:
        if "setup" in cell.tags:
            add(cell, cell.text, cell.tags)
            continue
        mark = _mark(cell, was_short, lang)
        was_short = "short" in cell.tags
        if cell.kind == "code":
            if mark:
                add(Cell("markdown", mark), mark)
            tags = (*cell.tags, "hide-input") if "fold" in cell.tags else cell.tags
            text = cut(cell.text) if kind == "exercises" else cell.text
            add(cell, text, tags)
            continue
        text = prose.below_heading(cell.text, mark) if mark else cell.text
        if not nodes:
            text = prose.below_heading(text, links)
        add(cell, prose.RUN_TIME.sub(_run_time(path, known), text), cell.tags)
    if path.stem != "00_index":
        add(Cell("markdown", links), links)
    _say_cell_times(nodes, known, lang)
    return notebook


def cells_in(source, lang):
    """Return the cells of one language: words replaced, terms marked, lines joined."""
    cells, table = read_source(source), words_of(source)
    used, found = set(), []
    for place, cell in enumerate(cells):
        if cell.kind == "code":
            cell = cell._replace(text=_translated(source, cell, table, used, lang))
        elif lang == "zh" and cell.lang == "zh":
            english = prose.TERM.findall(cells[place - 1].text)
            if len(english) != len(prose.TERM.findall(cell.text)):
                raise BuildError(
                    f"{source}:{cell.line}: not as many terms as in the English cell."
                )
            text = prose.mark_terms(prose.join_lines(cell.text), english)
            cell = cell._replace(text=text)
        elif cell.lang == lang:
            cell = cell._replace(text=prose.mark_terms(cell.text))
        if cell.lang in (None, lang):
            found.append(cell)
    if dead := [table[name] for name in table if lang == "zh" and name not in used]:
        lines = ", ".join(word.english for word in dead)
        raise BuildError(f"{source}: words that stand in no code cell: {lines}")
    return found


def _translated(source, cell, table, used, lang):
    if lang != "zh" or cell.lang == "en":
        return cell.text
    try:
        return translate(cell.text, table, used)
    except (SyntaxError, ValueError) as error:
        raise BuildError(f"{source}:{cell.line}: no Python: {error}") from None


def _mark(cell, was_short, lang):
    """Return the line that says where the short path begins or stops, or None."""
    if cell.minutes:
        return prose.start_mark(cell.minutes, lang)
    return prose.MARKS[lang][1] if was_short and "short" not in cell.tags else None


def _run_time(path, known):
    def replace(match):
        if match[1]:
            folder = path.parent if path.parent.name in LANGUAGES else path.parents[1]
            known_there = read(folder / f"{match[1]}.ipynb").metadata.get(
                "sftkeras", {}
            )
        else:
            known_there = known
        return prose.in_words(known_there.get("run_seconds"), language_of(path))

    return replace


def _say_cell_times(nodes, known, lang):
    seconds = known.get("cell_seconds", {})  # of the slow cells of a run
    quick = 0 if "run_seconds" in known else None
    for place, node in enumerate(nodes):
        if node.cell_type == "markdown" and prose.CELL_TIME in node.source:
            below = itertools.takewhile(
                lambda node: node.cell_type == "code", nodes[place + 1 :]
            )  # a function may be defined before the cell that takes the time
            found = [seconds[node.id] for node in below if node.id in seconds]
            said = prose.cell_time(max(found, default=quick), lang)
            node.source = node.source.replace(prose.CELL_TIME, said)


def code_hash(notebook):
    """Return what tells whether outputs belong to the code beside them.

    The set-up cell, which is the same everywhere and shows nothing, does not count.
    """
    code = [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", ())
    ]
    return hashlib.sha256("\n# %%\n".join(code).encode()).hexdigest()[:16]


def chapters_in_order(folder):
    """Return the chapters' sources as one reads them, by the article's section."""
    found = [s for s in find_sources(folder=folder) if s.parent.name == "src"]
    return sorted(found, key=lambda s: (number_of(s), s.stem))


def title_of(source, lang):
    """Return a title without what follows its colon: "1. Background", "6.3 Images"."""
    cell = next(cell for cell in read_source(source) if cell.lang == lang)
    title = re.split("[:：]", re.match(r"# (.*)", cell.text)[1])[0].strip()
    chapter, section = number_of(source)  # the applications are sections of §6
    return re.sub(r"^6\. ", f"6.{section} ", title) if chapter == 6 else title


def _links(source, path, kind, lang):
    up = "" if kind == "src" else "../"
    other = next(each for each in LANGUAGES if each != lang)
    folder = path.parent if kind == "src" else path.parents[1]
    place = path.relative_to(folder).as_posix()
    links = [prose.CONTENTS[lang].format(up=up)]
    if path.stem == "00_index":
        links = []
    elif kind != "src":
        links[:0] = [prose.COMPANIONS[kind][lang].format(up=up, name=path.name)]
    else:
        order = chapters_in_order(folder.parent)
        here = order.index(source)
        before, after = order[max(0, here - 1) : here], order[here + 1 : here + 2]
        links[:0] = [f"[← {title_of(s, lang)}]({s.stem}.ipynb)"
                     for s in before if s.stem != "00_index"]  # fmt: skip
        links += [f"[{title_of(s, lang)} →]({s.stem}.ipynb)" for s in after]
    return " · ".join([*links, f"[{LANGUAGES[other]}]({up}../{other}/{place})"])
