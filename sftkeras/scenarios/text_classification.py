"""The main job: six classifiers on the same labels, compared (article §5)."""

import json
import time
from pathlib import Path

import keras
import numpy as np
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sftkeras import plots
from sftkeras.data.texts import load_texts
from sftkeras.evaluation.predicting import evaluate_model, predict, score
from sftkeras.files import ROOT, check_writable, write_file
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.machine import versions
from sftkeras.models.baselines import majority_classifier, tfidf_classifier
from sftkeras.models.lstm import create_model
from sftkeras.models.pretrained import load_pretrained_model
from sftkeras.saving.bundle import save_classifier
from sftkeras.training.fine_tuning import fine_tune, train_model

TOP_TWO = ("transformer_layer_4", "transformer_layer_5")
EXAMPLES = (
    "Worth every cent.",
    "I wanted to like it, and for about ten minutes I did.",
    "Not a single complaint, and I complain for a living.",
)


def run_quickstart(data_dir=None, out="runs/quickstart", seed=0):
    """Train six classifiers on one data set, compare them, keep the best.

    A majority-class guess, TF-IDF + logistic regression, the article's LSTM (mended),
    and MiniLM with a frozen backbone, with its top two layers fine-tuned, and with
    all layers fine-tuned. All see the same training labels; the networks are also
    given the validation labels to stop by.

    Args:
        data_dir: directory with `train_data.txt`, `val_data.txt`, `test_data.txt`.
            Defaults to `data/reviews`.
        out: directory for `report.json`, figures, TensorBoard logs and the best
            classifier. Defaults to `runs/quickstart`.
        seed: int. Defaults to `0`.

    Returns:
        The report, as written to `report.json`.
    """
    out = Path(out)
    check_writable(out)
    data_dir = Path(data_dir or ROOT / "data" / "reviews")
    train, val, test = (
        load_texts(data_dir / f"{name}_data.txt", require_labels=True)
        for name in ("train", "val", "test")
    )
    console = Console(highlight=False)
    console.print(
        f"{data_dir.name}: {len(train)} labelled texts to train on, {len(val)} to stop "
        f"by, {len(test)} to test on."
    )
    jobs = {
        "majority class": _sklearn_job(majority_classifier),
        "TF-IDF + logistic": _sklearn_job(tfidf_classifier),
        "LSTM from scratch": _lstm_job,
        "MiniLM, frozen": _minilm_job(None),
        "MiniLM, top 2 layers": _minilm_job(TOP_TWO),
        "MiniLM, all layers": _minilm_job("all"),
    }
    results, models, histories = {}, {}, {}
    with _progress(console) as progress:
        bars = {
            name: progress.add_task(name, start=False, total=1, note="")
            for name in jobs
        }
        for name, job in jobs.items():
            progress.start_task(bars[name])
            started = time.perf_counter()
            log_dir = out / "logs" / name.replace(" ", "-").replace(",", "")
            bar = _ProgressCallback(progress, bars[name])
            model, report = job(train, val, test, seed, str(log_dir), bar)
            report["train_seconds"] = report.get("train_seconds") or (
                time.perf_counter() - started
            )
            results[name] = report
            note = f"accuracy {report['accuracy']:.3f}"
            progress.update(bars[name], total=1, completed=1, note=note)
            progress.stop_task(bars[name])
            if model is not None:
                models[name], histories[name] = model, model.history
    console.print(comparison_table(results))
    best = max(models, key=lambda name: results[name]["accuracy"])
    save_classifier(models[best], out / "classifier", results[best])
    report = {
        "data": data_dir.name,
        "rows": {"train": len(train), "val": len(val), "test": len(test)},
        "seed": seed,
        "results": results,
        "best": best,
        "versions": versions(),
    }
    with write_file(out / "report.json") as temporary:
        text = json.dumps(report, indent=1, ensure_ascii=False)
        temporary.write_text(text, encoding="utf-8")
    guess = results["majority class"]["accuracy"]
    for name, figure in {
        "comparison": plots.plot_comparison(results, floor=guess),
        "confusion_matrix": plots.plot_confusion_matrix(results[best], best),
        "history": plots.plot_history(histories),
    }.items():
        plots.save_figure(figure, out / f"{name}.png")
    _say_goodbye(console, models[best], best, out)
    return report


