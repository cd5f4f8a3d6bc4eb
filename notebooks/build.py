"""Build the notebooks: each source is executed once, for both languages.

    python notebooks/build.py                  # all of them
    python notebooks/build.py 04_mathematics   # this chapter and its exercises
    python notebooks/build.py --no-run         # new prose, old outputs
    python notebooks/build.py --check          # execute only, write nothing

The format of the sources is explained in notebooks/README.md.
"""

import argparse
import copy
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient, exceptions
from source import (
    FOLDER,
    BuildError,
    assemble,
    code_hash,
    read,
    read_source,
    run_seconds,
    targets,
)

LIMIT = 180  # seconds: what one notebook may take on 2 cores
# What TensorFlow logs when it starts; it says nothing to a reader.
NOISE = re.compile(
    r"^(WARNING: All log messages before absl|[IWE]\d{4} \d\d:|[IWE]0000 "
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] |To enable the following).*\n?",
    re.M,
)
# A notebook needs no network; one that asks for it must fail, here too.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
OFFLINE |= {f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https")}
OFFLINE |= {"no_proxy": "localhost,127.0.0.1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def execute(source):
    """Run a source's code in a fresh kernel; return the notebook with its outputs."""
    path, kind = next(iter(targets(source).items()))
    notebook = assemble(source, path, kind)
    stub = assemble(source, path, "exercises") if kind == "solutions" else notebook
    path.parent.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(notebook, timeout=600, coalesce_streams=True)
    client.extra_arguments = ["--log-level=ERROR"]
    started, count = time.perf_counter(), 0
    with client.setup_kernel(cwd=str(path.parent), env={**os.environ, **OFFLINE}):
        for index, cell in enumerate(list(notebook.cells)):
            if cell.cell_type != "code":
                continue
            count += 1
            try:
                if stub.cells[index].source != cell.source:
                    _must_fail(client, stub, index)
                client.execute_cell(cell, index, execution_count=count)
            except (BuildError, exceptions.CellControlSignal, RuntimeError) as error:
                lines = [c.line for c in read_source(source) if c.text == cell.source]
                message = re.sub(r"\x1b\[[\d;]*m", "", str(error)).strip()
                raise BuildError(
                    f"{source}:{lines[0] if lines else 1}: code cell {count} of "
                    f"{name_of(source)} failed:\n{message}"
                ) from None
            cell.outputs = clean(cell.outputs)
        client.set_widgets_metadata()
    seconds = round(time.perf_counter() - started, 1)
    notebook.metadata["sftkeras"] = {"code": code_hash(notebook)}
    notebook.metadata["sftkeras"]["run_seconds"] = seconds
    return notebook


def _must_fail(client, stub, index):
    """Run an unsolved exercise up to its check, which must not accept it."""
    for place, cell in enumerate(stub.cells[index:], index):
        if cell.cell_type == "code":
            cell = copy.deepcopy(cell)
            cell.metadata["tags"] = ["raises-exception"]
            client.execute_cell(cell, place, store_history=False)
            if any(output.output_type == "error" for output in cell.outputs):
                return
            if place > index and "assert" in cell.source:
                break
    raise BuildError("The check of this exercise accepts it unsolved, or is missing.")


def clean(outputs):
    """Return outputs without TensorFlow's start-up log and this machine's paths."""
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            output.text = _tidy(NOISE.sub("", output.text))
            if not output.text.strip():
                continue
        for kind, content in output.get("data", {}).items():
            if kind.startswith("text/"):
                output.data[kind] = _tidy(content)
        kept.append(output)
    return kept


def _tidy(text):
    root, home = str(FOLDER.parent), str(Path.home())
    for place, name in [(root + os.sep, ""), (root, "."), (home + os.sep, "~/")]:
        text = text.replace(place, name)
    text = re.sub(r"/\S*/ipykernel_\d+/\d+\.py", "cell", text)
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def render(source, executed=None):
    """Return {path: text} of the notebooks of a source.

    `executed` holds the outputs and the run time. Without it, they are those of the
    notebooks already there, for the cells whose code has not changed.
    """
    executed = executed or read(next(iter(targets(source))))
    known = {cell.id: cell for cell in executed.cells if cell.cell_type == "code"}
    texts = {}
    for path, kind in targets(source).items():
        notebook = assemble(source, path, kind, run_seconds(executed))
        if kind != "exercises":
            for cell in notebook.cells:
                if cell.cell_type == "code" and cell.id in known:
                    cell.outputs = known[cell.id].outputs
                    cell.execution_count = known[cell.id].execution_count
            for key in {"sftkeras", "widgets"} & set(executed.metadata):
                notebook.metadata[key] = executed.metadata[key]
        nbformat.validate(notebook)
        texts[path] = nbformat.writes(notebook).rstrip("\n") + "\n"
    return texts


def write(path, text):
    """Write a file so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


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


def build(source, check=False, run=True):
    """Execute one source, and write its notebooks unless `check`; return remarks."""
    has_code = any(cell.kind == "code" for cell in read_source(source))
    executed = execute(source) if has_code and (run or check) else None
    if not check:
        for path, text in render(source, executed).items():
            write(path, text)
    if not has_code:
        return "no code"
    if not executed:
        notebook = read(next(iter(targets(source))))
        done = notebook.metadata.get("sftkeras", {}).get("code")
        same = code_hash(notebook) == done
        return "outputs kept" if same else "CODE HAS CHANGED: needs a run"
    remarks = [f"{run_seconds(executed):.0f} s"]
    if run_seconds(executed) > LIMIT:
        remarks += [f"WARNING: more than {LIMIT} s"]
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    if any(output.get("name") == "stderr" for output in outputs):
        remarks += ["WARNING: a cell writes to stderr"]
    return ", ".join(remarks)


def main(arguments=None):
    """Build what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="write nothing")
    group.add_argument("--no-run", action="store_true", help="keep old outputs")
    options = parser.parse_args(arguments)
    failed = 0
    try:
        sources = find_sources(options.names)
    except BuildError as error:
        sys.exit(str(error))
    for source in sources:
        print(f"{name_of(source):<36}", end="", flush=True)
        try:
            print(build(source, options.check, not options.no_run), flush=True)
        except BuildError as error:
            failed += 1
            print("FAILED", flush=True)
            print(error, file=sys.stderr, flush=True)
    index = FOLDER / "src" / "00_index.py"
    if index.exists() and not options.check:
        build(index)  # it states the run times of the others
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
