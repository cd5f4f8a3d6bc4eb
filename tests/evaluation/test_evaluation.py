"""`predict` and `evaluate_model` against scikit-learn and Keras (article §3.5)."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import sftkeras as sft
from sftkeras.evaluation.predicting import score
from sftkeras.tasks.infer import infer_task


def make_model(units, activation, names=None):
    """A fixed linear model of 4 features: its answers are right now and then."""
    inputs = keras.Input((4,))
    head = keras.layers.Dense(units, activation=activation, name="head")
    model = keras.Model(inputs, head(inputs))
    random = np.random.default_rng(1)
    head.set_weights([random.normal(size=(4, units)), random.normal(size=units)])
    model.label_names = names
    return model


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(37, 4)).astype("float32")


HEADS = {
    "binary": (1, "sigmoid", ("no", "yes")),
    "binary logits": (1, None, ("no", "yes")),
    "two outputs": (2, "softmax", (-1, 1)),
    "multiclass": (3, "softmax", ("a", "b", "c")),
    "multiclass logits": (3, None, (1, 2, 3)),
}


@pytest.fixture(params=HEADS.values(), ids=HEADS)
def classifier(request):
    return make_model(*request.param)


def some_labels(model, count, seed=2):
    codes = np.random.default_rng(seed).integers(len(model.label_names), size=count)
    return [model.label_names[code] for code in codes]


def test_the_report_is_scikit_learns(classifier, features):
    labels = some_labels(classifier, len(features))
    report = sft.evaluate_model(classifier, features, labels, verbose=False)
    predicted, probabilities = sft.predict(
        classifier, features, return_probabilities=True
    )
    names = list(classifier.label_names)
    assert report["accuracy"] == metrics.accuracy_score(labels, predicted)
    average = {"labels": names, "average": "macro", "zero_division": 0}
    for name in ("precision", "recall", "f1"):
        function = getattr(metrics, f"{name}_score")
        assert report[name] == pytest.approx(function(labels, predicted, **average))
    matrix = metrics.confusion_matrix(labels, predicted, labels=names)
    assert report["confusion_matrix"] == matrix.tolist()
    assert report["loss"] == pytest.approx(
        metrics.log_loss(labels, probabilities, labels=names), rel=1e-5
    )
    expected = metrics.classification_report(
        labels, predicted, labels=names, output_dict=True, zero_division=0
    )
    for name in names:
        row = report["per_class"][str(name)]
        assert row["support"] == expected[str(name)]["support"]
        assert row["f1"] == pytest.approx(expected[str(name)]["f1-score"])
    assert (report["label_names"], report["rows"]) == (names, 37)
    assert json.loads(json.dumps(report)) == report


def test_accuracy_and_loss_are_keras_own(classifier, features):
    labels = some_labels(classifier, len(features))
    task = infer_task(classifier)
    targets = task.targets(labels)
    classifier.compile(loss=task.loss, metrics=task.metrics)
    loss, accuracy = classifier.evaluate(features, targets, verbose=0)
    report = sft.evaluate_model(classifier, features, labels, verbose=False)
    assert report["accuracy"] == pytest.approx(accuracy)
    assert report["loss"] == pytest.approx(loss, rel=1e-5)


def test_the_first_line_printed_is_the_articles(classifier, features, capsys):
    labels = some_labels(classifier, len(features))
    report = sft.evaluate_model(classifier, features, labels)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Accuracy: {report['accuracy'] * 100:.2f}% ")
    count = len(classifier.label_names)
    rows = [line.split() for line in lines[2 : 2 + count]]
    assert [row[0] for row in rows] == [str(n) for n in classifier.label_names]
    assert [int(row[-1]) for row in rows] == np.sum(
        report["confusion_matrix"], axis=1
    ).tolist()
    sft.evaluate_model(classifier, features, labels, verbose=False)
    assert capsys.readouterr().out == ""


def test_a_class_that_is_never_predicted_counts_as_zero(features):
    model = make_model(3, "softmax", ("a", "b", "c"))
    kernel, bias = model.get_weights()
    model.set_weights([kernel * 0, bias * 0 + [5, 0, 0]])
    labels = ["a", "b"] * 18 + ["a"]  # no "c" at all
    report = sft.evaluate_model(model, features, labels, verbose=False)
    assert report["per_class"]["b"]["precision"] == 0
    assert report["per_class"]["c"] == {
        "precision": 0, "recall": 0, "f1": 0, "support": 0
    }  # fmt: skip
    # "c" is neither there nor predicted: it counts in no mean.
    assert report["recall"] == pytest.approx(1 / 2)
    assert report["classes_without_rows"] == ["c"]


def test_probabilities_are_in_label_order_and_sum_to_one(classifier, features):
    probabilities = sft.predict_probabilities(classifier, features, batch_size=5)
    assert probabilities.shape == (37, len(classifier.label_names))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert probabilities.min() >= 0
    labels = sft.predict(classifier, features)
    names = [classifier.label_names[code] for code in probabilities.argmax(axis=1)]
    assert labels == names and len(set(labels)) > 1


@pytest.mark.parametrize("head", ["binary", "binary logits", "two outputs"])
def test_the_threshold_is_on_the_second_class(head, features):
    model = make_model(*HEADS[head])
    second = model.label_names[1]
    truth = some_labels(model, len(features))
    probabilities = sft.predict_probabilities(model, features)
    counts = []
    for threshold in (0, 0.3, 0.5, 0.8, 1):
        labels = sft.predict(model, features, threshold=threshold)
        above = probabilities[:, 1] > threshold
        assert [label == second for label in labels] == above.tolist()
        counts.append(above.sum())
        report = sft.evaluate_model(
            model, features, truth, threshold=threshold, verbose=False
        )
        assert np.sum(report["confusion_matrix"], axis=0)[1] == above.sum()
    assert counts[0] == 37 and counts[-1] == 0 and len(set(counts)) == 5


@pytest.mark.parametrize("threshold", [7, -0.1, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold, features):
    model = make_model(*HEADS["binary"])
    message = f"between 0 and 1. Received: threshold={threshold}"
    with pytest.raises(sft.InputError, match=message):
        sft.predict(model, features, threshold=threshold)
    with pytest.raises(sft.InputError, match=message):
        sft.evaluate_model(model, features, ["no"] * 37, threshold=threshold)


def test_a_threshold_is_for_two_classes(features):
    model = make_model(*HEADS["multiclass"])
    with pytest.raises(sft.InputError, match="for two classes; the model has 3"):
        sft.predict(model, features, threshold=0.3)
    with pytest.raises(sft.InputError, match="for two classes; the model has 3"):
        sft.evaluate_model(model, features, ["a"] * 37, threshold=0.3)


def test_a_regression_has_errors_and_no_probabilities(features, capsys):
    model = make_model(1, None, ())
    targets = np.random.default_rng(3).normal(size=37)
    report = sft.evaluate_model(model, features, targets)
    values = sft.predict(model, features)
    assert all(isinstance(value, float) for value in values)
    np.testing.assert_allclose(values, model(features)[:, 0], rtol=1e-6)
    assert report["mse"] == pytest.approx(metrics.mean_squared_error(targets, values))
    assert report["mae"] == pytest.approx(metrics.mean_absolute_error(targets, values))
    assert capsys.readouterr().out.startswith(f"MSE: {report['mse']:.4f}\nMAE: ")
    with pytest.raises(sft.InputError, match="no probabilities"):
        sft.predict(model, features, return_probabilities=True)
    with pytest.raises(sft.InputError, match="no probabilities"):
        sft.predict_probabilities(model, features)


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_labels_come_in_any_container(kind, features):
    model = make_model(*HEADS["binary"])
    labels = some_labels(model, len(features))
    expected = sft.evaluate_model(model, features, labels, verbose=False)
    one_hot = np.eye(2)[[model.label_names.index(label) for label in labels]]
    for given in (kind(labels), one_hot):
        report = sft.evaluate_model(model, features, given, verbose=False)
        assert report == expected


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "There are no labels"),
        (["no"] * 36, "37 rows, 36 labels"),
        (["no"] * 36 + ["maybe"], r"'maybe' \(row 36\).* 'no', 'yes'"),
        (["no"] * 36 + [None], r"None \(row 36\)"),
    ],
)
def test_labels_that_do_not_fit_the_rows_are_refused(labels, message, features):
    with pytest.raises(sft.InputError, match=message):
        sft.evaluate_model(make_model(*HEADS["binary"]), features, labels)


def test_a_sure_mistake_has_a_finite_loss():
    report = score((0, 1), np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert report["loss"] == pytest.approx(-np.log(1e-7) / 2)
    assert report["accuracy"] == 0.5


def test_text_goes_in_as_it_is(tiny_classifier, reviews):
    model = tiny_classifier()
    report = sft.evaluate_model(model, reviews.texts, reviews.labels, verbose=False)
    predicted = sft.predict(model, reviews.texts)
    assert report["accuracy"] == np.mean(np.array(predicted) == reviews.labels)
    assert sft.predict(model, reviews.texts[3]) == predicted[3:4]  # a single string
    probabilities = sft.predict_probabilities(model, reviews.texts, batch_size=7)
    reversed_ = sft.predict_probabilities(model, reviews.texts[::-1])[::-1]
    np.testing.assert_allclose(probabilities, reversed_, atol=1e-6)
