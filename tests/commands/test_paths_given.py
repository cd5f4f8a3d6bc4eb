"""Paths on the command line: none is empty, and none is taken for a text."""

import argparse

import pytest

from sftkeras.commands import main

_PATHS = ("DIR", "FILE", "FILE.csv", "CSV", "PATH", "KEY")


def _path_options():
    """Return [(command, option)] of every option that names a path, or a model."""
    (commands,) = (
        action
        for action in main._parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return [
        (name, action.option_strings[0])
        for name, parser in commands.choices.items()
        for action in parser._actions
        if action.option_strings
        and (action.metavar in _PATHS or action.dest == "model")
    ]


@pytest.mark.parametrize(("command", "option"), _path_options())
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_path_is_not_the_current_folder(fails, command, option, empty):
    assert f"{option}" in (line := fails(command, option, empty))
    assert "is empty; give a path, or leave it out" in line


def test_the_options_are_those_that_are_known():
    found = _path_options()
    assert ("export", "--out") in found and ("fit", "--model") in found
    assert len(found) > 20


@pytest.mark.parametrize("name", ["new.csv", "folder/notes"])
def test_a_file_given_as_a_text_is_refused(fails, bundles, tmp_path, monkeypatch, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / name).write_text("good food\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    line = fails("predict", "--model", bundles["0 or 1"], "fine", name)
    assert f"{name} is the name of a file, and was given as a text." in line
    assert line.endswith(f"--file {name}")
    line = fails("predict", "--model", bundles["0 or 1"], str(tmp_path / "folder"))
    assert line.endswith(
        "is the name of a folder, and was given as a text. To read it "
        "give --file one of its files"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "default::UserWarning")
def test_what_may_be_either_is_told(run, bundles, tmp_path, monkeypatch):
    (tmp_path / "good").write_text("good food\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for word, said in (("good", "name of a file here too"), ("new.csv", "looks like")):
        status, out, err = run("predict", "--model", bundles["0 or 1"], word)
        assert status == 0 and out.endswith(f"{word}\n")
        assert err.startswith(f"warning: {word}: this ") and said in err
    texts = ["I read about it in notes.txt", "good.", "and/or"]
    assert run("predict", "--model", bundles["0 or 1"], *texts)[2] == ""


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("no/such", "no/such: there is no such folder, nor a model of that name."),
        ("smollm", "nor a model of that name. Did you mean 'smollm2'? Give smollm2"),
        ("minilm", "minilm is no language model. Give smollm2, or what"),
    ],
)
def test_chat_says_what_is_wrong_with_its_model(fails, model, said):
    assert said in fails("chat", "--model", model)


def test_chat_with_a_file(fails, labelled):
    assert "is a file; a language model is a folder" in fails(
        "chat", "--model", labelled("x")
    )
