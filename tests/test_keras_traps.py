"""Keras' own traps on the way to fine-tuning (facts.md), and what sftkeras does.

Each test first walks into the trap with plain Keras or KerasHub.
"""

import re
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import metadata, requires

import keras
import keras_hub
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.batches import Batches, make_rows
from sftkeras.runtime import ROOT

layers = keras.layers
X = np.random.default_rng(0).normal(3, 2, (16, 4)).astype("float32")  # (N, features)
Y = (X[:, 0] > 3).astype(int)


def classifier(middle=None, nested=False):
    """`block → middle → head`; nested: the first two inside one layer, `backbone`."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    x = layers.Dense(4, name="block")(inputs)
    x = x if middle is None else middle(x)
    head = layers.Dense(1, activation="sigmoid", name="head")
    if not nested:
        return keras.Model(inputs, head(x))
    backbone = keras.Model(inputs, x, name="backbone")
    inputs = keras.Input((4,))
    return keras.Model(inputs, head(backbone(inputs, training=False)))


def moved(layer, action):
    """True if the action changes any weight of the layer."""
    before = layer.get_weights()
    action()
    return not all(map(np.array_equal, before, layer.get_weights()))


@pytest.mark.parametrize("frozen", [False, True])
def test_trainable_set_after_fit_is_ignored_until_compile(frozen):
    model = classifier()
    block = model.get_layer("block")
    block.trainable = not frozen
    model.compile("adam", "binary_crossentropy")
    model.fit(X, Y, verbose=0)
    block.trainable = frozen
    # Nothing is said (a warning would be an error), and the block does as before.
    assert moved(block, lambda: model.fit(X, Y, verbose=0)) is not frozen

    block.trainable = not frozen
    sft.train_model(model, X, Y, epochs=1, verbose=0)
    block.trainable = frozen
    action = lambda: sft.train_model(model, X, Y, epochs=1, verbose=0)  # noqa: E731
    assert moved(block, action) is frozen


@pytest.mark.parametrize("frozen", [False, True])
def test_batch_norm_statistics_move_in_spite_of_training_false(frozen):
    norm = layers.BatchNormalization(name="norm")
    model = classifier(norm, nested=True)
    model.compile("adam", "binary_crossentropy")
    assert moved(norm, lambda: model.fit(X, Y, verbose=0))
    assert not np.allclose(norm.moving_mean, 0)

    chosen = "head" if frozen else "all"
    for given in (model, classifier(layers.BatchNormalization(name="norm"))):
        tuned = sft.fine_tune(given, X, Y, chosen, epochs=1, verbose=0)
        before = dict(sft.freezing.iterate_layers(given))
        for path, layer in sft.freezing.iterate_layers(tuned):
            same = map(np.array_equal, layer.get_weights(), before[path].get_weights())
            assert all(same) is (frozen or "block" not in path) or path == "head"


def test_dropout_in_a_frozen_backbone_stays_active():
    def losses(fit):
        """The loss of four epochs in which no weight moves to speak of."""
        return np.array(fit().history["loss"])

    model = classifier(layers.Dropout(0.5), nested=True)
    # `training=False` in the call would have switched it off; most code has none.
    inputs = keras.Input((4,))
    backbone, head = model.get_layer("backbone"), model.get_layer("head")
    backbone.trainable = False
    model = keras.Model(inputs, head(backbone(inputs)))
    model.compile(keras.optimizers.SGD(1e-12), "binary_crossentropy")
    assert np.ptp(losses(lambda: model.fit(X, Y, epochs=4, verbose=0))) > 1e-3

    # A dropout right before the trained part belongs to it; so a layer after it here.
    inputs = keras.Input((4,))
    x = layers.Dropout(0.5)(layers.Dense(4, name="block")(inputs))
    x = layers.Dense(4, name="above")(x)
    flat = keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="head")(x))
    still = {"epochs": 4, "learning_rate": 1e-12, "verbose": 0}

    def tune(**kwargs):
        return sft.fine_tune(flat, X, Y, None, **still, **kwargs).history

    assert np.ptp(losses(tune)) < 1e-6
    assert np.ptp(losses(lambda: tune(cache_frozen=False))) > 1e-3


def test_early_stopping_keeps_the_last_weights_not_the_best():
    plain = keras.callbacks.EarlyStopping()
    assert (plain.patience, plain.restore_best_weights) == (0, False)
    # One weight, right on the validation data at first, and training turns it round.
    x, y = np.array([[1.0], [-1.0]] * 8), np.array([0, 1] * 8)
    inputs = keras.Input((1,))
    head = layers.Dense(1, activation="sigmoid", use_bias=False, name="head")
    model = keras.Model(inputs, head(inputs))
    model.set_weights([np.array([[0.6]])])
    weights = model.get_weights()
    model.compile(keras.optimizers.Adam(0.5), "binary_crossentropy", ["accuracy"])
    stop = keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=2)
    history = model.fit(
        x, y, validation_data=(x, 1 - y), epochs=9, callbacks=[stop], verbose=0
    )
    accuracy = history.history["val_accuracy"]
    assert max(accuracy) == 1.0 and len(accuracy) < 9
    assert model.evaluate(x, 1 - y, verbose=0)[1] == 0.0

    model.set_weights(weights)
    tuned = sft.fine_tune(
        model,
        x,
        y,
        validation_data=(x, 1 - y),
        epochs=60,
        learning_rate=0.5,
        verbose=0,
    )
    accuracy = tuned.history.history["val_accuracy"]
    assert accuracy[-1] == 0.0 and 2 < len(accuracy) < 60
    assert sft.evaluate_model(tuned, x, 1 - y, verbose=False)["accuracy"] == 1.0


def test_keras_hub_pads_to_512(reviews, tiny_encoder):
    backbone = tiny_encoder()
    tokenizer = backbone.preprocessor.layer.tokenizer
    layer = keras_hub.models.BertTextClassifierPreprocessor(tokenizer)
    assert layer(reviews.texts)["token_ids"].shape == (24, 512)

    rows = make_rows(backbone, reviews.texts)
    longest = max(len(ids) for ids in tokenizer(reviews.texts)) + 2  # [CLS], [SEP]
    assert rows.lengths.max() == longest < 12
    widths = {rows.take(np.array([row]))["token_ids"].shape[1] for row in range(24)}
    assert widths == set(rows.lengths.tolist()) and len(widths) > 2


def test_texts_are_tokenized_without_tensorflow_text(
    reviews, tiny_classifier, monkeypatch
):
    """Windows has no tensorflow-text; here it is taken away."""
    module = "keras_hub.src.tokenizers.word_piece_tokenizer.tf_text"
    monkeypatch.setattr(module, None)
    model = tiny_classifier()
    hub = keras_hub.models.BertTextClassifier(
        keras_hub.models.BertBackbone(31, 1, 1, 2, 2),
        num_classes=2,
        preprocessor=model.preprocessor.layer,
    )
    with pytest.raises(AttributeError):
        hub.fit(np.array(reviews.texts), reviews.labels, verbose=0)

    tuned = sft.fine_tune(
        model, reviews.texts, reviews.labels, None, epochs=1, verbose=0
    )
    assert len(sft.predict(tuned, reviews.texts)) == 24
    inputs, labels = Batches(make_rows(model, reviews.texts), reviews.labels)[0]
    assert {column.dtype.kind for column in inputs.values()} == {"i"}


def test_a_preset_out_of_reach_says_what_to_do(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise OSError("there is no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    with pytest.raises(OSError, match="Max retries exceeded") as caught:
        keras_hub.models.Backbone.from_preset("bert_base_en_uncased")
    assert type(caught.value).__name__ == "ConnectionError"

    with pytest.raises(sft.InputError, match="needs a network.*use 'minilm'"):
        sft.load_pretrained_model("bert-base-uncased")  # the article's name


def test_requirements_name_what_tensorflow_and_keras_leave_out():
    assert not [name for name in requires("tensorflow") if "tensorboard" in name]
    assert metadata("keras")["Requires-Python"] == ">=3.11"
    assert "keras>=3.15" in requires("keras-hub")

    listed = (ROOT / "requirements.txt").read_text()
    assert re.search(r"^tensorboard==", listed, re.MULTILINE)
    assert re.search(r"^keras==3\.(1[5-9]|[2-9]\d)\.", listed, re.MULTILINE)
    assert re.search(r"^tensorflow-text==.*sys_platform != .win32", listed, re.M)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"


def test_tensorflow_logs_at_import_whatever_the_level():
    def stderr_of(code):
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env={"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stderr

    assert "oneDNN" in stderr_of("import tensorflow")
    assert stderr_of("import sftkeras as sft; sft.create_model(9, 2, 2)") == ""
