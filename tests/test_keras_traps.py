"""Keras' own traps on the way to fine-tuning (facts.md), and what sftkeras does.

Each test first walks into the trap with plain Keras or KerasHub.
"""

import os
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
from sftkeras.files import ROOT
from sftkeras.inputs.batches import Batches
from sftkeras.inputs.rows import make_rows

layers = keras.layers
X = np.random.default_rng(0).normal(3, 2, (16, 4)).astype("float32")  # (N, features)
Y = (X[:, 0] > 3).astype(int)


def classifier(*middle):
    """A flat model of 4 features: `block`, the given layers, `head`."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    x = layers.Dense(4, name="block")(inputs)
    for layer in middle:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="head")(x))


def moved(layer, action):
    """True if the action changes any weight of the layer."""
    before = layer.get_weights()
    action()
    return not all(map(np.array_equal, before, layer.get_weights()))


@pytest.mark.parametrize("then", [True, False])
def test_trainable_set_after_fit_is_ignored_until_compile(then):
    model = classifier()
    block = model.get_layer("block")
    block.trainable = not then
    model.compile("adam", "binary_crossentropy")
    model.fit(X, Y, verbose=0)
    block.trainable = then
    # It goes on as before, and nothing is said (a warning would be an error here).
    assert moved(block, lambda: model.fit(X, Y, verbose=0)) is not then

    def train():
        sft.train_model(model, X, Y, epochs=1, verbose=0)

    block.trainable = not then
    train()
    block.trainable = then
    assert moved(block, train) is then


@pytest.mark.parametrize("chosen", ["all", "head"])
def test_batch_norm_statistics_move_in_spite_of_training_false(chosen):
    flat = classifier(layers.BatchNormalization(name="norm"))
    backbone = keras.Model(flat.input, flat.get_layer("norm").output, name="backbone")
    inputs = keras.Input((4,))
    nested = keras.Model(inputs, flat.layers[-1](backbone(inputs, training=False)))
    nested.compile("adam", "binary_crossentropy")
    norm = backbone.get_layer("norm")
    before = norm.get_weights()
    nested.fit(X, Y, verbose=0)
    assert not any(map(np.array_equal, before, norm.get_weights()))

    for model in (flat, nested):
        tuned = sft.fine_tune(model, X, Y, chosen, epochs=1, verbose=0)
        pairs = zip(tuned.weights, model.get_weights(), strict=True)
        changed = {
            w.path.split("/")[-2] for w, old in pairs if (w != old).numpy().any()
        }
        assert changed == ({"block", "head"} if chosen == "all" else {"head"})


def test_dropout_in_a_frozen_backbone_stays_active():
    # With nothing learned, the loss can differ between epochs by dropout only.
    # (A dropout right below the trained part counts as its own: hence `above`.)
    model = classifier(layers.Dropout(0.5), layers.Dense(4, name="above"))
    for layer in model.layers[:-1]:
        layer.trainable = False
    model.compile(keras.optimizers.SGD(1e-12), "binary_crossentropy")
    plain = model.fit(X, Y, epochs=4, verbose=0).history["loss"]
    assert np.ptp(plain) > 1e-3

    def losses(**kwargs):
        tuned = sft.fine_tune(
            model, X, Y, None, epochs=4, learning_rate=1e-12, verbose=0, **kwargs
        )
        return tuned.history.history["loss"]

    assert np.ptp(losses()) < 1e-6
    assert np.ptp(losses(cache_frozen=False)) > 1e-3  # Keras' way, on request


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
    model.compile(
        keras.optimizers.Adam(0.5), "binary_crossentropy", metrics=["accuracy"]
    )
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
    reviews, tiny_encoder, tiny_classifier, monkeypatch
):
    """Windows has no tensorflow-text; here it is taken away."""
    module = "keras_hub.src.tokenizers.word_piece_tokenizer.tf_text"
    monkeypatch.setattr(module, None)
    model = tiny_classifier()
    hub = keras_hub.models.BertTextClassifier(
        tiny_encoder(),
        num_classes=2,
        preprocessor=model.preprocessor.layer,
    )
    with pytest.raises(AttributeError, match="NoneType"):
        hub.fit(np.array(reviews.texts), reviews.labels, verbose=0)

    tuned = sft.fine_tune(
        model, reviews.texts, reviews.labels, None, epochs=1, verbose=0
    )
    assert len(sft.predict(tuned, reviews.texts)) == 24
    (inputs,) = Batches(make_rows(model, reviews.texts))[0]
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

    with pytest.raises(sft.InputError, match=r"needs a network.*use 'minilm'"):
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
    def start(code):
        env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, "-c", code], stderr=subprocess.PIPE, env=env, text=True
        )

    ours = start("from sftkeras.machine import import_keras; import_keras()")
    if sys.platform == "linux":  # what it logs depends on the machine
        with start("import tensorflow") as plain:
            assert "before absl::InitializeLog()" in plain.stderr.readline()
            plain.kill()
    assert (ours.communicate()[1], ours.returncode) == ("", 0)


def test_keras_imports_what_few_use_and_here_when_it_is_used():
    code = """if True:
        import sys
        from sftkeras.machine import import_keras
        keras, many = import_keras(), {"sklearn", "scipy.stats", "matplotlib.pyplot"}
        assert not many & {*sys.modules}, many & {*sys.modules}
        assert keras.wrappers.SKLearnClassifier.__module__.startswith("keras")
        assert callable(keras.visualization.plot_image_gallery)
        from keras.visualization import draw_bounding_boxes
        from keras.src.visualization.plot_image_gallery import plot_image_gallery
        assert plot_image_gallery is keras.visualization.plot_image_gallery
        assert many <= {*sys.modules}
    """
    plain = "import sys, keras; sys.exit('sklearn' not in sys.modules)"
    for each in (plain, code):
        subprocess.run([sys.executable, "-c", each], check=True, cwd=ROOT)
