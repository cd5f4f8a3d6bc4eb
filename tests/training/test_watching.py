"""Users' callbacks see the user's model, whatever is trained in its place."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from small import X, Y, all_bytes, mlp, train, tune

import sftkeras as sft

# (Keras' own, which `pytest.warns` raises anew from here.)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
LORA = {"techniques": [sft.LoRA(2)]}
WAYS = {
    "head": ("encoder", None, {}),
    "part": ("encoder", ["transformer_layer_1"], {}),
    "all": ("encoder", "all", {}),
    "LoRA": ("encoder", "all", {**LORA, "learning_rate": 0.01}),
    "LoRA in a part": ("encoder", ["transformer_layer_1"], LORA),
    "half precision": ("encoder", "all", {"mixed_precision": True}),
    "small table": ("lstm", "all", {}),
    "small table, LoRA": ("lstm", "all", {"techniques": [sft.LoRA(2, kernels=["d*"])]}),
    "in place": ("lstm", "in place", {"optimizer": "adam"}),
}


def run_with(way, callbacks, reviews, tiny_classifier, **more):
    """Train in one of the ways; return the trained model."""
    kind, layers, settings = WAYS[way]
    texts, labels = reviews.texts, reviews.labels
    held = texts[::2], labels[::2]
    settings = {"epochs": 3, "verbose": 0, "callbacks": callbacks, **settings, **more}
    if kind == "encoder":
        model = tiny_classifier()
    else:
        keras.utils.set_random_seed(0)
        tokenizer = sft.Tokenizer().fit_on_texts(texts)
        base = sft.create_model(1000, 4, 4, tokenizer=tokenizer, num_classes=2)
        hidden = keras.layers.Dense(4, "tanh", name="dense")(base.layers[-2].output)
        head = keras.layers.Dense(1, "sigmoid", name="head")(hidden)
        model = keras.Model(base.input, head)
        model.preprocessor = tokenizer
    if layers == "in place":
        settings.pop("patience", None)
        sft.train_model(model, texts, labels, *held, **settings)
        return model
    return sft.fine_tune(model, texts, labels, layers, (), held, **settings)


class Look(keras.callbacks.Callback):
    """Notes what a user would find in the model after each epoch."""

    def __init__(self, reviews):
        super().__init__()
        self.reviews, self.found = reviews, []

    def on_epoch_end(self, epoch, logs=None):
        texts, labels = self.reviews.texts[::2], self.reviews.labels[::2]
        report = sft.evaluate_model(self.model, texts, labels, verbose=False)
        probability = sft.predict_probabilities(self.model, texts)
        rate = float(self.model.optimizer.learning_rate)
        weights = all_bytes(self.model)
        self.found.append((report, probability, rate, weights, dict(logs)))


@pytest.mark.parametrize("way", WAYS)
def test_a_callback_sees_the_whole_model(way, reviews, tiny_classifier, tmp_path):
    look = Look(reviews)
    rates = keras.callbacks.TensorBoard(tmp_path / "logs")
    keep = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    callbacks = [look, keep, rates]
    tuned = run_with(way, callbacks, reviews, tiny_classifier, patience=None)
    plain = run_with(way, [], reviews, tiny_classifier, patience=None)
    assert all_bytes(tuned) == all_bytes(plain)  # to look changes nothing
    assert len(look.found) == 3
    tolerance = 0.03 if way == "half precision" else 1e-4
    for epoch, (report, probability, rate, weights, logs) in enumerate(look.found):
        assert report["loss"] == pytest.approx(logs["val_loss"], rel=tolerance)
        assert rate != look.found[epoch - 1][2] or way == "in place"
        saved = keras.models.load_model(tmp_path / f"{epoch + 1}.keras", compile=False)
        assert all_bytes(saved) == weights
        ids = tuned.preprocessor.encode(reviews.texts[::2])
        ids = keras.tree.map_structure(lambda column: column.take(np.arange(12)), ids)
        again = saved.predict(ids, verbose=0)[:, 0]
        np.testing.assert_allclose(again, probability[:, 1], atol=1e-5)
    assert look.found[0][3] != look.found[1][3] != weights == all_bytes(tuned)


def test_a_checkpoint_opens_in_plain_keras(tmp_path, reviews, tiny_classifier):
    for way in ("all", "small table", "in place"):
        keep = keras.callbacks.ModelCheckpoint(tmp_path / f"{way}.keras")
        run_with(way, keep, reviews, tiny_classifier)
    code = "import keras, keras_hub, pathlib, sys\n"
    code += "for file in pathlib.Path(sys.argv[1]).glob('*.keras'):\n"
    code += "    print(type(keras.models.load_model(file).optimizer).__module__)\n"
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["keras.src.optimizers.adam"] * 3, done.stderr


class Mean(keras.callbacks.Callback):
    """The mean of all epochs' weights in the end (SWA)."""

    def on_train_begin(self, logs=None):
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(self.model.get_weights())

    def on_train_end(self, logs=None):
        self.mean = [np.mean(w, axis=0) for w in zip(*self.seen, strict=True)]
        self.model.set_weights(self.mean)


