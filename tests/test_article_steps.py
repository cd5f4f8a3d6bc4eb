"""What the article's five steps (§3) do on today's Keras.

Each test re-creates an effect in our own code, then shows what sftkeras does instead.
The program and the formulas are in `test_article.py`.
"""

import copy
import inspect
import warnings

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.models.copying import copy_model
from sftkeras.training.fine_tuning import _DEFAULTS

layers = keras.layers
X = np.random.default_rng(0).normal(size=(33, 4)).astype("float32")  # (N, features)
Y = (X[:, 0] > 0).astype(int)


def network(units=1):
    """A backbone of two blocks with weights of BERT's size, and a head; flat."""
    keras.utils.set_random_seed(0)
    small = keras.initializers.RandomNormal(stddev=0.02)
    x = inputs = keras.Input((4,))
    for name in ("block_0", "block_1"):
        x = layers.Dense(4, kernel_initializer=small, name=name)(x)
    activation = "sigmoid" if units == 1 else "softmax"
    return keras.Model(inputs, layers.Dense(units, activation, name="head")(x))


def nest(model):
    """The same network with its backbone as one layer, as many tutorials build it."""
    backbone = keras.Model(model.input, model.layers[-2].output, name="backbone")
    inputs = keras.Input((4,))
    return keras.Model(inputs, model.layers[-1](backbone(inputs)))


def freeze_as_printed(model, layers_to_fine_tune):
    """The loop of §3.3, for layer in model.layers, in other words."""
    for layer in model.layers:
        layer.trainable = layer.name in layers_to_fine_tune


def trained_layers(model):
    """The names of the layers whose weights Keras would train."""
    return {weight.path.split("/")[-2] for weight in model.trainable_weights}


def test_categorical_crossentropy_with_whole_number_labels():
    # §3.3: model.compile(…, loss='categorical_crossentropy', …)
    model, labels = network(units=3), np.arange(33) % 3
    model.compile("adam", "categorical_crossentropy")
    with pytest.raises(ValueError, match="must have the same rank"):
        model.fit(X, labels, verbose=0)

    right = "loss='sparse_categorical_crossentropy'"
    with pytest.raises(sft.InputError, match=right):
        sft.fine_tune(model, X, labels, loss="categorical_crossentropy")
    tuned = sft.fine_tune(model, X, labels, epochs=1, verbose=0)
    assert tuned.loss.name == "sparse_categorical_crossentropy"


@pytest.mark.parametrize("loss", ["auto", "categorical_crossentropy"])
def test_one_hot_rows_are_what_that_loss_is_for(loss):
    model, rows = network(units=3), np.eye(3)[np.arange(33) % 3]
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    expected = model.evaluate(X, rows, verbose=0)
    report = sft.evaluate_model(model, X, rows, verbose=False)
    assert [report["loss"], report["accuracy"]] == pytest.approx(expected, rel=1e-4)
    tuned = sft.fine_tune(model, X, rows, loss=loss, epochs=1, verbose=0)
    history = tuned.history.history
    assert history["loss"][0] == pytest.approx(expected[0], rel=0.05)
    assert history["accuracy"][0] == pytest.approx(expected[1], abs=0.1)


def test_categorical_crossentropy_on_one_output_has_a_loss_of_zero():
    # §3.3's loss on §5.2's head, Dense(1, activation='sigmoid')
    model = network()
    before = model.get_weights()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    with pytest.warns(SyntaxWarning, match="num_classes > 1"):
        history = model.fit(X, np.ones(33), epochs=2, verbose=0)
    assert history.history["loss"] == [0.0, 0.0]
    assert all(map(np.array_equal, before, model.get_weights()))
    # Class 1 teaches it nothing; class 0 does, behind the same loss of zero.
    answers = model.predict(X, verbose=0)
    history = model.fit(X, np.zeros(33), epochs=2, verbose=0)
    assert history.history["loss"] == [0.0, 0.0]
    assert (model.predict(X, verbose=0) < answers).all()

    for function in (sft.fine_tune, sft.train_model):
        with pytest.raises(sft.InputError, match="loss='binary_crossentropy'"):
            function(model, X, Y, loss="categorical_crossentropy")
    tuned = sft.fine_tune(model, X, Y, epochs=1, verbose=0)
    assert tuned.history.history["loss"][0] > 0.1


def test_a_misspelt_layer_trains_nothing():
    # §3.3: if layer.name in layers_to_fine_tune
    model = network()
    freeze_as_printed(model, ["blok_1"])
    assert trained_layers(model) == set()
    before = model.get_weights()
    model.compile("adam", "binary_crossentropy")
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        model.fit(X, Y, verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))
    # One name of two misspelt: no warning at all.
    freeze_as_printed(model, ["blok_1", "head"])
    model.compile("adam", "binary_crossentropy")
    model.fit(X, Y, verbose=0)
    assert trained_layers(model) == {"head"}

    for function in (sft.set_trainable, lambda m, n: sft.fine_tune(m, X, Y, n)):
        with pytest.raises(sft.InputError, match=r"no layer .* 'block_1'"):
            function(model, ["blok_1", "head"])


