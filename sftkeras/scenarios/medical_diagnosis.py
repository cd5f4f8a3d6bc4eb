"""Medical diagnosis: a tumour's nature from 30 measurements, few labels (§6.7).

A backbone learns to rebuild hidden measurements from patients without a diagnosis; then
it is fine-tuned on a few with one. No medical device: one hospital's 569 patients,
measured for study. No decision about a person may rest on it.
"""

import itertools

import keras
import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sftkeras.decisions import mean_cost, recall_at
from sftkeras.errors import InputError
from sftkeras.plots import COLORS, new_figure
from sftkeras.pretrained import load_pretrained_model
from sftkeras.scenarios.steps import probabilities
from sftkeras.tables import load_table
from sftkeras.training import copy_model, fine_tune, train_model

TITLE, SECTION = "Medical diagnosis", "6.7"
METRIC = "sensitivity at 95% specificity"
LABELS = (20, 40, 80)
MISSED_COST = 20  # of an illness that is missed, in false alarms
HIDDEN = 0.3  # share of the measurements that pretraining hides
SCHEDULE = {"epochs": 20, "batch_size": 8, "verbose": 0}


def load_data(path=None):
    """Read measurements and a diagnosis for each row.

    Args:
        path: a `.csv` file as in `sftkeras.tables.load_table`. Two labels: the second,
            as sorted, is the illness (`benign`, `malignant`; 0, 1). Leave out what only
            names a patient. Defaults to `None`: scikit-learn's Wisconsin data, 30
            measurements of the cells of 569 tumours (Street et al. 1993).

    Returns:
        `(x, y)`: float32 array `(N, F)`, and array `(N,)` of labels.

    Raises:
        InputError: a bad table, or other than two labels with 10 rows or more each.
    """
    if path is None:
        data = load_breast_cancer()
        return data.data.astype("float32"), np.array(data.target_names)[data.target]
    x, y = load_table(path)
    found, counts = np.unique(y, return_counts=True)
    if len(found) != 2 or counts.min() < 10:
        rows = dict(zip(found[:5].tolist(), counts[:5].tolist(), strict=True))
        raise InputError(
            f"{path}: needed are two labels with 10 rows or more each. "
            f"Received: rows by label {rows}"
        )
    return x, y


def split(y, seed):
    """Return row numbers `(pool, test)`: fold number `seed` of a repeated 5-fold."""
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=seed // 5 + 1, random_state=0)
    return next(itertools.islice(folds.split(y, y), seed, None))


def create_backbone(x, width=64):
    """Return an untrained backbone, `(B, F)` to `(B, width)`, that standardises by `x`.

    Mean and variance stand in the layer's settings, where a copy of it finds them.
    """
    variance = np.where(x.var(axis=0) > 0, x.var(axis=0), 1)  # 0 of a constant column
    standardize = keras.layers.Normalization(
        mean=x.mean(axis=0), variance=variance, name="standardize"
    )
    inputs = keras.Input((x.shape[1],), name="measurements")
    h = standardize(inputs)
    for number in range(2):
        h = keras.layers.Dense(width, "gelu", name=f"block_{number}")(h)  # (B, width)
    return keras.Model(inputs, h, name="backbone")


