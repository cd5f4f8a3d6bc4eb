"""`evaluate` and `predict` on the command line, with bundles not trained."""

import json
import math
import shutil

import pytest

from sftkeras.commands.main import main
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


@pytest.fixture(scope="module")
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
def run(capsys):
    """A function that runs a command and returns (status, output, errors)."""

    def run(*argv):
        status = main([str(word) for word in argv])
        return (status, *capsys.readouterr())

    return run


@pytest.fixture
def labelled(tmp_path):
    """A function that writes a labelled file and returns its path."""

    def write(content, name="data.txt"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_evaluate_prints_the_report(run, bundles, labelled):
    data = labelled("good\t1\nbad\t0\nfine\t1\n")
    status, out, err = run("evaluate", "--model", bundles["0 or 1"], "--data", data)
    assert (status, err) == (0, "")
    assert out.startswith("Accuracy: ")
    assert "(3 rows, loss" in out


def test_evaluate_as_json_and_with_a_threshold(run, bundles, labelled):
    data = labelled("good\t1\nbad\t0\nfine\t1\n")
    argv = ["evaluate", "--model", bundles["0 or 1"], "--data", data, "--json"]
    for threshold, matrix in [(0, [[0, 1], [0, 2]]), (1, [[1, 0], [2, 0]])]:
        status, out, _ = run(*argv, "--threshold", threshold)
        assert status == 0
        assert json.loads(out)["confusion_matrix"] == matrix


def test_labels_that_look_like_numbers_match_names(run, bundles, labelled):
    data = labelled("good\t1\nbad\t2\n")  # no "mixed" among them: read as integers
    argv = ["evaluate", "--model", bundles["names"], "--data", data, "--json"]
    status, out, _ = run(*argv)
    assert status == 0
    assert json.loads(out)["per_class"]["2"]["support"] == 1


@pytest.mark.parametrize(
    ("bundle", "content", "message"),
    [
        ("0 or 1", "good\t1\nbad\t7\n", "data.txt, line 2: the label 7 is not one of"),
        ("0 or 1", "good\tyes\n", "line 1: the label 'yes' is not one of the model's"),
        ("0 or 1", "good\t0.5\n", "line 1: the label 0.5 is not one of the model's"),
        ("names", "good\t3\n", "line 1: the label '3' is not one of the model's: '1',"),
        ("numbers", "good\tyes\n", "data.txt: the labels are names; the model gives"),
        ("0 or 1", "good\nbad\n", "data.txt: no labels. Expected text<TAB>label"),
    ],
)
def test_evaluate_names_the_line_of_a_wrong_label(
    run, bundles, labelled, bundle, content, message
):
    data = labelled(content)
    status, out, err = run("evaluate", "--model", bundles[bundle], "--data", data)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_threshold_out_of_range(run, bundles, labelled, command):
    data = labelled("good\t1\nbad\t0\n")
    given = ["--data", data] if command == "evaluate" else ["good"]
    argv = [command, "--model", bundles["0 or 1"], *given, "--threshold", "7"]
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    assert (
        err == "error: `threshold` must be between 0 and 1. Received: threshold=7.0\n"
    )


@pytest.mark.parametrize("bundle", ["0 or 1", "names", "numbers"])
def test_predict_writes_one_line_a_text(run, bundles, bundle):
    texts = ["good food", "two\nlines and a\ttab", "味道"]
    status, out, err = run("predict", "--model", bundles[bundle], *texts)
    assert (status, err) == (0, "")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[-1] for row in rows] == [" ".join(text.split()) for text in texts]
    if bundle == "numbers":
        assert [len(row) for row in rows] == [2, 2, 2]
        assert all(math.isfinite(float(row[0])) for row in rows)
    else:
        assert {row[0] for row in rows} <= {"0", "1", "2", "mixed"}
        assert all(1 / 3 <= float(row[1]) <= 1 for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("x.txt", "good food\nbad food\n", []),
        ("x.txt", "good food\t1\nbad food\t0\n", []),
        ("x.jsonl", '{"text": "good food"}\n{"text": "bad food"}\n', []),
        ("x.csv", "n,body\n1,good food\n2,bad food\n", ["--text-column", "body"]),
    ],
)
def test_predict_reads_a_file(run, bundles, labelled, name, content, options):
    argv = ["predict", "--model", bundles["0 or 1"], "--file", labelled(content, name)]
    status, out, _ = run(*argv, *options)
    assert status == 0
    texts = [line.split("\t")[2] for line in out.splitlines()]
    assert texts == ["good food", "bad food"]


def test_predict_refuses_bytes_that_are_no_text(run, bundles):
    # What Python makes of an argument that is not UTF-8.
    argument = b"good\xff".decode("utf-8", "surrogateescape")
    status, out, err = run("predict", "--model", bundles["0 or 1"], "fine", argument)
    assert (status, out) == (2, "")
    expected = "error: TEXT 2: the text is not valid Unicode at character 5. Save it"
    assert err.startswith(expected)


def test_predict_with_a_damaged_bundle(run, bundles, tmp_path):
    path = shutil.copytree(bundles["0 or 1"], tmp_path / "copy")
    (path / "model.keras").write_bytes(b"PK")
    status, out, err = run("predict", "--model", path, "good")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {path}/model.keras: the file is damaged")
    (path / "model.keras").unlink()
    status, out, err = run("predict", "--model", path, "good")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "the classifier's file model.keras is missing. Save it again" in err
