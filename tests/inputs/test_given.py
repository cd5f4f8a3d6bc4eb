"""Data in other clothes: whatever the container, the same answer, or one sentence."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from small import X, Y, mlp

import sftkeras as sft

TEXTS = ["good food", "bad food", "never again", "fine place"] * 3
LABELS = [1, 0, 0, 1] * 3
Dataset = tf.data.Dataset.from_tensor_slices


@pytest.fixture(scope="module")
def lstm():
    tokenizer = sft.Tokenizer().fit_on_texts(TEXTS)
    return sft.create_model(tokenizer=tokenizer, units=4, output_dim=4)


@pytest.fixture(scope="module")
def expected(lstm):
    return sft.predict_probabilities(lstm, TEXTS)


class Batched(keras.utils.PyDataset):
    """Texts and labels, four at a time."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = slice(4 * index, 4 * index + 4)
        return np.array(TEXTS[rows]), np.array(LABELS[rows])


TEXT_FORMS = {
    "a frame of one column": lambda: pd.DataFrame({"text": TEXTS}),
    "(N, 1)": lambda: np.array(TEXTS)[:, None],
    "tuples": lambda: [(text,) for text in TEXTS],
    "lists": lambda: [[text] for text in TEXTS],
    "series": lambda: pd.Series(TEXTS, index=range(30, 42)),
    "nullable": lambda: pd.Series(TEXTS, dtype="string"),
    "categorical": lambda: pd.Categorical(TEXTS),
    "index": lambda: pd.Index(TEXTS),
    "U": lambda: np.array(TEXTS),
    "S": lambda: np.array(TEXTS, "S"),
    "object": lambda: np.array(TEXTS, object),
    "StringDType": lambda: np.array(TEXTS, np.dtypes.StringDType()),
    "tensor": lambda: tf.constant(TEXTS),
    "values": lambda: dict(enumerate(TEXTS)).values(),
    "generator": lambda: (text for text in TEXTS),
    "dataset": lambda: Dataset(TEXTS),
    "batched dataset": lambda: Dataset((TEXTS, LABELS)).batch(5),
    "PyDataset": Batched,
    "Examples": lambda: sft.Examples(TEXTS, LABELS),
}


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_texts_are_read_in_each_container(lstm, expected, form):
    found = sft.predict_probabilities(lstm, TEXT_FORMS[form]())
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("form", ["dataset with labels", "PyDataset", "Examples"])
def test_labels_within_the_data_are_learned_from_and_measured_by(lstm, form):
    forms = TEXT_FORMS | {"dataset with labels": lambda: Dataset((TEXTS, LABELS))}
    options = {"epochs": 1, "verbose": 0}
    whole = {"validation_data": (TEXTS, LABELS, [1.0] * 12)}
    one = sft.fine_tune(lstm, TEXTS, LABELS, **whole, **options)
    held = {"validation_data": forms[form]()}
    other = sft.fine_tune(lstm, forms[form](), **held, **options)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    report = sft.evaluate_model(one, forms[form](), verbose=False)
    assert report == sft.evaluate_model(one, TEXTS, LABELS, verbose=False)
    mistakes = sft.confident_mistakes(lstm, forms[form]())
    assert len(mistakes) == len(sft.confident_mistakes(lstm, TEXTS, LABELS))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([None, *TEXTS], r"row 0 is missing \(None\)"),
        (pd.Series([*TEXTS, float("nan")]), r"row 12 is missing \(nan\)"),
        (pd.Series([*TEXTS, pd.NA], dtype="string"), r"row 12 is missing \(<NA>\)"),
        (pd.DataFrame({"a": TEXTS, "b": [None] * 12}), "row 0, column 'b' is missing"),
        (pd.DataFrame({"a": TEXTS, "b": LABELS}), r"int 1 \(row 0, column 'b'\)"),
        ([1, 2], r"takes strings. Received: int 1 \(row 0\)"),
        ([*TEXTS, 7], r"int 7 \(row 12\)"),
        (np.array([0.5, 1.5]), "takes strings. Received: float 0.5"),
        (pd.DataFrame({"text": []}), "no rows"),
        ([b"\xff"], "row 0 is bytes that are no UTF-8"),
        (["ok", "\ud800"], "row 1 is not valid Unicode"),
        ([("a", "b"), "c"], r"as many texts as the others.*'c' \(row 1\)"),
        (pd.DataFrame({"a": TEXTS, "b": TEXTS, "c": TEXTS}), "3 columns. Choose"),
        ([(text, text) for text in TEXTS], "Tokenizer takes one text a row, no pairs"),
        ({"tokens": [[1, 2]]}, "no input 'tokens'. Did you mean 'token_ids'"),
        ([[1, 2], [3, 99]], "ids from 0 to 8.*Received: 99"),
        ([[0.5, 1.0]], "whole numbers.*0.5"),
        (Dataset(TEXTS).repeat(), "dataset has no end"),
        (Dataset(TEXTS).take(0), "dataset has no rows"),
        ({*TEXTS}, "takes a list of strings. Received: set"),
        (None, "Received: None"),
    ],
)
def test_what_is_no_text_is_named_with_its_row(lstm, data, message):
    with pytest.raises(sft.InputError, match=message):
        sft.predict(lstm, data)


