"""The network that drives: what it can and cannot tell apart (§6.8)."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.data.roads import ACTIONS
from sftkeras.models.driving import create_driver, driver_of
from sftkeras.process import keeping_random

SHAPE = (8, 7)


@pytest.fixture(scope="module")
def model():
    with keeping_random():
        return create_driver(SHAPE, ACTIONS, seed=0)


@pytest.fixture(scope="module")
def scenes():
    return np.random.default_rng(0).normal(size=(5, *SHAPE)).astype("float32")


def test_the_order_of_the_others_does_not_matter_and_the_ego_row_does(model, scenes):
    turned = np.concatenate([scenes[:, :1], scenes[:, :0:-1]], axis=1)
    assert np.allclose(model(scenes), model(turned), atol=1e-6)
    swapped = scenes[:, [1, 0, *range(2, 8)]]
    assert not np.allclose(model(scenes), model(swapped), atol=1e-3)
    changed = scenes.copy()
    changed[:, 7] += 1
    assert not np.allclose(model(scenes), model(changed), atol=1e-4)


def test_it_knows_its_actions_and_its_seed(model, scenes):
    assert model.label_names == ACTIONS and model.output_shape == (None, 5)
    assert 15_000 < model.count_params() < 25_000
    again, other = (create_driver(SHAPE, ACTIONS, seed) for seed in (0, 1))
    assert np.array_equal(model(scenes), again(scenes))
    assert not np.allclose(model(scenes), other(scenes))


def test_it_is_saved_and_loaded_safely(model, scenes, tmp_path):
    sft.save_classifier(model, tmp_path / "driver")
    found = sft.load_classifier(tmp_path / "driver")
    assert found.label_names == ACTIONS
    assert np.allclose(found(scenes), model(scenes))
    model.save(tmp_path / "driver.keras")
    assert keras.saving.load_model(tmp_path / "driver.keras", safe_mode=True)


def test_the_likeliest_action_is_driven(model, scenes):
    actions = driver_of(model)(scenes, [None] * 5)
    assert actions.tolist() == np.argmax(model(scenes), axis=1).tolist()
