"""Ten SIGKILLs over `fit`: each resumes to the uninterrupted run's bytes."""

import os
import re
import subprocess
import sys

import pytest

from sftkeras.files import ROOT

JOBS = ["lstm", "lstm, validation", "tiny", "tiny, validation"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork, no SIGKILL")
def test_ten_kills_resume_to_the_same_bytes():
    """Five of them where it hurts; `python benchmarks/kill.py` does a hundred."""
    script = ROOT / "benchmarks" / "kill.py"
    command = [sys.executable, script, "--kills", "10", "--jobs", *JOBS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    rows = re.findall(r"(.*): (\d+) of (\d+) kills resumed", done.stdout)
    assert [name for name, _, _ in rows] == JOBS
    assert sum(int(well) for _, well, _ in rows) == 10