def test_a_dataset_with_labels_takes_no_others(lstm):
    data = Dataset((TEXTS, LABELS)).batch(4)
    with pytest.raises(sft.InputError, match="holds labels itself"):
        sft.fine_tune(lstm, data, LABELS)
    with pytest.raises(sft.InputError, match="no labels"):
        sft.fine_tune(lstm, Dataset(TEXTS))
    broken = Dataset(TEXTS).map(lambda text: tf.strings.to_number(text))
    with pytest.raises(sft.InputError, match="dataset cannot be read"):
        sft.predict(lstm, broken)


def test_a_frame_that_holds_its_labels_is_refused(lstm):
    names = ["no" if label else "yes" for label in LABELS]
    data = pd.DataFrame({"text": TEXTS, "label": names})
    with pytest.raises(sft.InputError, match="'label' of the data holds the labels"):
        sft.fine_tune(lstm, data, data["label"])


def test_texts_for_a_copy_that_lost_its_preprocessor(lstm):
    with pytest.raises(sft.InputError, match=r"clone_model.*save_classifier"):
        sft.predict(keras.models.clone_model(lstm), TEXTS)


FRAME = pd.DataFrame(X.astype("float64"), columns=list("abcd"))
NUMBER_FORMS = {
    "frame": lambda: FRAME,
    "nullable": lambda: FRAME.convert_dtypes(),
    "objects": lambda: FRAME.astype(object),
    "object array": lambda: X.astype(object),
    "lists": lambda: X.tolist(),
    "arrays": lambda: list(X),
    "tensor": lambda: tf.constant(X),
    "one input in a list": lambda: [X],
    "an axis more": lambda: X[..., None],
    "other byte order": lambda: X.astype(">f4"),
    "longdouble": lambda: X.astype("longdouble"),
    "dataset": lambda: Dataset(X),
    "batched dataset": lambda: Dataset((X, Y)).batch(7),
    "generator": lambda: (row for row in X),
}


@pytest.mark.parametrize("form", NUMBER_FORMS)
def test_numbers_are_read_in_each_container(form):
    found = sft.predict_probabilities(mlp(), NUMBER_FORMS[form]())
    np.testing.assert_allclose(found, sft.predict_probabilities(mlp(), X), atol=1e-6)


def test_whole_numbers_and_bools_of_pandas_are_numbers():
    mixed = FRAME.assign(a=pd.array([1] * len(X), "Int64"), b=X[:, 1] > 0)
    mixed["c"] = pd.array(X[:, 2] > 0, "boolean")
    plain = np.stack([np.ones(len(X)), X[:, 1] > 0, X[:, 2] > 0, X[:, 3]], axis=1)
    found = sft.predict_probabilities(mlp(), mixed)
    np.testing.assert_allclose(found, sft.predict_probabilities(mlp(), plain))
    bools = sft.predict_probabilities(mlp(), FRAME > 0)
    np.testing.assert_array_equal(
        bools, sft.predict_probabilities(mlp(), 1.0 * (X > 0))
    )


def changed(value, row=5, column=2, dtype="float32"):
    data = X.astype(dtype)
    data[row, column] = value
    return data


