"""Medical diagnosis: a tumour's nature from 30 measurements, few labels (§6.7).

A backbone learns to rebuild hidden measurements from patients without a diagnosis; then
it is fine-tuned on a few with one. No medical device: one hospital's 569 patients,
measured for study. No decision about a person may rest on it.
"""

import itertools

import keras
import numpy as np
from sklearn import metrics
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sftkeras.data.examples import Examples
from sftkeras.data.tables import load_table
from sftkeras.errors import InputError
from sftkeras.evaluation.thresholds import mean_cost, recall_at
from sftkeras.models.copying import copy_model
from sftkeras.models.pretrained import load_pretrained_model
from sftkeras.models.tables import pretrain
from sftkeras.plots.decisions import plot_diagnosis
from sftkeras.plots.pictures import plot_embedding_map
from sftkeras.plots.words import say
from sftkeras.process import drawing_from
from sftkeras.scenarios.contract import Scenario, probabilities
from sftkeras.scenarios.methods import untrained
from sftkeras.training.fine_tuning import fine_tune, train_model

METRIC = "sensitivity at 95% specificity"
MISSED_COST = 20  # of an illness that is missed, in false alarms
SCHEDULE = {"epochs": 20, "batch_size": 8, "verbose": 0}


def load_examples(path=None):
    """Read measurements and a diagnosis for each row.

    Args:
        path: a `.csv` file as in `sftkeras.load_table`. Two labels: the second,
            as sorted, is the illness (`benign`, `malignant`; 0, 1). Leave out what only
            names a patient. Defaults to `None`: scikit-learn's Wisconsin data, 30
            measurements of the cells of 569 tumours (Street et al. 1993).

    Returns:
        `Examples`: inputs float32 `(N, F)`, and array `(N,)` of labels.

    Raises:
        InputError: a bad table, or other than two labels with 10 rows or more each.
    """
    if path is None:
        data = load_breast_cancer()
        names = np.array(data.target_names)[data.target]
        return Examples(data.data.astype("float32"), names)
    x, y = load_table(path)
    found, counts = np.unique(y, return_counts=True)
    if len(found) != 2 or counts.min() < 10:
        rows = dict(zip(found[:5].tolist(), counts[:5].tolist(), strict=True))
        raise InputError(
            f"{path}: needed are two labels with 10 rows or more each. "
            f"Received: rows by label {rows}"
        )
    return Examples(x, y)


def split(examples, seed):
    """Return row numbers `(pool, test)`: fold number `seed` of a repeated 5-fold."""
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=seed // 5 + 1, random_state=0)
    parts = folds.split(examples.labels, examples.labels)
    return next(itertools.islice(parts, seed, None))


def pretrained_model(examples, seed, source=None):
    """Return a backbone pretrained on rows without labels, with a new head (§3.1).

    Args:
        examples: `Examples`, the rows to pretrain on; their labels are not read.
        seed: int.
        source: a `.keras` file that holds a backbone for F measurements, pretrained
            elsewhere. Defaults to `None`: pretrain here.

    Raises:
        InputError: `source` is no such file.
    """
    x = examples.inputs
    backbone = _load_backbone(source, x.shape[1]) if source else pretrain(x, seed)[0]
    return load_pretrained_model(backbone, num_classes=2, dropout=0.0, seed=seed)


def _load_backbone(path, width):
    try:
        backbone = keras.saving.load_model(path, compile=False)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(
            "KerasHub has no presets for tables: `source` must be a .keras file with "
            f"a backbone. Received: {path!r}. ({reason})"
        ) from error
    if backbone.input_shape != (None, width) or len(backbone.output_shape) != 2:
        raise InputError(
            f"{path}: the backbone must take {width} measurements and return a vector. "
            f"Received: {backbone.input_shape} to {backbone.output_shape}"
        )
    return backbone


def _fine_tuned(pretrained, train, seed):
    rows = train.inputs, train.labels
    return fine_tune(pretrained, *rows, learning_rate=2e-3, seed=seed, **SCHEDULE)


def _from_scratch(pretrained, train, seed):
    with drawing_from(seed):
        model = untrained(copy_model(pretrained))
    train_model(model, train.inputs, train.labels, seed=seed, **SCHEDULE)
    return model


def _logistic_regression(pretrained, train, seed):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(train.inputs, train.labels)


METHODS = {
    "fine-tuned": _fine_tuned,
    "from scratch": _from_scratch,
    "logistic regression": _logistic_regression,
}


def of_illness(labels, table):
    """Return who is ill, bool `(N,)`, and each one's probability of it, `(N,)`.

    Args:
        labels: array `(N,)`.
        table: `(N, 2)`, as `contract.probabilities` returns it.
    """
    illness = table.columns[1]
    return labels == illness, table[illness].to_numpy()


def measure(fitted, test):
    """Return the scores of a model on rows that it was not trained on.

    Args:
        fitted: a model of `METHODS`.
        test: `Examples`.
    """
    return scores(*of_illness(test.labels, probabilities(fitted, test.inputs)))


def scores(ill, p):
    """Return the scores of probabilities.

    `sensitivity` and `cost` are the functions below; the Brier score is the mean
    squared error of the probability, 0 at best.

    Args:
        ill, p: as in `sensitivity`.
    """
    return {
        METRIC: sensitivity(ill, p),
        "accuracy": float(np.mean((p > 0.5) == ill)),
        "area under ROC": float(metrics.roc_auc_score(ill, p)),
        "Brier score": float(metrics.brier_score_loss(ill, p)),
        "cost": float(cost(ill, p)),
    }


def sensitivity(ill, p, specificity=0.95):
    """Return the share of the ill found while so many of the healthy are left alone.

    Args:
        ill: bool array `(N,)`.
        p: float array `(N,)`, the probability of illness.
        specificity: float. Defaults to 0.95.
    """
    return recall_at(ill, p, 1 - specificity)


def cost(ill, p, threshold=None, missed_cost=MISSED_COST):
    """Return the mean cost of a patient, in false alarms, of deciding at a threshold.

    Args:
        ill, p: as in `sensitivity`.
        threshold: as in `sftkeras.decisions.mean_cost`.
        missed_cost: float, of an illness missed; a false alarm is 1. Defaults to 20.
    """
    return mean_cost(ill, p, threshold, missed_cost)


def figures(trial):
    """Draw the models' decisions, and the test rows in their two main directions."""
    test = trial.test
    found = {n: of_illness(test.labels, p) for n, p in trial.probabilities.items()}
    ill, _ = next(iter(found.values()))
    told = {name: p for name, (_, p) in found.items()}
    return {
        "decisions.png": plot_diagnosis(ill, told, MISSED_COST),
        "directions.png": plot_directions(test.inputs, test.labels),
    }


def plot_directions(x, y):
    """Draw the rows in the two directions in which they differ most (PCA, no labels).

    Args:
        x: float array `(N, F)`.
        y: array `(N,)` of labels, for the colours alone.
    """
    pca = make_pipeline(StandardScaler(), PCA(2)).fit(x)
    first, second = pca[-1].explained_variance_ratio_
    title = "{first:.0%} and {second:.0%} of the variance"
    title = say(title, first=first, second=second)
    return plot_embedding_map({title: pca.transform(x)}, y)


SCENARIO = Scenario(
    title="Medical diagnosis",
    section="6.7",
    metric=METRIC,
    budgets=(20, 40, 80),
    load=load_examples,
    pretrained=pretrained_model,
    methods=METHODS,
    fine_tuned="fine-tuned",
    split=split,
    measure=measure,
    figures=figures,
)
