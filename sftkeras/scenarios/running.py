"""The five steps of article §3, the same for every scenario of §6."""

import importlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from sklearn.model_selection import train_test_split

from sftkeras import plots
from sftkeras.errors import InputError
from sftkeras.evaluation.predicting import predict_probabilities
from sftkeras.files import output_directory, write_file
from sftkeras.machine import versions
from sftkeras.saving.bundle import save_classifier
from sftkeras.scenarios import NAMES
from sftkeras.training.freezing import describe_layers

TEST_SHARE = 0.4


@dataclass
class Trial:
    """One split of the data, and what each method made of the same labelled rows.

    Attributes:
        models: {method: trained model}.
        x_test, y_test: rows that no model has been trained on.
        probabilities: {method: what `probabilities` returned for the test rows}.
        pretrained: the model that the fine-tuned ones started from.
        rows: `pandas.DataFrame`, one row a model: `model`, `labels`, `seed`,
            `seconds`, and the scenario's measures.
    """

    models: dict
    x_test: object
    y_test: np.ndarray
    probabilities: dict
    pretrained: object
    rows: pd.DataFrame


def load_scenario(name):
    """Return a scenario's module by its name, one of `NAMES`."""
    if name not in NAMES:
        raise InputError(
            f"There is no scenario {name!r}. There are: {', '.join(NAMES)}"
        )
    return importlib.import_module(f"sftkeras.scenarios.{name}")


def run_trial(scenario, x, y, labels, seed, source=None, on_model=None):
    """Split the rows, draw labelled ones, train every method on them, measure.

    Args:
        scenario: a scenario's module.
        x, y: what its `load_data` returned.
        labels: int, how many labelled rows to train on, each class by its share.
        seed: int, of the split, the draw and the training.
        source: as in the scenario's `pretrained_model`.
        on_model: called after each model. Defaults to `None`.

    Returns:
        A `Trial`.
    """
    pool, test = getattr(scenario, "split", split)(y, seed)
    least = len(np.unique(y))  # one a class, drawn and left
    if not least <= labels <= len(pool) - least and labels != len(pool):
        raise InputError(
            f"`labels` must be between {least} and {len(pool) - least}, or "
            f"{len(pool)}: all rows that are not for testing. Received: {labels}"
        )
    pretrained = scenario.pretrained_model(take(x, pool), seed, source)
    chosen = pool
    if labels < len(pool):
        chosen, _ = train_test_split(
            pool, train_size=labels, stratify=y[pool], random_state=seed
        )
    x_train, x_test = take(x, chosen), take(x, test)
    models, found, rows = {}, {}, []
    for name, train in scenario.METHODS.items():
        started = time.perf_counter()
        models[name] = train(pretrained, x_train, y[chosen], seed)
        seconds = time.perf_counter() - started
        found[name] = probabilities(models[name], x_test)
        run = {"model": name, "labels": labels, "seed": seed, "seconds": seconds}
        rows.append({**run, **scenario.measure(y[test], found[name])})
        if on_model:
            on_model()
    return Trial(models, x_test, y[test], found, pretrained, pd.DataFrame(rows))


