"""`python -m sftkeras evaluate`, with bundles not trained."""

import json

import pytest


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
    assert err.startswith("error: --threshold must be a number between 0 and 1. Rec")
    assert err.endswith("Received: --threshold 7.0\n")


def test_evaluate_writes_a_line_a_class(run, bundles, labelled, tmp_path):
    data, out = labelled("good\t1\nbad\t0\nfine\t1\n"), tmp_path / "classes.csv"
    given = ["--data", data, "--out", out]
    status, _, err = run("evaluate", "--model", bundles["0 or 1"], *given)
    assert (status, err) == (0, "")
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "label,precision,recall,f1,rows"
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1"]
    assert [line.split(",")[-1] for line in lines[1:]] == ["1", "2"]
    numbers = labelled("good\t1.5\nbad\t0.5\n")
    given = ["--data", numbers, "--out", out]
    status, _, err = run("evaluate", "--model", bundles["numbers"], *given)
    assert status == 2 and "--out is for classes" in err


def test_evaluate_in_a_process_is_quiet(in_a_process, bundles, labelled):
    """TensorFlow's log, which it writes when it starts, is no error of the user's."""
    argv = ["--model", bundles["0 or 1"], "--data", labelled("good\t1\nbad\t0\n")]
    done = in_a_process("-m", "sftkeras", "evaluate", *argv)
    assert (done.returncode, done.stderr) == (0, "")
