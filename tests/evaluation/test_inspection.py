"""`sftkeras.inspection`: the mistakes in order, and what each threshold gives."""

import keras
import numpy as np
import pytest
from sklearn import metrics

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.evaluation.mistakes import confident_mistakes
from sftkeras.evaluation.thresholds import threshold_table


def model_of(probabilities, names):
    """A model whose answer to the row `i` of `rows_of(…)` is `probabilities[i]`."""
    table = np.array(probabilities, "float32")
    table = table.reshape(len(table), -1)
    units = table.shape[1]
    inputs = keras.Input((len(table),))
    head = keras.layers.Dense(
        units, "sigmoid" if units == 1 else "softmax", use_bias=False, name="head"
    )
    model = keras.Model(inputs, head(inputs))
    head.set_weights([np.log(table / (1 - table)) if units == 1 else np.log(table)])
    model.label_names = names
    return model


def rows_of(probabilities):
    return np.eye(len(probabilities), dtype="float32")


SCORES = [0.9, 0.2, 0.6, 0.4, 0.05, 0.95]
LABELS = [0, 1, 1, 1, 0, 1]  # wrong at 0.5: rows 0 (0.9), 1 (0.8) and 3 (0.6)


def test_the_mistakes_come_with_the_surest_first():
    model = model_of(SCORES, (0, 1))
    table = confident_mistakes(model, rows_of(SCORES), LABELS)
    assert table.index.tolist() == [0, 1, 3]
    assert table["label"].tolist() == [0, 1, 1]
    assert table["predicted"].tolist() == [1, 0, 0]
    np.testing.assert_allclose(table["probability"], [0.9, 0.8, 0.6], rtol=1e-5)
    assert "text" not in table
    assert confident_mistakes(model, rows_of(SCORES), LABELS, count=1).index == [0]
    for count in (-1, 2.5, True, "3", None):
        with pytest.raises(InputError, match="`count` must be a whole number"):
            confident_mistakes(model, rows_of(SCORES), LABELS, count=count)
    right = (np.array(SCORES) > 0.5).astype(int)
    assert confident_mistakes(model, rows_of(SCORES), right).empty


def test_the_mistakes_of_a_model_of_three_classes():
    scores = [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.3, 0.4, 0.3]]
    model = model_of(scores, ("a", "b", "c"))
    table = confident_mistakes(model, rows_of(scores), ["c", "c", "a"])
    assert table.index.tolist() == [0, 2]
    assert table["predicted"].tolist() == ["a", "b"]
    np.testing.assert_allclose(table["probability"], [0.7, 0.4], rtol=1e-5)


def test_the_mistakes_of_a_text_model_show_the_texts(reviews):
    tokenizer = sft.Tokenizer().fit_on_texts(reviews.texts)
    model = sft.create_model(tokenizer=tokenizer, output_dim=2, units=2)
    sft.train_model(model, reviews.texts, reviews.labels, epochs=1, verbose=0)
    table = confident_mistakes(model, reviews.texts, reviews.labels, count=24)
    predicted = sft.predict(model, reviews.texts)
    wrong = {row for row, name in enumerate(predicted) if name != reviews.labels[row]}
    assert {*table.index} == wrong and wrong
    for row, text in table["text"].items():
        assert text == reviews.texts[row]


@pytest.mark.parametrize("positive", [None, 0, 1])
def test_the_table_is_scikit_learns(positive):
    model = model_of(SCORES, (0, 1))
    table = threshold_table(
        model, rows_of(SCORES), LABELS, positive, [0.1, 0.3, 0.5, 0.94]
    )
    assert table.index.tolist() == [0.1, 0.3, 0.5, 0.94]
    assert table.index.name == "threshold"
    of_class = {"pos_label": 1 if positive is None else positive}
    for threshold, row in table.iterrows():
        predicted = (np.array(SCORES) > threshold).astype(int)
        assert row["accuracy"] == metrics.accuracy_score(LABELS, predicted)
        assert row["precision"] == metrics.precision_score(
            LABELS, predicted, **of_class
        )
        assert row["recall"] == metrics.recall_score(LABELS, predicted, **of_class)
        assert row["f1"] == pytest.approx(
            metrics.f1_score(LABELS, predicted, **of_class)
        )


def test_the_thresholds_by_default():
    table = threshold_table(model_of(SCORES, (0, 1)), rows_of(SCORES), LABELS)
    assert len(table) == 99 and table.index[49] == 0.5
    assert table["recall"].is_monotonic_decreasing
    report = sft.evaluate_model(
        model_of(SCORES, (0, 1)), rows_of(SCORES), LABELS, verbose=False
    )
    assert table.loc[0.5, "accuracy"] == report["accuracy"] == 0.5


@pytest.mark.parametrize("function", [confident_mistakes, threshold_table])
def test_labels_that_do_not_fit_the_rows(function):
    with pytest.raises(sft.InputError, match="Received: 6 rows, 5 labels"):
        function(model_of(SCORES, (0, 1)), rows_of(SCORES), LABELS[:5])


def test_a_threshold_needs_two_classes_and_a_known_label():
    model = model_of([[0.7, 0.2, 0.1]], (0, 1, 2))
    with pytest.raises(sft.InputError, match="is for two classes; the model has 3"):
        threshold_table(model, rows_of([1]), [0])
    model = model_of(SCORES, ("bad", "good"))
    with pytest.raises(sft.InputError, match="Received: positive='nice'"):
        threshold_table(model, rows_of(SCORES), ["bad"] * 6, positive="nice")
