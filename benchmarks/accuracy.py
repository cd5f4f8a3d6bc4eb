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

import sftkeras as sft  # noqa: E402
from sftkeras.baselines import majority_classifier, tfidf_classifier  # noqa: E402

TOP_TWO = ["transformer_layer_4", "transformer_layer_5"]


def read(files):
    """Return (texts, labels) of all files together."""
    parts = [sft.load_texts(file, require_labels=True) for file in files]
    texts = [text for part in parts for text in part.texts]
    return texts, np.concatenate([part.labels for part in parts])


def draw(texts, labels, train_size, test_size, seed):
    """Return (training texts, labels, test texts, labels) of one seed."""
    order = np.random.default_rng(seed).permutation(len(texts))
    train, test = order[:train_size], order[train_size : train_size + test_size]
    x_train, x_test = [texts[i] for i in train], [texts[i] for i in test]
    return x_train, labels[train], x_test, labels[test]


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
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--train", type=int, default=600)
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    jobs = {
        "majority class": majority_classifier,
        "TF-IDF + logistic": tfidf_classifier,
        "LSTM from scratch": "lstm",
        "MiniLM, frozen": None,
        "MiniLM, top two layers": TOP_TWO,
        "MiniLM, all layers": "all",
    }
    shipped = ROOT / "data" / "reviews"
    fixed = [*read([shipped / "train_data.txt"]), *read([shipped / "test_data.txt"])]
    given = read(arguments.files) if arguments.files else None
    print(f"{'':24}  mean accuracy  lowest  highest  median seconds")
    for name, job in jobs.items():
        found = []
        for seed in range(arguments.seeds):
            data = fixed
            if given:
                data = draw(*given, arguments.train, arguments.test, seed)
            found.append(measure(job, data, seed))
        scores, seconds = np.array(found, dtype=float).T
        print(
            f"{name:24}  {scores.mean():13.3f}  {scores.min():6.3f}  "
            f"{scores.max():7.3f}  {np.median(seconds):14.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
