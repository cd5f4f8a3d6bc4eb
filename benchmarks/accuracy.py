"""Accuracy and training time of the quickstart's classifiers, over several seeds.

    python benchmarks/accuracy.py                          # on data/reviews
    python benchmarks/accuracy.py data/reviews_zh
    python benchmarks/accuracy.py FILE … --train 600 --test 1000 --max-length 128

With files (text and label, any format of `sftkeras.load_texts`), each seed shuffles
their rows, trains on the first `--train` and tests on the next `--test`. A directory,
data/reviews unless given, is used as it is split, and the seed is that of the models.
`--only e5 frozen` runs the methods whose names hold one of the words. Nothing is tuned
on test rows, and no validation rows are used. The methods are the quickstart's,
e5-small with all layers (on Chinese texts without MiniLM's), `upper_eight`, and all
layers in half precision and with `fast=True`; the seconds are those of training, after
the encoder has been loaded: of the wall, and of the processor, which other programs
disturb less.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import add_split_arguments, make_split  # noqa: E402

from sftkeras.data.examples import Examples  # noqa: E402
from sftkeras.machine import import_keras  # noqa: E402

import_keras()  # quietly

import sftkeras as sft  # noqa: E402
from sftkeras.scenarios import text_classification as texts  # noqa: E402

QUICKER = {"half": {"mixed_precision": "auto"}, "fast": {"fast": True}}


def upper_eight(pretrained, train, seed):
    """e5-small's upper eight layers, each at 0.8 of the rate of the one above it.

    In bfloat16 where the hardware computes in it: in less than MiniLM's full time.
    """
    return sft.fine_tune(
        pretrained, train.inputs, train.labels, sft.blocks(pretrained)[-8:],
        techniques=[sft.LayerRates(0.8)], mixed_precision="auto", seed=seed, verbose=0,
    )  # fmt: skip


def all_layers(**settings):
    """All layers of the encoder, with other settings than the quickstart's."""

    def method(pretrained, train, seed):
        return sft.fine_tune(
            pretrained, train.inputs, train.labels, seed=seed, verbose=0, **settings
        )

    return method


def measure(source, method, train, test, seed, max_length=None):
    """Return (accuracy, seconds of training, of the processor)."""
    classes = len(np.unique(train.labels))
    pretrained = source and sft.load_pretrained_model(
        source, classes, max_length=max_length, seed=seed
    )
    started = time.perf_counter(), time.process_time()
    fitted = method(pretrained, train, seed)
    seconds = time.perf_counter() - started[0], time.process_time() - started[1]
    return texts.measure(fitted, test)["accuracy"], *seconds


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_split_arguments(parser)
    parser.add_argument("--max-length", type=int, metavar="TOKENS", help="cut longer")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="of the names")
    arguments = parser.parse_args()
    splits = [make_split(arguments, seed) for seed in range(arguments.seeds)]
    splits = [(Examples(*data[:2]), Examples(*data[2:])) for data in splits]
    inputs = splits[0][0].inputs
    methods, source = texts.compared(inputs), texts.encoder_for(inputs)
    methods["e5-small, upper eight"] = "e5-small", upper_eight
    for name, settings in QUICKER.items():
        title = texts.TITLES[source][0]
        methods[f"{title}, all, {name}"] = source, all_layers(**settings)
    print(f"{'':24}  mean accuracy  lowest  highest  median seconds  processor")
    for name, way in methods.items():
        if not any(word in name for word in arguments.only or [""]):
            continue
        found = [
            measure(*way, *data, seed, arguments.max_length)
            for seed, data in enumerate(splits)
        ]
        scores, seconds, processor = np.array(found, dtype=float).T
        print(
            f"{name:24}  {scores.mean():13.3f}  {scores.min():6.3f}  "
            f"{scores.max():7.3f}  {np.median(seconds):14.1f}  "
            f"{np.median(processor):9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
