"""Whatever is given in memory: a result, or an `InputError`; nothing else."""

import decimal

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as some
from small import mlp

import sftkeras as sft
from sftkeras.inputs.rows import make_rows
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.labels import as_array
from sftkeras.tasks.regression import Regression
from sftkeras.tasks.weights import class_weights, weigh

quick = settings(max_examples=150, deadline=None, database=None, derandomize=True)
few = settings(quick, max_examples=20)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TEXTS = some.text(max_size=6) | some.binary(max_size=3) | some.just("good food")
NUMBERS = some.integers() | some.floats() | some.booleans()
GAPS = some.sampled_from([None, float("nan"), pd.NA, pd.NaT, np.float32("nan")])
ODD = some.sampled_from([1j, {"a": 1}, decimal.Decimal("NaN"), b"", (), [], object])
CELLS = TEXTS | NUMBERS | GAPS | ODD


def columns(cells):
    """Lists of cells of one kind, of several, and lists of lists of them."""
    flat = some.lists(cells, max_size=5)
    deep = some.lists(some.lists(cells, max_size=3), max_size=4)
    square = some.lists(some.lists(cells, min_size=4, max_size=4), max_size=4)
    return flat | deep | square


def objects(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


WRAPPINGS = [
    list,
    tuple,
    objects,
    pd.Series,
    lambda values: pd.DataFrame({"a": objects(values)}),
    lambda values: pd.DataFrame({"a": objects(values), "b": objects(values)}),
    lambda values: pd.Series(objects(values)).convert_dtypes(),
    lambda values: dict(enumerate(values)).values(),
    lambda values: (value for value in values),
    lambda values: (values, values),
    lambda values: {"token_ids": values},
    lambda values: np.array(values),
    lambda values: tf.constant(values),
    lambda values: tf.data.Dataset.from_tensor_slices(values),
    lambda values: tf.data.Dataset.from_tensor_slices((values, values)).batch(2),
    lambda values: sft.Examples(values, values),
]


def wrapped(values, wrap):
    """Return values in a container; as a list where that container takes them not."""
    try:
        return wrap(values)
    except Exception:  # NumPy's, pandas', TensorFlow's own refusals
        return values


DATA = some.builds(
    wrapped,
    columns(TEXTS) | columns(NUMBERS) | columns(CELLS),
    some.sampled_from(WRAPPINGS),
)


def tried(function, *arguments):
    """Return what a function returns, `None` where it refuses."""
    try:
        return function(*arguments)
    except sft.InputError as error:
        assert len(str(error)) < 1000
        return None


@pytest.fixture(scope="module")
def lstm():
    tokenizer = sft.Tokenizer().fit_on_texts(["good food"])
    return sft.create_model(tokenizer=tokenizer, units=2, output_dim=2)


def looking_up():
    inputs = keras.Input((1,), dtype="string")
    codes = keras.layers.StringLookup(vocabulary=["good", "bad"])(inputs)
    table = keras.layers.Flatten()(keras.layers.Embedding(3, 2)(codes))
    return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(table))


@pytest.mark.parametrize("kind", ["texts", "numbers", "strings"])
def test_any_data_become_rows_or_are_refused(lstm, kind):
    model = {"texts": lstm, "numbers": mlp(), "strings": looking_up()}[kind]

    @quick
    @given(DATA)
    def check(data):
        rows = tried(make_rows, model, data)
        if rows is None:
            return
        assert len(rows) > 0
        for column in keras.tree.flatten(rows.inputs):
            values = getattr(column, "values", column)
            assert values.dtype == object or np.isfinite(values).all()

    check()


@pytest.mark.parametrize("kind", ["texts", "numbers"])
def test_rows_that_are_taken_can_be_predicted(lstm, kind):
    model = {"texts": lstm, "numbers": mlp()}[kind]

    @few
    @given(DATA)
    def check(data):
        found = tried(sft.predict_probabilities, model, data)
        assert found is None or np.isfinite(found).all()

    check()


@quick
@given(DATA)
def test_any_labels_are_read_or_refused(labels):
    array = tried(as_array, labels)
    if array is not None:
        assert array.ndim in (1, 2) and array.dtype.kind in "biufU"


@quick
@given(DATA, DATA)
def test_any_labels_make_targets_or_are_refused(labels, later):
    tasks = [Classification(), Classification(("a", "b")), Classification((0, 1, 2))]
    for task in [*tasks, Regression(), sft.MultiLabel(("a", "b"))]:
        fitted = tried(task.fitted_to, labels)
        for given_labels in (labels, later) if fitted is not None else ():
            targets = tried(fitted.targets, given_labels)
            assert targets is None or np.isfinite(targets).all()


@quick
@given(DATA, some.dictionaries(CELLS.filter(lambda c: c.__hash__), CELLS, max_size=3))
def test_any_weights_are_taken_or_refused(weights, by_class):
    task = Classification(("a", "b"))
    rows = task.encode(mlp(), np.zeros((2, 4)), ["a", "b"])
    for given_weights in (weights, by_class):
        found = tried(class_weights, given_weights, task, np.array([0, 1]))
        assert found is None or (found >= 0).all()
        found = tried(weigh, task, rows, None, given_weights)
        assert found is None or (np.isfinite(found) & (found >= 0)).all()


@few
@given(DATA, DATA)
def test_any_data_and_labels_train_or_are_refused(data, labels):
    tried(lambda: sft.train_model(mlp(), data, labels, epochs=1, verbose=0))
