"""`predict` and `evaluate_model` (article §3.5, §5.2)."""

from sftkeras.errors import InputError
from sftkeras.inputs.given import given
from sftkeras.models.forms import as_functional
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.infer import infer_task
from sftkeras.tasks.measures import score
from sftkeras.tasks.multilabel import MultiLabel
from sftkeras.tasks.regression import Regression
from sftkeras.tasks.reports import format_classes as format_report
from sftkeras.tasks.task import Task, check_as_many
from sftkeras.tasks.weights import checked

__all__ = [
    "evaluate_model",
    "format_report",
    "model_task_data",
    "predict",
    "predict_probabilities",
    "score",
    "true_and_probable",
]


def predict(
    model,
    x_test,
    threshold=None,
    return_probabilities=False,
    batch_size=None,
    long_texts="cut",
    fast=False,
):
    """Predict the label of each row (article §5.2, `predict`).

    Example:

    >>> predict(model, ["Worth every cent."])  # doctest: +SKIP
    [1]

    Args:
        model: a `keras.Model`.
        x_test: N texts for a text model, else arrays `(N, …)`; or any form of data
            that `fine_tune` takes. Labels in it are ignored.
        threshold: float in [0, 1]. With two classes, the probability above which the
            second class, `label_names[1]`, is predicted; with several labels a row,
            one for all classes or one for each. Defaults to `None`: 0.5, or those of
            the `MultiLabel` task.
        return_probabilities: bool. Defaults to `False`.
        batch_size: int. Defaults to `None`: 32, of a translator 512.
        long_texts: what becomes of texts longer than the preprocessor's `max_length`.
            `"cut"` reads their beginning, with a warning; `"windows"` reads them
            whole, in windows that overlap by a quarter, and answers by the mean of
            the windows' probabilities. Defaults to `"cut"`.
        fast: bool. On a CPU, compute the blocks of a BERT-like encoder as larger
            products, an LSTM in one operation: a fifth (a third) more texts a second,
            probabilities differ in the seventh digit. Any other model answers as ever.
            Defaults to `False`.

    Returns:
        A list of N labels, as they were given in training (numbers for a regression;
        a list of labels each for `MultiLabel`);
        with `return_probabilities`, that and a float array `(N, num_classes)` in the
        order of `model.label_names`.
    """
    model, task, data = model_task_data(model, x_test)
    how = _threshold(task, threshold) | _options(task, long_texts, fast)
    size = task.rows_at_once if batch_size is None else batch_size
    answers = task.answer(model, data.inputs, size, **how)
    if return_probabilities:
        if task.kind == "regression":
            raise InputError("A regression model has no probabilities.")
        return list(answers), answers.outputs
    return list(answers)


def predict_probabilities(model, x_test, batch_size=32, long_texts="cut", fast=False):
    """Return the probability of each class for each row.

    Args:
        model: a classifying `keras.Model`.
        x_test: as in `predict`.
        batch_size: int. Defaults to `32`.
        long_texts: as in `predict`. Defaults to `"cut"`.
        fast: as in `predict`. Defaults to `False`.

    Returns:
        Float array `(N, num_classes)`, in the order of `model.label_names`.
    """
    model, task, data = model_task_data(model, x_test)
    if task.kind == "regression":
        raise InputError("A regression model has no probabilities.")
    how = _options(task, long_texts, fast)
    return task.answer(model, data.inputs, batch_size, **how).outputs


