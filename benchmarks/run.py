"""sftkeras against its peers: the same rows, weights, seeds and threads, in one run.

    make bench                                        # on data/reviews
    make bench ARGS="FILE … --train 600 --test 1000"  # on labelled files of yours
    make bench ARGS="--scaling"                       # 500 to 32,000 rows: time, memory

Each measurement is a process of its own, on two threads; the jobs take turns, seed by
seed, so that a slow spell of the machine falls on all; the two slowest peers run on the
first seed only. Medians over the seeds, and ratios of each job to its peer, go to the
terminal, to `benchmarks/results.json` and to `benchmarks/results.png`.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import KEYS, add_split_arguments, make_split  # noqa: E402

from sftkeras.files import write_file  # noqa: E402

PEERS = ["hf-trainer", "hf-trainer-half", "setfit-head", "setfit-contrastive"]
OURS = [
    "sftkeras-all",
    "sftkeras-all-3",
    "sftkeras-all-half",
    "sftkeras-all-fast",
    "sftkeras-top2",
    "sftkeras-top2-fast",
    "sftkeras-frozen",
    "sftkeras-frozen-fast",
    "sftkeras-lstm",
    "sftkeras-lstm-fast",
]
KERAS = ["keras-hub-guide", "article-lstm"]
JOBS = [*OURS, *PEERS, *KERAS]
SLOW = ["setfit-contrastive", "keras-hub-guide"]  # first seed only
SCALING = ["sftkeras-frozen", "sftkeras-top2-once"]
# What must be reached: job, peer, figure, and the largest ratio allowed.
TARGETS = [
    ("sftkeras-all", "hf-trainer", "train_seconds", 0.6),
    ("sftkeras-all-3", "hf-trainer", "train_seconds", 0.6),
    ("sftkeras-all-half", "hf-trainer", "train_seconds", 0.6),
    ("sftkeras-all-fast", "hf-trainer", "train_seconds", 0.5),
    ("sftkeras-all-fast", "hf-trainer-half", "train_seconds", 0.7),
    ("sftkeras-top2", "hf-trainer", "train_seconds", 0.25),
    ("sftkeras-top2-fast", "hf-trainer", "train_seconds", 0.15),
    ("sftkeras-frozen", "setfit-head", "process_seconds", 0.8),
    ("sftkeras-frozen-fast", "setfit-head", "process_seconds", 0.8),
    ("sftkeras-all", "keras-hub-guide", "train_seconds", 0.2),
    ("article-lstm", "sftkeras-lstm", "samples_per_second", 0.1),
    ("article-lstm", "sftkeras-lstm-fast", "samples_per_second", 0.1),
    ("sftkeras-lstm", "article-lstm", "train_seconds", 0.2),
    ("hf-trainer", "sftkeras-all", "predictions_per_second", 1.0),
    ("setfit-head", "sftkeras-frozen", "predictions_per_second", 1.0),
    ("keras-hub-guide", "sftkeras-all", "predictions_per_second", 1.0),
]
FIGURES = ["accuracy", "train_seconds", "process_seconds", "predictions_per_second"]
FIGURES += ["peak_mib", "samples_per_second"]


def split_for(arguments, seed):
    """Return one split as a dictionary for JSON; labels are class numbers."""
    x_train, y_train, x_test, y_test = make_split(arguments, seed)
    values = (x_train, y_train.tolist(), x_test, y_test.tolist())
    return dict(zip(KEYS, values, strict=True))


def measure(job, seed, split):
    """Run one job in a process of its own; return its figures."""
    peer = job in PEERS
    venv = ROOT / ".venv-bench"
    python = venv / "bin" / "python" if peer else sys.executable
    script = "peers.py" if peer else "ours.py"
    environment = os.environ | {
        "OMP_NUM_THREADS": "2",
        "TF_NUM_INTRAOP_THREADS": "2",
        "TF_NUM_INTEROP_THREADS": "2",
    }
    command = [python, ROOT / "benchmarks" / script, job, str(seed)]
    started = time.perf_counter()
    done = subprocess.run(
        [*map(str, command), split], capture_output=True, text=True, env=environment
    )
    seconds = time.perf_counter() - started
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        sys.exit(f"{job} failed:\n{done.stderr[-3000:]}")
    result = json.loads(found[0].removeprefix("RESULT "))
    # The extra passes over the test rows measure the rate; they are not the job.
    return result | {"process_seconds": seconds - result.pop("extra_seconds")}


def compare(arguments):
    """Run all jobs on all seeds; print, write and draw the result."""
    jobs = arguments.jobs or JOBS
    arguments.out.mkdir(parents=True, exist_ok=True)
    done = arguments.out / "results.partial.json"
    of = [arguments.files, arguments.train, arguments.test]
    runs = {}
    if arguments.resume and done.exists():
        partial = json.loads(done.read_text())
        if partial["of"] != of:
            sys.exit(
                f"{done} is of other rows: {partial['of']}. Delete it, or name them."
            )
        runs = partial["runs"]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.seeds):
            split = Path(folder, f"{seed}.json")
            content = split_for(arguments, seed)
            split.write_text(json.dumps(content))
            for job in jobs[seed % len(jobs) :] + jobs[: seed % len(jobs)]:
                found = runs.setdefault(job, {})
                if str(seed) in found or (seed and job in SLOW):
                    continue
                last = found[str(seed)] = measure(job, seed, str(split))
                with write_file(done) as temporary:
                    temporary.write_text(json.dumps({"of": of, "runs": runs}))
                print(
                    f"seed {seed}  {job:20} accuracy {last['accuracy']:.3f}  "
                    f"training {last['train_seconds']:.1f} s",
                    flush=True,
                )
    runs = {job: list(runs[job].values()) for job in JOBS if job in runs}
    medians = {
        job: {
            name: statistics.median(r[name] for r in found)
            for name in FIGURES
            if name in found[0]
        }
        for job, found in runs.items()
    }
    _print_medians(medians, runs)
    result = {
        "rows": {k: len(content[k]) for k in ("x_train", "x_test")},
        "seeds": {job: len(found) for job, found in runs.items()},
        "machine": _machine(),
        "medians": medians,
        "ratios": _print_ratios(medians),
        "runs": runs,
    }
    with write_file(arguments.out / "results.json") as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    _draw(medians, arguments.out / "results.png")
    done.unlink()


def _machine():
    import sftkeras as sft

    features = " ".join(sft.machine.processor_features())
    return f"{platform.machine()}, {os.cpu_count()} cores {features}".strip()


def _print_medians(medians, runs):
    print(
        f"\n{'':20}  accuracy  (lowest–highest)  training s  process s  "
        "predictions/s  peak MiB"
    )
    for job, m in medians.items():
        scores = [run["accuracy"] for run in runs[job]]
        print(
            f"{job:20}  {m['accuracy']:8.3f}   {min(scores):.3f}–{max(scores):.3f}   "
            f"{m['train_seconds']:14.1f}  {m['process_seconds']:9.1f}  "
            f"{m['predictions_per_second']:13.0f}  {m['peak_mib']:8.0f}"
        )


def _print_ratios(medians):
    ratios = []
    print("\nRatios of medians (target: at most)")
    for job, peer, figure, most in TARGETS:
        if job in medians and peer in medians:
            ratio = medians[job][figure] / medians[peer][figure]
            ratios.append({"of": job, "to": peer, "figure": figure, "ratio": ratio})
            mark = "reached" if ratio <= most else "MISSED"
            print(f"{job:>20} / {peer:20} {figure:24} {ratio:5.2f} ({most}) {mark}")
    return ratios


def _draw(medians, path):
    from matplotlib.ticker import LogLocator, NullLocator

    from sftkeras.plots.figure import COLORS, new_figure, save_figure

    figure, axis = new_figure(1, 1, width=7.5, height=4.5)
    top = {True: 0.0, False: 0.0}  # of the labels so far, ours and the peers'
    for job, m in sorted(medians.items(), key=lambda item: item[1]["accuracy"]):
        ours = job.startswith("sftkeras")
        color, side = (COLORS[0], "right") if ours else (COLORS[1], "left")
        axis.scatter(m["train_seconds"], m["accuracy"], color=color, s=40, zorder=3)
        top[ours] = max(m["accuracy"], top[ours] + 0.006)  # a line's height
        axis.annotate(
            job, (m["train_seconds"], top[ours]), (-7 if ours else 7, -3),
            fontsize=8, textcoords="offset points", ha=side,
        )  # fmt: skip
    axis.set(xscale="log", xlabel="Seconds of training", ylabel="Test accuracy")
    axis.margins(x=0.27)
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_title("The same labels, weights and two threads", fontsize=10)
    save_figure(figure, path)


def scaling(arguments):
    """Train on more and more rows; time and memory must not outgrow them."""
    print("\nrows     job                 training s  µs a row  peak MiB")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (500, 2000, 8000, 32000):
            base = split_for(arguments, 0)
            times = -(-count // len(base["x_train"]))
            # Repeated rows made different by a number, so that none is a duplicate.
            texts = [f"{t} {i}" for i in range(times) for t in base["x_train"]]
            base["x_train"] = texts[:count]
            base["y_train"] = (base["y_train"] * times)[:count]
            split = Path(folder, f"{count}.json")
            split.write_text(json.dumps(base))
            for job in arguments.jobs or SCALING:
                result = measure(job, 0, str(split))
                found.append({"rows": count, "job": job, **result})
                print(
                    f"{count:<7}  {job:18}  {result['train_seconds']:10.1f}  "
                    f"{result['train_seconds'] / count * 1e6:8.0f}  "
                    f"{result['peak_mib']:8.0f}",
                    flush=True,
                )
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "scaling.json").write_text(json.dumps(found, indent=1) + "\n")


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_split_arguments(parser)
    parser.add_argument(
        "--jobs", nargs="+", choices=list(dict.fromkeys([*JOBS, *SCALING]))
    )
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument(
        "--resume", action="store_true", help="go on with an interrupted comparison"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    arguments = parser.parse_args()
    (scaling if arguments.scaling else compare)(arguments)


if __name__ == "__main__":
    main()
