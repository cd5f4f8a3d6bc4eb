"""What the benchmark's workers share: the split, the clock, the report.

Imports neither TensorFlow nor PyTorch, so that each worker pays for its own only.
"""

import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENCODER = ROOT / "data" / "pretrained" / "minilm"
KEYS = ("x_train", "y_train", "x_test", "y_test")  # a split, as JSON
THREADS = int(os.environ.get("THREADS", "2"))
SLOW = 30  # seconds after which no further pass over the test rows is begun
BATCH_SIZE, EPOCHS, LEARNING_RATE = 16, 4, 5e-5  # the peers' and ours, all layers


def add_split_arguments(parser):
    """Add the data files, the sizes of the split and the number of seeds."""
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--train", type=int, default=600)
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)


def read_files(files):
    """Return (texts, labels) of labelled files together; names become class numbers."""
    import numpy as np

    from sftkeras.data.texts import load_texts

    parts = [load_texts(file, require_labels=True) for file in files]
    texts = [text for part in parts for text in part.texts]
    labels = np.concatenate([part.labels for part in parts])
    if labels.dtype.kind not in "iu":  # the peers take numbers only
        labels = np.unique(labels, return_inverse=True)[1]
    return texts, labels


def make_split(arguments, seed):
    """Return (training texts, labels, test texts, labels) of one seed.

    The files' rows, shuffled by the seed; a directory, or data/reviews without files,
    as it is split.
    """
    import numpy as np

    folder = Path((arguments.files or [ROOT / "data" / "reviews"])[0])
    if folder.is_dir():
        train, test = folder / "train_data.txt", folder / "test_data.txt"
        return *read_files([train]), *read_files([test])
    texts, labels = read_files(arguments.files)
    order = np.random.default_rng(seed).permutation(len(texts))
    train, test = np.split(order[: arguments.train + arguments.test], [arguments.train])
    x_train, x_test = [texts[i] for i in train], [texts[i] for i in test]
    return x_train, labels[train], x_test, labels[test]


def read_job():
    """Return (name, seed, (training texts, labels, test texts, labels)).

    The runner gives: NAME SEED FILE, where FILE is the JSON of one split.
    """
    name, seed, file = sys.argv[1:4]
    split = json.loads(Path(file).read_text())
    return name, int(seed), tuple(split[key] for key in KEYS)


def report(fit, predict, data):
    """Train, predict and print one line of JSON.

    Args:
        fit: function of (texts, labels) that trains; it may return more figures.
        predict: function of texts that returns a class number each.
        data: as `read_job` returns.
    """
    x_train, y_train, x_test, y_test = data
    started = time.perf_counter()
    more = fit(x_train, y_train) or {}
    train_seconds = time.perf_counter() - started
    predicted = predict(x_test)
    accuracy = sum(p == y for p, y in zip(predicted, y_test, strict=True)) / len(y_test)
    rates = []
    started = time.perf_counter()
    while len(rates) < 3 and time.perf_counter() - started < SLOW:
        before = time.perf_counter()  # warm: the first call compiled
        predict(x_test)
        rates.append(len(x_test) / (time.perf_counter() - before))
    extra_seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB on Linux
    result = {
        "accuracy": accuracy,
        "train_seconds": train_seconds,
        "predictions_per_second": statistics.median(rates),
        "extra_seconds": extra_seconds,
        "peak_mib": peak,
        **more,
    }
    print("RESULT " + json.dumps(result), flush=True)
    os._exit(0)  # what a framework does at exit is not what is measured
