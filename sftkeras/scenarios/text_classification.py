"""The main job: six classifiers on the same labels, compared (article §5)."""

import time
from pathlib import Path

import numpy as np
from rich.console import Console

from sftkeras import plots
from sftkeras.data.examples import Examples, classes_of
from sftkeras.data.splits import normalise
from sftkeras.data.texts import check_one_label, load_texts
from sftkeras.errors import InputError
from sftkeras.evaluation.predicting import predict
from sftkeras.files import ROOT, output_directory, write_report
from sftkeras.machine import versions
from sftkeras.models.blocks import blocks
from sftkeras.saving.bundle import check_bundle_path, save_classifier
from sftkeras.scenarios import contract
from sftkeras.scenarios.contract import Scenario, probabilities, report_of
from sftkeras.scenarios.display import ProgressCallback, comparison_table, progress
from sftkeras.scenarios.methods import lstm_from_scratch, majority, text_model, tfidf
from sftkeras.training.fine_tuning import fine_tune

REVIEWS = ROOT / "data" / "reviews"
TRAIN, TEST = "train_data.txt", "test_data.txt"
EXAMPLES = (
    "Worth every cent.",
    "I wanted to like it, and for about ten minutes I did.",
    "Not a single complaint, and I complain for a living.",
)


def load_examples(path=None):
    """Read labelled texts, which come split or in one file.

    Args:
        path: a directory with `train_data.txt` and `test_data.txt`, or a file as in
            `load_texts`. Defaults to `None`: `data/reviews`.

    Returns:
        `Examples`: strings and their classes. The groups are the names of the two
        files, or, of one file, what makes texts equal.
    """
    path = Path(path or REVIEWS)
    if path.is_dir():
        parts = [load_texts(path / name, require_labels=True) for name in (TRAIN, TEST)]
        groups = np.repeat([TRAIN, TEST], [len(part) for part in parts])
    else:
        parts = [load_texts(path, require_labels=True)]
        groups = [normalise(text) for text in parts[0].texts]
    for part in parts:
        check_one_label(part)
    labels = np.concatenate([part.labels for part in parts])
    if len(classes_of(labels)) < 2:
        raise InputError(
            f"{path}: there must be two classes or more. Received: the labels "
            f"{np.unique(labels)[:5].tolist()}"
        )
    return Examples([text for part in parts for text in part.texts], labels, groups)


def split(examples, seed):
    """Return row numbers `(pool, test)`: the files', or else by lot."""
    files = np.array(examples.groups, dtype=object)
    if {*files} == {TRAIN, TEST}:
        return np.flatnonzero(files == TRAIN), np.flatnonzero(files == TEST)
    return contract.split(examples, seed)


def pretrained_model(examples, seed, source=None):
    """Return MiniLM, or another text model, with a new head (§3.1).

    Args:
        examples: `Examples`, or a `TextData`: how many classes are there?
        seed: int, of the head's weights.
        source: `load_pretrained_model`'s `name`. Defaults to `None`: MiniLM.
    """
    return text_model(source, len(np.unique(examples.labels)), seed)


