"""What head and labels say of the task: kind, label codes, loss (article §4.1)."""

import keras
import numpy as np
import pandas as pd
import pytest

from sftkeras.errors import InputError
from sftkeras.models.heads import output_layer
from sftkeras.tasks.infer import infer_task

SOFT = "softmax"


def check_loss(loss, task, labels):
    task = task.for_loss(loss, labels)
    return task.loss, task.targets(labels)


def make_model(units=1, activation="sigmoid", names=None):
    inputs = keras.Input((3,))
    head = keras.layers.Dense(units, activation=activation, name="head")
    model = keras.Model(inputs, head(inputs))
    model.label_names = names
    return model


@pytest.mark.parametrize(
    ("units", "activation", "labels", "kind", "names", "targets"),
    [
        (1, "sigmoid", [0, 1, 1], "binary", (0, 1), [0, 1, 1]),
        (1, "sigmoid", [1.0, 0.0], "binary", (0, 1), [1, 0]),
        (1, "sigmoid", [True, False], "binary", (0, 1), [1, 0]),
        (1, "sigmoid", [-1, 1, 1], "binary", (-1, 1), [0, 1, 1]),
        (1, "sigmoid", ["no", "yes"], "binary", ("no", "yes"), [0, 1]),
        (1, "sigmoid", [[0], [1]], "binary", (0, 1), [0, 1]),
        (1, "sigmoid", [[0, 1], [1, 0]], "binary", (0, 1), [1, 0]),
        (1, "sigmoid", pd.Series(["b", "a"]), "binary", ("a", "b"), [1, 0]),
        (1, "sigmoid", [b"b", b"a"], "binary", ("a", "b"), [1, 0]),
        (1, None, [0, 1, 1], "binary", (0, 1), [0, 1, 1]),
        (1, None, [0.5, 1.5, 2.0], "regression", (), [0.5, 1.5, 2.0]),
        (1, None, [3, 1, 2], "regression", (), [3.0, 1.0, 2.0]),
        (2, SOFT, [0, 1], "multiclass", (0, 1), [0, 1]),
        (3, SOFT, [2, 0], "multiclass", (0, 1, 2), [2, 0]),
        (3, None, ["c", "a", "b"], "multiclass", ("a", "b", "c"), [2, 0, 1]),
        (5, SOFT, [1, 2, 3, 4, 5], "multiclass", (1, 2, 3, 4, 5), [0, 1, 2, 3, 4]),
        (3, SOFT, np.eye(3)[[2, 0]], "multiclass", (0, 1, 2), [2, 0]),
        (2, SOFT, np.eye(2), "multiclass", (0, 1), [0, 1]),
    ],
)
def test_head_and_labels_make_the_task(units, activation, labels, kind, names, targets):
    task = infer_task(make_model(units, activation), labels)
    assert (task.kind, task.label_names) == (kind, names)
    assert task.from_logits == (activation is None)
    encoded = task.targets(labels)
    np.testing.assert_array_equal(encoded, targets)
    assert encoded.dtype == ("float32" if kind == "regression" else "int32")


