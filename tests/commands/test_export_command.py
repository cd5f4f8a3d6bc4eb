"""`export`, and `predict` and `evaluate` of what it wrote: without TensorFlow."""

import json

import pytest

WITHOUT_TENSORFLOW = """
import sys
from sftkeras.commands.main import main
status = main(sys.argv[1:])
slow = {"tensorflow", "keras", "keras_hub"} & {*sys.modules}
sys.exit(f"imported: {slow}" if slow else status)
"""


@pytest.fixture(scope="module")
def exported(bundles, tmp_path_factory):
    """{as in `bundles`: what was exported of it}."""
    from sftkeras.commands.main import main

    folder = tmp_path_factory.mktemp("exported")
    for name, path in bundles.items():
        given = ["--model", path, "--out", folder / name]
        assert main(["export", *map(str, given)]) == 0
    return {name: folder / name for name in bundles}


@pytest.mark.parametrize("name", ["names", "0 or 1", "numbers"])
def test_predict_says_the_same(name, bundles, exported, run):
    given = ["good food", "bad\troom", "味道"]
    status, expected, _ = run("predict", "--model", bundles[name], *given)
    assert status == 0 and expected.count("\n") == 3
    assert run("predict", "--model", exported[name], *given) == (0, expected, "")


def test_evaluate_says_the_same(bundles, exported, run, labelled):
    data = labelled("good food\t1\nbad room\t0\ngood room\t1\n")
    reports = []
    for model in (bundles["0 or 1"], exported["0 or 1"]):
        given = ["evaluate", "--model", model, "--data", data, "--json"]
        status, output, _ = run(*given)
        assert status == 0
        reports.append(json.loads(output))
    losses = [report.pop("loss") for report in reports]
    assert reports[0] == reports[1] and losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_neither_imports_tensorflow(exported, in_a_process, labelled, tmp_path):
    data = labelled("good food\t1\nbad room\t0\n")
    model = exported["0 or 1"]
    out = tmp_path / "out.csv"
    for given in (
        ["predict", "--model", model, "good food"],
        ["predict", "--model", model, "--file", data, "--out", out],
        ["evaluate", "--model", model, "--data", data],
    ):
        done = in_a_process("-c", WITHOUT_TENSORFLOW, *given)
        assert done.returncode == 0, done.stderr
        assert done.stdout and not done.stderr
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_int8_and_a_mistake(bundles, fails, run, labelled, tmp_path):
    model, out = bundles["0 or 1"], tmp_path / "out"
    status, output, _ = run("export", "--model", model, "--out", out, "--int8")
    assert status == 0 and "python -m sftkeras predict --model" in output
    contents = json.loads((out / "exported.json").read_text(encoding="utf-8"))
    assert contents["graph"]["weights"] == "int8"
    line = fails("export", "--model", out, "--out", tmp_path / "other")
    assert "This one was exported: it predicts" in line
    data = labelled("good food\t1\nbad food\t0\n")
    words = ["fit", "--train", data, "--out", tmp_path / "fit", "--model", out]
    assert "was exported: it predicts, and is not trained. Give" in fails(*words)
    manifest = (out / "exported.json").read_bytes()
    (out / "exported.json").unlink()
    for command in (words, ["predict", "--model", out, "good"]):
        assert "exported.json is missing beside model.onnx" in fails(*command)
    (out / "exported.json").write_bytes(manifest)
    line = fails("predict", "--model", model, "--engine", "openvino", "good")
    assert "--engine is for what `export` wrote" in line
    line = fails("predict", "--model", out, "--threshold", "2", "good")
    assert "--threshold must be a number between 0 and 1" in line
