"""Measures of classifications, by scikit-learn, and their reports as text (§3.5)."""

import numpy as np

_OF_CLASS = ("precision", "recall", "f1")


def decide(probabilities, threshold=0.5):
    """Return class numbers; with two classes, by the threshold on the second."""
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] > threshold).astype(int)
    return probabilities.argmax(axis=1)


def score(label_names, targets, probabilities, threshold=0.5):
    """Return `evaluate_model`'s dictionary from class numbers and probabilities.

    Args:
        label_names: the C labels.
        targets: int array `(N,)` of class numbers.
        probabilities: float array `(N, C)`.
        threshold: as in `predict`. Defaults to `0.5`.
    """
    predicted = decide(probabilities, threshold)
    return score_classes(label_names, targets, probabilities, predicted)


def score_classes(label_names, targets, probabilities, predicted):
    """Return the measures of one class a row.

    Args:
        label_names, targets, probabilities: as in `score`.
        predicted: int array `(N,)` of class numbers.
    """
    from sklearn import metrics  # here: `predict` starts without it

    codes = np.arange(len(label_names))
    found = metrics.precision_recall_fscore_support(
        targets, predicted, labels=codes, zero_division=0
    )
    # Cross-entropy of the true class; probabilities are clipped as Keras clips them.
    chosen = np.clip(probabilities[np.arange(len(targets)), targets], 1e-7, 1)
    matrix = metrics.confusion_matrix(targets, predicted, labels=codes)
    return {
        "accuracy": float(np.mean(predicted == targets)),
        **{n: float(v.mean()) for n, v in zip(_OF_CLASS, found, strict=False)},
        "loss": float(-np.log(chosen).mean()),
        "per_class": _by_class(label_names, found),
        "confusion_matrix": matrix.tolist(),
        "label_names": list(label_names),
        "rows": len(targets),
    }


def score_multi_label(label_names, targets, probabilities, predicted):
    """Return the measures of several labels a row.

    Args:
        label_names: the C labels.
        targets, predicted: arrays `(N, C)` of 0 and 1.
        probabilities: float array `(N, C)`.

    Returns:
        `accuracy` (rows with all labels right), `precision`, `recall`, `f1` (macro
        means over the classes), `micro` (the same three over all cells), `loss`,
        `per_class`, `label_names`, `rows`.
    """
    from sklearn import metrics

    found = metrics.precision_recall_fscore_support(targets, predicted, zero_division=0)
    micro = metrics.precision_recall_fscore_support(
        targets, predicted, average="micro", zero_division=0
    )
    p = np.clip(probabilities, 1e-7, 1 - 1e-7)
    loss = -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    return {
        "accuracy": float(np.all(predicted == targets, axis=1).mean()),
        **{n: float(v.mean()) for n, v in zip(_OF_CLASS, found, strict=False)},
        "micro": {n: float(v) for n, v in zip(_OF_CLASS, micro, strict=False)},
        "loss": float(loss),
        "per_class": _by_class(label_names, found),
        "label_names": list(label_names),
        "rows": len(targets),
    }


def format_classes(report):
    """Return a classification report as text; its first line is the article's."""
    lines = [
        f"Accuracy: {report['accuracy'] * 100:.2f}%   ({report['rows']} rows, "
        f"loss {report['loss']:.4f})"
    ]
    table, width = _table(report)
    lines += table
    lines.append("Confusion matrix (rows: true, columns: predicted)")
    names = [str(name) for name in report["label_names"]]
    cell = max(6, *(len(name) + 1 for name in names))
    lines.append(" " * width + "".join(f"{name:>{cell}}" for name in names))
    for name, row in zip(names, report["confusion_matrix"], strict=True):
        lines.append(f"{name:>{width}}" + "".join(f"{n:>{cell}}" for n in row))
    return "\n".join(lines)


def format_multi_label(report):
    """Return a report of several labels a row as text."""
    table, width = _table(report)
    micro = "".join(f"{report['micro'][k]:11.3f}" for k in _OF_CLASS)
    return "\n".join(
        [
            f"All labels right: {report['accuracy'] * 100:.2f}%   "
            f"({report['rows']} rows, loss {report['loss']:.4f})",
            *table,
            f"{'micro mean':>{width}}{micro}{report['rows']:11}",
        ]
    )


def _by_class(label_names, found):
    precision, recall, f1, support = found
    return {
        str(name): {
            "precision": float(precision[code]),
            "recall": float(recall[code]),
            "f1": float(f1[code]),
            "support": int(support[code]),
        }
        for code, name in enumerate(label_names)
    }


def _table(report):
    """Return the lines of a table with a line a class, and the width of its names."""
    width = max(12, *(len(str(name)) for name in report["label_names"]))
    head = "".join(f"{name:>11}" for name in (*_OF_CLASS, "rows"))
    lines = [f"{'':{width}}{head}"]
    for name, row in report["per_class"].items():
        numbers = "".join(f"{row[k]:11.3f}" for k in _OF_CLASS)
        lines.append(f"{name:>{width}}{numbers}{row['support']:11}")
    numbers = "".join(f"{report[k]:11.3f}" for k in _OF_CLASS)
    lines.append(f"{'macro mean':>{width}}{numbers}{report['rows']:11}")
    return lines, width
