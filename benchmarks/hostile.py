"""Hostile bundles and presets: what each does, in seconds and megabytes.

    python benchmarks/hostile.py [NAME …]

Each of `tests/hostile` is loaded in a process that is watched from outside: a case that
takes very long, or ends the process, is a finding. Linux only (/proc).
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
PATIENCE = 60  # seconds for a case
SECONDS, MEGABYTES = 10, 500  # what a case may cost


def watch(names):
    """Yield what happened in each case; a process that dies or hangs is replaced."""
    left = list(names)
    while left:
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(
                [sys.executable, "-m", "hostile.watch", f"{folder}/work", *left],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path[:2])},
            )
            lines = queue.Queue()
            reader = threading.Thread(target=_read, args=(process.stdout, lines))
            reader.start()
            while left:
                try:
                    line = lines.get(timeout=2 * PATIENCE)
                except queue.Empty:
                    line = None
                if line is None:  # it died, or hangs
                    process.kill()
                    yield {"name": left.pop(0), "outcome": "WRONG: died or hung"}
                    break
                left.pop(0)
                yield json.loads(line)
            process.wait()


def _read(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def wrong(case):
    """Return what is wrong with a case, "" for nothing."""
    faults = [case["outcome"]] if case["outcome"].startswith("WRONG") else []
    faults += [*case.get("seen", []), *case.get("left", [])]
    faults += ["steers the terminal"] if case.get("steers") else []
    if case.get("seconds", 0) > SECONDS:
        faults.append(f"{case['seconds']} s")
    if case.get("megabytes", 0) > MEGABYTES:
        faults.append(f"{case['megabytes']} MB")
    return ", ".join(faults)


def main(names):
    """Print a line a case and the sums; return 1 if anything is wrong."""
    from hostile import CASES
    from hostile.watch import HONEST

    cases = []
    for case in watch(names or [*HONEST, *CASES]):
        cases.append(case)
        told = wrong(case) or case["told"].replace("\n", " ")[:90]
        costs = f"{case.get('seconds', 0):6.2f} s {case.get('megabytes', 0):5} MB"
        name, outcome = case["name"], case["outcome"]
        print(f"{name:36.36} {outcome:18.18} {costs}  {told}", flush=True)
    faults = [case for case in cases if wrong(case)]
    print(dict(Counter(case["outcome"] for case in cases)))
    print(
        f"{len(cases)} cases, {len(faults)} wrong; at most "
        f"{max(case.get('seconds', 0) for case in cases):.1f} s and "
        f"{max(case.get('megabytes', 0) for case in cases)} MB"
    )
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
