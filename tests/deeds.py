"""What users of `test_real_users.py` did, where it takes more than a line."""

import contextlib
import io
import json
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from users import (
    LABELS,
    NAMES,
    TEXTS,
    THREE,
    X,
    Y,
    dense,
    in_threads,
    same,
    sequential,
    train,
    tune,
    written,
)

import sftkeras as sft
from sftkeras.commands.main import main

# Rows of inputs with one cell that is no number, and targets with one.
HOLED = np.where(np.arange(96).reshape(24, 4) == 22, np.nan, X).astype("float32")
GAP = np.where(np.arange(24) == 7, np.nan, X[:, 0])
FRAME = pd.DataFrame(X, columns=list("abcd"))
WHOLE = pd.DataFrame((X * 10).round().astype(int), columns=list("abcd"))
PAIRS = list(zip(TEXTS, reversed(TEXTS), strict=True))


def learned(model, names):
    """Check the label names, and that they come back."""
    assert model.label_names == tuple(names)
    assert set(sft.predict(model, TEXTS[:4])) <= set(names)


def has(data, labels, *texts):
    """Check what was read of a file."""
    assert list(data.label_names) == labels
    assert not texts or data.texts == list(texts)


def threads_leave_initializers(here):
    sft.save_classifier(train(), here / "b")
    in_threads(lambda: sft.load_classifier(here / "b"))
    in_threads(lambda: tune(dense()), 3)
    assert np.any(
        keras.ops.convert_to_numpy(keras.initializers.GlorotUniform()((3, 3)))
    )


def nobody_is_reseeded(here):
    model = dense()
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    tune(model)
    assert np.random.random() == expected


def checkpoint_is_the_model(here):
    saver = keras.callbacks.ModelCheckpoint(here / "m.keras")
    model = train()
    tuned = tune(model, TEXTS, LABELS, callbacks=saver)
    same(keras.models.load_model(here / "m.keras", compile=False), tuned)


def callback_predicts(here):
    seen = []

    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            found = sft.predict(self.model, TEXTS)
            seen.append((np.mean(np.equal(found, LABELS)), logs["val_accuracy"]))

    settings = {"validation_data": (TEXTS, LABELS), "callbacks": [Score()]}
    tune(train(), TEXTS, LABELS, epochs=3, learning_rate=0.05, **settings)
    assert len(seen) == 3
    assert all(mine == pytest.approx(theirs) for mine, theirs in seen)


def plateau(here):
    lower = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=100)
    rates = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(
            float(watch.model.optimizer.learning_rate)
        )
    )
    tune(dense(), epochs=4, callbacks=[lower, watch])
    assert rates[-1] < rates[0]


def generator_of_callbacks(here):
    seen = []
    one = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(1))
    tune(dense(), callbacks=(c for c in [one]))
    tune(dense(), callbacks=one)
    tune(dense(), callbacks=None)
    assert len(seen) == 2


def opens_in_plain_keras(here):
    tuned = tune(dense())
    tuned.save(here / "m.keras")
    same(keras.models.load_model(here / "m.keras"), tuned)


def vectorizes_itself(here):
    layer = keras.layers.TextVectorization(output_sequence_length=8)
    layer.adapt(TEXTS)
    x = inputs = keras.Input((1,), dtype="string")
    for made in (layer, keras.layers.Embedding(40, 4), keras.layers.Flatten()):
        x = made(x)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(x))
    tuned = tune(model, TEXTS, LABELS)
    assert len(sft.predict(tuned, np.array(TEXTS)[:, None])) == 16


def every_function_takes(here, model=None, x=X, y=THREE):
    model = model or sequential()
    train(x, y, model)
    tuned = tune(model, x, y)
    sft.save_classifier(tuned, here / "b")
    same(sft.load_classifier(here / "b"), tuned)
    assert sft.replace_head(model, 2).outputs[0].shape[-1] == 1
    assert sft.evaluate_model(tuned, x, y, verbose=False)["rows"] == 24


def hinge_learns(here):
    x = np.eye(3, dtype="float32")[THREE]
    model = train(x, THREE, dense(3, width=3), epochs=60, batch_size=3,
                  learning_rate=0.02, loss="categorical_hinge")  # fmt: skip
    assert sft.predict(model, x) == THREE


def absent_class(here):
    model = dense(3)
    train(X, THREE, model, epochs=1)
    rows = np.flatnonzero(np.isin(sft.predict(model, X), [0, 1]))
    answers = np.array(sft.predict(model, X))[rows]
    report = sft.evaluate_model(model, X[rows], answers, verbose=False)
    assert report["accuracy"] == report["f1"] == 1