NULLABLE = FRAME.assign(a=pd.array([1] * len(X), "Int64"))
NULLABLE.loc[3, "a"] = pd.NA


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed(np.nan), r"row 5, column 2 is missing \(nan\)"),
        (changed(-np.inf), "row 5, column 2 is not finite: -inf"),
        (changed(1e39, dtype="float64"), "not finite: 1e[+]39, beyond float32"),
        (FRAME.mask(FRAME.iloc[4, 1] == FRAME), "row 4, column 'b' is missing"),
        (NULLABLE, "row 3, column 'a' is missing"),
        ([*X.astype(object).tolist()[:2], [1, None, 2, 3]], "row 2, column 1 is miss"),
        (
            FRAME.astype(object).replace(FRAME.iloc[2, 3], "x"),
            r"'d' must be .*'x' \(row",
        ),
        (np.ma.masked_equal(X, X[6, 1]), "row 6, column 1 is masked"),
        (X + 1j, "must be numbers. Received: dtype complex"),
        (pd.DataFrame({"t": pd.to_datetime(["2020-01-01"])}), "'t' must be numbers"),
        (["a", "b"], "takes arrays, not strings"),
        (X[0], r"shape \(\). For one row give data\[None\]"),
        (X[:, None].repeat(2, 1), r"Received: rows of shape \(2, 4\)"),
        ([X[0], 3.0], r"rows of one kind.*float 3.0 \(row 1\)"),
        ([[[1], [1, 2]]], "row 0 holds lists of different lengths"),
        (3.0, "must be an array.*float 3.0"),
        ({"x": X}, "no input 'x'"),
        (np.zeros((0, 4)), "no rows"),
    ],
)
def test_what_is_no_number_is_named_with_row_and_column(data, message):
    for use in (sft.predict, lambda model, data: sft.fine_tune(model, data, Y)):
        with pytest.raises(sft.InputError, match=message):
            use(mlp(), data)


def test_inputs_by_name_are_told_by_name():
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    joined = keras.layers.Concatenate()([a, b])
    head = keras.layers.Dense(1, "sigmoid", name="head")(joined)
    one, two = np.ones((4, 2)), np.ones((4, 3))
    gap = two.copy()
    gap[1, 2] = np.nan
    for model in (keras.Model([a, b], head), keras.Model({"a": a, "b": b}, head)):
        expected = sft.predict_probabilities(model, {"a": one, "b": two})
        for data in ({"b": two, "a": one}, (one, two), Dataset({"a": one, "b": two})):
            found = sft.predict_probabilities(model, data)
            np.testing.assert_allclose(found, expected, rtol=1e-6)
        for data, message in [
            ({"a": one, "bb": two}, "no input 'bb'. Did you mean 'b'"),
            ({"a": one}, "lack the model's input 'b'"),
            ({"a": one, "b": gap}, "Input 'b': row 1, column 2 is missing"),
            ({"a": ["x"] * 4, "b": two}, "Input 'a' must be numbers"),
            (one, "takes 2 inputs, a, b"),
        ]:
            with pytest.raises(sft.InputError, match=message):
                sft.predict(model, data)


def test_waveforms_in_an_object_array():
    inputs = keras.Input((None, 1))
    pooled = keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(3, 4)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(pooled))
    waves = [np.linspace(0, 1, size, dtype="float32") for size in (9, 16, 31)]
    array = np.empty(3, object)
    array[:] = waves
    expected = sft.predict_probabilities(model, [wave[:, None] for wave in waves])
    for data in (array, waves, pd.Series(waves)):
        np.testing.assert_array_equal(sft.predict_probabilities(model, data), expected)
    waves[1][4] = np.nan
    with pytest.raises(sft.InputError, match="row 1, column 4 is missing"):
        sft.predict(model, waves)


def test_images_of_different_sizes_are_to_be_resized():
    layers = [keras.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D()]
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    images = [np.zeros((8, 8, 3)), np.zeros((9, 9, 3))]
    with pytest.raises(sft.InputError, match=r"\(9, 9, 3\).*one size first"):
        sft.predict(model, images)


@pytest.mark.parametrize("shape", [(1,), ()])
def test_a_model_that_looks_strings_up_itself_takes_strings(shape):
    vocabulary = keras.layers.TextVectorization(output_sequence_length=4)
    vocabulary.adapt(TEXTS)
    inputs = keras.Input(shape, dtype="string")
    table = keras.layers.Embedding(20, 4)(vocabulary(inputs))
    pooled = keras.layers.GlobalAveragePooling1D()(table)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid", name="head")(pooled))
    expected = sft.predict_probabilities(model, TEXTS)
    for data in (np.array(TEXTS)[:, None], pd.DataFrame({"text": TEXTS})):
        np.testing.assert_array_equal(sft.predict_probabilities(model, data), expected)
    for layers in ("all", None):  # with the part below the head computed once
        tuned = sft.fine_tune(model, TEXTS, LABELS, layers, epochs=1, verbose=0)
        assert abs(sft.predict_probabilities(tuned, TEXTS) - expected).max() < 0.2
    with pytest.raises(sft.InputError, match="row 12 is missing"):
        sft.predict(model, [*TEXTS, None])
