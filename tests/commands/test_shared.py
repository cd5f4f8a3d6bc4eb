"""The settings of training as options: those of `Recipe`, and only what was given."""

import argparse
import dataclasses

import pytest

from sftkeras.commands.shared import add_settings, given_settings
from sftkeras.training.recipe import Recipe


def _parse(*argv):
    parser = argparse.ArgumentParser()
    add_settings(parser)
    return given_settings(parser.parse_args(argv))


def test_what_was_not_given_is_not_a_setting():
    assert _parse() == {}
    assert Recipe(**_parse("--epochs", "3", "--seed", "0")) == Recipe(epochs=3)


@pytest.mark.parametrize(
    "setting",
    [s for s in dataclasses.fields(Recipe) if s.metadata["option"]],
    ids=lambda setting: setting.name,
)
def test_each_setting_with_an_option_can_be_given(setting):
    option = setting.metadata["option"]
    words = [] if "action" in option else [option.get("choices", ["1"])[0]]
    ((name, value),) = _parse(f"--{setting.name.replace('_', '-')}", *words).items()
    assert name == setting.name
    assert value != setting.default
    Recipe(**{name: value})


def test_a_setting_without_an_option_is_not_offered(capsys):
    with pytest.raises(SystemExit):
        _parse("--log-dir", "logs")
    assert "unrecognized arguments: --log-dir" in capsys.readouterr().err