def compare(
    scenario, x, y, labels=None, seeds=3, source=None, console=None, on_trial=None
):
    """Run a trial for each number of labels and each seed, with a progress bar.

    Args:
        scenario, x, y, source: as in `run_trial`.
        labels: list of int. Defaults to `None`: the scenario's `LABELS`.
        seeds: int, how many seeds, from 0. Defaults to `3`.
        console: a `rich` console to draw the bar on. Defaults to `None`: no bar.
        on_trial: called with all rows so far after each trial. Defaults to `None`.

    Returns:
        The last `Trial`; its `rows` are those of all trials.
    """
    labels = list(labels or scenario.LABELS)
    bar = Progress(
        TextColumn("  {task.fields[note]}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=console is None,
    )
    rows = []
    with bar:
        total = seeds * len(labels) * len(scenario.METHODS)
        task = bar.add_task("models", total=total, note="")
        for seed in range(seeds):
            for count in labels:
                bar.update(task, note=f"seed {seed}, {count} labels")
                trial = run_trial(
                    scenario, x, y, count, seed, source, lambda: bar.advance(task)
                )
                rows.append(trial.rows)
                trial.rows = pd.concat(rows, ignore_index=True)
                if on_trial:
                    on_trial(trial.rows)
    return trial


def summarize(rows, metric):
    """Return the mean over the seeds: a row a method, a column a number of labels."""
    table = rows.pivot_table(metric, "model", "labels", sort=False)
    return table.round(3)


def run_scenario(name, out=None, data=None, labels=None, seeds=3, source=None):
    """Run a scenario's five steps; print the result, write report, figures and model.

    Args:
        name: one of `NAMES`.
        out: directory. Defaults to `None`: `runs/NAME`.
        data: path of other data, as the scenario's `load_data` takes it. Defaults to
            `None`: the data that ship with the project.
        labels: list of int. Defaults to `None`: the scenario's own.
        seeds: int. Defaults to `3`.
        source: another pretrained model, as `pretrained_model` takes it.

    Returns:
        The report, as written to `report.json`.
    """
    scenario = load_scenario(name)
    out = Path(out or Path("runs") / name)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{scenario.TITLE} (article §{scenario.SECTION})")
    with output_directory(out):
        x, y = scenario.load_data(data)
        classes, counts = np.unique(y, return_counts=True)
        shares = ", ".join(f"{c}: {n}" for c, n in zip(classes, counts, strict=True))
        console.print(f"labelled data: {len(y)} rows ({shares})", markup=False)

        def keep(rows):
            with write_file(out / "runs.csv") as temporary:
                rows.to_csv(temporary, index=False)

        trial = compare(scenario, x, y, labels, seeds, source, console, keep)
    layers = describe_layers(next(iter(trial.models.values())))
    trained, total = layers["trainable_params"].sum(), layers["params"].sum()
    console.print(f"fine-tuned: {trained:,} of {total:,} parameters")
    table = summarize(trial.rows, scenario.METRIC)
    console.print(f"\n{scenario.METRIC}, mean of {seeds} seed(s), by number of labels")
    console.print(table.to_string(), markup=False)
    drawn = {
        "label_budget.png": plots.plot_label_budget(
            trial.rows.to_dict("records"), scenario.METRIC
        ),
        **scenario.figures(trial),
    }
    for file, figure in drawn.items():
        plots.save_figure(figure, out / file)
    report = {
        "scenario": name,
        "data": str(data or "the project's own"),
        "metric": scenario.METRIC,
        "rows": trial.rows.to_dict("records"),
        "versions": versions(),
    }
    with write_file(out / "report.json") as temporary:
        text = json.dumps(report, indent=1, ensure_ascii=False)
        temporary.write_text(text, encoding="utf-8")
    save_classifier(next(iter(trial.models.values())), out / "model")
    files = ", ".join(["report.json", "runs.csv", "model", *drawn])
    console.print(f"\nWritten to {out}: {files}", markup=False)
    return report


def split(y, seed, test_share=TEST_SHARE):
    """Return row numbers `(pool, test)`, each class by its share.

    Args:
        y: array `(N,)` of labels.
        seed: int.
        test_share: float. Defaults to `0.4`.
    """
    return train_test_split(
        np.arange(len(y)), test_size=test_share, stratify=y, random_state=seed
    )


def take(x, rows):
    """Return some rows of a list of strings or of an array."""
    return x[rows] if isinstance(x, np.ndarray) else [x[row] for row in rows]


def probabilities(model, x):
    """Return the probabilities of a Keras or a scikit-learn model as a table.

    Returns:
        A `pandas.DataFrame`: N rows, a column a class, named by its label, or by its
        number if the labels are not known.
    """
    if hasattr(model, "predict_proba"):
        return pd.DataFrame(model.predict_proba(x), columns=model.classes_)
    names = getattr(model, "label_names", None)
    return pd.DataFrame(predict_probabilities(model, x), columns=names)
