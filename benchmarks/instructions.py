"""What instruction tuning teaches a small chat model, what it costs, what is forgotten.

    python benchmarks/instructions.py                    # goes on where it stopped
    python benchmarks/instructions.py --jobs curve --seeds 1 --minutes 5
    python benchmarks/instructions.py --jobs tasks --tasks calendar complaints
    python benchmarks/instructions.py --jobs peer --peer-python .venv-bench/bin/python

SmolLM2-135M-Instruct (`make smollm2`) and the pairs of data/instructions. Each
measurement is a process of its own that loads the model, learns the first pairs of the
training file, and answers the whole test part: on one thread, unless `--threads` says
more (PyTorch's threads wait busily where a machine is shared). Its row is added to
the CSV as soon as it is there; what the CSV holds is not measured again (after a change
to the training code, delete it), so that several of these commands can run at a time.
Settings are `fine_tune`'s defaults, with `mixed_precision="auto"`.

- curve: orders, by the number of pairs; three seeds each.
- tasks: the five tasks at 128 pairs.
- longer: the same for twice as many steps (ten epochs), and with all layers so.
- drawn: orders that a program drew (`drawn_orders.py`), before and at 64 pairs: what is
  left to learn where only the form is new.
- methods: LoRA beside the top four blocks and all layers.
- mask: the loss on all tokens, prompts too; and without the token that ends an answer.
- rank: adapters narrower and wider than the default of 8.
- chinese: two Chinese tasks (data/instructions_zh) on Gemma 3 270M, before and at 64
  pairs; `make gemma` shows its terms. Not among the usual jobs; its rows are in another
  file: --jobs chinese --out benchmarks/instructions_zh.csv
- control: the same on SmolLM2, which was pretrained on English; --out as above.
- peer: TRL's SFTTrainer with peft, as `instructions_trl.py` says, beside ours; both in
  bfloat16 and in float32.

Columns: `task`, `method`, `pairs`, `seed`, `threads`; of the test part's answers
`exact` (the share that is the same), `softer` (orders: F1 of item=count; calendar:
share of day and time; complaints: category; else F1 of words) and `ended` (by the
model); `general`, the share of the ten questions of general.tsv that are answered
right; `seconds_a_step`, the median; `first_step`, in seconds, with tracing;
`processor_a_step`, the median of its processor seconds, which other work on the machine
changes less; `processor_seconds` and `peak_mib` of the whole process.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from instructions_score import (  # noqa: E402
    DRAWN,
    ROOM,
    Steps,
    knows,
    read_general,
    read_pairs,
    report,
    score,
)

TASKS = ["orders", "calendar", "complaints", "normalisation", "questions"]
CSV = ROOT / "benchmarks" / "instructions.csv"
FIGURES = ["exact", "softer", "ended", "general", "seconds_a_step", "first_step"]
FIGURES += ["processor_a_step", "processor_seconds", "peak_mib"]
COLUMNS = ["task", "method", "pairs", "seed", "threads", *FIGURES]
CHINESE = ["orders_zh", "calendar_zh"]
LORA, PEER, CONTROL = "LoRA", "TRL", "LoRA, SmolLM2"
JOBS = ["curve", "tasks", "longer", "drawn", "methods", "mask", "rank"]
JOBS += ["chinese", "control", "peer"]


def plan(arguments):
    """Return the runs (task, method, pairs, seed), the most telling ones first."""
    seeds, found = range(arguments.seeds), []
    if "curve" in arguments.jobs:
        found += [("orders", LORA, 64, seed) for seed in seeds]
        found += [("orders", LORA, 0, 0)]
        sizes = (8, 32, 128, 16)
        found += [("orders", LORA, pairs, seed) for seed in seeds for pairs in sizes]
    if "tasks" in arguments.jobs:
        found += [(task, LORA, 128, 0) for task in arguments.tasks]
    if "longer" in arguments.jobs:
        names = ("all layers, epochs 10", "LoRA, epochs 10")
        found += [(task, name, 128, 0) for task in arguments.tasks for name in names]
    if "drawn" in arguments.jobs:
        found += [(DRAWN, LORA, 64, seed) for seed in seeds] + [(DRAWN, LORA, 0, 0)]
    if "methods" in arguments.jobs:
        found += [("orders", name, 64, 0) for name in ("top 4 blocks", "all layers")]
    if "mask" in arguments.jobs:
        names = ("LoRA, all tokens", "LoRA, no end token")
        found += [("orders", name, 64, 0) for name in names]
    if "rank" in arguments.jobs:
        names = ("LoRA, rank 2", "LoRA, rank 32")
        found += [("orders", name, 64, seed) for seed in seeds for name in names]
    if "chinese" in arguments.jobs:
        found += [(task, LORA, 64, seed) for seed in seeds for task in CHINESE]
        found += [(task, LORA, 0, 0) for task in CHINESE]
    if "control" in arguments.jobs:
        found += [(task, CONTROL, 64, seed) for seed in seeds for task in CHINESE]
    if "peer" in arguments.jobs:
        names = (PEER, LORA, f"{PEER}, float32", f"{LORA}, float32")
        found += [("orders", name, 64, 0) for name in names]
    wanted = arguments.pairs
    return [job for job in dict.fromkeys(found) if not wanted or job[2] in wanted]


def read_known(path):
    """Return the runs that a CSV holds, as `plan` has them."""
    if not path.exists():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (row["task"], row["method"], int(row["pairs"]), int(row["seed"]))
        for row in rows
    }


def measure(task, method, pairs, seed):
    """Train, answer, and print the figures, in this process."""
    import numpy as np

    import sftkeras as sft
    from sftkeras.graph import task_of
    from sftkeras.inputs.ragged import Ragged
    from sftkeras.tasks.generation import Generation
    from sftkeras.training import fitting

    keras = sft.machine.import_keras()
    steps = Steps()

    class Clock(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            steps.begin()

        def on_train_batch_end(self, batch, logs=None):
            steps.end()

    class AllTokens(Generation):
        def encode(self, *given, **named):
            rows = super().encode(*given, **named)
            if rows.weights is not None:
                ones = np.ones_like(rows.weights.values)
                rows.weights = Ragged(ones, rows.weights.offsets)
            return rows

    class NoEnd(Generation):
        def encode(self, *given, **named):
            rows = super().encode(*given, **named)
            if rows.weights is not None:
                ends = np.isin(rows.targets.values, [*self.preprocessor.ends])
                kept = np.where(ends, 0, rows.weights.values).astype("float32")
                rows.weights = Ragged(kept, rows.weights.offsets)
            return rows

    kinds = {"LoRA, all tokens": AllTokens, "LoRA, no end token": NoEnd}
    learned = kinds.get(method, Generation)()
    name = "smollm2" if task not in CHINESE or method == CONTROL else "gemma3-270m"
    model = sft.load_pretrained_model(name, task=learned)
    if pairs:
        # Among our own callbacks: for a user's the adapters are merged at each step.
        own = fitting._callbacks
        fitting._callbacks = lambda run: [*own(run), Clock()]
        settings = {"seed": seed, "verbose": 0}
        if not method.endswith("float32"):
            settings["mixed_precision"] = "auto"
        told = {n: int(of) for n, of in re.findall(r"(rank|epochs) (\d+)", method)}
        if "epochs" in told:
            settings["epochs"] = told.pop("epochs")
        if method.startswith(LORA):
            settings["techniques"] = [sft.LoRA(**told)]
        if method == "top 4 blocks":
            settings["layers_to_fine_tune"] = sft.blocks(model)[-4:]
        model = sft.fine_tune(model, *read_pairs(task, "train", pairs), **settings)
    prompts, wanted = read_pairs(task, "test")
    answers = task_of(model).answer(model, prompts, max_new_tokens=ROOM)
    figures = score(task, wanted, answers, answers.outputs)
    asked, right = read_general()
    said = task_of(model).answer(model, asked, max_new_tokens=ROOM)
    figures["general"], figures["said"] = knows(right, said), list(said)
    report(figures, steps)


def run(job, arguments):
    """Measure in a new process; return the row."""
    peer = job[1].startswith(PEER)
    script = "instructions_trl.py" if peer else "instructions.py"
    python = arguments.peer_python if peer else sys.executable
    command = [python, ROOT / "benchmarks" / script, "--one", json.dumps(job)]
    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        env=os.environ | dict.fromkeys(threads, str(arguments.threads)),
    )
    lines = [s[7:] for s in done.stdout.splitlines() if s.startswith("RESULT ")]
    if not lines:
        raise SystemExit(f"{job} failed:\n{done.stderr[-3000:]}")
    figures = json.loads(lines[-1])
    print("  general questions:", " | ".join(figures.get("said", [])[:4]), flush=True)
    row = dict(zip(COLUMNS[:5], (*job, arguments.threads), strict=True))
    return row | {name: round(figures[name], 3) for name in FIGURES}


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = [job for job in JOBS if job not in ("chinese", "control", "peer")]
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=default)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--seeds", type=int, default=3, help="from 0; default: 3")
    parser.add_argument("--threads", type=int, default=1, help="default: 1")
    parser.add_argument("--pairs", type=int, nargs="+", help="only these; all")
    parser.add_argument("--minutes", type=float, help="begin no run after so many")
    parser.add_argument("--out", type=Path, default=CSV)
    parser.add_argument(
        "--peer-python", type=Path, default=ROOT / ".venv-bench" / "bin" / "python"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        measure(*json.loads(arguments.one))
    todo = [job for job in plan(arguments) if job not in read_known(arguments.out)]
    started = time.perf_counter()
    for number, job in enumerate(todo, start=1):
        if arguments.minutes and time.perf_counter() - started > 60 * arguments.minutes:
            print(f"{len(todo) - number + 1} runs are left; the same command goes on.")
            return
        if job in read_known(arguments.out):  # another process has measured it
            continue
        row = run(job, arguments)
        begun = arguments.out.exists()
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        with arguments.out.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            if not begun:
                writer.writeheader()
            writer.writerow(row)
        told = "  ".join(f"{name} {row[name]}" for name in FIGURES)
        print(f"{number}/{len(todo)}  {' '.join(map(str, job))}:  {told}", flush=True)


if __name__ == "__main__":
    main()
