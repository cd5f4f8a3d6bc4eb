"""`evaluate_model(sample_weight=…)`: a weight is as many rows as it says."""

import numpy as np
import pytest
import tensorflow as tf
from small import THREE, X, Y, mlp, tune

import sftkeras as sft

TIMES = np.arange(len(X)) % 4  # some rows count nothing
REPEATED = np.repeat(np.arange(len(X)), TIMES)
NAMES = ("long", "loud")
SEVERAL = np.stack([X[:, 0] > 0, X[:, 1] > 0], axis=1).astype(int)


def _several():
    model = mlp(2, "sigmoid")
    return sft.fine_tune(
        model, X, SEVERAL, epochs=1, verbose=0, learning_rate=0.01
    )  # labels as rows of 0 and 1


CASES = {
    "two classes": (lambda: tune(), Y),
    "three classes": (lambda: tune(model=mlp(3, "softmax"), labels=THREE), THREE),
    "several labels": (_several, SEVERAL),
    "a number": (lambda: tune(model=mlp(1, None), labels=X[:, 0]), X[:, 0]),
}


def _measures(report):
    """What is no count of rows."""
    flat = report | {f"micro {n}": v for n, v in report.get("micro", {}).items()}
    return {name: value for name, value in flat.items() if isinstance(value, float)}


@pytest.mark.parametrize("case", CASES)
def test_a_weight_is_as_many_rows(case):
    make, labels = CASES[case]
    model = make()
    quiet = {"verbose": False}
    weighted = sft.evaluate_model(model, X, labels, sample_weight=TIMES, **quiet)
    repeated = sft.evaluate_model(model, X[REPEATED], labels[REPEATED], **quiet)
    alike = sft.evaluate_model(model, X, labels, **quiet)
    for name, value in _measures(repeated).items():
        assert _measures(weighted)[name] == pytest.approx(value, rel=1e-5), name
    assert _measures(weighted) != pytest.approx(_measures(alike), rel=1e-3)
    assert weighted["rows"] == len(X)
    for name, of_class in weighted.get("per_class", {}).items():
        assert of_class["support"] == alike["per_class"][name]["support"]
        known = repeated["per_class"][name]
        assert of_class["recall"] == pytest.approx(known["recall"])
    if "confusion_matrix" in alike:
        assert weighted["confusion_matrix"] == alike["confusion_matrix"]
    ones = sft.evaluate_model(model, X, labels, sample_weight=[1] * len(X), **quiet)
    assert _measures(ones) == pytest.approx(_measures(alike), rel=1e-6)


def test_the_weights_of_a_dataset_count():
    model, whole = tune(), tf.data.Dataset.from_tensor_slices((X, Y, TIMES))
    found = sft.evaluate_model(model, whole, verbose=False)
    wanted = sft.evaluate_model(model, X, Y, sample_weight=TIMES, verbose=False)
    assert found == wanted


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0], "40 rows, 1 weights"),
        ([-1.0] * 40, "from 0 up. Received: -1"),
        ([0.0] * 40, "no row counts in the measures"),
    ],
)
def test_weights_that_are_none(weights, said):
    with pytest.raises(sft.InputError, match=said):
        sft.evaluate_model(tune(), X, Y, sample_weight=weights)