def _schedule(epochs, batch_size, least_steps, rows, validation):
    """Return the usual epochs and batch size; of few rows, more epochs.

    A few labels make few batches, and four epochs of those leave an encoder much as it
    was. The least steps were chosen by a few runs on the validation split (those of
    the top two layers are those of all). A run that has rows to stop by keeps to the
    usual epochs, `fine_tune`'s and the article's: so the quickstart always did.
    """
    if validation is None:
        epochs = max(epochs, -(-least_steps // -(-rows // batch_size)))
    return {"epochs": epochs, "batch_size": batch_size, "verbose": 0}


def _lstm(pretrained, train, seed, validation=None, **settings):
    """The article's network, mended, from scratch."""
    usual = _schedule(10, 32, 60, len(train), validation) | {"patience": 5}
    return lstm_from_scratch(pretrained, train, seed, validation, **usual | settings)


def _encoder(layers, epochs, batch_size, least_steps):
    """Return a method that fine-tunes the pretrained encoder."""
    usual = epochs, batch_size, least_steps

    def method(pretrained, train, seed, validation=None, **settings):
        chosen = blocks(pretrained)[-2:] if layers == "top two" else layers
        if validation is not None:
            settings["validation_data"] = validation.inputs, validation.labels
        settings = _schedule(*usual, len(train), validation) | settings
        rows = train.inputs, train.labels
        return fine_tune(pretrained, *rows, chosen, seed=seed, **settings)

    return method


# Each takes, beside the rows to train on, `validation=…` (`Examples` to stop by) and
# settings of `fine_tune`.
METHODS = {
    "majority class": majority,
    "TF-IDF + logistic": tfidf,
    "LSTM from scratch": _lstm,
    "MiniLM, frozen": _encoder(None, 20, 32, 20),
    "MiniLM, top 2 layers": _encoder("top two", 3, 16, 40),
    "MiniLM, all layers": _encoder("all", 4, 16, 40),
}


def report_on(fitted, test):
    """Return `evaluate_model`'s report of a model of `METHODS`.

    Args:
        fitted: the model, Keras' or scikit-learn's.
        test: `Examples`, or a `TextData`.
    """
    return report_of(probabilities(fitted, test.inputs), test.labels)


def measure(fitted, test):
    """Return accuracy, precision, recall and F1, as means over the classes."""
    report = report_on(fitted, test)
    return {name: report[name] for name in ("accuracy", "precision", "recall", "f1")}


def figures(trial):
    """Draw the confusion matrix of the fine-tuned model."""
    name = SCENARIO.fine_tuned
    report = report_of(trial.probabilities[name], trial.test.labels)
    return {"confusion_matrix.png": plots.plot_confusion_matrix(report, name)}


SCENARIO = Scenario(
    title="Text classification",
    section="5",
    metric="accuracy",
    budgets=(32, 128, 512),
    load=load_examples,
    pretrained=pretrained_model,
    methods=METHODS,
    fine_tuned="MiniLM, all layers",
    split=split,
    measure=measure,
    figures=figures,
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
    with output_directory(out):
        check_bundle_path(Path(out) / "classifier")
        return _run_quickstart(Path(data_dir or REVIEWS), Path(out), seed)


def _run_quickstart(data_dir, out, seed):
    train, val, test = (
        load_texts(data_dir / f"{name}_data.txt", require_labels=True)
        for name in ("train", "val", "test")
    )
    console = Console(highlight=False)
    console.print(
        f"{data_dir.name}: {len(train)} labelled texts to train on, {len(val)} to stop "
        f"by, {len(test)} to test on."
    )
    pretrained = pretrained_model(train, seed)
    results, models = {}, {}
    with progress(console) as shown:
        bars = {
            name: shown.add_task(name, start=False, total=1, note="")
            for name in METHODS
        }
        for name, method in METHODS.items():
            shown.start_task(bars[name])
            log_dir = out / "logs" / name.replace(" ", "-").replace(",", "")
            started = time.perf_counter()
            model = method(
                pretrained, train, seed, validation=val, log_dir=str(log_dir),
                callbacks=[ProgressCallback(shown, bars[name])],
            )  # fmt: skip
            seconds = time.perf_counter() - started
            results[name] = report_on(model, test) | {"train_seconds": seconds}
            if history := getattr(model, "history", None):
                models[name] = model
                for key in ("train_seconds", "trainable_params"):
                    results[name][key] = getattr(history, key)
            note = f"accuracy {results[name]['accuracy']:.3f}"
            shown.update(bars[name], total=1, completed=1, note=note)
            shown.stop_task(bars[name])
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
    write_report(out, report)
    guess = results["majority class"]["accuracy"]
    for name, figure in {
        "comparison": plots.plot_comparison(results, floor=guess),
        "confusion_matrix": plots.plot_confusion_matrix(results[best], best),
        "history": plots.plot_history({n: m.history for n, m in models.items()}),
    }.items():
        plots.save_figure(figure, out / f"{name}.png", keep_others=True)
    _say_goodbye(console, models[best], best, out)
    return report


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
