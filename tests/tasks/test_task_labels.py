"""Labels as people bring them: one class a row, several, and their names."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from small import X, mlp

import sftkeras as sft
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.labels import as_array
from sftkeras.tasks.weights import class_weights

NAMES = ["neg", "pos", "pos", "neg"]
FORMS = {
    "(N, 1)": np.array(NAMES)[:, None],
    "frame": pd.DataFrame({"label": NAMES}, index=range(7, 11)),
    "series": pd.Series(NAMES, index=range(7, 11)),
    "categorical": pd.Categorical(NAMES),
    "nullable": pd.Series(NAMES, dtype="string"),
    "index": pd.Index(NAMES),
    "bytes": [name.encode() for name in NAMES],
    "tensor": tf.constant(NAMES),
    "StringDType": np.array(NAMES, np.dtypes.StringDType()),
    "values": dict(enumerate(NAMES)).values(),
    "dummies": pd.get_dummies(pd.Series(NAMES)),
}


@pytest.mark.parametrize("form", FORMS)
def test_names_in_each_container(form):
    task = Classification().fitted_to(FORMS[form])
    assert task.label_names == ("neg", "pos")
    assert task.targets(FORMS[form]).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    "labels",
    [
        pd.array([True, False, True], "boolean"),
        pd.Series([1, 0, 1], dtype="Int64"),
        [np.int64(1), np.int8(0), np.True_],
        [1.0, 0.0, 1.0],
        tf.constant([[1], [0], [1]]),
        np.array([1, 0, 1], object),
    ],
)
def test_numbers_of_each_kind_are_classes(labels):
    task = Classification().fitted_to(labels)
    assert task.label_names == (0, 1)
    assert task.targets(labels).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pd.Series(["a", "b", pd.NA], dtype="string"), r"Label <NA> \(row 2\)"),
        (pd.Series([0, 1, pd.NA], dtype="Int64"), r"Label <NA> \(row 2\)"),
        (pd.DataFrame({"y": ["a", np.nan]}), r"Label nan \(row 1\)"),
        (pd.DataFrame({"y": [0.5, np.nan]}), r"Label nan \(row 1\)"),
        (np.array([[1.0], [np.nan]]), r"Label nan \(row 1\)"),
        (np.ma.masked_equal([1, 2], 2), r"Label None \(row 1\)"),
        ([1.0, 1e39], r"Label 1e\+39 \(row 1\)"),
        ([0, 10**400], r"\(row 1\) is no label"),
        (["a", " "], r"Label ' ' \(row 1\)"),
        ([0, 1, "b"], r"all numbers or all names. Received: str 'b' \(row 2\), 0"),
        (["a", 1, "b"], r"int 1 \(row 1\), 'a' elsewhere"),
        (pd.to_datetime(["2020-01-01"]), r"Timestamp.*\(row 0\)"),
        ([{"a"}, {"b"}], "several labels a row.*MultiLabel"),
        (np.zeros((1, 5), int), r"labels\[0\]"),
        (pd.get_dummies(pd.Series(NAMES)).assign(neg=True), "MultiLabel"),
        ({0: "a"}, "one label a row.* dict"),
    ],
)
def test_a_label_that_is_none_is_named_with_its_row(labels, message):
    with pytest.raises(sft.InputError, match=message):
        as_array(labels)


def test_columns_of_dummies_come_in_any_order():
    three = pd.get_dummies(pd.Series(["c", "a", "b"]))
    task = Classification(num_classes=3).fitted_to(three)
    assert task.label_names == ("a", "b", "c")
    assert task.targets(three[["c", "b", "a"]]).tolist() == [2, 0, 1]
    with pytest.raises(sft.InputError, match="columns of labels must be"):
        task.targets(three.rename(columns={"a": "d"}))


@pytest.mark.parametrize("labels", [[1, 0], [True, False], [1.0, 0.0]])
def test_numbers_are_places_among_known_names_and_that_is_told(labels):
    task = Classification(("neg", "pos"))
    with pytest.warns(UserWarning, match="0 is 'neg', 1 is 'pos'"):
        assert task.codes(labels).tolist() == [1, 0]
    with pytest.raises(sft.InputError, match=r"Label 1 \(row 0\) is none.*'neg'"):
        task.codes([1, 2])


def test_numbers_and_the_same_as_text_are_not_confused():
    with pytest.raises(sft.InputError, match="is a number; the model's labels are tex"):
        Classification(("1", "2")).codes([1, 0])
    with pytest.raises(sft.InputError, match="is a text; the model's labels are numb"):
        Classification((1, 2)).codes(["1", "2"])


def test_classes_counted_from_one_on_a_larger_head_are_told():
    with pytest.warns(UserWarning, match=r"class 0 has no rows.*label_names=\(1, 2, 3"):
        task = Classification(num_classes=3).fitted_to([1, 2, 1])
    with pytest.raises(sft.InputError, match=r"Label 3.*label_names=\(1, 2, 3\)"):
        task.codes([3])
    named = Classification((1, 2, 3))
    assert named.fitted_to([1, 2]).codes([1, 3]).tolist() == [0, 2]


def test_labels_as_varied_as_rows_are_asked_about():
    names = [f"a text {number}" for number in range(20)]
    with pytest.raises(sft.InputError, match=r"20 of 20 rows.*swapped"):
        Classification().fitted_to(names)
    with pytest.raises(sft.InputError, match=r"number to predict \(num_classes=1\)"):
        Classification().fitted_to(list(range(20)))
    with pytest.warns(UserWarning, match="swapped"):
        Classification(num_classes=20).fitted_to(names)


@pytest.mark.parametrize(
    "weight", [{"neg": 1, "pos": 3}, np.array([1.0, 3.0]), [1, 3], pd.Series([1, 3])]
)
def test_class_weights_by_name_or_in_the_order_of_names(weight):
    task = Classification(("neg", "pos"))
    found = class_weights(weight, task, np.array([1, 0]))
    assert found.tolist() == [3, 1]


def test_class_weights_by_number_are_told():
    task = Classification(("neg", "pos"))
    with pytest.warns(UserWarning, match="keys of `class_weight` are numbers"):
        found = class_weights({1: 3.0, 0: 1.0}, task, np.array([1, 0]))
    assert found.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ({"neg": np.nan}, "from 0 up. Received: 'neg': nan"),
        ({"neg": -1}, "from 0 up. Received: 'neg': -1"),
        ({"neg": np.inf}, "from 0 up"),
        ({"neg": "3"}, "from 0 up. Received: 'neg': '3'"),
        ({"q": 1}, "names 'q', none of the model's"),
        ([1, 2, 3], "a weight for each of 'neg', 'pos'"),
        ("equal", "'balanced'"),
    ],
)
def test_class_weights_that_are_none_are_refused(weight, message):
    with pytest.raises(sft.InputError, match=message):
        class_weights(weight, Classification(("neg", "pos")), np.array([1, 0]))


TOPICS = ("food", "price", "staff")
MANY = np.random.default_rng(0).integers(0, 2, (8, 3))
TAGS = [[TOPICS[i] for i in np.flatnonzero(row)] for row in MANY]


@pytest.mark.parametrize(
    "labels",
    [
        MANY,
        MANY > 0,
        MANY.tolist(),
        tf.constant(MANY),
        pd.DataFrame(MANY, columns=TOPICS).astype("Int64"),
        pd.DataFrame(MANY[:, ::-1], columns=TOPICS[::-1]),
        TAGS,
        [set(tags) for tags in TAGS],
        [np.array(tags) for tags in TAGS],
        pd.Series(TAGS),
        pd.DataFrame({"tags": TAGS}),
    ],
)
def test_several_labels_in_each_container(labels):
    task = sft.MultiLabel(TOPICS).fitted_to(labels)
    np.testing.assert_array_equal(task.targets(labels), MANY)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["food", "price"], r"list of labels.*'food' \(row 0\)"),
        ([["food"], None], r"None \(row 1\)"),
        ([["food"], ["price", None]], r"Label None \(row 1\)"),
        (np.array([[0, 1, 2]]), r"0 and 1 only. Received: 2 \(row 0\)"),
        (np.array([[0, 1, np.nan]]), r"Label nan \(row 0\)"),
        (MANY[:, :2], "2 columns, the model has 3"),
        ([], "no rows"),
    ],
)
def test_several_labels_that_are_none_are_refused(labels, message):
    with pytest.raises(sft.InputError, match=message):
        sft.MultiLabel(TOPICS).fitted_to(labels)


def test_a_regression_target_with_a_gap_is_named_whatever_its_shape():
    model = mlp(1, "linear")
    targets = np.linspace(0, 1, len(X))[:, None]
    targets[3] = np.nan
    for labels in (targets, targets[:, 0], pd.DataFrame({"score": targets[:, 0]})):
        with pytest.raises(sft.InputError, match=r"Label nan \(row 3\)"):
            sft.fine_tune(model, X, labels)


def test_a_sequence_of_labels_of_another_length_is_named_with_its_row():
    from inputs.test_rows import ANSWERS, TAGS, tagger

    wrong = [*TAGS[:5], TAGS[5][:-1], *TAGS[6:]]
    places = len(TAGS[5])
    with pytest.raises(
        sft.InputError, match=f"Row 5 has {places} places and {places - 1}"
    ):
        sft.fine_tune(tagger(), ANSWERS, wrong, epochs=1, verbose=0)


def test_names_of_a_head_are_learned_from_dummies():
    head = keras.Input((4,))
    model = keras.Model(head, keras.layers.Dense(3, "softmax", name="head")(head))
    labels = pd.get_dummies(pd.Series((["b", "a", "c", "a"] * 10)[: len(X)]))
    tuned = sft.fine_tune(model, X, labels, epochs=1, verbose=0)
    assert tuned.label_names == ("a", "b", "c")
    assert {*sft.predict(tuned, X)} <= {"a", "b", "c"}
