"""One run of the benchmark for GPUs: what `gpu.py` starts, in a process of its own.

    python benchmarks/gpu_jobs.py '{"tool": "sftkeras", …}'

Prints one line, "RESULT " and a JSON object.
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobs import LEARNING_RATE, make_split  # noqa: E402

MIB = 2**20


def read_rows(job):
    """Return (training texts, labels, test texts, labels) as lists."""
    if job.get("tokens"):  # of one length, for the time of a step; two are around it
        texts = ["good " * (job["tokens"] - 2)] * job["rows"]
        labels = [row % 2 for row in range(job["rows"])]
        return texts, labels, texts[:32], labels[:32]
    x_train, y_train, x_test, y_test = make_split(argparse.Namespace(files=[]), 0)
    rows, repeat = job["rows"], job["repeat"]
    train = x_train[:rows] * repeat, y_train[:rows].tolist() * repeat
    return *train, x_test[:rows], y_test[:rows].tolist()


def processor_seconds():
    """Return what this process has used, of all cores."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


class Epochs:
    """The seconds of each epoch; the first one compiles or warms up."""

    def __init__(self, wait):
        self.wait = wait  # until the GPU has done what it was given
        self.seconds, self.processor_seconds = [], []

    def begin(self):
        """Start the clock."""
        self.started = time.perf_counter(), processor_seconds()

    def end(self):
        """Stop it."""
        self.wait()
        started, before = self.started
        self.seconds.append(time.perf_counter() - started)
        self.processor_seconds.append(processor_seconds() - before)


class Compiled:
    """What JAX compiles, and what it finds in its cache on disk."""

    def __init__(self):
        import jax

        self.forget()
        jax.monitoring.register_event_duration_secs_listener(self._on_duration)
        jax.monitoring.register_event_listener(self._on_event)

    def forget(self):
        """Count from here."""
        self.seconds = self.step_seconds = 0.0
        self.steps = self.compiled = self.from_cache = 0

    def _on_duration(self, name, seconds, fun_name="", **_):
        if name == "/jax/core/compile/backend_compile_duration":
            self.seconds += seconds
            if "train_step" in str(fun_name):
                self.steps, self.step_seconds = (
                    self.steps + 1,
                    self.step_seconds + seconds,
                )

    def _on_event(self, name, **_):
        self.compiled += name == "/jax/compilation_cache/cache_misses"
        self.from_cache += name == "/jax/compilation_cache/cache_hits"

    def figures(self):
        """Return the counts, and JAX's device and its memory."""
        import jax

        device = jax.devices()[0]
        memory = device.memory_stats() or {}
        return {
            "device": device.device_kind,
            "compile_seconds": self.seconds,
            "programs_compiled": self.compiled,
            "programs_from_cache": self.from_cache,
            "steps_compiled": self.steps,
            "steps_compile_seconds": self.step_seconds,
            "peak_gpu_mib": memory.get("peak_bytes_in_use", 0) / MIB,
        }


def with_sftkeras(job):
    """Return (function that trains, function that predicts)."""
    import sftkeras as sft
    from sftkeras.machine import import_keras

    keras = import_keras()
    on_jax = keras.backend.backend() == "jax"
    compiled = Compiled() if on_jax else None
    model = sft.load_pretrained_model(job["encoder"], seed=job["seed"])

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            epochs.begin()

        def on_epoch_end(self, epoch, logs=None):
            epochs.end()

    def wait():
        if on_jax:
            import jax

            jax.block_until_ready([v.value for v in clock.model.variables])

    clock, epochs = Clock(), Epochs(wait)

    def fit(texts, labels):
        nonlocal model
        found = {"steps_an_epoch": -(-len(texts) // job["batch_size"])}
        if on_jax:
            compiled.forget()
        model = sft.fine_tune(
            model,
            texts,
            labels,
            epochs=job["epochs"],
            batch_size=job["batch_size"],
            learning_rate=LEARNING_RATE,
            mixed_precision=job.get("mixed_precision", True),
            deterministic=job.get("deterministic", False),
            seed=job["seed"],
            callbacks=[clock],
            verbose=0,
        )
        digest = hashlib.sha256()
        for weight in model.get_weights():
            digest.update(weight.tobytes())
        found |= {"epoch_seconds": epochs.seconds, "weights": digest.hexdigest()}
        found["epoch_processor_seconds"] = epochs.processor_seconds
        return found | (compiled.figures() if on_jax else {})

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
        "processor_seconds": processor_seconds(),
    }
    print("RESULT " + json.dumps(result), flush=True)
    os._exit(0)  # what a framework does at exit is not what is measured


if __name__ == "__main__":
    work(json.loads(sys.argv[1]))