def test_a_head_that_is_not_listed_is_frozen_at_random():
    # §3.3: else: layer.trainable = False
    model = network()
    freeze_as_printed(model, ["block_1"])
    assert trained_layers(model) == {"block_1"}

    assert sft.set_trainable(model, ["block_1"]) == ["block_1", "head"]
    assert trained_layers(model) == {"block_1", "head"}


def test_a_nested_backbone_is_frozen_whole():
    # §3.3: for layer in model.layers
    model = nest(network())
    freeze_as_printed(model, ["block_1", "head"])
    assert trained_layers(model) == {"head"}

    sft.set_trainable(model, ["block_1", "head"])
    assert trained_layers(model) == {"block_1", "head"}
    tuned = sft.fine_tune(model, X, Y, ["block_1"], epochs=1, verbose=0)
    pairs = zip(tuned.weights, model.get_weights(), strict=True)
    moved = {w.path.split("/")[-2] for w, old in pairs if not np.array_equal(w, old)}
    assert moved == {"block_1", "head"}


def test_the_learning_rate_spares_pretrained_weights():
    # §3.3: optimizer = Adam(learning_rate=0.001)
    def change(model):
        old, new = (m.get_layer("block_0").get_weights()[0] for m in (network(), model))
        return np.linalg.norm(new - old) / np.linalg.norm(old)

    printed = network()
    printed.compile(keras.optimizers.Adam(0.001), "binary_crossentropy")
    printed.fit(X, Y, epochs=3, batch_size=32, verbose=0)
    # An Adam step is as long as the learning rate, however small weight and gradient.
    assert change(printed) > 0.1

    tuned = sft.fine_tune(network(), X, Y, verbose=0)
    assert 0 < change(tuned) < 0.02


@pytest.mark.parametrize(
    ("layers_to_fine_tune", "extent"),
    [(None, "head"), ("block_1", "part"), ("all",) * 2],
)
def test_the_defaults_fit_what_is_trained(layers_to_fine_tune, extent):
    # §3.3: epochs=3, batch_size=32 and a rate of 0.001, whatever is trained
    rate, epochs, batch_size = _DEFAULTS[extent]
    if extent == "head":
        assert rate > 1e-3  # a new head has nothing to forget
    else:
        # What works for a whole encoder; its upper layers bear larger steps.
        assert 2e-5 <= rate <= {"all": 1e-4, "part": 3e-4}[extent]

    tuned = sft.fine_tune(network(), X, Y, layers_to_fine_tune, verbose=0)
    schedule = tuned.optimizer.get_config()["learning_rate"]["config"]
    assert schedule["warmup_target"] == rate
    assert len(tuned.history.epoch) == epochs
    assert int(tuned.optimizer.iterations) == epochs * -(-len(X) // batch_size)
    assert float(tuned.optimizer.learning_rate) == pytest.approx(0, abs=rate / 100)


def test_a_copy_without_deepcopy():
    # §3.3: model = copy.deepcopy(pretrained_model)
    model = network()
    model.preprocessor, model.label_names = None, ("bad", "good")
    with pytest.warns(DeprecationWarning, match="copy"):
        copied = copy.deepcopy(model)
    np.testing.assert_array_equal(copied(X), model(X))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = copy_model(model)
    np.testing.assert_array_equal(ours(X), model(X))
    assert ours.label_names == ("bad", "good")
    before = model.get_weights()
    sft.fine_tune(model, X, np.where(Y, "good", "bad"), epochs=1, verbose=0)
    ours.set_weights([weight + 1 for weight in before])
    assert all(map(np.array_equal, before, model.get_weights()))


def test_evaluation_has_no_epochs():
    # §3.5: scores = model.evaluate(data, labels, epochs=num_epochs, …)
    model = network()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    with pytest.raises(ValueError, match=r"not recognized.*epochs"):
        model.evaluate(X, Y, epochs=1, batch_size=32)

    assert "epochs" not in inspect.signature(sft.evaluate_model).parameters
    report = sft.evaluate_model(model, X, Y, batch_size=32, verbose=False)
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    assert report["accuracy"] == pytest.approx(accuracy)
    assert report["loss"] == pytest.approx(loss, rel=1e-5)


def test_recall_and_f1_are_reported(capsys):
    # §3.5 names recall and F1, and prints scores[1], the accuracy
    model = network()
    *rest, kernel, bias = model.get_weights()
    model.set_weights([*rest, kernel * 0, bias - 5])  # always answers 0
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    x, labels = X[:8], np.array([0] * 6 + [1] * 2)
    scores = model.evaluate(x, labels, verbose=0)
    assert len(scores) == 2 and scores[1] == 0.75  # no sign of the class never found

    report = sft.evaluate_model(model, x, labels)
    assert report["accuracy"] == 0.75
    assert report["per_class"]["1"] == {
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "support": 2,
    }
    assert report["recall"] == 0.5
    assert report["f1"] == pytest.approx(0.5 * 12 / 14)  # mean of 2PR/(P+R), and 0
    assert report["confusion_matrix"] == [[6, 0], [2, 0]]
    printed = capsys.readouterr().out
    assert printed.startswith("Accuracy: 75.00%")
    assert "recall" in printed and "f1" in printed
