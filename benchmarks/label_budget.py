"""How many labels do you need? Test accuracy of five classifiers by labels given.

    python benchmarks/label_budget.py                  # goes on where it stopped
    python benchmarks/label_budget.py --minutes 4      # stop after so long; call again
    python benchmarks/label_budget.py --budgets 16 64 --seeds 2 --out runs/small.csv
    python benchmarks/label_budget.py --budgets 256 --models "MiniLM, LoRA"
    python benchmarks/label_budget.py --language zh   # data/reviews_zh, e5-small;
        # "MiniLM" in --models then stands for e5-small, and the CSV says so

Each run draws `labels` rows of the training split (stratified; the seed draws them,
and the model), trains on those, and is measured on the whole test split. English is
data/reviews and MiniLM, Chinese data/reviews_zh and e5-small, each with its own CSV.
After each run the CSV is written anew, as a whole: model, labels, seed, accuracy,
train_seconds. Runs that it holds are not repeated; after a change to the training
code, delete it.

The models are the quickstart's, without the encoder's top two layers. By `--models`
come what chapter 3 compares at 256 labels: the encoder with its top one, two or four
layers trained, and with LoRA. The seconds are those of training, after the encoder
has been loaded.
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
CSV_ZH = ROOT / "benchmarks" / "label_budget_zh.csv"
# What each language is measured with: data, encoder (as the CSV calls it), CSV.
LANGUAGES = {
    "en": ("reviews", "MiniLM", CSV),
    "zh": ("reviews_zh", "e5-small", CSV_ZH),
}
COLUMNS = ["model", "labels", "seed", "accuracy", "train_seconds"]
MODELS = [
    "majority class",
    "TF-IDF + logistic",
    "LSTM from scratch",
    "MiniLM, frozen",
    "MiniLM, all layers",
]


def _partly(top=None, **settings):
    """Return a method that trains the `top` layers of the encoder, or all."""

    def method(pretrained, train, seed):
        steps = -(-len(train) // 16)  # a pass, in batches of 16
        epochs = max(3 if top else 4, -(-40 // steps))
        layers = sft.blocks(pretrained)[-top:] if top else "all"
        rows = train.texts, train.labels
        usual = {"epochs": epochs, "batch_size": 16, "seed": seed, "verbose": 0}
        return sft.fine_tune(pretrained, *rows, layers, **usual, **settings)

    return method


METHODS = texts.METHODS | {
    "MiniLM, top layer": _partly(1),
    "MiniLM, top 2 layers": _partly(2),
    "MiniLM, top 4 layers": _partly(4),
    "MiniLM, LoRA": _partly(learning_rate=2e-3, techniques=[sft.LoRA(rank=8)]),
}


def draw_labels(train, labels, seed):
    """Return `labels` rows of the training data, stratified, drawn by the seed."""
    return sft.split_texts(train, labels, seed)[1]


def measure(name, few, test, seed):
    """Train on `few`, measure on `test`: return (accuracy, seconds of training).

    The name is one of `METHODS`, with the encoder that it is trained with: "e5-small,
    frozen" is the method "MiniLM, frozen" with e5-small.
    """
    encoder = "e5-small" if name.startswith("e5-small") else "minilm"
    control = name in texts.CONTROLS  # needs no encoder
    pretrained = None if control else texts.pretrained_model(few, seed, encoder)
    started = time.perf_counter()
    fitted = METHODS[name.replace("e5-small", "MiniLM")](pretrained, few, seed)
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
    names = [name.split(", ")[-1] for name in dict.fromkeys([*MODELS, *METHODS])]

    def place(row):
        method = row["model"].split(", ")[-1]  # without the encoder
        return names.index(method), row["labels"], row["seed"]

    rows = sorted(rows, key=place)
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
        "--models", nargs="+", default=MODELS, choices=METHODS, metavar="NAME",
        help=", ".join(f"'{name}'" for name in METHODS),
    )  # fmt: skip
    parser.add_argument("--minutes", type=float, help="stop after so many")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--out", type=Path, help="default: the language's CSV")
    arguments = parser.parse_args()
    data, encoder, out = LANGUAGES[arguments.language]
    out = arguments.out or out
    reviews = ROOT / "data" / data
    train = sft.load_texts(reviews / "train_data.txt")
    test = sft.load_texts(reviews / "test_data.txt")
    rows = read_rows(out)
    known = {(row["model"], row["labels"], row["seed"]) for row in rows}
    names = [name.replace("MiniLM", encoder) for name in arguments.models]
    todo = [
        (name, labels, seed)
        for seed in range(arguments.seeds)
        for labels in arguments.budgets
        for name in names
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
        write_rows(out, rows)
        print(
            f"{number:3}/{len(todo)}  {name:18} {labels:4} labels  seed {seed}  "
            f"accuracy {accuracy:.3f}  {seconds:5.1f} s",
            flush=True,
        )
        keras.backend.clear_session()  # the graphs of the last model
    print(f"{len(rows)} runs in {out}")


if __name__ == "__main__":
    main()
