"""`predict` and `evaluate_model` (article §3.5, §5.2)."""

import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.rows import make_rows
from sftkeras.tasks.classification import infer_task
from sftkeras.tasks.running import run


def predict(model, x_test, threshold=0.5, return_probabilities=False, batch_size=32):
    """Predict the label of each row (article §5.2, `predict`).

    Example:

    >>> predict(model, ["Worth every cent."])  # doctest: +SKIP
    [1]

    Args:
        model: a `keras.Model`.
        x_test: list of N strings for a text model, else arrays `(N, …)`.
        threshold: float in [0, 1]. With two classes, the probability above which the
            second class, `label_names[1]`, is predicted. Defaults to `0.5`.
        return_probabilities: bool. Defaults to `False`.
        batch_size: int. Defaults to `32`.

    Returns:
        A list of N labels, as they were given in training (numbers for a regression);
        with `return_probabilities`, that and a float array `(N, num_classes)` in the
        order of `model.label_names`.
    """
    task = infer_task(model)
    _check_threshold(threshold, task)
    if task.kind == "regression" and not return_probabilities:
        outputs = run(model, make_rows(model, x_test), batch_size)
        return [float(value) for value in outputs.reshape(len(outputs))]
    probabilities = predict_probabilities(model, x_test, batch_size)
    codes = _decide(probabilities, threshold)
    labels = [task.label_names[code] for code in codes]
    return (labels, probabilities) if return_probabilities else labels


def predict_probabilities(model, x_test, batch_size=32):
    """Return the probability of each class for each row.

    Args:
        model: a classifying `keras.Model`.
        x_test: as in `predict`.
        batch_size: int. Defaults to `32`.

    Returns:
        Float array `(N, num_classes)`, in the order of `model.label_names`.
    """
    task = infer_task(model)
    if task.kind == "regression":
        raise InputError("A regression model has no probabilities.")
    return task.probabilities(run(model, make_rows(model, x_test), batch_size))


def evaluate_model(model, data, labels, threshold=0.5, batch_size=32, verbose=True):
    """Measure a model on labelled data that it was not trained on (article §3.5).

    The article promises accuracy, recall and F1 and computes accuracy; this computes
    all of them, by scikit-learn. Its `evaluate(epochs=…)` is no argument of Keras:
    evaluation is one pass.

    Args:
        model: a `keras.Model`.
        data: list of N strings for a text model, else arrays `(N, …)`.
        labels: N labels of the same kind as in training.
        threshold: as in `predict`. Defaults to `0.5`.
        batch_size: int. Defaults to `32`.
        verbose: bool. Print the report. Defaults to `True`.

    Returns:
        A dictionary, ready for JSON: `accuracy`, `precision`, `recall`, `f1` (macro
        means over the classes), `loss` (mean cross-entropy), `per_class`
        {label: {precision, recall, f1, support}}, `confusion_matrix` (rows: true,
        columns: predicted), `label_names`, `rows`. For a regression: `mse`, `mae`,
        `loss`, `rows`.
    """
    task = infer_task(model)
    _check_threshold(threshold, task)
    rows = make_rows(model, data)
    if labels is None or len(labels) != len(rows):
        received = "none" if labels is None else f"{len(labels)} labels"
        raise InputError(
            f"There must be one label a row. Received: {len(rows)} rows, {received}"
        )
    targets = task.encode(labels)
    outputs = run(model, rows, batch_size)
    if task.kind == "regression":
        values = outputs.reshape(len(outputs))
        from sklearn import metrics

        mse = float(metrics.mean_squared_error(targets, values))
        mae = float(metrics.mean_absolute_error(targets, values))
        if verbose:
            print(f"MSE: {mse:.4f}\nMAE: {mae:.4f}")
        return {"mse": mse, "mae": mae, "loss": mse, "rows": len(rows)}
    report = score(task.label_names, targets, task.probabilities(outputs), threshold)
    if verbose:
        print(format_report(report))
    return report


def score(label_names, targets, probabilities, threshold=0.5):
    """Return `evaluate_model`'s dictionary from class numbers and probabilities.

    Args:
        label_names: the C labels.
        targets: int array `(N,)` of class numbers.
        probabilities: float array `(N, C)`.
        threshold: as in `predict`. Defaults to `0.5`.
    """
    from sklearn import metrics  # here: `predict` starts without it

    codes = np.arange(len(label_names))
    predicted = _decide(probabilities, threshold)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        targets, predicted, labels=codes, zero_division=0
    )
    # Cross-entropy of the true class; probabilities are clipped as Keras clips them.
    chosen = np.clip(probabilities[np.arange(len(targets)), targets], 1e-7, 1)
    return {
        "accuracy": float(np.mean(predicted == targets)),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1": float(f1.mean()),
        "loss": float(-np.log(chosen).mean()),
        "per_class": {
            str(name): {
                "precision": float(precision[code]),
                "recall": float(recall[code]),
                "f1": float(f1[code]),
                "support": int(support[code]),
            }
            for code, name in enumerate(label_names)
        },
        "confusion_matrix": metrics.confusion_matrix(
            targets, predicted, labels=codes
        ).tolist(),
        "label_names": list(label_names),
        "rows": len(targets),
    }


def format_report(report):
    """Return a classification report as text; its first line is the article's."""
    lines = [
        f"Accuracy: {report['accuracy'] * 100:.2f}%   ({report['rows']} rows, "
        f"loss {report['loss']:.4f})"
    ]
    width = max(12, *(len(str(name)) for name in report["label_names"]))
    head = "".join(f"{name:>11}" for name in ("precision", "recall", "f1", "rows"))
    lines.append(f"{'':{width}}{head}")
    for name, row in report["per_class"].items():
        numbers = "".join(f"{row[k]:11.3f}" for k in ("precision", "recall", "f1"))
        lines.append(f"{name:>{width}}{numbers}{row['support']:11}")
    numbers = "".join(f"{report[k]:11.3f}" for k in ("precision", "recall", "f1"))
    lines.append(f"{'macro mean':>{width}}{numbers}{report['rows']:11}")
    lines.append("Confusion matrix (rows: true, columns: predicted)")
    names = [str(name) for name in report["label_names"]]
    cell = max(6, *(len(name) + 1 for name in names))
    lines.append(" " * width + "".join(f"{name:>{cell}}" for name in names))
    for name, row in zip(names, report["confusion_matrix"], strict=True):
        lines.append(f"{name:>{width}}" + "".join(f"{n:>{cell}}" for n in row))
    return "\n".join(lines)


def _check_threshold(threshold, task):
    if not 0 <= threshold <= 1:
        raise InputError(
            f"`threshold` must be between 0 and 1. Received: threshold={threshold}"
        )
    if len(task.label_names) > 2 and threshold != 0.5:
        raise InputError(
            f"`threshold` is for two classes; the model has {len(task.label_names)}. "
            "Use `predict_probabilities` and decide on those."
        )


def _decide(probabilities, threshold):
    """Return class numbers; with two classes, by the threshold on the second."""
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] > threshold).astype(int)
    return probabilities.argmax(axis=1)
