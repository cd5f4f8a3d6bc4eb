"""Fine-tuning on a GPU: sftkeras on Keras' JAX backend beside Hugging Face's Trainer.

    python benchmarks/gpu.py --out DIR

MiniLM, all layers, in bfloat16 with float32 weights, on the rows of data/reviews, from
the same files. Each measurement is a process of its own, one JSON line on the terminal;
all go to `DIR/gpu.json`. One environment holds both sides, and no TensorFlow is needed:
jax with its GPU plugin, keras, keras-hub, sentencepiece; torch, transformers,
accelerate; and sftkeras' own numpy, pandas, scikit-learn, safetensors.

With `--tokens 16 64` nothing but the time of a step, in either precision, on texts of
one length; also without a GPU, and with KERAS_BACKEND=tensorflow beside.

XLA compiles a step for each shape of batch. The first seed of a configuration pays for
it in full; the later ones find it in a cache on disk, as `JAX_COMPILATION_CACHE_DIR`
gives it to anyone. `compile_seconds` says what each run spent on either.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORKER = Path(__file__).with_name("gpu_jobs.py")
sys.path.insert(0, str(WORKER.parents[1]))

from jobs import ENCODER, EPOCHS  # noqa: E402

PACKAGES = ["jax", "keras", "keras-hub", "torch", "transformers", "accelerate", "numpy"]
TOOLS = ["sftkeras", "hf-trainer"]
PRECISIONS = ["float32", "bfloat16"]  # by mixed_precision
FIGURES = ["accuracy", "train_seconds", "compile_seconds", "samples_per_second"]
FIGURES += ["peak_gpu_mib"]


def plan(arguments):
    """Return the configurations to measure, the most telling ones first."""
    if arguments.tokens:
        return [
            _job("sftkeras", size, tokens=tokens, mixed_precision=bool(half))
            for half in map(PRECISIONS.index, arguments.precisions)
            for size in arguments.batches
            for tokens in arguments.tokens
        ]
    jobs = []
    for size in arguments.batches:
        for seed in range(arguments.seeds):
            jobs += [_job(tool, size, seed=seed) for tool in arguments.tools]
        if arguments.twice:  # the first seed again, then as `deterministic` has it
            again = [{"turn": 1}, *({"turn": n, "deterministic": True} for n in (0, 1))]
            jobs += [_job("sftkeras", size, **more) for more in again]
    for size in arguments.batches if arguments.repeat > 1 else ():
        jobs += [_job(tool, size, repeat=arguments.repeat) for tool in arguments.tools]
    return jobs


def _job(tool, batch_size, repeat=1, seed=0, **more):
    job = {"tool": tool, "batch_size": batch_size, "repeat": repeat, "seed": seed}
    return job | more


def measure(job, seconds, cache):
    """Run one job in a process of its own; return its figures, or its error."""
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": cache,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "PYTHONWARNINGS": "ignore",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "jax"),
    }
    if job.get("deterministic"):
        flags = f"{environment.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true"
        environment["XLA_FLAGS"] = flags.strip()
    command = [sys.executable, str(WORKER), json.dumps(job)]
    started = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return {"error": f"stopped after {seconds:.0f} s"}
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        return {"error": (done.stderr or done.stdout)[-3000:]}
    result = json.loads(found[0].removeprefix("RESULT "))
    return result | {"process_seconds": time.perf_counter() - started}


def machine(encoder):
    """Return what the figures depend on: card, versions, precision of the weights."""
    from safetensors import safe_open

    with safe_open(Path(encoder, "model.safetensors"), "np") as file:
        dtypes = {str(file.get_tensor(name).dtype) for name in file.keys()}  # noqa: SIM118
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total"]
    try:
        card = subprocess.check_output([*query, "--format=csv,noheader"], text=True)
    except (OSError, subprocess.CalledProcessError):
        card = "none: these figures are of a processor"
    return {
        "card": card.strip(),
        "versions": versions,
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "encoder_weights": sorted(dtypes & {"float16", "float32"}),
    }


def halve(source, target):
    """Write a copy of the encoder with float16 weights: half the size."""
    import shutil

    from safetensors.numpy import load_file, save_file

    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.*"):
        if file.suffix in (".json", ".txt"):
            shutil.copy(file, target)
    weights = load_file(source / "model.safetensors")
    weights = {
        name: value.astype("float16") if value.dtype == "float32" else value
        for name, value in weights.items()
    }
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})


def compare(arguments):
    """Measure all, and write the file after each."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    options = ["DIR" if o == str(arguments.out) else o for o in sys.argv[1:]]
    result = machine(arguments.encoder) | {
        "command": shlex.join(["python", "benchmarks/gpu.py", *options]),
        "measurements": [],
    }
    print(json.dumps(result), flush=True)
    with tempfile.TemporaryDirectory() as cache:
        for job in plan(arguments):
            left = arguments.budget - (time.perf_counter() - started)
            if left < 20:
                print(f"No time is left for: {job}", flush=True)
                continue
            job |= {"rows": arguments.rows, "epochs": arguments.epochs}
            figures = measure(job | {"encoder": str(arguments.encoder)}, left, cache)
            result["measurements"].append(job | figures)
            print(json.dumps(job | figures), flush=True)
            (arguments.out / "gpu.json").write_text(json.dumps(result, indent=1))
    summarize([m for m in result["measurements"] if "error" not in m])


