"""How long the command line takes to start and to predict one sentence.

    python benchmarks/startup.py [--runs 5]

Whole processes, in turn: `import tensorflow`, `python -m sftkeras --help`, and
`python -m sftkeras predict` with one sentence from two saved classifiers (the tuned
encoder and the LSTM). Medians, and ratios to `import tensorflow`, which nothing that
predicts with TensorFlow can undercut.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sftkeras as sft  # noqa: E402


def save_classifiers(folder):
    """Train both classifiers on a few rows and save them; return their paths."""
    train = sft.load_texts(ROOT / "data" / "reviews" / "train_data.txt").take(range(32))
    encoder = sft.load_pretrained_model("minilm")
    encoder = sft.fine_tune(
        encoder, train.texts, train.labels, None, epochs=1, verbose=0
    )
    tokenizer = sft.Tokenizer().fit_on_texts(train.texts)
    lstm = sft.create_model(tokenizer=tokenizer)
    sft.train_model(lstm, train.texts, train.labels, epochs=1, verbose=0)
    paths = {"encoder": Path(folder, "encoder"), "LSTM": Path(folder, "lstm")}
    for model, path in zip((encoder, lstm), paths.values(), strict=True):
        sft.save_classifier(model, path)
    return paths


def seconds(*arguments):
    """Return the time of one whole process."""
    started = time.perf_counter()
    command = [sys.executable, *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - started


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        cases = {
            "import tensorflow": ("-c", "import tensorflow"),
            "sftkeras --help": ("-m", "sftkeras", "--help"),
        }
        for name, path in save_classifiers(folder).items():
            command = ("-m", "sftkeras", "predict", "--model", path, "Worth it.")
            cases[f"predict, {name}"] = command
        found = {name: [] for name in cases}
        for _ in range(runs + 1):
            for name, command in cases.items():
                found[name].append(seconds(*command))
    medians = {n: statistics.median(times[1:]) for n, times in found.items()}
    floor = medians["import tensorflow"]
    for name, median in medians.items():
        print(f"{name:20} {median:5.2f} s   {median / floor:.2f} of import tensorflow")


if __name__ == "__main__":
    main()
