"""Directories of exported classifiers: damaged, torn, another kind, not a model."""

import json
import shutil

import pytest

import sftkeras as sft
from sftkeras.serving.export import export_model
from sftkeras.serving.exported import load_exported


@pytest.fixture
def copy(saved, tmp_path):
    """A copy of an exported classifier, to be damaged."""
    return shutil.copytree(saved, tmp_path / "copy")


def test_a_damaged_directory_is_told(copy):
    graph = copy / "model.onnx"
    content = graph.read_bytes()
    graph.write_bytes(content[:-1] + b"x")
    with pytest.raises(sft.InputError, match=r"model\.onnx: the file is damaged"):
        load_exported(copy)
    graph.unlink()
    with pytest.raises(FileNotFoundError, match=r"model\.onnx is missing\. Export"):
        load_exported(copy)
    (copy / "exported.json").write_text("{", encoding="utf-8")
    with pytest.raises(sft.InputError, match=r"exported\.json: damaged\. Export"):
        load_exported(copy)
    (copy / "exported.json").unlink()
    with pytest.raises(FileNotFoundError, match="no exported classifier here"):
        load_exported(copy)


def _rewritten(directory, change):
    """Change the manifest of a directory as its maker could: with a new digest."""
    from sftkeras.saving.manifest import digest

    file = directory / "exported.json"
    contents = json.loads(file.read_text(encoding="utf-8"))
    change(contents)
    contents["digest"] = digest(contents)
    file.write_text(json.dumps(contents), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.update(format=9), "format 9, this version reads"),
        (lambda c: c["files"].update({"../x": "0"}), "no file of it is '../x'"),
        (lambda c: c["graph"].update(ids=3), "not of one classifier"),
        (lambda c: c["task"].update(num_classes=5), "2 names for num_classes=5"),
        (lambda c: c["texts"].update(kind="magic"), "that this version can load"),
        (lambda c: c["texts"].update(prefix="a"), "that this version can load"),
        (lambda c: c["task"].update(odd=1), "that this version can load"),
        (lambda c: c.update(pairs="yes"), r"exported\.json: damaged\. Export"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_told(copy, change, told):
    _rewritten(copy, change)
    with pytest.raises(sft.InputError, match=told):
        load_exported(copy)


def test_each_directory_names_the_function_that_reads_it(copy, model, tmp_path):
    with pytest.raises(FileNotFoundError, match="This one was exported"):
        sft.load_classifier(copy)
    sft.save_classifier(model, tmp_path / "saved")
    with pytest.raises(FileNotFoundError, match="load_classifier reads it"):
        load_exported(tmp_path / "saved")
    with pytest.raises(sft.InputError, match="holds other files"):
        export_model(model, tmp_path / "saved")
    export_model(tmp_path / "saved", tmp_path / "out")  # a path is loaded first
    assert load_exported(tmp_path / "out").label_names == (0, 1)


def test_a_directory_without_its_manifest_names_it(copy, model, tmp_path):
    (copy / "exported.json").unlink()
    told = r"exported\.json is missing beside model\.onnx: .*, or export the classif"
    for load in (load_exported, sft.load_classifier):
        with pytest.raises(FileNotFoundError, match=told):
            load(copy)
    sft.save_classifier(model, tmp_path / "saved")
    (tmp_path / "saved" / "classifier.json").unlink()
    told = (
        r"classifier\.json is missing beside model\.keras: .*, or save the classifier"
    )
    for load in (load_exported, sft.load_classifier):
        with pytest.raises(FileNotFoundError, match=told):
            load(tmp_path / "saved")


@pytest.mark.parametrize(
    "use",
    [
        lambda model: sft.predict(model, ["good"]),
        lambda model: sft.predict_probabilities(model, ["good"]),
        lambda model: sft.evaluate_model(model, ["good"], [1]),
        lambda model: sft.fine_tune(model, ["good", "bad"], [1, 0]),
    ],
    ids=["predict", "predict_probabilities", "evaluate_model", "fine_tune"],
)
def test_what_was_exported_is_no_model_and_says_what_it_has(saved, use):
    with pytest.raises(
        sft.InputError, match=r"Call its own predict\(texts\), predict_p"
    ):
        use(load_exported(saved))
