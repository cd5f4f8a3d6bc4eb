"""Which learning rate and how many epochs: accuracy on validation data, never test.

    python benchmarks/choose_rates.py                    # e5-small, what was tried
    python benchmarks/choose_rates.py --model minilm --trained 2 --try 3e-4:3 1e-4:4
    python benchmarks/choose_rates.py FILE … --max-length 128
    python benchmarks/choose_rates.py data/reviews --trained 8 --layer-rates 0.8 --half

Each is trained on `train_data.txt` and measured on `val_data.txt` of data/reviews and
data/reviews_zh; where a folder has no such file, and of files, on a quarter of the
training rows that each seed holds out (of files, of their first 600 rows in its order,
which are those that `accuracy.py` trains on).
"""

import argparse
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import make_split, read_files  # noqa: E402

from sftkeras.data.splits import split_rows  # noqa: E402
from sftkeras.machine import import_keras  # noqa: E402

import_keras()  # quietly

import sftkeras as sft  # noqa: E402

FOLDERS = ("reviews", "reviews_zh", "news", "news_zh")
TRIED = {  # what is trained: learning rate and epochs
    "none": ["3e-3:20", "1e-2:20", "2e-2:20", "1e-2:40"],
    "4": ["3e-4:3", "3e-4:4", "2e-4:4"],
    "6": ["3e-4:3", "2e-4:3"],
    "all": ["5e-5:4", "1e-4:3", "1e-4:4"],
}


def make_parts(files, seed):
    """Return (training texts, labels, validation texts, labels)."""
    folder = Path(files[0])
    if (folder / "val_data.txt").exists():
        train, val = folder / "train_data.txt", folder / "val_data.txt"
        return *read_files([train]), *read_files([val])
    texts, labels, _, _ = make_split(
        SimpleNamespace(files=files, train=600, test=0), seed
    )
    kept, held = split_rows(range(len(texts)), labels, len(texts) // 4, seed)
    parts = ([texts[i] for i in rows] for rows in (kept, held))
    return next(parts), labels[kept], next(parts), labels[held]


def measure(arguments, trained, setting, parts, seed):
    """Return (accuracy on the validation rows, seconds of training)."""
    x_train, y_train, x_val, y_val = parts
    model = sft.load_pretrained_model(
        arguments.model,
        num_classes=len(np.unique(y_train)),
        max_length=arguments.max_length,
        seed=seed,
    )
    top = trained.isdecimal()
    layers = sft.blocks(model)[-int(trained) :] if top else trained
    rate, epochs = setting.split(":")
    decay = arguments.layer_rates
    recipe = sft.Recipe(
        learning_rate=float(rate),
        epochs=int(epochs),
        techniques=[sft.LayerRates(decay)] if decay else [],
        mixed_precision="auto" if arguments.half else False,
        seed=seed,
        verbose=0,
    )
    started = time.perf_counter()
    tuned = sft.fine_tune(model, x_train, y_train, layers, recipe=recipe)
    seconds = time.perf_counter() - started
    report = sft.evaluate_model(tuned, x_val, y_val, verbose=False)
    return report["accuracy"], seconds


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE")
    add("--model", default="e5-small", metavar="NAME")
    add("--trained", nargs="+", default=[*TRIED], help="none, all, or upper layers")
    add("--try", nargs="+", dest="tried", metavar="RATE:EPOCHS")
    add("--seeds", type=int, default=3)
    add("--max-length", type=int, metavar="TOKENS")
    add("--layer-rates", type=float, metavar="DECAY", help="as in sft.LayerRates")
    add("--half", action="store_true", help="bfloat16 where the hardware has it")
    given = parser.parse_args()
    folders = {name: [ROOT / "data" / name] for name in FOLDERS}
    data = {"files": given.files} if given.files else folders
    for name, files in data.items():
        parts = [make_parts(files, seed) for seed in range(given.seeds)]
        for trained in given.trained:
            for setting in given.tried or TRIED.get(trained, TRIED["4"]):
                found = [
                    measure(given, trained, setting, part, seed)
                    for seed, part in enumerate(parts)
                ]
                scores, seconds = np.array(found).T
                print(
                    f"{name:12} {trained:>4} layers {setting:8} {scores.mean():.3f} "
                    f"({scores.min():.3f}–{scores.max():.3f}) "
                    f"{np.median(seconds):6.1f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
