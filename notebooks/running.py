"""Run the code of a source in a fresh kernel, and keep what it shows."""

import copy
import os
import queue
import re
import time
from pathlib import Path

from assembling import assemble, code_hash
from nbclient import NotebookClient, exceptions
from source import (
    FOLDER,
    LANGUAGES,
    BuildError,
    language_of,
    name_of,
    read_source,
    targets,
)

SLOW = 5  # seconds: a cell that takes longer is remembered, for `{{cell_time}}`
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
# How an unsolved exercise may fail: `checking.NotDone` and `NotRight`.
REFUSALS = {"NotDone", "NotRight"}


def execute_all(source, languages=tuple(LANGUAGES)):
    """Return {language: executed notebook}; one run for both where the code is one."""
    executed = {}
    for path, kind in targets(source).items():
        lang = language_of(path)
        if kind == "exercises" or lang not in languages:
            continue
        notebook = assemble(source, path, kind)
        same = [n for n in executed.values() if code_hash(n) == code_hash(notebook)]
        executed[lang] = same[0] if same else execute(source, path, kind)
    return executed


def execute(source, path, kind):
    """Run the code of one notebook of a source; return it with its outputs."""
    notebook = assemble(source, path, kind)
    stub = assemble(source, path, "exercises") if kind == "solutions" else notebook
    path.parent.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        notebook, timeout=600, coalesce_streams=True, record_timing=False
    )
    client.extra_arguments = ["--log-level=ERROR"]
    started, count, slow = time.perf_counter(), 0, {}
    with client.setup_kernel(cwd=str(path.parent), env={**os.environ, **OFFLINE}):
        for channel in (client.kc.shell_channel, client.kc.iopub_channel):
            ask_again(channel)
        for index, cell in enumerate(list(notebook.cells)):
            if cell.cell_type != "code":
                continue
            count += 1
            try:
                if stub.cells[index].source != cell.source:
                    must_fail(client, stub, index)
                begun = time.perf_counter()
                client.execute_cell(cell, index, execution_count=count)
            except (BuildError, exceptions.CellControlSignal, RuntimeError) as error:
                raise BuildError(_named(error, source, cell, count, path)) from None
            if (seconds := round(time.perf_counter() - begun, 1)) >= SLOW:
                slow[cell.id] = seconds
            cell.outputs = clean(cell.outputs)
        client.set_widgets_metadata()
    seconds = round(time.perf_counter() - started, 1)
    known = {"code": code_hash(notebook), "run_seconds": seconds}
    notebook.metadata["sftkeras"] = known | ({"cell_seconds": slow} if slow else {})
    return notebook


def ask_again(channel):
    """Let a channel look every second whether a message has come.

    A widget's cell makes the client send while it waits on the same socket; the sign
    that a message has come may then be lost, and the wait would never end.
    """
    get = channel.get_msg

    async def get_msg(timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 1.0 if end is None else min(1.0, end - time.monotonic())
            try:
                return await get(timeout=max(0.0, left))
            except queue.Empty:
                if end is not None and time.monotonic() >= end:
                    raise

    channel.get_msg = get_msg


def _named(error, source, cell, count, path):
    """Return a failure with its place: the source's line, the cell, the language."""
    lines = [c.line for c in read_source(source) if c.text == cell.source]
    message = re.sub(r"\x1b\[[\d;]*m", "", str(error)).strip()
    return (
        f"{source}:{lines[0] if lines else 1}: code cell {count} of "
        f"{name_of(source)} ({language_of(path)}) failed:\n{message}"
    )


def must_fail(client, stub, index):
    """Run an unsolved exercise up to its check, which must refuse it in our words."""
    checked = False
    for place, cell in enumerate(stub.cells[index:], index):
        if cell.cell_type != "code":
            continue
        cell = copy.deepcopy(cell)
        cell.metadata["tags"] = ["raises-exception"]
        client.execute_cell(cell, place, store_history=False)
        errors = [o for o in cell.outputs if o.output_type == "error"]
        checked = place > index and _is_check(cell.source)
        if errors and errors[0].ename in REFUSALS:
            return
        if errors:
            raise BuildError(
                "Unsolved, this exercise must fail with a message of `check`. It "
                f"fails with {errors[0].ename}: {errors[0].evalue}"
            )
        if checked:
            break
    raise BuildError("The check of this exercise accepts it unsolved, or is missing.")


def _is_check(code):
    return bool(re.search(r"\bcheck[.(]", code))


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