def evaluate_model(
    model,
    data,
    labels=None,
    threshold=None,
    batch_size=None,
    verbose=True,
    long_texts="cut",
    sample_weight=None,
    fast=False,
):
    """Measure a model on labelled data that it was not trained on (article §3.5).

    The article promises accuracy, recall and F1 and computes accuracy; this computes
    all of them, by scikit-learn. Its `evaluate(epochs=…)` is no argument of Keras:
    evaluation is one pass.

    Args:
        model: a `keras.Model`.
        data: as in `predict`.
        labels: N labels of the same kind as in training. Defaults to `None`: those in
            the data (a `TextData`, `Examples` or dataset).
        threshold: as in `predict`. Defaults to `None`.
        batch_size: int. Defaults to `None`: 32, of a translator 512.
        verbose: bool. Print the report, of classes in the language that
            `plots.set_language` chose. Defaults to `True`.
        long_texts: as in `predict`. Defaults to `"cut"`.
        sample_weight: N numbers from 0 up: how much each row counts in the measures, of
            classes and numbers; what counts rows (`support`, `rows`, the confusion
            matrix) stays. Defaults to `None`: those of the dataset, if it holds any;
            else all alike.
        fast: as in `predict`. Defaults to `False`.

    Returns:
        A dictionary, ready for JSON: `accuracy`, `precision`, `recall`, `f1` (macro
        means over the classes that have rows or were predicted, as scikit-learn takes
        them), `loss` (mean cross-entropy), `per_class`
        {label: {precision, recall, f1, support}}, `confusion_matrix` (rows: true,
        columns: predicted) or, of more than 100 classes, `confusions`
        [[true label, predicted label, rows], …], the most frequent first;
        `label_names`, `classes_without_rows`, `rows`. For a regression: `mse`, `mae`,
        `loss`, `rows`. For several labels a row, `accuracy` is the share of rows with
        all labels right, and `micro` holds precision, recall and F1 over all cells. For
        answers of a language model: `exact_match`, `f1` (of words), `ended`, `rows`.
    """
    model, task, examples = model_task_data(model, data, labels, needs_labels=True)
    how = _threshold(task, threshold) | _options(task, long_texts, fast)
    how |= _weights(task, examples, sample_weight)
    size = task.rows_at_once if batch_size is None else batch_size
    report = task.evaluate(model, examples.inputs, examples.labels, size, **how)
    if verbose:
        print(task.describe(report))
    return report


def model_task_data(model, data, labels=None, needs_labels=False):
    """Return a model as a functional one, its task, and `Given` data.

    Args:
        model, data, labels: as in `evaluate_model`.
        needs_labels: bool. Raise if there are none. Defaults to `False`.
    """
    model = as_functional(model, data)
    task, found = infer_task(model), given(model, data, labels)
    if needs_labels and found.labels is None:
        raise InputError("There are no labels. Give the label of each row.")
    return model, task, found


def _options(task, long_texts, fast):
    """Return the options as `Task.answer` takes them; a task's own need not know."""
    if not isinstance(fast, bool):
        raise InputError(f"`fast` must be True or False. Received: {fast!r}")
    how = {} if long_texts == "cut" else {"long_texts": long_texts}
    own = type(task).answer is not Task.answer
    return how if own or not fast else {**how, "fast": True}


def _weights(task, examples, sample_weight):
    """Return the weights of rows as `Task.evaluate` takes them; {} for none."""
    weights = examples.weights if sample_weight is None else sample_weight
    if weights is None:
        return {}
    if not isinstance(task, (Classification, MultiLabel, Regression)):
        raise InputError(
            "`sample_weight` is for measures of classes and numbers; the model's task "
            f"is {task.kind}. Leave it out."
        )
    weights = checked(weights, len(examples.labels))
    if not weights.any():
        raise InputError("All weights are 0: no row counts in the measures.")
    return {"weights": weights}


def _threshold(task, threshold):
    """Return the threshold as `Task.answer` takes it; {} for the task's own."""
    if threshold is None:
        return {}
    if isinstance(task, (Classification, MultiLabel)):
        return {"threshold": threshold}
    if threshold != 0.5:
        raise InputError("`threshold` is for classes, which this model has none of.")
    return {}


def true_and_probable(model, data, labels=None):
    """Return a classifying task, the class numbers `(N,)`, the probabilities `(N, C)`.

    Args:
        model, data, labels: as in `evaluate_model`.
    """
    model, task, examples = model_task_data(model, data, labels, needs_labels=True)
    if not isinstance(task, Classification):
        raise InputError(f"This is for one class a row; the model's is {task.kind}.")
    probabilities = task.answer(model, examples.inputs).outputs
    check_as_many(len(probabilities), examples.labels)
    return task, task.codes(examples.labels), probabilities