def comparison_table(results):
    """Return a `rich` table of {name: report}."""
    title = "\nThe same labels, six ways: the test set"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.padding = (0, 0)
    table.add_column("model", no_wrap=True)
    for name in ("accuracy", "precision", "recall", "F1", "trained", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    top = max(report["accuracy"] for report in results.values())
    for name, report in results.items():
        cells = [f"{report[k]:.3f}" for k in ("accuracy", "precision", "recall", "f1")]
        params = report.get("trainable_params", 0)
        cells += [_short(params), f"{report['train_seconds']:.1f}"]
        style = "bold" if report["accuracy"] == top else None
        table.add_row(name, *cells, style=style)
    return table


def _short(count):
    """Return 22,565,761 as "22.6 M"; "–" for none."""
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return str(count or "–")


def _sklearn_job(build):
    def job(train, val, test, seed, log_dir, bar):
        started = time.perf_counter()
        model = build(train.texts, train.labels)
        seconds = time.perf_counter() - started
        codes = np.searchsorted(model.classes_, test.labels)
        probabilities = model.predict_proba(test.texts)
        report = score(model.classes_.tolist(), codes, probabilities)
        return None, {**report, "train_seconds": seconds}

    return job


def _lstm_job(train, val, test, seed, log_dir, bar):
    tokenizer = Tokenizer().fit_on_texts(train.texts)
    classes = len(train.label_names)
    model = create_model(tokenizer=tokenizer, num_classes=classes, seed=seed)
    train_model(
        model, train.texts, train.labels, val.texts, val.labels,
        patience=5, seed=seed, log_dir=log_dir, callbacks=[bar], verbose=0,
    )  # fmt: skip
    return model, _measure(model, test)


def _minilm_job(layers):
    def job(train, val, test, seed, log_dir, bar):
        model = load_pretrained_model("minilm", len(train.label_names), seed=seed)
        model = fine_tune(
            model, train.texts, train.labels, layers,
            validation_data=(val.texts, val.labels),
            seed=seed, log_dir=log_dir, callbacks=[bar], verbose=0,
        )  # fmt: skip
        return model, _measure(model, test)

    return job


def _measure(model, test):
    report = evaluate_model(model, test.texts, test.labels, verbose=False)
    report["train_seconds"] = model.history.train_seconds
    report["trainable_params"] = model.history.trainable_params
    return report


def _progress(console):
    return Progress(
        TextColumn("{task.description:<23}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    )


class _ProgressCallback(keras.callbacks.Callback):
    """Shows steps of training on one bar."""

    def __init__(self, progress, bar):
        super().__init__()
        self.progress, self.bar, self.epoch = progress, bar, 0

    def on_train_begin(self, logs=None):
        self.steps = self.params["steps"] or 1
        total = self.steps * self.params["epochs"]
        self.progress.update(self.bar, total=total, completed=0)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        note = f"epoch {self.epoch + 1}/{self.params['epochs']}"
        if logs and "loss" in logs:
            note += f"  loss {float(logs['loss']):.3f}"
        done = self.epoch * self.steps + batch + 1
        self.progress.update(self.bar, completed=done, note=note)


def _say_goodbye(console, model, best, out):
    labels, probabilities = predict(model, list(EXAMPLES), return_probabilities=True)
    console.print(f"\nThe best, {best}, on three sentences it has not seen:")
    for text, label, row in zip(EXAMPLES, labels, probabilities, strict=True):
        console.print(f"  {label} ({row.max():.0%})  {text}", markup=False)
    console.print(
        f"\nWritten to {out}: report.json, comparison.png, confusion_matrix.png, "
        "history.png, logs/, classifier/\n"
        "Next:\n"
        f'  python -m sftkeras predict --model {out}/classifier "Your sentence."\n'
        "  python -m sftkeras fit --train YOUR.csv --model minilm --out runs/mine\n"
        "  make tensorboard   # the training curves",
        markup=False,
        soft_wrap=True,
    )
