"""Sample weights, validation data in each form, and a share held out."""

import numpy as np
import pandas as pd
import pytest
from small import X, Y, mlp, train, tune

import sftkeras as sft
from sftkeras.tasks.classification import Classification
from sftkeras.training.examples import split_off, training_data
from sftkeras.training.recipe import Recipe


def weights_of(model):
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.mark.parametrize("run", ["fine_tune", "train_model"])
def test_sample_weights_count_and_multiply_class_weights(run):
    def fitted(**options):
        if run == "fine_tune":
            return weights_of(tune(**options))
        model = mlp()
        train(model, X, Y, epochs=2, **options)
        return weights_of(model)

    twice = np.where(Y == 1, 2.0, 1.0)
    by_class = fitted(class_weight={0: 1.0, 1: 2.0})
    np.testing.assert_array_equal(fitted(sample_weight=twice), by_class)
    series = pd.Series(twice, index=range(90, 90 + len(Y)))
    np.testing.assert_array_equal(fitted(sample_weight=series), by_class)
    both = fitted(sample_weight=twice, class_weight={0: 1.0, 1: 0.5})
    np.testing.assert_array_equal(both, fitted(sample_weight=np.ones(len(Y))))
    assert abs(by_class - fitted()).max() > 1e-4


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.r_[np.ones(39), np.nan], r"row 39 is missing \(nan\)"),
        (np.r_[np.ones(39), -1], r"from 0 up. Received: -1 \(row 39\)"),
        (np.ones(3), "40 rows, 3 weights"),
        (np.ones((40, 2)), "one number a row"),
        (np.zeros(40), "All weights are 0"),
        (["a"] * 40, "must be numbers"),
    ],
)
def test_sample_weights_that_are_none_are_refused(weights, message):
    with pytest.raises(sft.InputError, match=message):
        tune(sample_weight=weights)


def test_validation_data_with_weights():
    weights = np.where(np.arange(len(X)) < 5, 1.0, 0.0)
    few = tune(validation_data=(X[:5], Y[:5])).history.history["val_loss"]
    weighed = tune(validation_data=(X, Y, weights)).history.history["val_loss"]
    np.testing.assert_allclose(np.array(weighed) * len(X) / 5, few, rtol=1e-4)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (5, "Received: int"),
        ((X,), "Received: tuple of 1"),
        (X, "Received: ndarray"),
        (sft.Examples(X), "no validation labels"),
        ((X, Y, -np.ones(len(X))), "validation sample weights.*from 0 up"),
        ((X, Y[:-1]), "39 validation labels"),
    ],
)
def test_validation_data_that_are_none_are_refused(data, message):
    with pytest.raises(sft.InputError, match=message):
        tune(validation_data=data)


def test_a_share_is_held_out_by_class_and_seed():
    def parts(seed=0, labels=Y):
        data = training_data(mlp(), X, labels, np.arange(len(X)))
        recipe = Recipe(validation_split=0.25, seed=seed)
        task = Classification().fitted_to(labels)
        return split_off(mlp(), task, data, None, recipe)

    kept, held = parts()
    assert len(held.labels) == 10 and len(kept.labels) == 30
    assert abs(np.mean(held.labels) - Y.mean()) < 0.1
    rows = np.concatenate([kept.weights, held.weights])
    assert sorted(rows) == list(range(len(X)))
    np.testing.assert_array_equal(held.inputs, X[held.weights])
    assert [part.weights.tolist() for part in parts()] == [
        kept.weights.tolist(),
        held.weights.tolist(),
    ]
    assert parts(seed=1)[1].weights.tolist() != held.weights.tolist()
    frame = parts(labels=pd.Series(Y, index=range(90, 90 + len(Y))))
    assert frame[1].labels.tolist() == held.labels.tolist()


def test_equal_texts_stay_on_one_side(reviews):
    texts, labels = reviews.texts * 2, [*reviews.labels] * 2
    tokenizer = sft.Tokenizer().fit_on_texts(texts)
    model = sft.create_model(tokenizer=tokenizer, units=4)
    data = training_data(
        model, [text.upper() for text in texts[:24]] + texts[24:], labels
    )
    task = Classification(preprocessor=tokenizer).fitted_to(labels)
    kept, held = split_off(model, task, data, None, Recipe(validation_split=0.25))
    sides = [{text.lower() for text in part.inputs} for part in (kept, held)]
    assert len(held.inputs) == 12 and not sides[0] & sides[1]


def test_training_stops_by_the_share_that_is_held_out():
    history = tune(validation_split=0.3).history
    assert "val_accuracy" in history.history
    with pytest.raises(sft.InputError, match="not both"):
        tune(validation_split=0.3, validation_data=(X, Y))
    for share in (0, 1, 1.5, "half", True):
        with pytest.raises(sft.InputError, match="between 0 and 1"):
            tune(validation_split=share)
    with pytest.raises(
        sft.InputError, match=r"can be held out.*validation_split=0\.99"
    ):
        tune(validation_split=0.99)


def test_train_model_takes_validation_data_with_labels_in_it():
    model = mlp()
    history = train(model, sft.Examples(X, Y), x_val=sft.Examples(X, Y), epochs=1)
    assert "val_loss" in history.history
    for wrong in ({"x_val": X}, {"y_val": Y}):
        with pytest.raises(sft.InputError, match="both `x_val` and `y_val`"):
            train(model, X, Y, **wrong)
