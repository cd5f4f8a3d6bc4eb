"""A new head keeps the classes that the old one knew: by name, before any training."""

import keras
import numpy as np
import pytest
from small import THREE, X, Y, mlp

import sftkeras as sft

NAMES = np.array(["cold", "mild", "warm"])[THREE]


@pytest.fixture(scope="module")
def three():
    model = mlp(3, "softmax")
    sft.train_model(model, X, NAMES, epochs=30, learning_rate=0.02, verbose=0)
    return model


def test_a_class_more_keeps_the_old_decisions_and_ratios(three):
    assert three.label_names == ("cold", "mild", "warm")
    four = sft.replace_head(three, label_names=("warm", "new", *three.label_names[:2]))
    assert four.label_names == ("warm", "new", "cold", "mild")
    assert sft.predict(four, X) == sft.predict(three, X)
    assert len({*sft.predict(three, X)}) == 3
    old, new = sft.predict_probabilities(three, X), sft.predict_probabilities(four, X)
    np.testing.assert_allclose(new[:, 2] / new[:, 0], old[:, 0] / old[:, 2], rtol=1e-4)
    labels = [*NAMES, *["new"] * 20]
    x = np.concatenate([X, X[:20] - [0, 0, 0, 9]]).astype("float32")
    tuned = sft.fine_tune(four, x, labels, learning_rate=0.02, epochs=40, verbose=0)
    found = np.array(sft.predict(tuned, x))
    assert np.mean(found[-20:] == "new") > 0.9
    assert np.mean(found[:-20] == NAMES) > 0.8


def test_two_classes_of_one_sigmoid_become_three_and_three_become_two(three):
    model = mlp()
    labels = np.array(["no", "yes"])[Y]
    sft.train_model(model, X, labels, epochs=20, learning_rate=0.02, verbose=0)
    more = sft.replace_head(model, label_names=("no", "yes", "perhaps"))
    assert more.output_shape == (None, 3)
    assert sft.predict(more, X) == sft.predict(model, X)
    back = sft.replace_head(more, label_names=("yes", "no"))
    assert back.output_shape == (None, 1)
    found = sft.predict_probabilities(back, X)[:, ::-1]
    np.testing.assert_allclose(found, sft.predict_probabilities(model, X), atol=1e-5)
    pair = sft.replace_head(three, label_names=("cold", "warm"))
    p = sft.predict_probabilities(three, X)[:, [0, 2]]
    expected = p / p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(sft.predict_probabilities(pair, X), expected, atol=1e-5)


def test_a_label_more_of_several_a_row():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3, "tanh")(inputs)
    backbone = keras.Model(inputs, hidden)
    task = sft.MultiLabel(("food", "price"))
    model = sft.load_pretrained_model(backbone, task=task)
    more = sft.replace_head(model, task=sft.MultiLabel(("new", "price", "food")))
    old, new = sft.predict_probabilities(model, X), sft.predict_probabilities(more, X)
    np.testing.assert_allclose(new[:, [2, 1]], old, atol=1e-6)
    assert new[:, 0].max() < 0.2


def test_other_names_get_an_untrained_head(three):
    fresh = sft.replace_head(three, 3, seed=1)
    named = sft.replace_head(three, label_names=("a", "b", "c"), seed=1)
    kernel = three.get_layer("head").get_weights()[0]
    for model in (fresh, named):
        assert not np.array_equal(model.layers[-1].get_weights()[0], kernel)
    assert fresh.label_names is None


def test_an_unknown_label_names_the_call_that_adds_it(three):
    call = r"replace_head\(model, label_names=\(\*model.label_names, 'hot'\)\)"
    labels = ["hot", *NAMES[1:]]
    for function in (sft.fine_tune, sft.evaluate_model):
        with pytest.raises(sft.InputError, match=f"'hot' .row 0. is none.*{call}"):
            function(three, X, labels)
