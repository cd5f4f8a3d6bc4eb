"""Batches of so many tokens beside batches of 16 texts: time, accuracy, padding.

    python benchmarks/token_batches.py                       # documents of data/reviews
    python benchmarks/token_batches.py FILE … --train 400 --test 500 --tokens 256 512

MiniLM, all layers, `fine_tune` with its defaults, with `batch_tokens`, and both with
`fast=True`. Each seed shuffles the rows of the files, trains on the first `--train` and
tests on the next `--test`, as `accuracy.py` does. Without files the texts are documents
of one to nine reviews of `data/reviews`, each of the label that most of them have: of
10 to 200 tokens. Nothing is tuned on test rows.

Seconds are the processor's, of training, with what is compiled in it: put one thread to
it (`TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1`). Padding is
counted in the batches that were trained on.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import add_split_arguments, make_split  # noqa: E402

from sftkeras.machine import import_keras  # noqa: E402

import_keras()  # quietly

from long_texts import REVIEWS, documents  # noqa: E402

import sftkeras as sft  # noqa: E402
from sftkeras.inputs.rows import Rows  # noqa: E402

SIZES = (1, 3, 5, 7, 9)  # reviews of a document


class Counted:
    """Counts the steps, the places and the tokens of the batches that are cut."""

    def __init__(self):
        self.plain = Rows.batch

    def __enter__(self):
        self.steps, self.places, self.tokens, self.largest = 0, 0, 0, 0

        def batch(rows, where, multiple=1):
            cut = self.plain(rows, where, multiple)
            shape = cut[0]["token_ids"].shape
            self.steps += 1
            self.places += shape[0] * shape[1]
            self.tokens += int(rows.lengths[where].sum())
            self.largest = max(self.largest, shape[0] * shape[1])
            return cut

        Rows.batch = batch
        return self

    def __exit__(self, *_):
        Rows.batch = self.plain


def methods(tokens):
    """Return {name: settings}."""
    found = {"16 texts": {}} | {f"{n} tokens": {"batch_tokens": n} for n in tokens}
    fast = {f"{name}, fast": {"fast": True, **each} for name, each in found.items()}
    return found | fast


def split_of(arguments, seed):
    """Return (training texts, labels, test texts, labels) of one seed."""
    if arguments.files:
        return make_split(arguments, seed)
    found = []
    for part, count in ("train", arguments.train), ("test", arguments.test):
        data = sft.load_texts(REVIEWS / f"{part}_data.txt")
        each = -(-count // len(SIZES))
        made = [documents(data, each, seed + 7 * size, size) for size in SIZES]
        texts = [text for some, _ in made for text in some]
        found += [texts, np.concatenate([labels for _, labels in made])]
    return tuple(found)


def measure(settings, data, seed, max_length):
    """Return accuracy, processor seconds, share of padding, steps, largest batch."""
    model = sft.load_pretrained_model("minilm", 2, max_length=max_length, seed=seed)
    started = time.process_time()
    with Counted() as counted:
        tuned = sft.fine_tune(model, *data[:2], seed=seed, verbose=0, **settings)
    seconds = time.process_time() - started
    right = sft.evaluate_model(tuned, *data[2:], verbose=False)["accuracy"]
    padding = 1 - counted.tokens / counted.places
    return right, seconds, padding, counted.steps, counted.largest


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_split_arguments(parser)
    parser.set_defaults(train=240, test=300)
    parser.add_argument("--tokens", type=int, nargs="+", default=[512])
    parser.add_argument("--max-length", type=int, default=256, metavar="TOKENS")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="of the names")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*longer than")
    splits = [split_of(arguments, seed) for seed in range(arguments.seeds)]
    print("| | accuracy | processor s | padding | steps | largest batch, tokens |")
    print("|---|---|---|---|---|---|")
    for name, settings in methods(arguments.tokens).items():
        if not any(word in name for word in arguments.only or [""]):
            continue
        found = [
            measure(settings, data, seed, arguments.max_length)
            for seed, data in enumerate(splits)
        ]
        right, seconds, padding, steps, largest = np.array(found, dtype=float).T
        print(
            f"| {name} | {right.mean():.3f} ({right.min():.3f}–{right.max():.3f}) | "
            f"{np.median(seconds):.0f} | {np.mean(padding):.1%} | "
            f"{np.median(steps):.0f} | {largest.max():.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