@pytest.mark.parametrize(
    ("units", "activation", "labels", "message"),
    [
        (1, "sigmoid", [1, 2, 3], r"has 2 classes.* 1, 2, 3\..*num_classes=3"),
        (2, SOFT, ["a", "b", "c"], r"has 2 classes.*'c'\..*num_classes=3"),
        (3, SOFT, ["a", "b"], "name 2 classes .*has 3.*num_classes=2"),
        (3, SOFT, [-1, 0], "head has 3 classes, the labels are -1, 0"),
        (3, SOFT, list(range(50)), r"0, 1, .*9 … \(50 in all\)"),
        (1, "sigmoid", np.eye(3), "has 2 classes.*0, 1, 2"),
        (5, SOFT, np.eye(3), "has 5 classes"),
        (1, None, ["a", "b", "c"], "num_classes=3"),
        (3, SOFT, [0.5, 1.0], "numbers such as 0.5.*num_classes=1"),
        (1, "sigmoid", [1, 1, 1], "All 3 labels are 1.*another class"),
        (3, SOFT, ["a", "a"], "All 2 labels are 'a'"),
        (3, SOFT, np.eye(3)[[0, 0]], "nothing to tell apart"),
        (1, None, [2.5, 2.5, np.nan], r"Label nan \(row 2\)"),
        (1, None, [np.inf, 1.0, 2.0], r"Label inf \(row 0\)"),
        (1, "sigmoid", [0, None, 1], r"Label None \(row 1\)"),
        (1, "sigmoid", ["a", float("nan")], r"Label nan \(row 1\)"),
        (1, "sigmoid", [], "one label a row"),
        (1, "sigmoid", 3, "one label a row.* int"),
        (1, "sigmoid", "ab", "one label a row.* str"),
        (1, "sigmoid", [[1], [2, 3]], "one label a row"),
        (2, SOFT, [[1, 2], [3, 4]], "one label a row"),
        (1, "sigmoid", [b"a", b"\xff"], "numbers or names.* bytes"),
        (1, "sigmoid", [1j, 2j], r"numbers or names.* complex 1j \(row 0\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(units, activation, labels, message):
    with pytest.raises(InputError, match=message):
        infer_task(make_model(units, activation), labels)


def test_a_model_remembers_its_labels():
    task = infer_task(make_model(names=("bad", "good")), ["good", "bad"])
    assert task.label_names == ("bad", "good")
    with pytest.raises(InputError, match=r"'fine' \(row 1\) .* 'bad', 'good'"):
        task.targets(["bad", "fine"])
    with pytest.raises(InputError, match="3 columns, the model has 2"):
        task.targets(np.eye(3))
    with pytest.raises(InputError, match="All 2 labels are 'bad'"):
        infer_task(make_model(names=("bad", "good")), ["bad", "bad"])
    task.targets(["bad"])  # a single validation row is no mistake
    regression = infer_task(make_model(1, None, names=()))
    with pytest.raises(InputError, match=r"one linear output.*'bad'"):
        regression.targets(["bad", "good"])


def test_without_labels_the_head_decides():
    assert infer_task(make_model()).names == (0, 1)
    assert infer_task(make_model(1, None)).kind == "regression"
    assert infer_task(make_model(4, SOFT)).names == (0, 1, 2, 3)


def test_the_activation_is_found_behind_the_last_layer():
    inputs = keras.Input((3,))
    logits = keras.layers.Dense(3)(inputs)
    inner = keras.Model(inputs, keras.layers.Softmax()(logits))
    outer = keras.Sequential([keras.Input((3,)), inner])
    scaled = keras.Model(inputs, keras.layers.Rescaling(2.0)(logits))
    assert not infer_task(inner).from_logits
    assert not infer_task(outer).from_logits
    assert infer_task(scaled).from_logits


def test_a_backbone_without_a_head_is_refused():
    inputs = keras.Input((4, 3))
    tokens = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    two = keras.Model(inputs, [inputs[:, 0], inputs[:, 1]])
    for model in (tokens, two):
        with pytest.raises(InputError, match=r"one output .*load_pretrained"):
            infer_task(model)


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("from_logits", [False, True])
def test_the_automatic_loss_is_the_cross_entropy_of_the_probabilities(
    units, from_logits
):
    activation = None if from_logits else SOFT if units > 1 else "sigmoid"
    labels = [1, 0] if units == 1 else [2, 0]
    task = infer_task(make_model(units, activation), labels)
    outputs = np.random.default_rng(0).normal(size=(2, units)).astype("float32")
    if not from_logits:
        function = keras.ops.sigmoid if units == 1 else keras.ops.softmax
        outputs = keras.ops.convert_to_numpy(function(outputs))
    loss, targets = check_loss("auto", task, labels)
    chosen = task.probabilities(outputs)[[0, 1], targets]
    np.testing.assert_allclose(task.probabilities(outputs).sum(1), 1, rtol=1e-6)
    value = loss(targets.reshape(2, 1) if units == 1 else targets, outputs)
    np.testing.assert_allclose(value, -np.log(chosen).mean(), rtol=1e-5)


@pytest.mark.parametrize(
    ("units", "activation", "labels", "loss", "advice"),
    [
        (1, "sigmoid", [0, 1], "categorical_crossentropy", "binary_crossentropy"),
        (1, "sigmoid", np.eye(2), "categorical_crossentropy", "binary_crossentropy"),
        (1, "sigmoid", [0, 1], keras.losses.categorical_crossentropy, "binary_cross"),
        (1, "sigmoid", [0, 1], "mse", "binary_crossentropy"),
        (3, SOFT, [0, 1], "categorical_crossentropy", "sparse_categorical_cross"),
        (3, SOFT, [0, 1], keras.losses.CategoricalCrossentropy(), "sparse_categ"),
        (3, SOFT, [0, 1], "binary_crossentropy", "sparse_categorical_cross"),
        (3, SOFT, np.eye(3), "sparse_categorical_crossentropy", "categorical_cross"),
        (1, None, [0.5, 1.5], "binary_crossentropy", "mean_squared_error"),
        (1, None, [0.5, 1.5], "BinaryCrossentropy", "mean_squared_error"),
    ],
)
def test_a_loss_that_contradicts_is_refused(units, activation, labels, loss, advice):
    task = infer_task(make_model(units, activation), labels)
    with pytest.raises(InputError, match=f"Write loss='auto' or loss='{advice}"):
        check_loss(loss, task, labels)


@pytest.mark.parametrize(
    ("units", "activation", "labels", "loss", "shape"),
    [
        (1, "sigmoid", [0, 1], "binary_crossentropy", (2,)),
        (1, None, [0, 1], "binary_crossentropy", (2,)),
        (3, SOFT, [0, 1], "sparse_categorical_crossentropy", (2,)),
        (3, SOFT, np.eye(3), "categorical_crossentropy", (3, 3)),
        (3, None, np.eye(3), keras.losses.CategoricalCrossentropy(True), (3, 3)),
        (1, None, [0.5, 1.5], "mse", (2,)),
        (1, None, [0.5, 1.5], "mae", (2,)),
        (1, None, [0.5, 1.5], keras.losses.Huber(), (2,)),
        (1, "sigmoid", [0, 1], lambda true, predicted: predicted, (2,)),
    ],
)
def test_a_loss_that_fits_is_taken(units, activation, labels, loss, shape):
    task = infer_task(make_model(units, activation), labels)
    taken, targets = check_loss(loss, task, labels)
    assert targets.shape == shape
    if isinstance(loss, str) and "crossentropy" in loss:
        assert taken.get_config()["from_logits"] == task.from_logits
    else:
        assert taken is loss or isinstance(loss, str)


@pytest.mark.parametrize(
    ("activation", "loss", "advice"),
    [
        (None, keras.losses.BinaryCrossentropy(), "logits.*from_logits=True"),
        (None, keras.losses.binary_crossentropy, "logits.*from_logits=True"),
        ("sigmoid", keras.losses.BinaryCrossentropy(True), "from_logits=False"),
    ],
)
def test_a_loss_that_misreads_the_outputs_is_refused(activation, loss, advice):
    task = infer_task(make_model(1, activation), [0, 1])
    with pytest.raises(InputError, match=advice):
        check_loss(loss, task, [0, 1])


@pytest.mark.parametrize("loss", ["crossentropy", None, 3])
def test_an_unknown_loss_is_refused(loss):
    with pytest.raises(InputError, match="`loss` must be"):
        check_loss(loss, infer_task(make_model()), [0, 1])


@pytest.mark.parametrize(
    ("classes", "units", "activation"),
    [(1, 1, "linear"), (2, 1, "sigmoid"), (3, 3, SOFT)],
)
def test_the_head_fits_the_number_of_classes(classes, units, activation):
    head = output_layer(classes)
    assert (head.units, head.activation.__name__, head.name) == (
        units,
        activation,
        "head",
    )


@pytest.mark.parametrize("classes", [0, -1, 2.0, "2", None])
def test_a_number_of_classes_that_is_none_is_refused(classes):
    with pytest.raises(InputError, match="num_classes"):
        output_layer(classes)


@pytest.mark.parametrize("end", ["relu", "gelu", "pooling", "one softmax"])
def test_what_is_no_head_for_classes_is_refused(end):
    inputs = keras.Input((6, 4))
    x = keras.layers.GlobalAveragePooling1D()(inputs)
    if end == "one softmax":
        x = keras.layers.Dense(1, "softmax")(x)
    elif end != "pooling":
        x = keras.layers.Dense(4, end)(x)
    model = keras.Model(inputs, x)
    with pytest.raises(InputError, match=r"no head for classes|over one output"):
        infer_task(model, [0, 1, 0, 1])
