"""Measures of classifications, by scikit-learn (article §3.5)."""

import numpy as np

OF_CLASS = ("precision", "recall", "f1")
MOST_IN_MATRIX = 100  # classes; of more a report lists the confusions, not a matrix


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
    return score_classes(
        label_names, targets, predicted, of_true(probabilities, targets)
    )


def of_true(probabilities, targets):
    """Return the probability of each row's true class, `(N,)`."""
    return probabilities[np.arange(len(targets)), targets]


def score_classes(label_names, targets, predicted, of_true_class, weights=None):
    """Return the measures of one class a row.

    Args:
        label_names: the C labels.
        targets, predicted: int arrays `(N,)` of class numbers.
        of_true_class: float array `(N,)`, the probability of each row's true class.
        weights: float array `(N,)`, how much each row counts. Defaults to `None`: all
            alike.

    Returns:
        As `evaluate_model`.
    """
    from sklearn import metrics  # here: `predict` starts without it

    codes = np.arange(len(label_names))
    found = metrics.precision_recall_fscore_support(
        targets, predicted, labels=codes, zero_division=0, sample_weight=weights
    )
    found = (*found[:3], np.bincount(targets, minlength=len(codes)))
    counted = slice(None) if weights is None else weights > 0
    seen = np.isin(codes, np.concatenate([targets[counted], predicted[counted]]))
    # Cross-entropy of the true class; probabilities are clipped as Keras clips them.
    loss = np.average(-np.log(np.clip(of_true_class, 1e-7, 1)), weights=weights)
    return {
        "accuracy": float(np.average(predicted == targets, weights=weights)),
        **_means(found, seen),
        "loss": float(loss),
        "per_class": _by_class(label_names, found),
        **_confusions(label_names, targets, predicted),
        "label_names": list(label_names),
        "classes_without_rows": _without_rows(label_names, found),
        "rows": len(targets),
    }


def score_multi_label(label_names, targets, probabilities, predicted, weights=None):
    """Return the measures of several labels a row.

    Args:
        label_names: the C labels.
        targets, predicted: arrays `(N, C)` of 0 and 1.
        probabilities: float array `(N, C)`.
        weights: as in `score_classes`. Defaults to `None`.

    Returns:
        `accuracy` (rows with all labels right), `precision`, `recall`, `f1` (macro
        means over the classes that are there or predicted), `micro` (the same three
        over all cells), `loss`, `per_class`, `label_names`, `classes_without_rows`,
        `rows`.
    """
    from sklearn import metrics

    how = {"zero_division": 0, "sample_weight": weights}
    found = metrics.precision_recall_fscore_support(targets, predicted, **how)
    found = (*found[:3], targets.sum(axis=0))
    micro = metrics.precision_recall_fscore_support(
        targets, predicted, average="micro", **how
    )
    counted = slice(None) if weights is None else weights > 0
    seen = targets[counted].any(axis=0) | predicted[counted].any(axis=0)
    p = np.clip(probabilities, 1e-7, 1 - 1e-7)
    losses = -(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    loss = losses.mean()
    if weights is not None:
        loss = np.average(losses.mean(axis=1), weights=weights)
    right = np.all(predicted == targets, axis=1)
    return {
        "accuracy": float(np.average(right, weights=weights)),
        **_means(found, seen),
        "micro": {n: float(v) for n, v in zip(OF_CLASS, micro, strict=False)},
        "loss": float(loss),
        "per_class": _by_class(label_names, found),
        "label_names": list(label_names),
        "classes_without_rows": _without_rows(label_names, found),
        "rows": len(targets),
    }


def _means(found, seen):
    """Return the macro means over the classes that are there or predicted.

    A class that is neither would count as 0, whatever the model is worth; scikit-learn
    leaves it out too, unless it is told the labels.
    """
    seen = seen if seen.any() else np.ones_like(seen)
    return {n: float(v[seen].mean()) for n, v in zip(OF_CLASS, found, strict=False)}


def _without_rows(label_names, found):
    return [n for n, rows in zip(label_names, found[3], strict=True) if not rows]


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


def _confusions(label_names, targets, predicted):
    """Return the confusion matrix; of many classes, its cells off the diagonal."""
    from sklearn import metrics

    count = len(label_names)
    if count <= MOST_IN_MATRIX:
        matrix = metrics.confusion_matrix(targets, predicted, labels=np.arange(count))
        return {"confusion_matrix": matrix.tolist()}
    wrong = predicted != targets
    pairs = np.stack([targets[wrong], predicted[wrong]], axis=1)
    pairs, counts = np.unique(pairs, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable").tolist()
    names, pairs, counts = list(label_names), pairs.tolist(), counts.tolist()
    return {
        "confusions": [
            [names[pairs[i][0]], names[pairs[i][1]], counts[i]] for i in order
        ]
    }
