"""A step of fine-tuning at each length of text, beside Hugging Face's Trainer.

    python benchmarks/lengths.py [--lengths 16 32 64 128 256] [--rounds 5] [--threads 2]

MiniLM, all layers, batches of 16 texts of so many tokens: `fine_tune` as it is, in half
precision, and with `fast=True`; the Trainer in float32 and in bfloat16. The tools take
turns, each round in a process of its own that trains two epochs at each length; a
step is what the second takes, divided by its steps. Tables as Markdown on the
terminal; every round goes to `benchmarks/lengths.csv`, the picture to `lengths.png`.
The Trainer comes from `.venv-bench`, which `make bench` makes, or `--peer-python`.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import BATCH_SIZE, ENCODER  # noqa: E402

OURS = {
    "sftkeras": {},
    "sftkeras-half": {"mixed_precision": "auto"},
    "sftkeras-fused": {},  # float32
    "sftkeras-fast": {"fast": True},
}
PEERS = {"hf": {}, "hf-half": {"half": True}}
# Needs a C++ compiler; named by `--tools`, and not measured yet.
COMPILED = {"hf-half-compiled": {"half": True, "torch_compile": True}}
TOOLS = [*OURS, *PEERS]
RATIOS = [("sftkeras-fast", "hf", 0.5), ("sftkeras-fast", "hf-half", 0.7)]
RATIOS += [("sftkeras-fast", "sftkeras", 1.0), ("sftkeras-fused", "sftkeras", 1.0)]
COLUMNS = ["round", "tool", "threads", "tokens", "step_ms", "first_epoch_s"]
COLUMNS += ["peak_mib", "limit_share"]


def texts_of(tokens, count):
    """Return `count` texts of exactly so many tokens, marks at the ends included."""
    import numpy as np

    words = (ENCODER / "vocab.txt").read_text().splitlines()[2000:6000]
    words = [word for word in words if word.isascii() and word.isalpha()]
    drawn = np.random.default_rng(tokens).choice(words, (count, tokens - 2))
    return [" ".join(row) for row in drawn], [i % 2 for i in range(count)]


def steps_for(tokens):
    """Return the steps of an epoch: some seconds of it."""
    return max(4, 320 // tokens)


class Epochs:
    """The seconds of each epoch."""

    def __init__(self):
        self.seconds = []

    def begin(self):
        """Start the clock."""
        self.started = time.perf_counter()

    def end(self):
        """Stop it."""
        self.seconds.append(time.perf_counter() - self.started)


def with_sftkeras(tool):
    """Return (function that trains two epochs and tells `Epochs`, FLOP a second)."""
    import sftkeras as sft
    from sftkeras.machine import import_keras

    keras = import_keras()
    from profile_step import matrix_limit

    model = sft.load_pretrained_model("minilm", seed=0, max_length=512)
    settings = dict(OURS[tool])
    if tool == "sftkeras-fused":
        settings["techniques"] = [sft.FusedBlocks()]

    def fit(texts, labels, epochs):
        class Clock(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                epochs.begin()

            def on_epoch_end(self, epoch, logs=None):
                epochs.end()

        sft.fine_tune(
            model, texts, labels, epochs=2, verbose=0, callbacks=[Clock()], **settings
        )

    return fit, matrix_limit()


def with_hugging_face(tool):
    """Return (function that trains two epochs and tells `Epochs`, None)."""
    import transformers
    from peers import trainer

    def fit(texts, labels, epochs):
        class Clock(transformers.TrainerCallback):
            def on_epoch_begin(self, arguments, state, control, **more):
                epochs.begin()

            def on_epoch_end(self, arguments, state, control, **more):
                epochs.end()

        made, encode = trainer(num_train_epochs=2, **(PEERS | COMPILED)[tool])
        made.train_dataset = encode(texts, labels)
        made.add_callback(Clock())
        made.train()

    return fit, None


def work(tool, lengths):
    """Measure one tool at every length; print a line of JSON for each."""
    fit, limit = (with_sftkeras if tool in OURS else with_hugging_face)(tool)
    for tokens in lengths:
        steps, epochs = steps_for(tokens), Epochs()
        fit(*texts_of(tokens, steps * BATCH_SIZE), epochs)
        step = epochs.seconds[1] / steps
        # Forward, gradient of the input, gradient of the weights of six blocks.
        flop = 6 * 6 * 12 * 384**2 * BATCH_SIZE * tokens
        found = {
            "tokens": tokens,
            "step_ms": round(step * 1000, 1),
            "first_epoch_s": round(epochs.seconds[0], 2),
            "peak_mib": round(
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            ),
            "limit_share": round(flop / limit / step, 3) if limit else None,
        }
        print("RESULT " + json.dumps(found), flush=True)
    os._exit(0)


def measure(arguments):
    """Let the tools take turns; return a list of rows."""
    rows = []
    threads = str(arguments.threads)
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = os.environ | dict.fromkeys(names, threads) | {"THREADS": threads}
    for number in range(arguments.rounds):
        for tool in arguments.tools:
            python = sys.executable if tool in OURS else arguments.peer_python
            command = [python, __file__, "--worker", tool, "--lengths"]
            command += arguments.lengths
            done = subprocess.run(
                [*map(str, command)], capture_output=True, text=True, env=environment
            )
            found = [x for x in done.stdout.splitlines() if x.startswith("RESULT ")]
            if len(found) != len(arguments.lengths):
                sys.exit(f"{tool} failed:\n{done.stderr[-3000:]}")
            for line in found:
                result = json.loads(line.removeprefix("RESULT "))
                run = {"round": number, "tool": tool, "threads": arguments.threads}
                rows.append(run | result)
            steps = [f"{row['step_ms']:.0f}" for row in rows[-len(found) :]]
            print(
                f"round {number}  {tool:16} ms a step: {', '.join(steps)}", flush=True
            )
    return rows


def report(table):
    """Print medians with their spread, ratios of medians, the share of the limit."""
    steps = table.groupby(["tool", "tokens"], sort=False).step_ms
    medians = steps.median().unstack()
    tools, lengths = medians.index, medians.columns
    head = f"| | {' | '.join(map(str, lengths))} |\n|{'---|' * (len(lengths) + 1)}"
    print(f"\nMilliseconds a step (lowest–highest), by tokens\n\n{head}")
    for tool in tools:
        cells = [
            f"{medians.loc[tool, n]:.0f} ({g.min():.0f}–{g.max():.0f})"
            for n in lengths
            for g in [steps.get_group((tool, n))]
        ]
        print(f"| {tool} | {' | '.join(cells)} |")
    print(f"\nRatios of medians (target: at most)\n\n{head}")
    for tool, peer, most in RATIOS:
        if tool in tools and peer in tools:
            cells = [
                f"{medians.loc[tool, n] / medians.loc[peer, n]:.2f}" for n in lengths
            ]
            print(f"| {tool} / {peer} ({most}) | {' | '.join(cells)} |")
    limit = table.dropna(subset="limit_share")
    shares = (
        limit.groupby(["tool", "tokens"], sort=False).limit_share.median().unstack()
    )
    print(f"\nShare of the speed of a large float32 product\n\n{head}")
    for tool, row in shares.iterrows():
        print(f"| {tool} | {' | '.join(f'{value:.0%}' for value in row)} |")
    print("\nPeak MiB, all lengths in one process: ", end="")
    print(table.groupby("tool", sort=False).peak_mib.max().to_dict())


def draw(table, path):
    """Draw microseconds a token over the length."""
    from sftkeras.plots.figure import new_figure, save_figure

    figure, axis = new_figure(1, 1, width=7, height=4.5)
    for tool, rows in table.groupby("tool", sort=False):
        steps = rows.groupby("tokens").step_ms.median()
        axis.plot(
            steps.index,
            steps * 1000 / (steps.index * BATCH_SIZE),
            marker="o",
            linestyle="-" if tool in OURS else "--",
            label=tool,
        )
    axis.set(xscale="log", xlabel="Tokens a text", ylabel="Microseconds a token")
    axis.set_xticks(sorted(table.tokens.unique()), sorted(table.tokens.unique()))
    axis.minorticks_off()
    axis.set_ylim(0)
    axis.legend(fontsize=8)
    axis.set_title("MiniLM, all layers, batches of 16: a training step", fontsize=10)
    save_figure(figure, path)


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lengths = [16, 32, 64, 128, 256]
    parser.add_argument("--lengths", type=int, nargs="+", default=lengths)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--tools", nargs="+", choices=[*TOOLS, *COMPILED], default=TOOLS
    )
    parser.add_argument(
        "--peer-python", default=ROOT / ".venv-bench" / "bin" / "python"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    parser.add_argument("--worker", choices=[*TOOLS, *COMPILED], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return work(arguments.worker, arguments.lengths)
    import pandas as pd

    table = pd.DataFrame(measure(arguments), columns=COLUMNS)
    arguments.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.out / "lengths.csv", index=False)
    report(table)
    draw(table, arguments.out / "lengths.png")


if __name__ == "__main__":
    main()
