"""Interruption, backup, logs and callbacks of a training run (article §3.4, §5.2)."""

import shutil

import keras
import pytest
from small import X, Y, all_bytes, mlp, train, tune

import sftkeras as sft


class Interrupt(keras.callbacks.Callback):
    def __init__(self, error=KeyboardInterrupt):
        super().__init__()
        self.error = error

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 3 * 5 + 2:  # in the fourth epoch
            raise self.error


@pytest.mark.parametrize(
    ("layers", "dropout", "error"),
    [
        ("all", 0, KeyboardInterrupt),
        (["block_1"], 0, RuntimeError),
        ("all", 0.3, KeyboardInterrupt),
    ],
)  # fmt: skip
def test_interrupted_training_ends_as_if_it_had_not_been(
    tmp_path, layers, dropout, error
):
    def job(callbacks=(), directory=tmp_path):
        model = mlp(dropout=dropout)
        options = {"backup_dir": directory, "callbacks": callbacks}
        return tune(layers, model, epochs=5, **options)

    whole = job(directory=None)
    with pytest.raises(error):
        job([Interrupt(error)])
    resumed = job()
    assert all_bytes(resumed) == all_bytes(whole)
    assert resumed.history.epoch == [0, 1, 2, 3, 4]
    assert resumed.history.history == whole.history.history

    def no_training(*_):
        raise AssertionError("trains again")

    again = job([keras.callbacks.LambdaCallback(on_epoch_begin=no_training)])
    assert all_bytes(again) == all_bytes(whole)  # a finished job returns its result
    assert again.history.history == whole.history.history


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    directory = tmp_path_factory.mktemp("backup")
    with pytest.raises(KeyboardInterrupt):
        tune(["block_1"], epochs=5, backup_dir=directory, callbacks=[Interrupt()])
    return directory


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 6},
        {"seed": 1},
        {"batch_size": 16},
        {"layers": ["block_0"]},
        pytest.param({"learning_rate": 0.5}),
        pytest.param({"labels": 1 - Y}),
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_backup_of_another_job_is_refused(backup, tmp_path, change):
    shutil.copytree(backup, tmp_path / "backup")
    options = {"layers": ["block_1"], "epochs": 5, "backup_dir": tmp_path / "backup"}
    with pytest.raises(sft.InputError, match=r"backup of another job.*delete"):
        tune(**options | change)


def test_early_stopping_remembers_what_was_best_before_the_interruption(tmp_path):
    """The validation labels are wrong: it gets worse from the first epoch."""
    settings = {"epochs": 8, "patience": 3, "learning_rate": 0.05}
    settings["validation_data"] = (X, 1 - Y)
    whole = tune(**settings)
    assert whole.history.kept_epoch == 0

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(**settings, backup_dir=tmp_path, callbacks=[Stop()])
    resumed = tune(**settings, backup_dir=tmp_path)
    assert whole.history.history == resumed.history.history
    assert all_bytes(whole) == all_bytes(resumed)
    assert resumed.history.kept_epoch == 0


def test_the_logs_hold_losses_metrics_and_the_learning_rate(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    tuned = tune(validation_data=(X, Y), log_dir=tmp_path, learning_rate=0.02)
    history = tuned.history.history
    for part, prefix in [("train", ""), ("validation", "val_")]:
        events = EventAccumulator(str(tmp_path / part)).Reload()
        logged = {
            tag: [float(tensor_util.make_ndarray(e.tensor_proto)) for e in found]
            for tag in events.Tags()["tensors"]
            for found in [events.Tensors(tag)]
        }
        for name in ("loss", "accuracy"):
            assert logged[f"epoch_{name}"] == pytest.approx(history[prefix + name])
        if part == "train":
            rates = logged["epoch_learning_rate"]
            assert 0.02 > rates[0] > rates[1] > rates[2] >= 0


def test_callbacks_are_called():
    seen = []
    record = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: seen.append(e))
    tune(callbacks=[record], epochs=2)
    train(mlp(), epochs=3, callbacks=(record,))
    assert seen == [0, 1, 0, 1, 2]


def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("log_dir", "backup_dir"):
        with pytest.raises(sft.InputError, match="Cannot write to"):
            tune(**{name: tmp_path / "file" / "below"})
