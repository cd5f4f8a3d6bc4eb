"""Long texts in windows: every token is read, a text's windows are averaged."""

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.inputs.windows import cut_windows, mean_by_owner


@pytest.mark.parametrize("length", [1, 7, 8, 9, 14, 15, 100])
def test_windows_cover_all_tokens_and_are_full(length):
    ids = list(range(length))
    windows, owners = cut_windows([ids, [0]], 8)
    assert {token for window in windows[:-1] for token in window} == {*ids} and len(
        owners
    ) == len(windows)
    assert all(len(window) == min(8, length) for window in windows[:-1])
    assert owners.tolist() == [0] * (len(windows) - 1) + [1]


def test_windows_are_averaged_by_text():
    values = np.array([[1.0, 0.0], [0.0, 1.0], [0.2, 0.8]])
    mean = mean_by_owner(values, np.array([0, 0, 1]))
    np.testing.assert_array_equal(mean, [[0.5, 0.5], [0.2, 0.8]])


def test_a_long_text_is_answered_by_the_mean_of_its_windows(tiny_encoder, reviews):
    model = sft.load_pretrained_model(tiny_encoder(), max_length=8)  # 6 words
    words = [word for text in reviews.texts for word in text.split()]
    texts = [" ".join(words[:12]), "never again"]
    parts = [" ".join(words[start : start + 6]) for start in (0, 5, 6)]
    found = sft.predict_probabilities(model, texts, long_texts="windows")
    expected = sft.predict_probabilities(model, parts).mean(axis=0)
    np.testing.assert_allclose(found[0], expected, rtol=1e-5)
    alone = sft.predict_probabilities(model, ["never again"])[0]
    np.testing.assert_allclose(found[1], alone, rtol=1e-5)
    with pytest.warns(UserWarning, match="1 of 2 texts are longer"):
        cut = sft.predict_probabilities(model, texts)
    assert abs(cut[0] - found[0]).max() > 1e-6
    report = sft.evaluate_model(model, texts, [0, 1], long_texts="windows", verbose=0)
    assert report["rows"] == 2
    assert len(sft.predict(model, texts, long_texts="windows")) == 2


def test_the_lstm_reads_windows_too(reviews):
    tokenizer = sft.Tokenizer(max_length=5).fit_on_texts(reviews.texts)
    model = sft.create_model(tokenizer=tokenizer, units=4)
    found = sft.predict_probabilities(model, reviews.texts, long_texts="windows")
    assert found.shape == (24, 2)


def test_windows_are_for_texts(reviews, tiny_classifier):
    pairs = (reviews.texts, reviews.texts)
    with pytest.raises(sft.InputError, match="models that take one text"):
        sft.predict(tiny_classifier(), pairs, long_texts="windows")
    with pytest.raises(sft.InputError, match="'cut' or 'windows'"):
        sft.predict(tiny_classifier(), reviews.texts, long_texts="whole")
