"""Training stops where numbers end; nothing that is no number is handed on."""

import keras
import numpy as np
import pytest
from small import X, Y, all_bytes, mlp, train, tune

import sftkeras as sft


class Spoil(keras.callbacks.Callback):
    """Puts a not-a-number into a layer, where a ReLU or nothing hides it."""

    def __init__(self, epoch=1):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.before = all_bytes(self.model)
        if epoch == self.epoch:
            bias = self.model.get_layer("block_0").bias
            bias.assign([np.nan, *[0.0] * 5])


def relu_mlp(end="sigmoid"):
    """Its loss stays finite when a number within is none: relu(nan) is 0."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(6, "relu", name="block_0")(inputs)
    x = keras.layers.Dense(6, "relu", name="block_1")(x)
    return keras.Model(inputs, keras.layers.Dense(1, end, name="head")(x))


@pytest.mark.parametrize("build", [mlp, relu_mlp])
@pytest.mark.parametrize("function", ["fine_tune", "train_model"])
def test_training_stops_and_keeps_the_last_good_weights(build, function):
    spoil, model = Spoil(), build()
    with pytest.raises(sft.DivergedError, match=r"epoch 2, step \d+, at a .* of ep"):
        if function == "fine_tune":
            tune(model=model, callbacks=spoil, epochs=4)
        else:
            train(model, X, Y, callbacks=spoil, epochs=4)


def test_the_error_holds_the_model_and_its_history():
    spoil = Spoil()
    with pytest.raises(sft.DivergedError, match=r"weights of epoch 1\.") as caught:
        tune(callbacks=spoil, epochs=4, learning_rate=sft.constant(0.02))
    error = caught.value
    assert all_bytes(error.model) == spoil.before
    assert len(error.history.history["loss"]) == 1 == error.epoch
    assert error.learning_rate == pytest.approx(0.02)
    assert error.model.history is error.history
    assert len(sft.predict(error.model, X)) == len(X)


def test_a_rate_far_too_high_is_named():
    model = mlp(1, None, dropout=0)
    start = all_bytes(model)
    with pytest.raises(sft.InputError, match=r"try learning_rate=1e\+2\d") as caught:
        train(model, X, X[:, 0], optimizer="sgd", learning_rate=1e28, epochs=3)
    assert "from before training" in str(caught.value)
    assert all_bytes(model) == start and model.history.history == {}


@pytest.mark.parametrize(
    ("rate", "advice"),
    [
        (sft.warmup_cosine(0.01), "try learning_rate=0.001,"),  # at its end it is 0
        (0.01, "try learning_rate=0.001,"),
    ],
)
def test_the_advice_is_by_the_highest_rate_not_by_the_last(rate, advice):
    class SpoilTheLast(Spoil):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 4:
                self.model.get_layer("block_0").bias.assign([np.nan, *[0.0] * 5])

    with pytest.raises(sft.DivergedError, match=advice):
        tune(
            callbacks=SpoilTheLast(epoch=9), epochs=2, batch_size=20,
            learning_rate=rate,
        )  # fmt: skip


def test_a_rate_that_is_no_cause_is_not_blamed():
    with pytest.raises(sft.DivergedError, match="The data hold numbers as") as caught:
        train(relu_mlp(None), 1e30 * X, X[:, 0], epochs=1)
    assert "such as to a mean of 0" in str(caught.value)

    class Log(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            pass  # so that each step is seen

    model = relu_mlp(None)
    model.get_layer("block_0").kernel.assign(np.full((4, 6), 3e38))
    model.get_layer("block_1").kernel.assign(np.full((6, 6), 3e38))
    with pytest.raises(sft.DivergedError, match="it is not the rate") as caught:
        train(model, X, X[:, 0], epochs=1, batch_size=8, callbacks=Log())
    assert "learning_rate=" not in str(caught.value)


def test_a_rate_of_zero_is_not_lowered():
    stop = keras.callbacks.LearningRateScheduler(lambda epoch: 0.0)
    with pytest.raises(sft.DivergedError) as caught:
        train(mlp(), X, Y, callbacks=[stop, Spoil()], epochs=3)
    assert "at a learning rate of 0:" in str(caught.value)
    assert "learning_rate=" not in str(caught.value)


def test_half_precision_and_own_losses_are_named_as_causes():
    def root(true, predicted):
        return keras.ops.mean(keras.ops.sqrt(predicted - 2.0))

    with pytest.raises(sft.DivergedError, match="mixed_precision=False; or the given"):
        tune(loss=root, mixed_precision=True)


def test_a_model_of_float16_is_named_as_a_cause():
    inputs = keras.Input((4,))
    half = keras.layers.Dense(6, "relu", dtype="mixed_float16", name="block_0")(inputs)
    head = keras.layers.Dense(1, "sigmoid", dtype="float32", name="head")(half)
    model = keras.Model(inputs, head)
    assert np.isfinite(train(model, X, Y, epochs=1).history["loss"][0])
    with pytest.raises(sft.DivergedError, match="in float16, whose numbers end at"):
        train(model, X * 1e5, Y, epochs=1)


def test_weights_that_are_none_before_training_are_told_of():
    model = mlp()
    model.get_layer("block_1").bias.assign([np.inf] * 6)
    with pytest.raises(sft.InputError, match=r"block_1/bias holds .* before training"):
        train(model, X, Y, epochs=1)


def test_such_a_model_neither_answers_nor_is_saved(tmp_path):
    tuned = tune()
    tuned.get_layer("block_1").bias.assign([np.nan] * 6)
    for use in (
        lambda: sft.predict(tuned, X),
        lambda: sft.predict_probabilities(tuned, X),
        lambda: sft.evaluate_model(tuned, X, Y, verbose=False),
        lambda: sft.save_classifier(tuned, tmp_path / "b"),
    ):
        with pytest.raises(sft.InputError, match="its weight block_1/bias holds"):
            use()
    assert not (tmp_path / "b").exists()


def test_an_answer_that_is_none_names_its_row():
    model = mlp(1, None)
    model.get_layer("head").kernel.assign(np.full((6, 1), 3e38))
    x = np.zeros((3, 4), "float32")
    x[2] = 50
    with pytest.raises(sft.InputError, match="answer to row 2 is not-a-number"):
        sft.predict(model, x)
