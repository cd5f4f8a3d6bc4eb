"""What the quickstart shows on a terminal: a bar a model, and the comparison."""

import keras
from rich import box
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


def comparison_table(results):
    """Return a `rich` table of {name: report}."""
    title = f"\nThe same labels, {len(results)} ways: the test set"
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


def progress(console):
    """Return a `rich` progress of bars with a `note` behind each."""
    return Progress(
        TextColumn("{task.description:<23}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    )


class ProgressCallback(keras.callbacks.Callback):
    """Shows steps of training on one bar."""

    def __init__(self, progress, bar):
        super().__init__()
        self.progress, self.bar, self.epoch = progress, bar, 0

    def on_train_begin(self, logs=None):
        """Make the bar as long as the training."""
        self.steps = self.params["steps"] or 1
        total = self.steps * self.params["epochs"]
        self.progress.update(self.bar, total=total, completed=0)

    def on_epoch_begin(self, epoch, logs=None):
        """Note the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar by a step."""
        note = f"epoch {self.epoch + 1}/{self.params['epochs']}"
        if logs and "loss" in logs:
            note += f"  loss {float(logs['loss']):.3f}"
        done = self.epoch * self.steps + batch + 1
        self.progress.update(self.bar, completed=done, note=note)
