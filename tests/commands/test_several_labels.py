"""Files with several labels a text, through `fit`, `evaluate` and `predict`."""

import json

import pytest

from sftkeras.commands.main import main

ROWS = "".join(
    f"good food {n},food\nlow price {n},price\nfood at a low price {n},food|price\n"
    f"nothing said {n},\n"
    for n in "abcdef"
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A directory with a labelled file, and the classifier that `fit` made of it."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "data.csv").write_text(f"text,topics\n{ROWS}")
    (folder / "test.csv").write_text(
        "text,topics\nthe food,food\nfree food,price|food\n"
    )
    argv = ["fit", "--train", f"{folder}/data.csv", "--test", f"{folder}/test.csv"]
    argv += ["--label-column", "topics", "--label-separator", "|", "--model", "lstm"]
    assert main([*argv, "--epochs", "2", "--out", f"{folder}/run"]) == 0
    return folder


def test_fit_learns_several_labels(trained):
    report = json.loads((trained / "run" / "report.json").read_text())
    assert report["label_names"] == ["food", "price"]
    assert "micro" in report["test"]
    manifest = (trained / "run" / "classifier" / "classifier.json").read_text()
    assert "multi-label" in manifest


def test_evaluate_reads_what_fit_read(trained, run):
    argv = ["evaluate", "--model", trained / "run", "--data", trained / "data.csv"]
    argv += ["--label-column", "topics", "--json"]
    status, out, _ = run(*argv, "--label-separator", "|")
    assert status == 0
    assert json.loads(out)["rows"] == 24


def test_evaluate_takes_one_label_a_text_too(trained, run, labelled):
    data = labelled("good food\tfood\nlow price\tprice\n")
    status, out, _ = run(
        "evaluate", "--model", trained / "run", "--data", data, "--json"
    )
    assert (status, json.loads(out)["rows"]) == (0, 2)
    wrong = labelled("__label__food good\n__label__food __label__staff kind\n", "x.txt")
    status, _, err = run("evaluate", "--model", trained / "run", "--data", wrong)
    assert status == 2
    assert "x.txt, line 2: the label 'staff' is not one of the model's" in err


def test_predict_joins_the_labels(trained, run):
    argv = ["predict", "--model", trained / "run", "--threshold", "0", "good food"]
    status, out, _ = run(*argv)
    labels, probabilities, text = out.rstrip("\n").split("\t")
    assert (status, labels, text) == (0, "food|price", "good food")
    assert len(probabilities.split("|")) == 2


def test_a_model_of_one_label_refuses_lists(run, bundles, labelled):
    data = labelled('{"text": "a", "label": [0, 1, 1]}\n', "x.jsonl")
    data.write_text('{"text": "a", "label": ["x"]}\n{"text": "b", "label": ["y"]}\n')
    status, _, err = run("evaluate", "--model", bundles["0 or 1"], "--data", data)
    assert status == 2
    assert "x.jsonl: the rows have lists of labels, where one label a text" in err


def test_pairs_are_for_pretrained_models(fails, labelled, tmp_path):
    data = labelled("one,two,label\na,b,1\nc,d,0\n", "x.csv")
    argv = ["fit", "--train", data, "--text-column", "one", "--pair-column", "two"]
    line = fails(*argv, "--model", "lstm", "--out", tmp_path / "out")
    assert "--pair-column is for pretrained models, not lstm" in line
