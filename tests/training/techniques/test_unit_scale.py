"""Regression of any scale trains as well as at unit scale, in the user's unit."""

import keras
import numpy as np
import pytest
from small import X, all_bytes, mlp, train, tune

import sftkeras as sft

# (Keras' own, which `pytest.warns` raises anew from here.)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
Z = (X[:, 0] + 0.5 * X[:, 1]).astype("float64")
SCALES = [(200_000, 50_000), (0, 1e-6), (-3e9, 1e9), (1e5, 1), (0, 1e12)]
FAST = {"epochs": 30, "batch_size": 8}


def regressor(dropout=0.0):
    return mlp(1, None, dropout=dropout)


def error(model, targets, deviation):
    return sft.evaluate_model(model, X, targets, verbose=False)["mae"] / deviation


@pytest.mark.parametrize(("mean", "deviation"), SCALES)
@pytest.mark.parametrize("function", ["fine_tune", "train_model"])
def test_any_scale_trains(function, mean, deviation, tmp_path):
    targets = Z * deviation + mean
    if function == "fine_tune":
        model = tune(model=regressor(), labels=targets, **FAST)
        history = model.history
    else:
        model = regressor()
        history = train(model, X, targets, learning_rate=0.01, **FAST)
    assert error(model, targets, deviation) < 0.25
    plain = model.predict(X, verbose=0)[:, 0]  # of plain Keras, in the user's unit
    np.testing.assert_allclose(plain, sft.predict(model, X), rtol=1e-5)
    mae = float(np.abs(plain - targets).mean())
    assert history.history["mae"][-1] == pytest.approx(mae, rel=0.5)
    assert history.history["loss"][-1] > mae**2 / 2
    sft.save_classifier(model, tmp_path / "b")
    loaded = sft.load_classifier(tmp_path / "b")
    np.testing.assert_allclose(sft.predict(loaded, X), plain, rtol=1e-5)


def test_a_scaled_run_is_the_run_at_unit_scale():
    unit = regressor()
    unit.get_layer("head").set_weights(regressor().get_layer("head").get_weights())
    z = ((Z - Z.mean()) / Z.std()).astype("float32")
    near = tune(model=unit, labels=z, **FAST)
    far = tune(model=regressor(), labels=z * 1e5 + 7e5, **FAST)
    scaled = (np.array(sft.predict(far, X)) - 7e5) / 1e5
    np.testing.assert_allclose(scaled, sft.predict(near, X), atol=2e-2)


@pytest.mark.parametrize("loss", ["mae", keras.losses.Huber(3e4), "log_cosh"])
def test_other_losses_are_in_the_users_unit_too(loss):
    targets = Z * 5e4 + 2e5
    model = tune(model=regressor(), labels=targets, loss=loss, **FAST)
    assert error(model, targets, 5e4) < 0.3
    expected = model.evaluate(X, targets, verbose=0)[0]
    assert model.history.history["loss"][-1] == pytest.approx(expected, rel=0.6)


class Look(keras.callbacks.Callback):
    """What the user's model answers, and says of its error, after each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.mean = np.mean(sft.predict(self.model, X))
        self.error = self.model.evaluate(X, Z * 5e4 + 2e5, verbose=0)[0]
        self.logs = dict(logs)
        self.weights = all_bytes(self.model)


@pytest.mark.parametrize("techniques", [(), [sft.LoRA(2)]])
@pytest.mark.parametrize("layers", ["all", None])
def test_callbacks_validation_and_early_stopping(layers, techniques):
    targets, look = Z * 5e4 + 2e5, Look()
    options = {"labels": targets, "validation_data": (X, targets), "epochs": 12}
    if techniques and layers is None:
        layers = ["block_1"]
    options |= {"techniques": techniques, "patience": 3, "learning_rate": 0.02}
    tuned = tune(layers, model=regressor(), callbacks=look, **options)
    assert look.error == pytest.approx(look.logs["val_loss"], rel=1e-4)
    assert 1.5e5 < look.mean < 2.5e5
    plain = tune(layers, model=regressor(), **options)
    assert all_bytes(plain) == all_bytes(tuned)  # to look changes nothing
    kept = tuned.history.history["val_loss"][tuned.history.kept_epoch]
    assert tuned.evaluate(X, targets, verbose=0)[0] == pytest.approx(kept, rel=1e-4)


def test_training_goes_on_where_it_stopped(tmp_path):
    targets = Z * 5e4 + 2e5
    first = tune(model=regressor(), labels=targets, **FAST)
    more = tune(model=first, labels=targets, epochs=1, learning_rate=1e-6)
    assert error(more, targets, 5e4) == pytest.approx(error(first, targets, 5e4), 1e-3)
    other = tune(model=first, labels=targets * 3, **FAST)
    assert error(other, targets * 3, 1.5e5) < 0.4
    mean = sft.average_models([first, first])
    assert error(mean, targets, 5e4) == pytest.approx(error(first, targets, 5e4), 1e-3)


def test_an_interrupted_run_leaves_the_users_unit():
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 20:
                raise KeyboardInterrupt

    model, targets = regressor(), Z * 5e4 + 2e5
    with pytest.raises(KeyboardInterrupt):
        train(model, X, targets, learning_rate=0.01, callbacks=Stop(), **FAST)
    assert error(model, targets, 5e4) < 0.5


def test_a_head_that_cannot_be_scaled_is_told_of():
    inputs = keras.Input((4,))
    head = keras.layers.Dense(1, "softplus")
    model = keras.Model(inputs, head(inputs))
    with pytest.warns(UserWarning, match="mean of 2e\\+05 .* replace_head"):
        train(model, X, Z * 0 + 2e5 + X[:, 0], epochs=1)


def test_beyond_float32_another_unit_is_asked_for():
    with pytest.raises(sft.InputError, match="another unit"):
        tune(model=regressor(), labels=Z * 1e25)