@pytest.mark.parametrize("way", WAYS)
def test_weights_that_a_callback_sets_in_the_end_stay(way, reviews, tiny_classifier):
    mean = Mean()
    tuned = run_with(way, mean, reviews, tiny_classifier)
    for one, other in zip(tuned.get_weights(), mean.mean, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    assert not np.array_equal(tuned.get_weights()[-1], mean.seen[-1][-1])


class Nudge(keras.callbacks.Callback):
    """Sets all weights after the first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.model.set_weights([w * 0.9 for w in self.model.get_weights()])
            self.set = self.model.get_weights()
        self.last = self.model.get_weights()


@pytest.mark.parametrize("way", ["all", "LoRA", "small table", "in place"])
def test_weights_that_a_callback_sets_are_trained_on(way, reviews, tiny_classifier):
    nudge = Nudge()
    tiny = {"learning_rate": 1e-7, "patience": None}
    tuned = run_with(way, nudge, reviews, tiny_classifier, **tiny)
    for one, other in zip(tuned.get_weights(), nudge.set, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_frozen_weights_that_a_callback_changes_are_put_back(reviews, tiny_classifier):
    with pytest.warns(UserWarning, match="which is frozen; it was put back"):
        tuned = run_with("part", Nudge(), reviews, tiny_classifier)
    before = tiny_classifier().get_layer("transformer_layer_0")
    assert all_bytes(tuned.get_layer("transformer_layer_0")) == all_bytes(before)


@pytest.mark.parametrize("way", WAYS)
def test_the_users_early_stopping_restores(way, reviews, tiny_classifier):
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(all_bytes(note.model))
    )
    stop = keras.callbacks.EarlyStopping(
        "val_loss", patience=1, mode="max", restore_best_weights=True
    )
    options = {"patience": None, "epochs": 9}
    tuned = run_with(way, [note, stop], reviews, tiny_classifier, **options)
    best = stop.best_epoch
    assert tuned.history.kept_epoch == best < len(seen) - 1 < 8
    assert all_bytes(tuned) == seen[best]


def test_a_callback_stops_training_and_adds_to_the_logs():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["own"] = epoch
            self.model.stop_training = epoch == 1

    tuned = tune(None, callbacks=Stop(), epochs=5)
    assert tuned.history.history["own"] == [0, 1]


def test_batch_hooks_see_each_step():
    class Hear(keras.callbacks.Callback):
        steps, at = 0, ()

        def on_batch_end(self, batch, logs=None):
            assert np.isfinite(logs["loss"])
            self.at = (*self.at, all_bytes(self.model)[-1])
            self.steps += 1

    hear = Hear()
    tuned = tune(callbacks=hear, techniques=[sft.LoRA(2)])
    assert hear.steps == 15 == len(set(hear.at))
    assert hear.at[-1] == all_bytes(tuned)[-1]


@pytest.mark.parametrize("function", ["fine_tune", "train_model"])
def test_callbacks_that_rule_the_rate(function):
    rates = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(
            float(note.model.optimizer.learning_rate)
        )
    )
    fall = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    settings = {"epochs": 3, "learning_rate": 0.08, "callbacks": [fall, note]}
    if function == "train_model":
        model = mlp()
        train(model, X, Y, **settings)
        steady = mlp()
        train(steady, X, Y, epochs=3, learning_rate=0.08)
    else:
        with pytest.warns(UserWarning, match="LearningRateScheduler rules .* at 0.08"):
            model = tune(**settings)
        steady = tune(epochs=3, learning_rate=sft.constant(0.08))
    assert rates == pytest.approx([0.04, 0.02, 0.01])
    assert all_bytes(model) != all_bytes(steady)


def test_a_plateau_lowers_the_rate():
    plateau = keras.callbacks.ReduceLROnPlateau(
        "loss", patience=1, factor=0.1, min_delta=9
    )
    with pytest.warns(UserWarning, match="ReduceLROnPlateau rules"):
        tuned = tune(callbacks=[plateau], epochs=5, learning_rate=0.1)
    rates = tuned.history.history["learning_rate"]
    assert rates[0] == pytest.approx(0.1) and rates[-1] < 0.01


class Halve(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {
                "callbacks": keras.callbacks.ReduceLROnPlateau("loss"),
                "learning_rate": sft.one_cycle(0.1),
            },
            "ReduceLROnPlateau rules the learning rate, and so does the schedule",
        ),
        ({"callbacks": keras.callbacks.BackupAndRestore("b")}, "backup_dir=…"),
        ({"callbacks": keras.callbacks.SwapEMAWeights()}, "use_ema=True"),
        ({"callbacks": Halve()}, r"callback Halve sets .*sft\.constant\(rate\)"),
        ({"callbacks": [Halve]}, "must hold Keras callbacks"),
    ],
)
def test_what_cannot_work_is_told_of(settings, message):
    with pytest.raises(sft.InputError, match=message):
        tune(**settings)


def test_a_rate_that_a_callback_sets_is_used():
    halved = tune(callbacks=Halve(), learning_rate=sft.constant(0.01))
    assert all_bytes(halved) == all_bytes(tune(learning_rate=sft.constant(0.5)))
