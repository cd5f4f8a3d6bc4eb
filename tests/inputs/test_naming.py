"""Columns of a frame are known by their names, from training on."""

import numpy as np
import pandas as pd
import pytest

import sftkeras as sft
from tests import small

FRAME = pd.DataFrame(small.X, columns=list("abcd"))
TURNED = FRAME[["d", "b", "a", "c"]]


def tuned(train):
    if train == "train_model":
        model = small.mlp()
        sft.train_model(model, FRAME, small.Y, epochs=3, verbose=0)
        return model
    return sft.fine_tune(small.mlp(), FRAME, small.Y, epochs=3, verbose=0)


def probabilities(model, data):
    return sft.predict_probabilities(model, data)


@pytest.mark.parametrize("train", ["fine_tune", "train_model"])
def test_columns_in_any_order(train):
    model = tuned(train)
    expected = probabilities(model, FRAME)
    assert np.ptp(expected) > 0
    np.testing.assert_array_equal(probabilities(model, TURNED), expected)
    report = sft.evaluate_model(model, TURNED, small.Y, verbose=False)
    same = sft.evaluate_model(model, FRAME, small.Y, verbose=False)
    assert report["loss"] == same["loss"]


def test_what_has_no_names_goes_by_position():
    model = tuned("fine_tune")
    expected = probabilities(model, FRAME)
    for data in (small.X, pd.DataFrame(small.X)):
        np.testing.assert_array_equal(probabilities(model, data), expected)


@pytest.mark.parametrize(
    "data, said",
    [
        (FRAME[["a", "b", "c"]], "lack the column 'd'"),
        (FRAME.assign(label=1), "have a column 'label' more"),
        (FRAME.rename(columns={"a": "A"}), "lack the column 'a' and have a column 'A'"),
        (FRAME[["a", "b", "c", "d", "d"]], "two columns of one name"),
    ],
)
def test_other_columns_are_refused_by_name(data, said):
    with pytest.raises(sft.InputError, match=said):
        sft.predict(tuned("fine_tune"), data)


def test_validation_data_and_more_training_know_the_names():
    model = tuned("fine_tune")
    settings = {"epochs": 2, "verbose": 0, "validation_data": (FRAME, small.Y)}
    one = sft.fine_tune(model, FRAME, small.Y, **settings)
    settings["validation_data"] = (TURNED, small.Y)
    other = sft.fine_tune(model, TURNED, small.Y, **settings)
    assert small.all_bytes(one) == small.all_bytes(other)
    assert one.history.history == other.history.history


def test_a_bundle_keeps_the_names(tmp_path):
    model = tuned("fine_tune")
    sft.save_classifier(model, tmp_path / "bundle")
    loaded = sft.load_classifier(tmp_path / "bundle")
    expected = probabilities(model, FRAME)
    np.testing.assert_allclose(probabilities(loaded, TURNED), expected, atol=1e-6)
    with pytest.raises(sft.InputError, match="lack the column 'd'"):
        sft.predict(loaded, FRAME[["a", "b", "c"]])
