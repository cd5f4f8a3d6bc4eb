"""`train_model`, and what it shares with `fine_tune` (article §3.4, §5.2)."""

import keras
import numpy as np
import pytest
from small import ROWS, X, Y, all_bytes, mlp, moved, train, tune

import sftkeras as sft


class Spoil(keras.callbacks.Callback):
    """Ruins the head when the third epoch begins."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.model.get_layer("head").bias.assign([-50.0])


def test_the_articles_freeze_loop_works():
    model, source = mlp(), mlp()
    layers_to_fine_tune = ["block_1", "head"]
    for layer in model.layers:
        layer.trainable = layer.name in layers_to_fine_tune
    train(model, epochs=1)
    assert moved(source, model) == layers_to_fine_tune


def test_flags_changed_after_a_first_fit_are_respected():
    model = mlp()
    for chosen in (["head"], ["block_0", "head"], ["block_1"]):
        for layer in model.layers:
            layer.trainable = layer.name in chosen
        before = keras.models.clone_model(model)
        before.set_weights(model.get_weights())
        train(model, epochs=1)
        assert moved(before, model) == chosen


@pytest.mark.parametrize("function", [tune, train])
def test_early_stopping_keeps_the_best_epoch(function):
    held = (X[:20], Y[:20])
    options = {"epochs": 9, "patience": 2, "callbacks": [Spoil()], "learning_rate": 0.1}
    if function is tune:
        model = tune(validation_data=held, **options)
        history = model.history
    else:
        model = mlp()
        history = train(model, X, Y, *held, **options)
    accuracies = history.history["val_accuracy"]
    best = int(np.argmax(accuracies))
    assert best < 2 and history.kept_epoch == best
    assert len(accuracies) == best + 3  # two epochs of patience
    assert accuracies[-1] < accuracies[best]
    accuracy = sft.evaluate_model(model, *held, verbose=False)["accuracy"]
    assert accuracy == pytest.approx(accuracies[best])


def test_without_patience_the_last_epoch_counts():
    history = train(mlp(), X, Y, X[:20], Y[:20], epochs=4, callbacks=[Spoil()])
    assert len(history.epoch) == 4 and history.kept_epoch == -1


@pytest.mark.parametrize(
    ("class_weight", "by_class"),
    [("balanced", (40 / 2 / 30, 40 / 2 / 10)), ({"yes": 3.0}, (1, 3))],
)
def test_class_weights_are_sample_weights(class_weight, by_class):
    labels = np.where(np.arange(ROWS) < 30, "no", "yes")
    model, by_hand = (mlp(dropout=0, optimizer=keras.optimizers.SGD(0.5)) for _ in "ab")
    options = {"epochs": 3, "batch_size": ROWS}
    train(model, X, labels, class_weight=class_weight, **options)
    codes = (labels == "yes").astype(int)
    weights = np.array(by_class, "float32")[codes]
    by_hand.fit(X, codes, sample_weight=weights, verbose=0, **options)
    for one, other in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    plain = mlp(dropout=0, optimizer=keras.optimizers.SGD(0.5))
    train(plain, X, labels, **options)
    assert abs(plain.get_weights()[-1] - model.get_weights()[-1]).max() > 1e-2


def test_validation_data_come_in_pairs():
    with pytest.raises(sft.InputError, match="both `x_val` and `y_val`"):
        train(mlp(), X, Y, X)


def test_the_compiled_optimizer_is_kept_unless_a_rate_is_given():
    model = mlp(optimizer=keras.optimizers.SGD(0.25, momentum=0.5))
    train(model, epochs=1)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.optimizer.momentum == 0.5
    train(model, epochs=1, learning_rate=0.01)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


@pytest.mark.parametrize("kind", ["strings", "arrays"])
def test_both_of_the_articles_calls_work(kind, reviews, tmp_path, capsys):
    tokenizer = sft.Tokenizer(max_length=8).fit_on_texts(reviews.texts)
    data, labels = reviews.texts, reviews.labels
    if kind == "arrays":
        lines = [f"{text}\t{label}\n" for text, label in zip(data, labels, strict=True)]
        (tmp_path / "data.txt").write_text("".join(lines))
        data, labels = sft.load_data(tmp_path / "data.txt", tokenizer)
    model = sft.create_model(tokenizer=tokenizer, output_dim=4, units=4)
    history = sft.train_model(model, data, labels, verbose=0)  # §3.4
    assert history.epoch == list(range(10)) and capsys.readouterr().out == ""
    history = sft.train_model(model, data, labels, data, labels, epochs=2, verbose=2)
    printed = capsys.readouterr().out  # §5.2
    found = history.history
    assert f"Validation Loss: {found['val_loss'][-1]:.4f}\n" in printed
    assert f"Validation Accuracy: {found['val_accuracy'][-1]:.4f}\n" in printed
    report = sft.evaluate_model(model, data, labels, verbose=False)
    assert report["accuracy"] == pytest.approx(found["val_accuracy"][-1])


@pytest.mark.parametrize("source", ["copied", "loaded"])
def test_a_block_frozen_before_the_copy_stays_frozen(
    source, tiny_classifier, reviews, tmp_path
):
    model = tiny_classifier()
    sft.set_trainable(model, ["transformer_layer_1"])
    if source == "copied":
        copy = sft.copying.copy_model(model)
    else:
        model.label_names = (0, 1)
        sft.save_classifier(model, tmp_path / "it")
        copy = sft.load_classifier(tmp_path / "it")
    train(copy, reviews.texts, reviews.labels, epochs=1)
    assert moved(model, copy) == ["transformer_layer_1", "head"]


class Steps(keras.callbacks.Callback):
    """Notes how many steps are taken at once; hears of no batch."""

    def on_train_begin(self, logs=None):
        self.at_once = self.model.steps_per_execution


def test_several_steps_a_call_are_the_same_steps_and_a_listener_hears_each():
    heard, results, steps = [], [], []
    listener = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: heard.append(batch)
    )
    for callbacks in ([listener], []):
        model, noted = mlp(), Steps()
        train(model, epochs=2, batch_size=8, callbacks=[noted, *callbacks])
        results.append(all_bytes(model))
        steps.append(noted.at_once)
    assert heard == [0, 1, 2, 3, 4] * 2
    assert steps == [1, 5]  # 40 rows are 5 batches
    assert results[0] == results[1]
