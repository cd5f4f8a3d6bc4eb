"""What makes two runs the same job, and what differs if they are not (case 75)."""

from functools import partial

import keras
import numpy as np
import pytest
from small import THREE, X, Y, mlp, tune

import sftkeras as sft
from sftkeras.inputs.ragged import Ragged
from sftkeras.training import fine_tuning
from sftkeras.training.job import (
    describe,
    describe_network,
    differences,
    digest,
    note_end,
    start_of,
)
from sftkeras.training.job import describe_job as job_of_run


@pytest.fixture
def job_of(monkeypatch):
    """A function of `tune`'s arguments: the job, nothing trained."""

    def job(*args, **settings):
        jobs = []
        with monkeypatch.context() as patch:
            patch.setattr(fine_tuning, "fit", lambda run: jobs.append(job_of_run(run)))
            tune(*args, **settings)
        return jobs[0]

    return job


def other_weights():
    model = mlp()
    model.set_weights([weight + 0.1 for weight in model.get_weights()])
    return model


def relu():
    """Another network of the same size."""
    model = mlp()
    model.get_layer("block_0").activation = keras.activations.relu
    return model


def own_loss(y, p):
    return keras.ops.mean((y - p) ** 2)


def other_loss(y, p):
    return keras.ops.mean((y - p) ** 4)


def teacher(seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))


NAMES, ADAMW = np.array(["no", "yes"]), keras.optimizers.AdamW
VALID, OTHER = (X, Y), (X, 1 - Y)


@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        ({}, {"epochs": 6}, "epochs (3, now 6)"),
        ({}, {"batch_size": 16}, "batch size (8, now 16)"),
        ({}, {"seed": 1}, "seed (0, now 1)"),
        ({}, {"learning_rate": 0.5}, "learning rate"),
        ({}, {"learning_rate": sft.one_cycle(0.01)}, "learning rate"),
        ({}, {"optimizer": "sgd"}, "optimizer"),
        (
            {"optimizer": partial(ADAMW, weight_decay=0.1)},
            {"optimizer": partial(ADAMW, weight_decay=0.2)},
            "optimizer",
        ),
        ({}, {"layers": ["block_1"]}, "layers to train"),
        ({}, {"model": other_weights()}, "start weights"),
        ({}, {"model": relu()}, "architecture"),
        ({}, {"model": mlp(dropout=0.4)}, "architecture"),
        ({}, {"labels": 1 - Y}, "labels"),
        ({}, {"labels": NAMES[Y]}, "label names ([0, 1], now [no, yes])"),
        ({}, {"class_weight": "balanced"}, "weights of the rows"),
        (
            {"class_weight": {0: 1, 1: 2}},
            {"class_weight": {0: 1, 1: 3}},
            "weights of the rows",
        ),
        ({}, {"validation_data": VALID}, "validation data"),
        (
            {"validation_data": VALID},
            {"validation_data": (X, 1 - Y)},
            "validation data",
        ),
        (
            {"validation_data": VALID},
            {"validation_data": VALID, "patience": 7},
            "patience (2, now 7)",
        ),
        ({}, {"loss": "binary_focal_crossentropy"}, "loss"),
        ({"loss": own_loss}, {"loss": other_loss}, "loss"),
        ({}, {"mixed_precision": True}, "mixed precision (False, now True)"),
        ({}, {"jit_compile": True}, "jit compile (False, now True)"),
        ({}, {"cache_frozen": False}, "cache frozen (True, now False)"),
        ({}, {"techniques": [sft.LayerRates(0.8)]}, "techniques"),
        (
            {"techniques": [sft.LoRA(rank=1)]},
            {"techniques": [sft.LoRA(rank=2)]},
            "techniques",
        ),
        (
            {"techniques": [sft.Distillation(teacher(0))]},
            {"techniques": [sft.Distillation(teacher(1))]},
            "techniques",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_part_counts_and_is_named(job_of, one, two, told):
    begun = job_of(**one)
    assert begun == job_of(**one), "the same job twice"
    assert told in differences(begun, job_of(**two))


def test_a_setting_newer_than_the_backup_had_its_default(job_of):
    begun = {name: told for name, told in job_of().items() if name != "fast"}
    assert differences(begun, job_of()) == ""
    assert differences(begun, job_of(fast=True)) == "fast (False, now True)"


def test_what_does_not_change_the_result_does_not_count(job_of, tmp_path):
    log = keras.callbacks.LambdaCallback()
    other = {"log_dir": tmp_path, "callbacks": [log], "backup_minutes": 3}
    assert differences(job_of(), job_of(**other, resume=False)) == ""


def test_names_that_keras_counts_up_do_not_count(job_of):
    assert job_of(model=teacher(0)) == job_of(model=teacher(0))
    tokenizer = sft.Tokenizer().fit_on_texts(["good food", "bad room"])
    one, two = (sft.create_model(tokenizer=tokenizer, units=2) for _ in range(2))
    assert str(one.get_config()) != str(two.get_config())
    assert describe_network(one) == describe_network(two)


def test_rows_cut_elsewhere_are_other_rows():
    values = np.arange(4)
    assert digest(Ragged(values, [0, 2, 4])) != digest(Ragged(values, [0, 1, 4]))
    assert digest(values) != digest(values.reshape(2, 2))
    assert digest(values) != digest(values.astype("float64"))
    many = np.array([str(n) for n in range(2000)])
    other = many.copy()
    other[1000] = "x"
    for kind in ("U", "O", "T"):
        assert digest(many.astype(kind)) != digest(other.astype(kind)), kind
    assert digest([None, {"a": values}]) == digest([None, {"a": values.copy()}])


def test_settings_of_any_kind_are_described_alike_in_each_process():
    class Setting:
        def __init__(self, size):
            self.size, self.itself = size, self

    def loss(factor):
        return lambda y, p: factor * y

    for one, same, other in [
        (0.001, np.float32(0.001), 0.002),
        (Setting(1), Setting(1), Setting(2)),
        (loss(1), loss(1), loss(2)),
        (partial(max, 1), partial(max, 1), partial(max, 2)),
        (keras.losses.Huber(delta=2), keras.losses.Huber(2), keras.losses.Huber(3)),
        ({"a": [1, None]}, {"a": (1, None)}, {"a": [1, 2]}),
        (np.ones(3), np.ones(3), np.zeros(3)),
        (Setting, Setting, dict),
    ]:
        assert describe(one) == describe(same) != describe(other)
        assert "0x" not in describe(one)


def test_a_model_trained_in_place_and_left_is_the_same_job():
    model = mlp()
    start = start_of(model)
    model.set_weights([weight + 1 for weight in model.get_weights()])
    note_end(model, start)
    assert start_of(model) == start
    model.set_weights([weight + 1 for weight in model.get_weights()])
    assert start_of(model) != start, "somebody else has changed it"


def test_three_classes_are_other_labels(job_of):
    many = {"model": mlp(3, "softmax"), "labels": THREE}
    assert "labels" in differences(job_of(), job_of(**many))
