"""`fine_tune`: what moves, what stays, what it says (article §3.3)."""

import contextlib

import keras
import numpy as np
import pytest
from small import LAYERS, ROWS, THREE, X, Y, all_bytes, mlp, moved, train, tune

import sftkeras as sft
from sftkeras.tasks.infer import infer_task


@pytest.mark.parametrize(
    ("layers", "trained", "cache"),
    [
        ("all", LAYERS, True),
        (None, ["head"], True),
        (["block_1"], ["block_1", "head"], True),
        (["block_1"], ["block_1", "head"], False),
        (["*_0"], ["block_0", "head"], True),
    ],
)
def test_the_chosen_layers_move_and_nothing_else(layers, trained, cache):
    model = mlp()
    before = all_bytes(model)
    tuned = tune(layers, model, cache_frozen=cache)
    assert moved(model, tuned) == trained
    assert all_bytes(model) == before and all(w.trainable for w in model.layers)
    assert [n for n in LAYERS if tuned.get_layer(n).trainable] == trained
    assert tuned.history.trainable_params == sum(
        model.get_layer(name).count_params() for name in trained
    )


def test_a_text_model_is_tuned_and_stays_one(tiny_classifier, reviews):
    model = tiny_classifier()
    tuned = sft.fine_tune(
        model, reviews.texts, reviews.labels, ["transformer_layer_1"], epochs=2,
        learning_rate=1e-3, verbose=0,
    )  # fmt: skip
    assert {"transformer_layer_1", "head"} == {
        one.name
        for one, other in zip(model.layers, tuned.layers, strict=True)
        if all_bytes(one) != all_bytes(other)
    }
    assert tuned.preprocessor is model.preprocessor
    assert (model.label_names, tuned.label_names) == (None, (0, 1))
    assert set(sft.predict(tuned, reviews.texts)) <= {0, 1}


def test_a_frozen_weight_that_moves_is_an_error():
    class Meddle(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.layers[1].kernel.assign_add(np.full((4, 6), 1e-6))

    class Spoilt:  # (what a user's own callback does to frozen weights is undone)
        @contextlib.contextmanager
        def applied_to(self, run):
            run.callbacks.append(Meddle())
            yield

    with pytest.raises(RuntimeError, match="frozen weight block_0/kernel changed"):
        tune(None, cache_frozen=False, techniques=[Spoilt()])


def test_the_seed_decides_every_weight():
    model, results = mlp(), []
    for earlier, seed in [(1, 1), (2, 1), (1, 2)]:
        keras.utils.set_random_seed(earlier)  # what went before must not matter
        results.append(all_bytes(tune(model=model, seed=seed)))
    assert results[0] == results[1]
    assert results[0] != results[2]
    assert train_bytes(1) == train_bytes(1)


def train_bytes(seed):
    model = mlp()
    train(model, epochs=1, seed=seed)
    return all_bytes(model)


@pytest.mark.parametrize(
    ("head", "labels", "names"),
    [
        ((1, "sigmoid"), np.where(Y, "yes", "no"), ("no", "yes")),
        ((1, None), Y * 2 - 1, (-1, 1)),
        ((3, "softmax"), THREE + 5, (5, 6, 7)),
        ((3, None), np.eye(3)[THREE], (0, 1, 2)),
        ((1, None), X[:, 0] * 2 + 1, ()),
    ],
)
def test_every_kind_of_label_is_learned(head, labels, names):
    tuned = tune(
        model=mlp(*head, dropout=0), labels=labels, epochs=25, learning_rate=0.1
    )
    assert tuned.label_names == names
    report = sft.evaluate_model(tuned, X, labels, verbose=False)
    loss = tuned.evaluate(X, infer_task(tuned).targets(labels), verbose=0)[0]
    assert loss == pytest.approx(report["loss"], rel=1e-3)  # it comes compiled
    if names:
        assert set(sft.predict(tuned, X)) == set(names)
        assert report["accuracy"] > 0.8
    else:
        assert report["mae"] < 0.3


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "auto"])
def test_one_hot_labels_train_like_class_numbers(loss):
    plain = tune(model=mlp(3, "softmax"), labels=THREE)
    one_hot = tune(model=mlp(3, "softmax"), labels=np.eye(3)[THREE], loss=loss)
    for one, other in zip(plain.get_weights(), one_hot.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    expected = plain.history.history["accuracy"]
    assert one_hot.history.history["accuracy"] == pytest.approx(expected)


WRONG = [
    ({"labels": Y[:9]}, "40 rows, 9 labels"),
    ({"labels": None}, "There are no labels"),
    ({"labels": [0, None] * 20}, r"None \(row 1\)"),
    ({"labels": np.ones(ROWS)}, "nothing to tell apart"),
    ({"labels": np.arange(ROWS) % 3}, "num_classes=3"),
    ({"loss": "categorical_crossentropy"}, "loss='binary_crossentropy'"),
    ({"loss": "no_such_loss"}, "`loss` must be"),
    ({"seed": -1}, "`seed`.*-1"),
    ({"seed": 1.5}, r"`seed`.*1\.5"),
    ({"epochs": 0}, "`epochs`.*0"),
    ({"batch_size": 2.5}, r"`batch_size`.*2\.5"),
    ({"patience": 0, "validation_data": (X, Y)}, "`patience`.*0"),
    ({"learning_rate": 0}, "`learning_rate`.*0"),
    ({"learning_rate": "fast"}, "`learning_rate`.*'fast'"),
    ({"class_weight": "heavy"}, "`class_weight`.*'heavy'"),
    ({"class_weight": {7: 1.0}}, "names 7, none of"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_a_wrong_argument_is_named(change, message):
    with pytest.raises(sft.InputError, match=message):
        tune(**change)
    options = dict(change)
    options.pop("validation_data", None)
    labels = options.pop("labels", Y)
    with pytest.raises(sft.InputError, match=message):
        train(mlp(), X, labels, **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": ["block_9"]}, "Did you mean 'block_"),
        ({"layers_to_freeze": "*"}, "Nothing is left to train"),
        ({"validation_data": (X[:3], [0, 1])}, "3 rows, 2 validation labels"),
        ({"validation_data": (X[:3], None)}, "There are no validation labels"),
        ({"validation_data": (X[:2], [0, 5])}, r"Label 5 \(row 1\)"),
    ],
)
def test_a_wrong_argument_of_fine_tune_is_named(change, message):
    with pytest.raises(sft.InputError, match=message):
        tune(**change)


def test_without_patience_all_epochs_are_run():
    tuned = tune(validation_data=(X, 1 - Y), patience=None, epochs=8)
    assert len(tuned.history.epoch) == 8


def test_class_weights_are_for_classes():
    with pytest.raises(sft.InputError, match="this is a regression"):
        tune(model=mlp(1, None), labels=X[:, 0], class_weight="balanced")


def test_a_copy_normalizes_as_the_model_does():
    layer = keras.layers.Normalization(name="standardize")
    layer.adapt(X * 3 + 7)
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(1, activation="sigmoid")(layer(inputs))
    model = keras.Model(inputs, outputs)
    copy = sft.copying.copy_model(model)
    assert np.array_equal(copy(X), model(X))