def pretrain(x, seed, hidden=HIDDEN, rows=20_000, epochs=4):
    """Learn, without any label, to rebuild measurements that were hidden.

    Each row is used many times, each time with others hidden: replaced by their mean.
    The loss is the squared error of the hidden ones, in standard deviations.

    Args:
        x: float array `(N, F)`, the pool's rows, never the test's.
        seed: int.
        hidden: float, the share that is hidden. Defaults to 0.3.
        rows: int, about how many rows an epoch has. Defaults to 20,000.
        epochs: int. Defaults to `4`.

    Returns:
        `(backbone, rebuilder)`: the second, `(B, F)` to `(B, F, 1)`, holds the first.
    """
    keras.utils.set_random_seed(seed)
    backbone = create_backbone(x)
    full = np.repeat(x, max(1, rows // len(x)), axis=0)
    hide = np.random.default_rng(seed).random(full.shape) < hidden
    targets = keras.ops.convert_to_numpy(backbone.get_layer("standardize")(full))
    rebuilt = keras.layers.Dense(x.shape[1], name="rebuild")(backbone.output)
    rebuilt = keras.layers.Reshape((-1, 1), name="one_by_one")(rebuilt)
    rebuilder = keras.Model(backbone.input, rebuilt)
    rebuilder.compile(keras.optimizers.Adam(2e-3), "mse")
    seen, weights = np.where(hide, x.mean(axis=0), full), hide.astype("float32")
    rebuilder.fit(
        seen, targets[..., None], sample_weight=weights,
        batch_size=256, epochs=epochs, verbose=0,
    )  # fmt: skip
    return backbone, rebuilder


def fill_gaps(rebuilder, x):
    """Return rows `(N, F)` with their gaps (nan) filled as pretraining has learned.

    Args:
        rebuilder: what `pretrain` returned second.
        x: float array `(N, F)`.
    """
    layer = rebuilder.get_layer("standardize")
    mean, deviation = np.ravel(layer.mean), np.sqrt(np.ravel(layer.variance))
    rebuilt = rebuilder.predict(np.where(np.isnan(x), mean, x), verbose=0)[..., 0]
    return np.where(np.isnan(x), rebuilt * deviation + mean, x)


def pretrained_model(x, seed, source=None):
    """Return a backbone pretrained on rows without labels, with a new head (§3.1).

    Args:
        x: float array `(N, F)`, the rows to pretrain on.
        seed: int.
        source: a `.keras` file that holds a backbone for F measurements, pretrained
            elsewhere. Defaults to `None`: pretrain here.

    Raises:
        InputError: `source` is no such file.
    """
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


def _fine_tuned(pretrained, x, y, seed):
    return fine_tune(pretrained, x, y, learning_rate=2e-3, seed=seed, **SCHEDULE)


def _from_scratch(pretrained, x, y, seed):
    keras.utils.set_random_seed(seed)
    model, untrained = copy_model(pretrained), keras.models.clone_model(pretrained)
    for layer in model.layers:
        if layer.trainable_weights:  # the standardisation stays
            layer.set_weights(untrained.get_layer(layer.name).get_weights())
    train_model(model, x, y, seed=seed, **SCHEDULE)
    return model


def _logistic_regression(pretrained, x, y, seed):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)


METHODS = {
    "fine-tuned": _fine_tuned,
    "from scratch": _from_scratch,
    "logistic regression": _logistic_regression,
}


def measure(model, x, y):
    """Return the scores of a model on rows that it was not trained on.

    `sensitivity` and `cost` are the functions below; the Brier score is the mean
    squared error of the probability, 0 at best.
    """
    ill, p = y == np.unique(y)[1], probabilities(model, x)[:, 1]
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
    ill = trial.y_test == np.unique(trial.y_test)[1]
    scores = {n: probabilities(m, trial.x_test)[:, 1] for n, m in trial.models.items()}
    return {
        "decisions.png": plot_decisions(ill, scores),
        "directions.png": plot_directions(trial.x_test, trial.y_test),
    }


def plot_decisions(ill, scores, missed_cost=MISSED_COST):
    """Draw sensitivity by false alarms, frequency by probability, cost by threshold.

    Args:
        ill: bool array `(N,)`.
        scores: {model: float array `(N,)`, the probability of illness}.
        missed_cost: as in `cost`. Defaults to 20.
    """
    figure, (roc, reliability, costs) = new_figure(1, 3, width=13, height=4)
    thresholds = np.geomspace(0.002, 0.9, 200)
    for number, (name, p) in enumerate(scores.items()):
        style = {"color": COLORS[number], "ls": ["-", "--", "-."][number % 3]}
        roc.plot(*metrics.roc_curve(ill, p)[:2], label=name, **style)
        frequency, mean = calibration_curve(ill, p, n_bins=8, strategy="quantile")
        reliability.plot(mean, frequency, marker="o", ms=4, **style)
        costs.plot(thresholds, cost(ill, p, thresholds, missed_cost), **style)
    gray = {"color": "gray", "lw": 1, "ls": ":"}
    roc.axvline(0.05, **gray, label="specificity 95%")
    roc.set(xlim=(0, 0.3), ylim=(0.5, 1.01), title="What is found")
    roc.set(xlabel="False alarms among the healthy", ylabel="Sensitivity")
    roc.legend(frameon=False, fontsize=8, loc="lower right")
    reliability.axline((0, 0), slope=1, **gray)
    reliability.set(xlabel="Predicted probability", ylabel="Share that is ill")
    reliability.set(title="Is 30% really 30%?")
    costs.axvline(1 / (1 + missed_cost), **gray)
    costs.set(xscale="log", xlabel="Threshold", ylabel="Cost a patient (false alarms)")
    costs.set(title=f"A missed illness costs {missed_cost:g} false alarms")
    return figure


def plot_directions(x, y):
    """Draw the rows in the two directions in which they differ most (PCA, no labels).

    Args:
        x: float array `(N, F)`.
        y: array `(N,)` of labels, for the colours alone.
    """
    pca = make_pipeline(StandardScaler(), PCA(2)).fit(x)
    points, shares = pca.transform(x), pca[-1].explained_variance_ratio_
    figure, axis = new_figure(1, 1, width=6.5, height=4.4)
    for number, label in enumerate(np.unique(y)):
        axis.scatter(
            *points[y == label].T, s=16, alpha=0.7, lw=0, label=str(label),
            color=COLORS[number], marker="o^"[number % 2],
        )  # fmt: skip
    first, second = (f"{share:.0%} of the variance)" for share in shares)
    axis.set(xlabel=f"Direction 1 ({first}", ylabel=f"Direction 2 ({second}")
    axis.legend(frameon=False, fontsize=9)
    return figure
