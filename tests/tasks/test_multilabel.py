"""`MultiLabel`: any number of labels a row, and a declared task in general."""

import keras
import numpy as np
import pandas as pd
import pytest

import sftkeras as sft
from sftkeras.commands.main import main
from sftkeras.graph import task_of

NAMES = ("food", "price", "staff")
WORDS = {"food": "bread", "price": "cheap", "staff": "kind"}


@pytest.fixture(scope="module")
def remarks():
    """60 texts that name up to three things, and the names."""
    random = np.random.default_rng(0)
    texts, labels = [], []
    for _ in range(60):
        named = [name for name in NAMES if random.random() < 0.4]
        words = [random.choice(WORDS[name].split()) for name in named]
        texts.append(" ".join(["the", *random.permutation(words).tolist(), "day"]))
        labels.append(named)
    return texts, labels


@pytest.fixture(scope="module")
def tagged(remarks, tiny_encoder):
    model = sft.load_pretrained_model(tiny_encoder(), task=sft.MultiLabel(NAMES))
    settings = {"epochs": 60, "learning_rate": 0.02, "patience": 20, "verbose": 0}
    return sft.fine_tune(model, *remarks, validation_data=remarks, **settings)


def test_several_labels_a_row_are_learned_and_predicted(tagged, remarks, tmp_path):
    texts, labels = remarks
    report = sft.evaluate_model(tagged, texts, labels, verbose=False)
    assert report["micro"]["f1"] > 0.9
    found = sft.predict(tagged, texts)
    assert np.mean([a == sorted(b) for a, b in zip(found, labels, strict=True)]) == (
        pytest.approx(report["accuracy"])
    )
    sft.save_classifier(tagged, tmp_path / "bundle")
    loaded = sft.load_classifier(tmp_path / "bundle")
    assert sft.predict(loaded, texts) == found
    assert task_of(loaded).thresholds == (0.5,) * 3
    assert "val_f1" in tagged.history.history


