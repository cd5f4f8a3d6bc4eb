"""Hostile bundles and presets: an error of ours or a harmless load, and no more.

`benchmarks/hostile.py` tries them all and measures; the cases are in `tests/hostile`.
"""

import json
import os
import subprocess
import sys

import pytest
from hostile import CASES
from hostile.watch import SLOW

from sftkeras.files import ROOT

MOST = 500  # MB beyond an honest load


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """{case: what happened}, all in one process of their own."""
    names = [name for name in CASES if name not in SLOW]
    command = [sys.executable, "-m", "hostile.watch"]
    command += [str(tmp_path_factory.mktemp("strangers") / "work"), *names]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        timeout=600,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (lines[-1:], done.stderr[-3000:])
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", [name for name in CASES if name not in SLOW])
def test_a_hostile_directory_is_refused_or_harmless(found, name):
    case = found[name]
    assert not case["outcome"].startswith("WRONG"), case
    assert not case["seen"], "it opened another file, or started a program"
    assert not case["left"], "it left a file"
    assert not case["steers"], "its message could steer a terminal"
    assert case["megabytes"] < MOST, case
    assert case["outcome"] == "loaded" or case["told"]


def test_there_are_many():
    assert len(CASES) >= 150
