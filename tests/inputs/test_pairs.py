"""Pairs of texts: framed and cut as KerasHub does it, learned, saved."""

import numpy as np
import pandas as pd
import pytest

import sftkeras as sft

FIRST = ["the food was good", "great place and kind staff", "never again"] * 4
SECOND = [
    "i love this",
    "bad book , dull story",
    "not good at all and old and cold",
] * 4
LABELS = [0, 1, 0] * 4


@pytest.mark.parametrize("max_length", [32, 12, 9, 6])
def test_token_ids_are_those_of_keras_hub(tiny_encoder, max_length):
    known = tiny_encoder().preprocessor
    ours = type(known)(known.layer, max_length)
    found = ours.encode_pairs(FIRST, SECOND)
    assert ours.truncated == {32: 0, 12: 8, 9: 12, 6: 12}[max_length]
    known.layer.sequence_length = max_length
    expected = known.layer((FIRST, SECOND), y=None)  # a lone tuple would be (x, y)
    assert set(found) == set(expected)
    for name, column in found.items():
        wanted = np.asarray(expected[name]).astype(int)
        np.testing.assert_array_equal(column.take(np.arange(12), max_length), wanted)
    assert found["segment_ids"].values.max() == 1


def test_pairs_are_learned_from_and_saved(tiny_classifier, tmp_path):
    options = {"epochs": 1, "verbose": 0}
    model = sft.fine_tune(tiny_classifier(), (FIRST, SECOND), LABELS, **options)
    expected = sft.predict_probabilities(model, (FIRST, SECOND))
    other = sft.predict_probabilities(model, (SECOND, FIRST))
    assert abs(expected - other).max() > 1e-5  # which is first matters
    frame = pd.DataFrame({"premise": FIRST, "claim": SECOND})
    rows = list(zip(FIRST, SECOND, strict=True))
    for data in (frame, rows, np.array(rows), (pd.Series(FIRST), pd.Series(SECOND))):
        np.testing.assert_array_equal(sft.predict_probabilities(model, data), expected)
    again = sft.fine_tune(tiny_classifier(), frame, LABELS, **options)
    np.testing.assert_array_equal(sft.predict_probabilities(again, rows), expected)
    report = sft.evaluate_model(model, rows, LABELS, verbose=False)
    assert report["rows"] == 12
    mistakes = sft.confident_mistakes(model, frame, LABELS)
    assert list(mistakes.columns)[:2] == ["text", "text_pair"]
    sft.save_classifier(model, tmp_path / "pairs")
    loaded = sft.load_classifier(tmp_path / "pairs")
    np.testing.assert_array_equal(sft.predict_probabilities(loaded, rows), expected)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((FIRST, SECOND[:-1]), "12 first texts, 11 second ones"),
        ([FIRST, SECOND], "columns or rows. Write pairs as a tuple"),
        ([("a", "b"), ("a", None)], "row 1 is missing"),
        ([("a", "b", "c")] * 3, "two that make a pair. Received: 3 columns"),
    ],
)
def test_pairs_that_are_none_are_refused(tiny_classifier, data, message):
    with pytest.raises(sft.InputError, match=message):
        sft.predict(tiny_classifier(), data)
