"""Accuracy and training time of the six classifiers, over several seeds.

    python benchmarks/accuracy.py                          # on data/reviews
    python benchmarks/accuracy.py FILE … --train 600 --test 1000

With files (text and label, any format of `sftkeras.load_texts`), each seed shuffles
their rows, trains on the first `--train` and tests on the next `--test`. Without, the
splits of data/reviews are used and the seed is that of the models. Nothing is tuned
on test rows, and no validation rows are used.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import add_split_arguments, make_split  # noqa: E402

import sftkeras as sft  # noqa: E402
from sftkeras.models.baselines import majority_classifier, tfidf_classifier  # noqa: E402

TOP_TWO = ["transformer_layer_4", "transformer_layer_5"]


def measure(job, data, seed):
    """Return (accuracy, seconds of training)."""
    x, y, x_test, y_test = data
    started = time.perf_counter()
    if job in (majority_classifier, tfidf_classifier):
        model = job(x, y)
        seconds = time.perf_counter() - started
        return np.mean(model.predict(x_test) == y_test), seconds
    if job == "lstm":
        tokenizer = sft.Tokenizer().fit_on_texts(x)
        model = sft.create_model(tokenizer=tokenizer, seed=seed)
        sft.train_model(model, x, y, seed=seed, verbose=0)
    else:
        model = sft.load_pretrained_model("minilm", seed=seed)
        model = sft.fine_tune(model, x, y, job, seed=seed, verbose=0)
    seconds = time.perf_counter() - started
    report = sft.evaluate_model(model, x_test, y_test, verbose=False)
    return report["accuracy"], seconds


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_split_arguments(parser)
    arguments = parser.parse_args()
    jobs = {
        "majority class": majority_classifier,
        "TF-IDF + logistic": tfidf_classifier,
        "LSTM from scratch": "lstm",
        "MiniLM, frozen": None,
        "MiniLM, top two layers": TOP_TWO,
        "MiniLM, all layers": "all",
    }
    splits = [make_split(arguments, seed) for seed in range(arguments.seeds)]
    print(f"{'':24}  mean accuracy  lowest  highest  median seconds")
    for name, job in jobs.items():
        found = [measure(job, data, seed) for seed, data in enumerate(splits)]
        scores, seconds = np.array(found, dtype=float).T
        print(
            f"{name:24}  {scores.mean():13.3f}  {scores.min():6.3f}  "
            f"{scores.max():7.3f}  {np.median(seconds):14.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
