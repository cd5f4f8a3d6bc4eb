"""The five steps of article §3, the same for every scenario of §6."""

import importlib
import time
from pathlib import Path

import keras
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

from sftkeras import plots
from sftkeras.data.examples import classes_of
from sftkeras.data.splits import split_rows
from sftkeras.errors import InputError
from sftkeras.files import output_directory, write_file, write_report
from sftkeras.machine import versions
from sftkeras.saving.bundle import check_bundle_path, save_classifier
from sftkeras.scenarios import NAMES
from sftkeras.scenarios.contract import (  # noqa: F401 (offered here too)
    Trial,
    probabilities,
    recorded,
    split,
)
from sftkeras.training.freezing import describe_layers


def load_scenario(name):
    """Return a `Scenario` by its module's name, one of `NAMES`."""
    if name not in NAMES:
        raise InputError(
            f"There is no scenario {name!r}. There are: {', '.join(NAMES)}"
        )
    return importlib.import_module(f"sftkeras.scenarios.{name}").SCENARIO


def run_trial(scenario, examples, labels, seed, source=None, on_model=None):
    """Split the rows, draw labelled ones, train every method on them, measure.

    Args:
        scenario: a `Scenario`.
        examples: what its `load` returned.
        labels: int, how many labelled rows to train on, each class by its share.
        seed: int, of the split, the draw and the training.
        source: as in the scenario's `pretrained`.
        on_model: called after each model. Defaults to `None`.

    Returns:
        A `Trial`.
    """
    pool, test = (examples.take(rows) for rows in scenario.split(examples, seed))
    train = draw(pool, labels, seed, scenario.by_group)
    pretrained = scenario.pretrained(pool, seed, source)
    trial = Trial({}, train, test, {}, pretrained, None)
    rows = []
    for name, method in scenario.methods.items():
        started = time.perf_counter()
        fitted = trial.models[name] = method(pretrained, train, seed)
        seconds = time.perf_counter() - started
        run = {"model": name, "labels": labels, "seed": seed, "seconds": seconds}
        with recorded() as tables:
            rows.append({**run, **scenario.measure(fitted, test)})
        for inputs, table in tables:
            if inputs is test.inputs:
                trial.probabilities[name] = table
        if on_model:
            on_model()
    trial.rows = pd.DataFrame(rows)
    return trial


def draw(pool, labels, seed, by_group=False):
    """Return `Examples` of some rows, each class by its share, drawn by lot.

    Args:
        pool: `Examples`.
        labels: int, how many; all of the pool's, in its order, if there are no more.
        seed: int.
        by_group: bool. So many groups are drawn, whole, without regard to classes.
            Defaults to `False`.
    """
    units, least = _units(pool, by_group)  # one a class, drawn and left
    if not least <= labels <= units - least and labels != units:
        what = "groups" if by_group else "rows"
        raise InputError(
            f"`labels` must be between {least} and {units - least}, or "
            f"{units}: all {what} that are not for testing. Received: {labels}"
        )
    if labels == units:
        return pool
    classes = () if by_group else classes_of(pool.labels)
    strata = np.asarray(pool.labels) if classes else None
    groups = pool.groups if by_group else range(len(pool))
    chosen, _ = split_rows(groups, strata, units - labels, seed)
    return pool.take(chosen)


def _units(examples, by_group):
    """Return how many there are to draw from, and the least that may be drawn."""
    if by_group:
        return len(set(examples.groups)), 1
    return len(examples), len(classes_of(examples.labels)) or 1


def budgets_for(scenario, examples, seeds=3):
    """Return the scenario's `budgets`, as far as other data can give them.

    What is more than the pool becomes all of it; what is less than the classes, one of
    each. The project's own data give all of `budgets`.

    Args:
        scenario, examples: as in `run_trial`.
        seeds: int, as in `compare`. Defaults to `3`.
    """
    parts = [examples.take(scenario.split(examples, n)[0]) for n in range(seeds)]
    pools = [_units(pool, scenario.by_group)[0] for pool in parts]
    least = _units(examples, scenario.by_group)[1]
    most = min(pools) - least  # `draw` leaves one a class, or none
    whole = most if len(set(pools)) > 1 else pools[0]
    fitting = [max(n, least) if n <= most else whole for n in scenario.budgets]
    return list(dict.fromkeys(fitting))