def house_prices(here):
    y = 200_000 + 30_000 * X[:, 0]
    model = dense(1, None)
    tuned = tune(model, X, y, epochs=60, learning_rate=0.02)
    mae = sft.evaluate_model(tuned, X, y, verbose=False)["mae"]
    assert mae < 10_000
    assert tuned.predict(X, verbose=0)[:, 0] == pytest.approx(sft.predict(tuned, X))


def own_freezing(here):
    model = dense()
    model.get_layer("body").bias.trainable = False
    tuned = tune(model)
    assert not tuned.get_layer("body").bias.trainable
    assert not tuned.get_layer("body").get_weights()[1].any()


def frozen_layer(here):
    model = dense()
    model.get_layer("body").trainable = False
    tune(model)


def keras_lora(here):
    body = keras.layers.Dense(64, "relu", name="body")
    model = dense(3, width=64, body=body)
    body.enable_lora(2)
    tuned = tune(model, np.repeat(X, 16, 1), THREE)
    assert tuned.history.trainable_params == 2 * (64 + 64) + 64 + 64 * 3 + 3


def other_job(here):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(dense(), epochs=4, backup_dir=here / "bk", callbacks=[Stop()])
    other = dense(body=keras.layers.Dense(8, "linear", name="body"))
    tune(other, epochs=4, backup_dir=here / "bk", class_weight={0: 50.0})


def copies_lose_names(here, copied):
    sft.predict(copied(train(y=NAMES)), TEXTS)


def reloaded(model, path):
    model.save(path)
    return keras.models.load_model(path, compile=False)


def command(*words):
    """Run a command; return its status and the lines it printed, warnings last."""
    out, told = io.StringIO(), io.StringIO()
    streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(told)
    with streams[0], streams[1], warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        status = main([str(word) for word in words])
    return status, (out.getvalue() + told.getvalue()).splitlines()


def predicted(here, content):
    """Return what `predict --file` prints of a CSV."""
    sft.save_classifier(train(y=NAMES), here / "b")
    file = written(here, "new.csv", content)
    status, lines = command("predict", "--model", here / "b", "--file", file)
    assert status == 0
    return lines


def encoder():
    """A BERT of KerasHub's, tiny, as its own classifier."""
    hub = pytest.importorskip("keras_hub")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *" ".join(TEXTS).split()]
    tokenizer = hub.tokenizers.BertTokenizer(list(dict.fromkeys(words)))
    body = hub.models.BertBackbone(64, 1, 2, 8, 16, max_sequence_length=32)
    encode = hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=32)
    return hub.models.BertTextClassifier(body, num_classes=2, preprocessor=encode)


def hub_classifier(here, texts=TEXTS):
    assert len(sft.predict(tune(encoder(), texts, LABELS), texts)) == 16


def own_callbacks(here):
    made = keras.callbacks
    own = [made.EarlyStopping("loss"), made.CSVLogger(here / "log.csv")]
    tune(dense(), epochs=2, callbacks=[*own, made.TensorBoard(here / "logs")])
    assert len((here / "log.csv").read_text().splitlines()) == 3


def moved_bundle(here):
    model = train()
    sft.save_classifier(model, here / "b")
    (here / "b").rename(here / "我的 模型")
    same(sft.load_classifier(here / "我的 模型"), model)


def changed_line_ends(here):
    sft.save_classifier(train(), here / "b")
    file = here / "b" / "tokenizer.json"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    sft.load_classifier(here / "b")


def time_series(here):
    layers = [keras.Input((None, 3)), keras.layers.Conv1D(4, 3, activation="relu")]
    layers += [keras.layers.GlobalMaxPooling1D(), keras.layers.Dense(1, "sigmoid")]
    series = np.repeat(X[:, :3], 8, 0).reshape(24, 8, 3)
    every_function_takes(here, keras.Sequential(layers), series, Y)


def two_outputs():
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in "ab"]
    return keras.Model(inputs, outputs)


def fitted(here, name, content, classes, warning):
    """Check what classes `fit` finds in a file, and what it tells."""
    file = written(here, name, content)
    words = ("fit", "--train", file, "--model", "lstm", "--epochs", 1, "--out")
    status, lines = command(*words, here / "out")
    assert status == 0
    assert warning in " ".join(lines)
    report = json.loads((here / "out" / "report.json").read_text())
    assert report["label_names"] == classes


def onto_itself(here):
    file = written(
        here,
        "t.txt",
        "".join(f"{t}\t{n}\n" for t, n in zip(TEXTS, LABELS, strict=True)),
    )
    words = ("fit", "--train", file, "--epochs", 1, "--out", here / "out", "--model")
    assert command(*words, "lstm")[0] == command(*words, here / "out")[0] == 0
