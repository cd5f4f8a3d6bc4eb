"""What the benchmark's workers share: the split, the clock, the report.

Imports neither TensorFlow nor PyTorch, so that each worker pays for its own only.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENCODER = ROOT / "data" / "pretrained" / "minilm"
THREADS = 2
BATCH_SIZE, EPOCHS, LEARNING_RATE = 16, 4, 5e-5  # the peers' and ours, all layers


def read_job():
    """Return (name, seed, (training texts, labels, test texts, labels)).

    The runner gives: NAME SEED FILE, where FILE is the JSON of one split.
    """
    name, seed, file = sys.argv[1:4]
    split = json.loads(Path(file).read_text())
    keys = ("x_train", "y_train", "x_test", "y_test")
    return name, int(seed), tuple(split[key] for key in keys)


def report(fit, predict, data):
    """Train, predict and print one line of JSON.

    Args:
        fit: function of (texts, labels) that trains.
        predict: function of texts that returns a class number each.
        data: as `read_job` returns.
    """
    x_train, y_train, x_test, y_test = data
    started = time.perf_counter()
    fit(x_train, y_train)
    train_seconds = time.perf_counter() - started
    predicted = predict(x_test)
    accuracy = sum(p == y for p, y in zip(predicted, y_test, strict=True)) / len(y_test)
    rates = []
    for _ in range(3):  # warm: the first call compiled
        started = time.perf_counter()
        predict(x_test)
        rates.append(len(x_test) / (time.perf_counter() - started))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB on Linux
    result = {
        "accuracy": accuracy,
        "train_seconds": train_seconds,
        "predictions_per_second": sorted(rates)[1],
        "peak_mib": peak,
    }
    print("RESULT " + json.dumps(result), flush=True)
    os._exit(0)  # what a framework does at exit is not what is measured
