"""`Recipe`: each setting once, and the same wherever it is given."""

import dataclasses
import inspect

import pytest
from small import all_bytes, mlp, train, tune

import sftkeras as sft

SETTINGS = [setting.name for setting in dataclasses.fields(sft.Recipe)]


@pytest.mark.parametrize("function", [sft.fine_tune, sft.train_model])
def test_completion_and_help_show_every_setting(function):
    shown = inspect.signature(function).parameters
    assert [name for name in shown if name in SETTINGS] == SETTINGS
    for name in SETTINGS:
        assert f"\n    {name}: " in inspect.getdoc(function)
    assert "{settings}" not in function.__doc__


def test_train_model_shows_the_articles_defaults():
    shown = inspect.signature(sft.train_model).parameters
    assert (shown["epochs"].default, shown["batch_size"].default) == (10, 32)
    assert shown["patience"].default is None
    assert len(train(mlp()).epoch) == 10


def test_a_recipe_and_settings_are_the_same_and_a_setting_wins():
    recipe = sft.Recipe(seed=3)
    one, other = tune(recipe=recipe), tune(seed=3)
    assert all_bytes(one) == all_bytes(other) != all_bytes(tune())
    assert all_bytes(tune(recipe=recipe, seed=0)) == all_bytes(tune())
    assert str(sft.Recipe(epochs=2, seed=1)) == "epochs=2, seed=1"
    assert len(train(mlp(), recipe=sft.Recipe(epochs=2)).epoch) == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": 3}, "no setting 'epoch'. Did you mean 'epochs'"),
        ({"epochs": 0}, "`epochs` must be a whole number above 0"),
        ({"epochs": True}, "`epochs` must be a whole number above 0"),
        ({"learning_rate": -1}, "`learning_rate` must be a number above 0"),
        ({"mixed_precision": "yes"}, "`mixed_precision` must be True, False or 'auto'"),
        ({"patience": "never"}, "`patience` must be a whole number above 0"),
        ({"seed": 1.5}, "`seed` must be an integer from 0"),
        ({"recipe": {"epochs": 3}}, "`recipe` must be a Recipe"),
    ],
)
def test_a_wrong_setting_is_named(settings, message):
    with pytest.raises(sft.InputError, match=message):
        tune(**settings)
