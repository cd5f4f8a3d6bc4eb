"""What the tests of the commands share: ways to run them, and bundles."""

import subprocess
import sys

import pytest

from sftkeras.commands.main import main
from sftkeras.files import ROOT
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.models.lstm import create_model
from sftkeras.saving.bundle import save_classifier


def _save(path, num_classes, label_names):
    tokenizer = Tokenizer().fit_on_texts(["good food", "bad room"])
    model = create_model(
        tokenizer=tokenizer, num_classes=num_classes, units=3, output_dim=2
    )
    model.label_names = label_names
    save_classifier(model, path)
    return path


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """{what it predicts: directory}; "names" is in a `classifier/`, as `fit` writes."""
    folder = tmp_path_factory.mktemp("bundles")
    _save(folder / "names" / "classifier", 3, ("1", "2", "mixed"))
    return {
        "names": folder / "names",
        "0 or 1": _save(folder / "binary", 2, (0, 1)),
        "numbers": _save(folder / "numbers", 1, ()),
    }


@pytest.fixture
def labelled(tmp_path):
    """A function that writes a labelled file and returns its path."""

    def write(content, name="data.txt"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.fixture
def run(capsys):
    """A function that runs a command and returns (status, output, errors)."""

    def run(*argv):
        status = main([str(word) for word in argv])
        return (status, *capsys.readouterr())

    return run


@pytest.fixture
def fails(capsys):
    """A function that runs a command that must fail; returns its one line."""

    def run(*argv):
        assert main([str(word) for word in argv]) == 2
        output = capsys.readouterr()
        assert output.out == ""
        (line,) = output.err.splitlines()
        assert line.startswith("error: ")
        return line

    return run


@pytest.fixture
def in_a_process():
    """A function that runs Python with arguments in a fresh process."""

    def run(*argv):
        command = [sys.executable, *map(str, argv)]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    return run
