"""Build the notebooks: run each source, write what it becomes in both languages.

    python notebooks/build.py                  # all of them
    python notebooks/build.py 04_mathematics   # this chapter and its exercises
    python notebooks/build.py --lang zh NAME   # only the Chinese edition
    python notebooks/build.py --no-run         # new prose, old outputs
    python notebooks/build.py --no-run 00_index  # contents, links, glossary
    python notebooks/build.py --check          # execute only, write nothing

The format of the sources is explained in notebooks/README.md.
"""

import argparse
import os
import sys

import nbformat
from assembling import assemble, code_hash
from pages import pages
from running import execute_all
from source import (
    LANGUAGES,
    BuildError,
    find_sources,
    language_of,
    name_of,
    read,
    read_source,
    targets,
)

LIMIT = 180  # seconds: what one notebook may take on 2 cores


def render(source, executed=None):
    """Return {path: text} of the notebooks of a source.

    Args:
        source: path of the source.
        executed: {language: executed notebook}: only these languages are returned.
            Defaults to `None`: outputs and times are those of the notebooks that are
            there, for the cells whose code has not changed.
    """
    texts, found = {}, dict(executed or {})
    for path, kind in targets(source).items():
        lang = language_of(path)
        if executed and lang not in executed:
            continue
        if lang not in found:  # solutions come before exercises
            found[lang] = read(path)
        done = found[lang]
        known = {cell.id: cell for cell in done.cells if cell.cell_type == "code"}
        notebook = assemble(source, path, kind, done.metadata.get("sftkeras"))
        if kind != "exercises":
            for cell in notebook.cells:
                if cell.cell_type == "code" and cell.id in known:
                    cell.outputs = known[cell.id].outputs
                    cell.execution_count = known[cell.id].execution_count
            for key in {"sftkeras", "widgets"} & set(done.metadata):
                notebook.metadata[key] = done.metadata[key]
        nbformat.validate(notebook)
        texts[path] = nbformat.writes(notebook).rstrip("\n") + "\n"
    return texts


def write(path, text):
    """Write a file so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def build(source, check=False, run=True, languages=tuple(LANGUAGES)):
    """Execute one source, and write its notebooks unless `check`; return remarks."""
    has_code = any(cell.kind == "code" for cell in read_source(source))
    executed = execute_all(source, languages) if has_code and (run or check) else None
    if not check:
        for path, text in render(source, executed).items():
            write(path, text)
    if not has_code:
        return "prose only"
    return "; ".join(_remarks(source, executed, languages))


def _remarks(source, executed, languages):
    for path, kind in targets(source).items():
        lang = language_of(path)
        if kind == "exercises" or lang not in languages:
            continue
        notebook = executed[lang] if executed else read(path)
        known = notebook.metadata.get("sftkeras", {})
        code = assemble(source, path, kind)
        if known.get("code") != code_hash(code):
            yield f"{lang} OLD OUTPUTS: the code has changed and needs a run"
            continue
        seconds = known["run_seconds"]
        said = f"{lang} {seconds:.0f} s" if executed else f"{lang} outputs kept"
        if executed and lang != "en" and executed[lang] is executed.get("en"):
            said = f"{lang} the same run"
        if seconds > LIMIT:
            said += f" WARNING: more than {LIMIT} s"
        outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
        if any(output.get("name") == "stderr" for output in outputs):
            said += " WARNING: a cell writes to stderr"
        yield said


def refresh():
    """Write anew what says something of other notebooks: links, times, glossary."""
    for made in (*map(render, find_sources()), pages()):
        for path, text in made.items():
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                write(path, text)


def main(arguments=None):
    """Build what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="write nothing")
    group.add_argument("--no-run", action="store_true", help="keep old outputs")
    parser.add_argument("--lang", choices=LANGUAGES, help="default: both")
    options = parser.parse_args(arguments)
    languages = (options.lang,) if options.lang else tuple(LANGUAGES)
    failed = 0
    try:
        sources = find_sources(options.names)
    except BuildError as error:
        sys.exit(str(error))
    for source in sources:
        print(f"{name_of(source):<36}", end="", flush=True)
        try:
            said = build(source, options.check, not options.no_run, languages)
            print(said, flush=True)
        except BuildError as error:
            failed += 1
            print("FAILED", flush=True)
            print(error, file=sys.stderr, flush=True)
    # What all chapters have a part in is written with the contents, which list them.
    if not options.check and not failed and any(s.stem == "00_index" for s in sources):
        refresh()
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
