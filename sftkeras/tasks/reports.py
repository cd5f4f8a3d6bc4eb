"""Measures of classifications as text: a page, however many classes there are."""

import numpy as np

from sftkeras.errors import printable
from sftkeras.tasks.measures import OF_CLASS

MOST_LISTED = 30  # classes; of more the worst are printed, in one page
WORST = 10


def format_classes(report):
    """Return a classification report as text; its first line is the article's.

    Of more than 30 classes it names the ten worst, and the ten most frequent
    confusions.
    """
    lines = [
        f"Accuracy: {report['accuracy'] * 100:.2f}%   ({report['rows']} rows, "
        f"loss {report['loss']:.4f})"
    ]
    names = [printable(name) for name in report["label_names"]]
    table, width = _table(report)
    lines += table
    if len(names) > MOST_LISTED:
        return "\n".join([*lines, *_worst_confusions(report)])
    lines.append("Confusion matrix (rows: true, columns: predicted)")
    cell = max(6, *(len(name) + 1 for name in names))
    lines.append(" " * width + "".join(f"{name:>{cell}}" for name in names))
    for name, row in zip(names, report["confusion_matrix"], strict=True):
        lines.append(f"{name:>{width}}" + "".join(f"{n:>{cell}}" for n in row))
    return "\n".join(lines)


def format_multi_label(report):
    """Return a report of several labels a row as text."""
    table, width = _table(report)
    micro = "".join(f"{report['micro'][k]:11.3f}" for k in OF_CLASS)
    return "\n".join(
        [
            f"All labels right: {report['accuracy'] * 100:.2f}%   "
            f"({report['rows']} rows, loss {report['loss']:.4f})",
            *table,
            f"{'micro mean':>{width}}{micro}{report['rows']:11}",
        ]
    )


def worst_confusions(report, most=WORST):
    """Return the most frequent confusions: [true label, predicted label, rows]."""
    if "confusions" in report:
        return report["confusions"][:most]
    matrix, names = np.array(report["confusion_matrix"]), report["label_names"]
    wrong = matrix * (1 - np.eye(len(matrix), dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    cells = [(int(cell // len(matrix)), int(cell % len(matrix))) for cell in order]
    return [[names[t], names[p], int(wrong[t, p])] for t, p in cells if wrong[t, p]]


def _worst_confusions(report):
    found = worst_confusions(report)
    if not found:
        return []
    return ["Most frequent confusions (rows: true -> predicted)"] + [
        f"{count:12}: {printable(true)} -> {printable(predicted)}"
        for true, predicted, count in found
    ]


def _table(report):
    """Return the lines of a table with a line a class, and the width of its names."""
    of_class = report["per_class"]
    shown = list(of_class)
    if len(shown) > MOST_LISTED:
        there = [name for name in shown if of_class[name]["support"]]
        shown = sorted(
            there, key=lambda n: (of_class[n]["f1"], -of_class[n]["support"])
        )
        shown = shown[:WORST]
    width = max(12, *(len(printable(name)) for name in shown))
    head = "".join(f"{name:>11}" for name in (*OF_CLASS, "rows"))
    lines = [f"{'':{width}}{head}"]
    for name in shown:
        numbers = "".join(f"{of_class[name][k]:11.3f}" for k in OF_CLASS)
        lines.append(
            f"{printable(name):>{width}}{numbers}{of_class[name]['support']:11}"
        )
    if len(shown) < len(of_class):
        lines.append(
            f"(the {len(shown)} of {len(of_class)} classes with the lowest F1; all: "
            "report['per_class'], or evaluate --out FILE.csv)"
        )
    numbers = "".join(f"{report[k]:11.3f}" for k in OF_CLASS)
    lines.append(f"{'macro mean':>{width}}{numbers}{report['rows']:11}")
    if absent := report.get("classes_without_rows"):
        lines.append(_told_absent(absent, len(of_class)))
    return lines, width


def _told_absent(absent, count):
    named = ", ".join(printable(repr(name)) for name in absent[:5])
    more = ", …" if len(absent) > 5 else ""
    return (
        f"{len(absent)} of {count} classes {'has' if len(absent) == 1 else 'have'} no "
        f"rows: {named}{more}. Means are over the classes with rows or predictions."
    )
