"""Photographs: frozen layers, all layers, or from scratch, on forty labels a class.

    python benchmarks/photographs.py TRAIN --choose      # rates and epochs
    python benchmarks/photographs.py TRAIN TEST          # accuracy on other photographs
    python benchmarks/photographs.py TRAIN TEST --classes cat horse --methods frozen

TRAIN and TEST are folders with one folder a class. `--choose` trains each setting on
three quarters of TRAIN and measures it on the quarter that each seed holds out; what
was best there stands last in its list below, and TEST is measured with that. From
scratch is a network of four convolutions on images that are moved and turned.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sftkeras.machine import import_keras  # noqa: E402

import_keras()  # quietly

import sftkeras as sft  # noqa: E402
from sftkeras.data.images import load_image_data  # noqa: E402
from sftkeras.data.splits import split_rows  # noqa: E402
from sftkeras.models.images import small_network  # noqa: E402
from sftkeras.scenarios.image_classification import train_falling  # noqa: E402

LABELS = 40  # of a class, at most
# What is trained: learning rates and epochs that are tried, the chosen one last.
TRIED = {
    "frozen": ["3e-3:60", "1e-2:60", "3e-3:20", "1e-2:20"],
    "all layers": ["1e-4:8", "5e-4:8", "2e-4:16", "2e-4:8"],
    "from scratch": ["3e-3:30", "3e-3:60", "3e-3:120", "1e-3:60"],
}


def trained(method, setting, data, seed, side):
    """Return a classifier of the photographs `data`."""
    rate, epochs = setting.split(":")
    rate, epochs, classes = float(rate), int(epochs), len(data.label_names)
    if method == "from scratch":
        model = sft.augment(small_network(classes, seed=seed))
        how = {"epochs": epochs, "rate": rate, "seed": seed}
        train_falling(model, data.inputs, data.labels, **how)
        return model
    model = sft.load_pretrained_model(
        "efficientnet-lite0", classes, image_size=side, seed=seed
    )
    layers = None if method == "frozen" else "all"
    how = {"learning_rate": rate, "epochs": epochs, "seed": seed, "verbose": 0}
    return sft.fine_tune(model, data, None, layers, **how)


def of_classes(data, names):
    """Return the photographs of some classes, `LABELS` of each at most."""
    names = names or data.label_names
    rows = [np.flatnonzero(data.labels == name)[:LABELS] for name in names]
    if missing := [n for n, of in zip(names, rows, strict=True) if not len(of)]:
        sys.exit(f"{data.path} has no folder {missing[0]!r}: {data.label_names}")
    part = data.take(np.concatenate(rows))
    part.label_names = tuple(sorted(names))
    return part


def halves(data, test, seed):
    """Return (training data, what is measured on): the test data, or a quarter."""
    if test is not None:
        return data, test
    rows = split_rows(range(len(data)), data.labels, len(data) // 4, seed)
    return tuple(data.take(part) for part in rows)


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("train", metavar="TRAIN")
    add("test", nargs="?", metavar="TEST")
    add("--choose", action="store_true")
    add("--classes", nargs="+", metavar="NAME")
    add("--methods", nargs="+", default=[*TRIED], choices=TRIED, metavar="NAME")
    add("--try", nargs="+", dest="tried", metavar="RATE:EPOCHS")
    add("--image-size", type=int, default=160, metavar="PIXELS")
    add("--seeds", type=int, default=3, help="how many, from 0")
    given = parser.parse_args()
    if given.choose == (given.test is not None):
        parser.error("either TEST or --choose")
    data = [
        of_classes(load_image_data(path, given.image_size), given.classes)
        for path in (given.train, given.test)
        if path
    ]
    data = data if len(data) == 2 else [*data, None]
    for method in given.methods:
        settings = TRIED[method] if given.choose else TRIED[method][-1:]
        for setting in given.tried or settings:
            found = []
            for seed in range(given.seeds):
                train, other = halves(*data, seed)
                started = time.process_time()
                model = trained(method, setting, train, seed, given.image_size)
                seconds = time.process_time() - started
                report = sft.evaluate_model(model, other, verbose=False)
                found.append((report["accuracy"], seconds))
            scores, seconds = np.array(found).T
            print(
                f"{method:12} {setting:8} {scores.mean():.3f} "
                f"({scores.min():.3f}–{scores.max():.3f}) "
                f"{np.median(seconds):6.1f} s of processor time",
                flush=True,
            )


if __name__ == "__main__":
    main()
