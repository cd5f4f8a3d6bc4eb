"""Fine-tuning on a GPU: sftkeras on Keras' JAX backend beside Hugging Face's Trainer.

    python benchmarks/gpu.py --out DIR

MiniLM, all layers, in bfloat16 with float32 weights, on the rows of data/reviews, from
the same files. Each measurement is a process of its own, one JSON line on the terminal;
all go to `DIR/gpu.json`. One environment holds both sides, and no TensorFlow is needed:
jax with its GPU plugin, keras, keras-hub, sentencepiece; torch, transformers,
accelerate; and sftkeras' own numpy, pandas, scikit-learn, safetensors.

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

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import ENCODER, EPOCHS, LEARNING_RATE, make_split  # noqa: E402

PACKAGES = ["jax", "keras", "keras-hub", "torch", "transformers", "accelerate", "numpy"]
TOOLS = ["sftkeras", "hf-trainer"]
MIB = 2**20
FIGURES = ["accuracy", "train_seconds", "compile_seconds", "samples_per_second"]
FIGURES += ["peak_gpu_mib"]


def plan(arguments):
    """Return the configurations to measure, the most telling ones first."""
    jobs = []
    for batch_size in arguments.batches:
        jobs.append((batch_size, 1, 0))
        if arguments.repeat > 1:
            jobs.append((batch_size, arguments.repeat, 0))
        jobs += [(batch_size, 1, seed) for seed in range(1, arguments.seeds)]
    return [
        {"tool": tool, "batch_size": batch_size, "repeat": repeat, "seed": seed}
        for batch_size, repeat, seed in jobs
        for tool in arguments.tools
    ]


def read_rows(job):
    """Return (training texts, labels, test texts, labels) as lists."""
    x_train, y_train, x_test, y_test = make_split(argparse.Namespace(files=[]), 0)
    rows, repeat = job["rows"], job["repeat"]
    train = x_train[:rows] * repeat, y_train[:rows].tolist() * repeat
    return *train, x_test[:rows], y_test[:rows].tolist()


class Epochs:
    """The seconds of each epoch; the first one compiles or warms up."""

    def __init__(self, wait):
        self.wait = wait  # until the GPU has done what it was given
        self.seconds = []

    def begin(self):
        """Start the clock."""
        self.started = time.perf_counter()

    def end(self):
        """Stop it."""
        self.wait()
        self.seconds.append(time.perf_counter() - self.started)


def with_sftkeras(job):
    """Return (function that trains, function that predicts)."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax

    import sftkeras as sft
    from sftkeras.machine import import_keras

    keras = import_keras()
    compiled = {"seconds": 0.0, "compiled": 0, "from_cache": 0}

    def on_duration(name, seconds, **_):
        if name == "/jax/core/compile/backend_compile_duration":
            compiled["seconds"] += seconds

    def on_event(name, **_):
        if name == "/jax/compilation_cache/cache_misses":
            compiled["compiled"] += 1
        if name == "/jax/compilation_cache/cache_hits":
            compiled["from_cache"] += 1

    jax.monitoring.register_event_duration_secs_listener(on_duration)
    jax.monitoring.register_event_listener(on_event)
    model = sft.load_pretrained_model(job["encoder"], seed=job["seed"])

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            epochs.begin()

        def on_epoch_end(self, epoch, logs=None):
            epochs.end()

    clock = Clock()
    epochs = Epochs(
        lambda: jax.block_until_ready([v.value for v in clock.model.variables])
    )

    def fit(texts, labels):
        nonlocal model
        compiled.update(seconds=0.0, compiled=0, from_cache=0)
        model = sft.fine_tune(
            model,
            texts,
            labels,
            epochs=job["epochs"],
            batch_size=job["batch_size"],
            learning_rate=LEARNING_RATE,
            mixed_precision=True,
            seed=job["seed"],
            callbacks=[clock],
            verbose=0,
        )
        memory = jax.devices()[0].memory_stats() or {}
        return {
            "device": jax.devices()[0].device_kind,
            "epoch_seconds": epochs.seconds,
            "compile_seconds": compiled["seconds"],
            "programs_compiled": compiled["compiled"],
            "programs_from_cache": compiled["from_cache"],
            "peak_gpu_mib": memory.get("peak_bytes_in_use", 0) / MIB,
        }

    return fit, lambda texts: sft.predict(model, texts)