def compare(
    scenario, examples, budgets=None, seeds=3, source=None, console=None, on_trial=None
):
    """Run a trial for each number of labels and each seed, with a progress bar.

    Args:
        scenario, examples, source: as in `run_trial`.
        budgets: list of int. Defaults to `None`: `budgets_for` these examples.
        seeds: int, how many seeds, from 0. Defaults to `3`.
        console: a `rich` console to draw the bar on. Defaults to `None`: no bar.
        on_trial: called with all rows so far after each trial. Defaults to `None`.

    Returns:
        The last `Trial`; its `rows` are those of all trials.
    """
    budgets = list(budgets or budgets_for(scenario, examples, seeds))
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
        total = seeds * len(budgets) * len(scenario.methods)
        task = bar.add_task("models", total=total, note="")
        for seed in range(seeds):
            for count in budgets:
                bar.update(task, note=f"seed {seed}, {count} labels")
                trial = run_trial(
                    scenario, examples, count, seed, source, lambda: bar.advance(task)
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
        data: path of other data, as the scenario's `load` takes it. Defaults to
            `None`: the data that ship with the project.
        labels: list of int. Defaults to `None`: the scenario's own.
        seeds: int. Defaults to `3`.
        source: another pretrained model, as `pretrained` takes it.

    Returns:
        The report, as written to `report.json`.
    """
    scenario = load_scenario(name)
    out = Path(out or Path("runs") / name)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{scenario.title} (article §{scenario.section})")
    with output_directory(out):
        check_bundle_path(out / "model")
        examples = scenario.load(data)
        console.print(f"labelled data: {_describe(examples)}", markup=False)
        scenario = scenario.suited(scenario, examples, source)
        if scenario.note:
            console.print(scenario.note, markup=False)

        def keep(rows):
            with write_file(out / "runs.csv", _is_table) as temporary:
                rows.to_csv(temporary, index=False)

        trial = compare(scenario, examples, labels, seeds, source, console, keep)
        return _write_results(scenario, name, out, data, seeds, trial, console)


def _is_table(path):
    """Return whether a file holds the rows of a scenario's runs."""
    with path.open("rb") as stream:
        return stream.readline().startswith(b"model,labels,seed,seconds,")


def _write_results(scenario, name, out, data, seeds, trial, console):
    """Print and write what the trials gave; return the report."""
    model = trial.models[scenario.fine_tuned]
    if isinstance(model, keras.Model):
        layers = describe_layers(model)
        trained, total = layers["trainable_params"].sum(), layers["params"].sum()
        console.print(f"fine-tuned: {trained:,} of {total:,} parameters")
    _print_means(console, scenario, trial.rows, seeds)
    drawn = {
        "label_budget.png": plots.plot_label_budget(
            trial.rows.to_dict("records"), scenario.metric
        ),
        **scenario.figures(trial),
    }
    for file, figure in drawn.items():
        plots.save_figure(figure, out / file, keep_others=True)
    report = {
        "scenario": name,
        "data": str(data or "the project's own"),
        "metric": scenario.metric,
        "higher_is_better": scenario.higher_is_better,
        "best": scenario.best(trial.rows),
        "rows": trial.rows.to_dict("records"),
        "versions": versions(),
    }
    write_report(out, report)
    files = ["report.json", "runs.csv", *drawn]
    if isinstance(model, keras.Model):
        save_classifier(model, out / "model")
        files.insert(2, "model")
    console.print(f"\nWritten to {out}: {', '.join(files)}", markup=False)
    return report


def _describe(examples):
    if not (classes := classes_of(examples.labels)):
        return repr(examples)
    counts = {c: int(np.sum(np.asarray(examples.labels) == c)) for c in classes}
    shares = ", ".join(f"{c}: {n}" for c, n in counts.items())
    return f"{len(examples)} rows ({shares})"


def _print_means(console, scenario, rows, seeds):
    """Print the means of the metric, the best method of all in bold."""
    which = "" if scenario.higher_is_better else " (the lower, the better)"
    console.print(
        f"\n{scenario.metric}{which}, mean of {seeds} seed(s), by number of labels"
    )
    table = summarize(rows, scenario.metric)
    head, names, *lines = table.to_string().split("\n")
    console.print(f"{head}\n{names}", markup=False)
    for name, line in zip(table.index, lines, strict=True):
        style = "bold" if name == scenario.best(rows) else None
        console.print(line, markup=False, style=style)