def test_the_command_line_joins_several_labels(tagged, remarks, tmp_path, capsys):
    texts, _ = remarks
    sft.save_classifier(tagged, tmp_path / "bundle")
    found = sft.predict(tagged, texts[:20])
    assert main(["predict", "--model", str(tmp_path / "bundle"), *texts[:20]]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["|".join(row) for row in found]
    assert all(line[1].count("|") == line[0].count("|") for line in lines)


def test_columns_of_zeros_and_ones_are_the_same_labels(tagged, remarks):
    texts, labels = remarks
    columns = np.array([[name in row for name in NAMES] for row in labels], int)
    reports = [
        sft.evaluate_model(tagged, texts, given, verbose=False)
        for given in (labels, columns)
    ]
    assert reports[0] == reports[1]


def test_columns_of_a_table_are_taken_by_their_names():
    task = sft.MultiLabel(NAMES)
    table = pd.DataFrame([[1, 0, 1], [0, 1, 0]], columns=NAMES)
    for given in (table, table[["staff", "food", "price"]], table.values.tolist()):
        assert task.targets(given).tolist() == table.values.tolist()
    with pytest.raises(sft.InputError, match=r"columns of labels must be.*'drink'"):
        task.targets(table.rename(columns={"food": "drink"}))
    learned = sft.MultiLabel(num_classes=3).fitted_to(table)
    assert learned.label_names == NAMES


def test_names_are_a_list_of_different_ones():
    for kind in (sft.MultiLabel, sft.Classification):
        with pytest.raises(sft.InputError, match="must differ"):
            kind(("a", "a"))
        with pytest.raises(sft.InputError, match="the string 'ab'"):
            kind("ab")


def test_the_report_is_scikit_learns(tagged, remarks, capsys):
    from sklearn.metrics import f1_score

    texts, labels = remarks
    report = sft.evaluate_model(tagged, texts, labels)
    truth = task_of(tagged).targets(labels)
    taken = sft.predict_probabilities(tagged, texts) > 0.5
    for average, value in [("macro", report["f1"]), ("micro", report["micro"]["f1"])]:
        assert value == pytest.approx(f1_score(truth, taken, average=average))
    printed = capsys.readouterr().out
    assert "All labels right" in printed and "micro mean" in printed


def test_thresholds_are_chosen_for_each_label_and_kept(remarks, tiny_encoder, tmp_path):
    model = sft.load_pretrained_model(tiny_encoder(), task=sft.MultiLabel(NAMES))
    texts, labels = remarks
    model = sft.fine_tune(model, texts, labels, None, epochs=2, verbose=0)
    before = sft.evaluate_model(model, texts, labels, verbose=False)
    table = sft.tune_thresholds(model, texts, labels)
    after = sft.evaluate_model(model, texts, labels, verbose=False)
    assert (table["f1"] >= table["f1 at 0.5"]).all()
    assert after["f1"] == pytest.approx(table["f1"].mean())
    assert after["f1"] > before["f1"]
    sft.save_classifier(model, tmp_path / "bundle")
    loaded = sft.load_classifier(tmp_path / "bundle")
    assert task_of(loaded).thresholds == tuple(table["threshold"])


def test_a_foreign_head_of_sigmoids_is_known_by_its_labels():
    inputs = keras.Input((4,))
    head = keras.layers.Dense(3, "sigmoid", name="head")
    x = np.random.default_rng(0).normal(size=(20, 4))
    labels = (x[:, :3] > 0).astype(int)
    tuned = sft.fine_tune(keras.Model(inputs, head(inputs)), x, labels, verbose=0)
    assert isinstance(task_of(tuned), sft.MultiLabel)


def test_a_regression_that_is_declared_takes_two_whole_numbers_for_numbers():
    inputs = keras.Input((4,))
    body = keras.Model(inputs, keras.layers.Dense(8, "relu")(inputs))
    x = np.random.default_rng(0).normal(size=(20, 4))
    kinds = {}
    for task in (None, sft.Regression()):
        model = sft.load_pretrained_model(body, num_classes=1, task=task)
        tuned = sft.fine_tune(model, x, [0, 1] * 10, epochs=1, verbose=0)
        kinds[task] = task_of(tuned).kind
    assert list(kinds.values()) == ["binary", "regression"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["food"], ["drink"]], r"'drink' \(row 1\) is none of the model's"),
        ([["food"], "price"], r"needs a list of labels.*'price' \(row 1\)"),
        (np.array([[0.5, 1, 0], [0, 0, 1]]), "must hold 0 and 1"),
        (np.eye(2), "2 columns, the model has 3"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tiny_encoder, labels, message):
    model = sft.load_pretrained_model(tiny_encoder(), task=sft.MultiLabel(NAMES))
    with pytest.raises(sft.InputError, match=message):
        sft.fine_tune(model, ["good food", "bad price"], labels, verbose=0)


def test_what_contradicts_is_refused(tiny_encoder, tiny_classifier, remarks):
    with pytest.raises(sft.InputError, match=r"declare the task.*MultiLabel"):
        sft.fine_tune(tiny_classifier(), *remarks, verbose=0)
    with pytest.raises(sft.InputError, match="names of its classes, or their number"):
        sft.MultiLabel()
    with pytest.raises(sft.InputError, match="or 3 of them"):
        sft.MultiLabel(NAMES, thresholds=[0.1, 0.2])
    model = sft.load_pretrained_model(tiny_encoder(), task=sft.MultiLabel(NAMES))
    with pytest.raises(sft.InputError, match="each row may have several"):
        sft.fine_tune(model, *remarks, loss="categorical_crossentropy", verbose=0)
    with pytest.raises(sft.InputError, match="`class_weight` is for"):
        sft.fine_tune(model, *remarks, class_weight="balanced", verbose=0)
    with pytest.raises(sft.InputError, match="choose by `threshold_table`"):
        sft.tune_thresholds(tiny_classifier(), ["good"], [1])
    with pytest.raises(sft.InputError, match="`task` must be a Task"):
        sft.load_pretrained_model(tiny_encoder(), task="multi-label")