def with_hf_trainer(job):
    """Return (function that trains, function that predicts)."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    import numpy as np
    import torch
    import transformers as hf

    gpu = torch.cuda.is_available()
    device = torch.device("cuda" if gpu else "cpu")
    hf.set_seed(job["seed"])
    hf.logging.set_verbosity_error()
    tokenizer = hf.BertTokenizerFast.from_pretrained(job["encoder"])
    model = hf.AutoModelForSequenceClassification.from_pretrained(
        job["encoder"], num_labels=2, dtype=torch.float32
    )
    collate = hf.DataCollatorWithPadding(tokenizer)
    epochs = Epochs(torch.cuda.synchronize if gpu else lambda: None)

    class Clock(hf.TrainerCallback):
        def on_epoch_begin(self, *_, **__):
            epochs.begin()

        def on_epoch_end(self, *_, **__):
            epochs.end()

    def encode(texts, labels=None):
        columns = dict(tokenizer(texts, truncation=True))
        if labels is not None:
            columns["labels"] = labels
        return [
            dict(zip(columns, row, strict=True))
            for row in zip(*columns.values(), strict=True)
        ]

    def fit(texts, labels):
        with tempfile.TemporaryDirectory() as folder:
            arguments = hf.TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=job["batch_size"],
                num_train_epochs=job["epochs"],
                learning_rate=LEARNING_RATE,
                bf16=True,
                use_cpu=not gpu,
                seed=job["seed"],
                save_strategy="no",
                logging_strategy="no",
                report_to=[],
                disable_tqdm=True,
            )
            trainer = hf.Trainer(
                model=model,
                args=arguments,
                train_dataset=encode(texts, labels),
                data_collator=collate,
                callbacks=[Clock()],
            )
            trainer.train()
        return {
            "device": torch.cuda.get_device_name() if gpu else "cpu",
            "epoch_seconds": epochs.seconds,
            "peak_gpu_mib": torch.cuda.max_memory_allocated() / MIB if gpu else 0,
        }

    def predict(texts):
        model.to(device).eval()
        rows = encode(texts)
        order = np.argsort([len(row["input_ids"]) for row in rows], kind="stable")
        result = np.empty(len(rows), int)
        with torch.inference_mode():
            for start in range(0, len(rows), 32):
                where = order[start : start + 32]
                batch = collate([rows[i] for i in where]).to(device)
                result[where] = model(**batch).logits.argmax(-1).cpu().numpy()
        return result.tolist()

    return fit, predict


def work(job):
    """Do one job, in this process, and print its figures."""
    make = with_sftkeras if job["tool"] == "sftkeras" else with_hf_trainer
    fit, predict = make(job)
    x_train, y_train, x_test, y_test = read_rows(job)
    started = time.perf_counter()
    figures = fit(x_train, y_train)
    train_seconds = time.perf_counter() - started
    predicted = predict(x_test)
    right = sum(p == y for p, y in zip(predicted, y_test, strict=True))
    warm = figures["epoch_seconds"][1:] or figures["epoch_seconds"]
    result = {
        "train_rows": len(x_train),
        "test_rows": len(x_test),
        "accuracy": right / len(y_test),
        "train_seconds": train_seconds,
        "samples_per_second": len(x_train) / statistics.median(warm),
        **figures,
    }
    print("RESULT " + json.dumps(result), flush=True)
    os._exit(0)  # what a framework does at exit is not what is measured


def measure(job, seconds, cache):
    """Run one job in a process of its own; return its figures, or its error."""
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": cache,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, __file__, "--worker", json.dumps(job)]
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
    """Print the medians over the seeds."""
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
    parser.add_argument("--halve", type=Path, metavar="DIR", help=halve.__doc__)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
    elif arguments.halve:
        halve(arguments.encoder, arguments.halve)
    else:
        compare(arguments)


if __name__ == "__main__":
    main()
