"""How many labels do you need? Test accuracy of five classifiers by labels given.

    python benchmarks/label_budget.py                  # goes on where it stopped
    python benchmarks/label_budget.py --minutes 4      # stop after so long; call again
    python benchmarks/label_budget.py --budgets 16 64 --seeds 2 --out runs/small.csv

Each run draws `labels` rows of data/reviews' training split (stratified; the seed
draws them, and the model), trains on those, and is measured on the whole test split.
After each run the CSV is written anew, as a whole: model, labels, seed, accuracy,
train_seconds. Runs that it holds are not repeated; after a change to the training
code, delete it.

The models are the quickstart's, without the encoder's top two layers. The seconds are
those of training, after the encoder has been loaded.
"""

import argparse
import csv
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sftkeras as sft  # noqa: E402
from sftkeras.files import write_file  # noqa: E402

keras = sft.machine.import_keras()

from sftkeras.scenarios import text_classification as texts  # noqa: E402

BUDGETS = [8, 16, 32, 64, 128, 256, 512]
CSV = ROOT / "benchmarks" / "label_budget.csv"
COLUMNS = ["model", "labels", "seed", "accuracy", "train_seconds"]
MODELS = [
    "majority class",
    "TF-IDF + logistic",
    "LSTM from scratch",
    "MiniLM, frozen",
    "MiniLM, all layers",
]


def draw_labels(train, labels, seed):
    """Return `labels` rows of the training data, stratified, drawn by the seed."""
    return sft.split_texts(train, labels, seed)[1]


def measure(name, few, test, seed):
    """Train on `few`, measure on `test`: return (accuracy, seconds of training)."""
    pretrained = texts.pretrained_model(few, seed)
    started = time.perf_counter()
    fitted = texts.METHODS[name](pretrained, few, seed)
    seconds = time.perf_counter() - started
    return texts.measure(fitted, test)["accuracy"], seconds


def read_rows(path):
    """Return the rows of the CSV as dictionaries, numbers as numbers; [] without."""
    if not Path(path).exists():
        return []
    kinds = dict(zip(COLUMNS, (str, int, int, float, float), strict=True))
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [{k: kinds[k](row[k]) for k in COLUMNS} for row in csv.DictReader(file)]


def write_rows(path, rows):
    """Write all rows, in a fixed order, in one move."""
    order = {name: place for place, name in enumerate(MODELS)}
    rows = sorted(rows, key=lambda r: (order[r["model"]], r["labels"], r["seed"]))
    with write_file(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--budgets", type=int, nargs="+", default=BUDGETS, metavar="N")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    parser.add_argument(
        "--models", nargs="+", default=MODELS, choices=MODELS, metavar="NAME",
        help=", ".join(f"'{name}'" for name in MODELS),
    )  # fmt: skip
    parser.add_argument("--minutes", type=float, help="stop after so many")
    parser.add_argument("--out", type=Path, default=CSV)
    arguments = parser.parse_args()
    reviews = ROOT / "data" / "reviews"
    train = sft.load_texts(reviews / "train_data.txt")
    test = sft.load_texts(reviews / "test_data.txt")
    rows = read_rows(arguments.out)
    known = {(row["model"], row["labels"], row["seed"]) for row in rows}
    todo = [
        (name, labels, seed)
        for seed in range(arguments.seeds)
        for labels in arguments.budgets
        for name in arguments.models
        if (name, labels, seed) not in known
    ]
    started = time.perf_counter()
    for number, (name, labels, seed) in enumerate(todo, start=1):
        if arguments.minutes and time.perf_counter() - started > 60 * arguments.minutes:
            print(f"{len(todo) - number + 1} runs are left; the same command goes on.")
            return
        few = draw_labels(train, labels, seed)
        accuracy, seconds = measure(name, few, test, seed)
        values = (name, labels, seed, round(accuracy, 4), round(seconds, 2))
        rows.append(dict(zip(COLUMNS, values, strict=True)))
        write_rows(arguments.out, rows)
        print(
            f"{number:3}/{len(todo)}  {name:18} {labels:4} labels  seed {seed}  "
            f"accuracy {accuracy:.3f}  {seconds:5.1f} s",
            flush=True,
        )
        keras.backend.clear_session()  # the graphs of the last model
    print(f"{len(rows)} runs in {arguments.out}")


if __name__ == "__main__":
    main()
