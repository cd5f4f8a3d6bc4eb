"""`predict` and `evaluate_model` (article §3.5, §5.2)."""

from sftkeras.errors import InputError
from sftkeras.models.forms import as_functional
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.infer import infer_task
from sftkeras.tasks.measures import score
from sftkeras.tasks.multilabel import MultiLabel
from sftkeras.tasks.reports import format_classes as format_report

__all__ = [
    "evaluate_model",
    "format_report",
    "predict",
    "predict_probabilities",
    "score",
    "true_and_probable",
]


def predict(model, x_test, threshold=None, return_probabilities=False, batch_size=32):
    """Predict the label of each row (article §5.2, `predict`).

    Example:

    >>> predict(model, ["Worth every cent."])  # doctest: +SKIP
    [1]

    Args:
        model: a `keras.Model`.
        x_test: list of N strings for a text model, else arrays `(N, …)`.
        threshold: float in [0, 1]. With two classes, the probability above which the
            second class, `label_names[1]`, is predicted; with several labels a row,
            one for all classes or one for each. Defaults to `None`: 0.5, or those of
            the `MultiLabel` task.
        return_probabilities: bool. Defaults to `False`.
        batch_size: int. Defaults to `32`.

    Returns:
        A list of N labels, as they were given in training (numbers for a regression;
        a list of labels each for `MultiLabel`);
        with `return_probabilities`, that and a float array `(N, num_classes)` in the
        order of `model.label_names`.
    """
    model = as_functional(model, x_test)
    task = infer_task(model)
    answers = task.answer(model, x_test, batch_size, **_threshold(task, threshold))
    if return_probabilities:
        if task.kind == "regression":
            raise InputError("A regression model has no probabilities.")
        return list(answers), answers.outputs
    return list(answers)


def predict_probabilities(model, x_test, batch_size=32):
    """Return the probability of each class for each row.

    Args:
        model: a classifying `keras.Model`.
        x_test: as in `predict`.
        batch_size: int. Defaults to `32`.

    Returns:
        Float array `(N, num_classes)`, in the order of `model.label_names`.
    """
    model = as_functional(model, x_test)
    task = infer_task(model)
    if task.kind == "regression":
        raise InputError("A regression model has no probabilities.")
    return task.answer(model, x_test, batch_size).outputs


def evaluate_model(model, data, labels, threshold=None, batch_size=32, verbose=True):
    """Measure a model on labelled data that it was not trained on (article §3.5).

    The article promises accuracy, recall and F1 and computes accuracy; this computes
    all of them, by scikit-learn. Its `evaluate(epochs=…)` is no argument of Keras:
    evaluation is one pass.

    Args:
        model: a `keras.Model`.
        data: list of N strings for a text model, else arrays `(N, …)`.
        labels: N labels of the same kind as in training.
        threshold: as in `predict`. Defaults to `None`.
        batch_size: int. Defaults to `32`.
        verbose: bool. Print the report. Defaults to `True`.

    Returns:
        A dictionary, ready for JSON: `accuracy`, `precision`, `recall`, `f1` (macro
        means over the classes that have rows or were predicted, as scikit-learn takes
        them), `loss` (mean cross-entropy), `per_class`
        {label: {precision, recall, f1, support}}, `confusion_matrix` (rows: true,
        columns: predicted) or, of more than 100 classes, `confusions`
        [[true label, predicted label, rows], …], the most frequent first;
        `label_names`, `classes_without_rows`, `rows`. For a regression: `mse`, `mae`,
        `loss`, `rows`. For several labels a row, `accuracy` is the share of rows with
        all labels right, and `micro` holds precision, recall and F1 over all cells.
    """
    model = as_functional(model, data)
    task = infer_task(model)
    how = _threshold(task, threshold)
    report = task.evaluate(model, data, labels, batch_size, **how)
    if verbose:
        print(task.describe(report))
    return report


def _threshold(task, threshold):
    """Return the threshold as `Task.answer` takes it; {} for the task's own."""
    if threshold is None:
        return {}
    if isinstance(task, (Classification, MultiLabel)):
        return {"threshold": threshold}
    if threshold != 0.5:
        raise InputError("`threshold` is for classes, which this model has none of.")
    return {}


def true_and_probable(model, data, labels):
    """Return a classifying task, the class numbers `(N,)`, the probabilities `(N, C)`.

    Args:
        model, data, labels: as in `evaluate_model`.
    """
    model = as_functional(model, data)
    task = infer_task(model)
    if not isinstance(task, Classification):
        raise InputError(f"This is for one class a row; the model's is {task.kind}.")
    probabilities = predict_probabilities(model, data)
    if len(labels) != len(probabilities):
        raise InputError(
            "There must be one label a row. Received: "
            f"{len(probabilities)} rows, {len(labels)} labels"
        )
    return task, task.codes(labels), probabilities
