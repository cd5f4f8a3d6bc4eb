"""Texts longer than the encoder: cut, against windows whose mean is taken.

    python benchmarks/long_texts.py

A document is eleven reviews of `data/reviews/test_data.txt`, in random order, six to
nine of them of one label: the document's. MiniLM's head is trained on single reviews,
and reads 64 tokens at a time. No outcome is stored: both accuracies are printed.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sftkeras.machine import import_keras  # noqa: E402

import_keras()  # quietly

import sftkeras as sft  # noqa: E402

REVIEWS = ROOT / "data" / "reviews"


def documents(data, count, seed, size=11):
    """Return documents of `size` reviews each, and the label of most of them."""
    random = np.random.default_rng(seed)
    rows = {label: np.flatnonzero(data.labels == label) for label in (0, 1)}
    texts, labels = [], []
    for number in range(count):
        label = number % 2
        half = size // 2 + 1
        most = int(random.integers(half, max(half + 1, size - 1)))
        chosen = np.concatenate(
            [
                random.choice(rows[label], most, replace=False),
                random.choice(rows[1 - label], size - most, replace=False),
            ]
        )
        texts.append(" ".join(data.texts[row] for row in random.permutation(chosen)))
        labels.append(label)
    return texts, labels


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--max-length", type=int, default=64, help="tokens at a time")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    train = sft.load_texts(REVIEWS / "train_data.txt")
    test = sft.load_texts(REVIEWS / "test_data.txt")
    model = sft.load_pretrained_model("minilm", max_length=arguments.max_length)
    model = sft.fine_tune(model, train, None, None, verbose=0)
    texts, labels = documents(test, arguments.documents, arguments.seed)
    tokens = [len(ids) for ids in model.preprocessor.tokenize(texts)]
    print(f"{len(texts)} documents of {np.median(tokens):.0f} tokens (median)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that texts are cut
        for how in ("cut", "windows"):
            report = sft.evaluate_model(
                model, texts, labels, long_texts=how, verbose=False
            )
            print(
                f"{how:8} accuracy {report['accuracy']:.3f}, loss {report['loss']:.3f}"
            )


if __name__ == "__main__":
    main()
