"""What backups cost: MiniLM, all layers, with and without, in turn in one process.

    python benchmarks/backup_cost.py [--rows 720] [--epochs 3] [--rounds 2]

Prints the seconds of training (digests of the job included), the bytes of a backup, and
by how much it was slower.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sftkeras as sft
from sftkeras.files import ROOT


def main():
    """Read the arguments, train, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=720)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    train = sft.load_texts(ROOT / "data" / "reviews" / "train_data.txt")
    texts, labels = train.texts[: arguments.rows], train.labels[: arguments.rows]
    model = sft.load_pretrained_model("minilm", num_classes=2)

    def seconds(epochs, directory=None):
        started = time.perf_counter(), time.process_time()
        sft.fine_tune(
            model, texts, labels, epochs=epochs, verbose=0, backup_dir=directory
        )
        return time.perf_counter() - started[0], time.process_time() - started[1]

    seconds(1)  # the first one finds the memory cold
    found = {"without": [], "with": []}
    for _ in range(arguments.rounds):
        found["without"].append(seconds(arguments.epochs))
        with tempfile.TemporaryDirectory() as directory:
            found["with"].append(seconds(arguments.epochs, directory))
            size = max(file.stat().st_size for file in Path(directory).iterdir())
    for name, values in found.items():
        shown = ", ".join(f"{wall:.1f} s ({cpu:.1f} s)" for wall, cpu in values)
        print(f"{name} backups, and of processors: {shown}")
    ratios = [
        min(each[kind] for each in found["with"])
        / min(each[kind] for each in found["without"])
        for kind in (0, 1)
    ]
    print(
        f"a backup has {size / 1e6:.0f} MB; training takes {ratios[0] - 1:+.1%} time, "
        f"{ratios[1] - 1:+.1%} of the processors'"
    )


if __name__ == "__main__":
    main()
