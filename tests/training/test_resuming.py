"""Interrupted training goes on to the same bytes, whatever is trained (§3.4)."""

import contextlib
import errno
import os
import re
import shutil
import threading
import warnings

import keras
import numpy as np
import pytest
from small import X, Y, all_bytes, mlp, train, tune

import sftkeras as sft
from sftkeras.training import resuming
from sftkeras.training.checkpoint import LAST, PREVIOUS, pack, read_checkpoint

VALID = (X[:20], 1 - Y[:20])  # the labels are wrong: it gets worse soon


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch=2, step=0, error=KeyboardInterrupt):
        super().__init__()
        self.place, self.error = (epoch, step), error

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            raise self.error


class NoTraining(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise AssertionError("trains again")


@contextlib.contextmanager
def told_in(pattern):
    """Exactly one warning of ours, and which. (`pytest.warns` sees TensorFlow's.)"""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield
    (told,) = [str(each.message) for each in found if each.category is UserWarning]
    assert re.search(pattern, told)


def interrupted(job, directory, **at):
    with pytest.raises(KeyboardInterrupt):
        job(backup_dir=directory, callbacks=[Interrupt(**at)])


JOBS = {
    "one cycle, class weights": {
        "learning_rate": sft.one_cycle(0.05),
        "class_weight": {0: 1.0, 1: 3.0},
    },
    "half of it, stops early": {
        "layers": ["block_1", "head"],
        "validation_data": VALID,
        "patience": 2,
    },
    "SGD, best epoch": {
        "optimizer": keras.optimizers.SGD(0.1, momentum=0.9),
        "validation_data": VALID,
        "patience": 50,
    },
    "LoRA": {"techniques": [sft.LoRA(rank=2)], "validation_data": VALID},
    "bfloat16": {"mixed_precision": True},
}
WITHIN = ["one cycle, class weights", "SGD, best epoch", "LoRA"]


@pytest.mark.parametrize("name", JOBS)
def test_resumed_is_uninterrupted(tmp_path, name):
    def job(**more):
        return tune(**{"epochs": 6, "learning_rate": 0.05} | JOBS[name], **more)

    whole = job()
    assert len(whole.history.epoch) < 6 or "stops early" not in name
    interrupted(job, tmp_path, epoch=1, step=2)
    interrupted(job, tmp_path, epoch=2, step=0)
    resumed = job(backup_dir=tmp_path)
    finished = job(backup_dir=tmp_path, callbacks=[NoTraining()])
    for model in (resumed, finished):
        assert all_bytes(model) == all_bytes(whole)
        assert model.history.history == whole.history.history
        assert model.history.epoch == whole.history.epoch
        assert model.history.kept_epoch == whole.history.kept_epoch
        assert model.history.train_seconds > 0


@pytest.mark.parametrize("name", WITHIN)
def test_so_it_is_within_an_epoch(tmp_path, name):
    """Forty steps an epoch; what is backed up is step 16, and 32."""

    def job(**more):
        options = {"epochs": 3, "batch_size": 1, "learning_rate": 0.01}
        return tune(**options | JOBS[name] | more)

    whole = job()
    often = {"backup_minutes": 1e-9}
    interrupted(lambda **more: job(**often, **more), tmp_path, epoch=1, step=20)
    told, _ = read_checkpoint(tmp_path)
    assert (told["epoch"], told["step"]) == (1, 16)
    interrupted(lambda **more: job(**often, **more), tmp_path, epoch=1, step=37)
    assert read_checkpoint(tmp_path)[0]["step"] == 32
    resumed = job(backup_dir=tmp_path)  # sixteen steps a call, the interrupted one each
    assert all_bytes(resumed) == all_bytes(whole)
    assert resumed.history.history == whole.history.history


def test_a_model_that_is_trained_in_place_goes_on_in_the_same_process(tmp_path):
    whole, model = mlp(), mlp()
    train(whole, epochs=5)
    with pytest.raises(KeyboardInterrupt):
        train(model, epochs=5, backup_dir=tmp_path, callbacks=[Interrupt(3)])
    history = train(model, epochs=5, backup_dir=tmp_path)
    assert all_bytes(model) == all_bytes(whole)
    assert history.epoch == [0, 1, 2, 3, 4]
    train(model, epochs=5, backup_dir=tmp_path, callbacks=[NoTraining()])
    assert all_bytes(model) == all_bytes(whole)


def test_callbacks_that_compare_epochs_remember(tmp_path):
    """A user's own early stopping, and a rate that falls on a plateau."""

    def callbacks():
        kinds = keras.callbacks
        return [
            kinds.EarlyStopping("val_loss", patience=4, restore_best_weights=True),
            kinds.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
        ]

    settings = {"epochs": 7, "learning_rate": 0.05, "validation_data": VALID}
    settings["patience"] = None
    whole = tune(**settings, callbacks=callbacks())
    backup = tmp_path / "backup"
    with pytest.raises(KeyboardInterrupt):
        tune(**settings, backup_dir=backup, callbacks=[*callbacks(), Interrupt(3)])
    stopping, saving = callbacks()
    resumed = tune(**settings, backup_dir=backup, callbacks=[stopping, saving])
    assert all_bytes(resumed) == all_bytes(whole)
    assert resumed.history.epoch == whole.history.epoch
    assert saving.best == min(whole.history.history["val_loss"])


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    directory = tmp_path_factory.mktemp("backup")
    interrupted(lambda **more: tune(epochs=5, **more), directory, epoch=3)
    return directory


@pytest.fixture
def copy(backup, tmp_path):
    return shutil.copytree(backup, tmp_path / "backup")


def test_another_job_is_refused_in_one_sentence_and_costs_nothing(copy):
    before = {path: path.read_bytes() for path in copy.iterdir()}
    told = r"the backup of another job: other epochs \(5, now 6\), .*delete it"
    with pytest.raises(sft.InputError, match=told):
        tune(epochs=6, backup_dir=copy)
    assert before == {path: path.read_bytes() for path in copy.iterdir()}


def test_resume_false_starts_anew_and_replaces_it_after_an_epoch(copy):
    before = {path: path.read_bytes() for path in copy.iterdir()}
    job = {"epochs": 6, "backup_dir": copy, "resume": False}
    with pytest.raises(KeyboardInterrupt):
        tune(**job, callbacks=[Interrupt(0)])
    assert before == {path: path.read_bytes() for path in copy.iterdir()}
    assert all_bytes(tune(**job)) == all_bytes(tune(epochs=6))
    assert read_checkpoint(copy)[0]["epochs"] == [0, 1, 2, 3, 4, 5]


def test_the_one_before_is_as_good(copy):
    (copy / LAST).write_bytes((copy / LAST).read_bytes()[:-9])
    with told_in(r"damaged .* going on from the one before"):
        resumed = tune(epochs=5, backup_dir=copy)
    assert all_bytes(resumed) == all_bytes(tune(epochs=5))


def test_another_version_is_told_of(copy, monkeypatch):
    other = {"keras": "9.9"}
    monkeypatch.setattr(resuming, "relevant_versions", lambda: other)
    with told_in(r"another .*keras \(3.*, now 9\.9\)"):
        tune(epochs=5, backup_dir=copy)


def test_one_directory_is_for_one_run(tmp_path):
    told = []

    class Other(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            thread = threading.Thread(target=self.run)
            thread.start()
            thread.join()

        def run(self):
            try:
                tune(backup_dir=tmp_path)
            except sft.InputError as error:
                told.append(str(error))

    tune(epochs=1, backup_dir=tmp_path, callbacks=[Other()])
    assert "Another run of this process is writing to" in told[0]


@pytest.mark.parametrize("name", ["ENOSPC", "EFBIG", "EIO", "EROFS"])
def test_a_disk_that_fails_costs_a_warning_and_no_training(tmp_path, monkeypatch, name):
    number = getattr(errno, name)

    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(resuming, "write_checkpoint", fail)
        with told_in(r"could not be written .* goes on"):  # once
            tuned = tune(epochs=4, backup_dir=tmp_path)
    assert all_bytes(tuned) == all_bytes(tune(epochs=4))
    assert list(tmp_path.iterdir()) == []


def test_what_else_goes_wrong_in_the_writing_is_raised(tmp_path, monkeypatch):
    monkeypatch.setattr(resuming, "pack", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tune(epochs=2, backup_dir=tmp_path)


def test_a_loss_that_is_no_number_is_not_backed_up(tmp_path):
    class Spoil(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                logs["loss"] = np.nan

    with pytest.raises(KeyboardInterrupt):
        tune(backup_dir=tmp_path, callbacks=[Spoil(), Interrupt(2)])
    assert read_checkpoint(tmp_path)[0]["epoch"] == 1


def test_a_backup_directory_keeps_what_else_is_in_it(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years")
    tune(backup_dir=tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"thesis.txt", LAST, PREVIOUS}


def test_a_file_of_somebody_else_is_refused_before_training(tmp_path):
    (tmp_path / LAST).write_text("three years")
    for resume in (True, False):
        with pytest.raises(sft.InputError, match="no backup of ours"):
            tune(backup_dir=tmp_path, resume=resume, callbacks=[NoTraining()])
    assert (tmp_path / LAST).read_text() == "three years"


def test_pack_takes_what_is_asked_of_it():
    assert b"".join(pack({}, {})).startswith(b"sftkeras backup 1 ")