def summarize(measurements):
    """Print the medians over the seeds, or of one length the seconds of a step."""
    again = [m for m in measurements if "turn" in m]
    measurements = [m for m in measurements if "turn" not in m]
    for m in again:
        print(f"deterministic={m.get('deterministic', False)}: {m['weights'][:12]}")
    if any("tokens" in m for m in measurements):
        print("tokens  bfloat16  s a step  processor s  s of compiling")
        for m in measurements:
            step, processor = (
                statistics.median(m[name][1:]) / m["steps_an_epoch"]
                for name in ("epoch_seconds", "epoch_processor_seconds")
            )
            first = m["epoch_seconds"][0] - step * m["steps_an_epoch"]
            first = m.get("steps_compile_seconds", first)
            figures = f"{step:8.4f}  {processor:11.4f}  {first:14.1f}"
            print(f"{m['tokens']:6}  {m['mixed_precision']!s:8}  {figures}")
        return
    keys = sorted({(m["batch_size"], m["train_rows"], m["tool"]) for m in measurements})
    print(f"{'batch':>5} {'rows':>6} {'tool':12} seeds ", *FIGURES)
    for batch_size, rows, tool in keys:
        found = [
            m
            for m in measurements
            if (m["batch_size"], m["train_rows"], m["tool"]) == (batch_size, rows, tool)
        ]
        medians = [statistics.median(m.get(name, 0) for m in found) for name in FIGURES]
        cells = [
            f"{value:{len(name)}.3f}"
            for name, value in zip(FIGURES, medians, strict=True)
        ]
        print(f"{batch_size:5} {rows:6} {tool:12} {len(found):5} ", *cells)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/gpu"))
    parser.add_argument("--encoder", type=Path, default=ENCODER)
    parser.add_argument("--rows", type=int, help="only the first rows; default: all")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="+", default=[16, 64])
    parser.add_argument(
        "--repeat", type=int, default=10, help="of the rows, in a longer run; 1: none"
    )
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=TOOLS)
    parser.add_argument(
        "--budget", type=float, default=3600, help="seconds after which to stop"
    )
    parser.add_argument(
        "--twice", action="store_true", help="the first seed again: the same bytes?"
    )
    parser.add_argument(
        "--tokens", type=int, nargs="+", help="only: steps on texts of such a length"
    )
    parser.add_argument(
        "--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS
    )
    parser.add_argument("--halve", type=Path, metavar="DIR", help=halve.__doc__)
    arguments = parser.parse_args()
    if arguments.halve:
        halve(arguments.encoder, arguments.halve)
    else:
        compare(arguments)


if __name__ == "__main__":
    main()
