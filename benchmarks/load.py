"""Peak memory of the command line on much data, each command a process of its own.

    python benchmarks/load.py [--rows 1000000]

Generated texts; an LSTM, since what is measured is what the rows cost and not the
network. `predict --file` streams: with a thousand times the rows its peak must stay.
Prints a row a command.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORDS = [f"word{number}" for number in range(5000)]


def write_texts(path, rows, classes=0, seed=0):
    """Write texts of 5 to 25 words; with `classes`, the first word tells the label."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for row in range(rows):
            text = " ".join(draw.choices(WORDS, k=draw.randint(5, 25)))
            label = f"\tclass {row % classes}" if classes else ""
            first = f"{WORDS[row % classes % 5000]} " if classes else ""
            file.write(f"{first}{text}{label}\n")


def run(title, *arguments):
    """Run a command of sftkeras; print its seconds and peak memory."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        command = [sys.executable, "-m", "sftkeras", *map(str, arguments)]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=told
        )
        _, status, use = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told.seek(0)
            sys.exit(f"{title}: exit status {process.returncode}\n{told.read()}")
    seconds = time.perf_counter() - started
    peak = use.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    print(f"| {title} | {peak:.0f} MB | {seconds:.0f} s |", flush=True)


def main():
    """Measure prediction, evaluation and training."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    print("| command | peak | time |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        lstm = "--model", "lstm", "--epochs", 1
        for name, count, classes in [
            ("small", 1000, 2), ("train", 100_000, 2), ("many", 20_000, 10_000),
        ]:  # fmt: skip
            write_texts(folder / f"{name}.txt", count, classes)
        train, model = folder / "train.txt", folder / "two"
        run("fit, 100,000 rows", "fit", "--train", train, *lstm, "--out", model)
        for count in (1000, rows):
            write_texts(folder / "new.txt", count)
            files = "--file", folder / "new.txt", "--out", folder / "new.csv"
            run(f"predict --file, {count:,} rows", "predict", "--model", model, *files)
        many, model = folder / "many.txt", folder / "thousands"
        run("fit, 10,000 classes", "fit", "--train", many, *lstm, "--out", model)
        given = "--model", model, "--data", many
        run("evaluate, 10,000 classes", "evaluate", *given)


if __name__ == "__main__":
    main()
