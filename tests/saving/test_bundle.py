"""`save_classifier` and `load_classifier`: complete, checked, never half written."""

import io
import json
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras import files as runtime
from sftkeras.errors import InputError
from sftkeras.evaluation.predicting import predict, predict_probabilities
from sftkeras.graph import attach
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.models.copying import copy_model
from sftkeras.models.lstm import create_model
from sftkeras.saving import bundle, inspecting
from sftkeras.saving.bundle import load_classifier, save_classifier

TEXTS = ["the food was good", "never again", "unheard of , 味道 !", ""]
IN_A_FRESH_PROCESS = """
import json, sys
import sftkeras as sft
texts = json.loads(sys.argv[1])
models = [sft.load_classifier(path) for path in sys.argv[2:]]
print(json.dumps([
    [sft.predict(m, texts), sft.predict_probabilities(m, texts).tolist()]
    for m in models
]))
"""


def _lstm():
    tokenizer = Tokenizer(max_length=20).fit_on_texts(TEXTS)
    model = create_model(tokenizer=tokenizer, units=4, output_dim=3)
    model.label_names = ("bad", "好")
    return model


@pytest.fixture(scope="module")
def saved(tiny_classifier, tmp_path_factory):
    """{"lstm" or "encoder": (model, its bundle)}; for reading only."""
    folder = tmp_path_factory.mktemp("bundles")
    models = {"lstm": _lstm(), "encoder": tiny_classifier()}
    report = {"accuracy": 0.75, "confusion_matrix": [[1, 0], [1, 2]]}
    for name, model in models.items():
        save_classifier(model, folder / name, report)
    return {name: (model, folder / name) for name, model in models.items()}


@pytest.fixture
def copy(saved, tmp_path):
    """A function that returns a copy of a bundle, to be damaged."""
    return lambda name: shutil.copytree(saved[name][1], tmp_path / name)


def test_a_fresh_process_gives_the_same_predictions(saved):
    command = [sys.executable, "-c", IN_A_FRESH_PROCESS, json.dumps(TEXTS)]
    command += [str(path) for _, path in saved.values()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=runtime.ROOT)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for (model, _), (labels, probabilities) in zip(saved.values(), found, strict=True):
        assert labels == predict(model, TEXTS)
        expected = predict_probabilities(model, TEXTS)
        np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["lstm", "encoder"])
def test_a_bundle_holds_no_pickle_and_says_what_it_is(saved, name):
    _, path = saved[name]
    files = [file for file in path.rglob("*") if file.is_file()]
    parts = {file.name: file.read_bytes() for file in files}
    with zipfile.ZipFile(path / "model.keras") as archive:
        parts |= {member: archive.read(member) for member in archive.namelist()}
    kinds = {part.rsplit(".", 1)[-1] for part in parts}
    assert kinds == {"keras", "json", "h5", "md"} | ({"txt"} & kinds)
    assert not [part for part, content in parts.items() if content[:1] == b"\x80"]
    contents = json.loads(parts["classifier.json"])
    assert contents["versions"]["keras"] == keras.__version__
    assert contents["keras_hub"] is (name == "encoder")
    assert contents["report"]["confusion_matrix"] == [[1, 0], [1, 2]]
    assert "| accuracy | 0.7500 |" in parts["README.md"].decode()


def test_the_optimizer_is_not_saved(tmp_path):
    model = _lstm()
    model.optimizer.build(model.trainable_variables)
    save_classifier(model, tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "b" / "model.keras") as archive:
        assert not json.loads(archive.read("config.json"))["compile_config"]
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
            assert set(weights) == {"layers", "vars"}
    assert model.compiled


HASHED = [
    ("lstm", "model.keras"),
    ("lstm", "tokenizer.json"),
    ("encoder", "model.keras"),
    ("encoder", "preprocessor/preprocessor.json"),
    ("encoder", "preprocessor/assets/vocabulary.txt"),
]


@pytest.mark.parametrize(("name", "file"), HASHED)
def test_a_missing_file_is_named(copy, name, file):
    path = copy(name)
    (path / file).unlink()
    with pytest.raises(FileNotFoundError) as raised:
        load_classifier(path)
    assert str(raised.value).startswith(
        f"{path}: the classifier's file {file} is missi"
    )
    assert "Save the classifier again" in str(raised.value)


@pytest.mark.parametrize(("name", "file"), HASHED)
def test_a_changed_byte_is_noticed(copy, name, file):
    path = copy(name)
    content = bytearray((path / file).read_bytes())
    content[len(content) // 2] ^= 1
    (path / file).write_bytes(content)
    with pytest.raises(InputError, match=r"damaged or was changed.*SHA-256") as raised:
        load_classifier(path)
    assert str(raised.value).startswith(str(path / file))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: "{", "damaged. Save the classifier again"),
        (lambda c: [], "damaged. Save the classifier again"),
        (lambda c: {**c, "files": []}, "damaged. Save the classifier again"),
        (lambda c: {**c, "files": {}}, "damaged. Save the classifier again"),
        (lambda c: {**c, "label_names": None}, "damaged. Save the classifier again"),
        (lambda c: {**c, "label_names": ["a", "b"]}, "the file is damaged or was chan"),
        (lambda c: {**c, "digest": "0"}, "the file is damaged or was changed after"),
        (
            lambda c: {**c, "format": 2, "label_names": ["a"]},
            "1 label names for a model with 1",
        ),
        (lambda c: {**c, "format": 99}, "format 99, this version reads 3. Use the"),
    ],
)
def test_a_damaged_list_of_contents_is_noticed(copy, change, message):
    file = copy("lstm") / "classifier.json"
    changed = change(json.loads(file.read_text(encoding="utf-8")))
    file.write_text(changed if changed == "{" else json.dumps(changed))
    with pytest.raises(InputError) as raised:
        load_classifier(file.parent)
    assert str(raised.value).startswith(f"{file}: {message}")


def test_a_place_without_a_bundle_is_not_found(tmp_path):
    for path, message in [
        (tmp_path / "none", "no such directory. Give the one that"),
        (tmp_path, "no saved classifier here: classifier.json is missing"),
    ]:
        with pytest.raises(FileNotFoundError) as raised:
            load_classifier(path)
        assert str(raised.value).startswith(f"{path}: {message}")


def test_the_card_is_for_people_who_may_edit_it(copy):
    path = copy("lstm")
    (path / "README.md").write_text("Ours, for the shop.")
    assert load_classifier(path).label_names == ("bad", "好")


def test_saving_replaces_an_older_bundle_whole(copy, tmp_path):
    path = copy("encoder")
    save_classifier(_lstm(), path)
    assert not (path / "preprocessor").exists()
    assert load_classifier(path).label_names == ("bad", "好")
    assert [p.name for p in tmp_path.iterdir()] == ["encoder"]


@pytest.mark.parametrize("point", ["preprocessing", "last rename"])
def test_an_older_bundle_survives_a_failed_save(copy, tmp_path, monkeypatch, point):
    def no_space(*_):
        raise OSError(28, "No space left on device")

    path = copy("lstm")
    if point == "preprocessing":
        monkeypatch.setattr(Tokenizer, "save", no_space)
    else:
        monkeypatch.setattr("sftkeras.directories._put_in_place", no_space)
    with pytest.raises(OSError, match="No space left"):
        save_classifier(_lstm(), path)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["lstm"]
    assert load_classifier(path).label_names == ("bad", "好")


def test_a_lambda_is_refused_when_it_is_saved_not_when_it_is_loaded(tmp_path):
    inputs = keras.Input((4,))
    x = keras.layers.Lambda(lambda x: 2 * x, name="double")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
    with pytest.raises(InputError, match=r"'double' is a Lambda.*as a layer class"):
        save_classifier(model, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_what_the_user_put_into_a_bundle_stays_in_it(copy):
    path = copy("lstm")
    (path / "my_notes.txt").write_text("mine")
    save_classifier(_lstm(), path)
    (path / "README.md").write_text("my card")
    save_classifier(_lstm(), path)
    save_classifier(_lstm(), path)
    assert (path / "my_notes.txt").read_text() == "mine"
    assert (path / "README.md.kept").read_text() == "my card"
    assert "A classifier made with" in (path / "README.md").read_text()
    load_classifier(path)


@pytest.mark.parametrize("content", ["{}", "", '{"files": {}}', "[1]", "[" * 9999])
def test_a_classifier_json_of_somebody_else_is_refused(tmp_path, content):
    (tmp_path / "classifier.json").write_text(content)
    with pytest.raises(InputError, match="holds other files, which would be lost"):
        save_classifier(_lstm(), tmp_path)
    assert (tmp_path / "classifier.json").read_text() == content


def test_nothing_is_left_of_a_first_save_that_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "versions", lambda: {"x": object()})
    with pytest.raises(AttributeError):
        save_classifier(_lstm(), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    for path, message in [
        (file / "sub", f"Cannot write to {file} ("),
        (file, f"{file} is a file; give a directory to write to"),
        (tmp_path, f"{tmp_path} holds other files, which would be lost. Give a new"),
    ]:
        with pytest.raises(InputError) as raised:
            save_classifier(_lstm(), path)
        assert str(raised.value).startswith(message)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("units", "activation", "names"),
    [(3, "softmax", np.array([1, 2, 5])), (1, "sigmoid", ["no", "yes"]), (1, None, ())],
)
def test_a_model_of_arrays_and_any_labels_come_back(tmp_path, units, activation, names):
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(units, activation=activation)(inputs)
    model = keras.Model(inputs, outputs)
    model.label_names = tuple(names)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    save_classifier(model, tmp_path / "b")
    loaded = load_classifier(tmp_path / "b")
    assert loaded.preprocessor is None
    assert loaded.label_names == tuple(names)
    assert predict(loaded, x) == predict(model, x)


def test_loading_and_tuning_in_threads_leaves_keras_as_it_was(saved):
    """Copies and bundles were built while Keras' initializers were patched to zeros."""
    before = {
        name: vars(kind).get("__call__")
        for name, kind in vars(keras.initializers).items()
        if isinstance(kind, type)
    }
    model, path = saved["lstm"]

    def load():
        for _ in range(3):
            load_classifier(path)
            copy_model(model)

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, call in before.items():
        assert vars(getattr(keras.initializers, name)).get("__call__") is call
    assert np.ptp(np.asarray(keras.initializers.GlorotUniform()((3, 3)))) > 0


def test_bundles_that_an_earlier_version_saved_are_loaded():
    """`tests/bundles` was written by commit d743ee9, format 1."""
    folder = Path(__file__).parent / "bundles"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    for name in ("encoder", "lstm"):
        found = predict_probabilities(load_classifier(folder / name), expected["texts"])
        np.testing.assert_allclose(found, expected[name], atol=1e-5)
    model = load_classifier(folder / "numbers")
    found = predict(model, np.array(expected["x"], "float32"))
    np.testing.assert_allclose(found, expected["numbers"], atol=1e-5)


def test_a_task_that_could_not_be_loaded_is_refused(tmp_path):
    class Own(sft.Task):
        pass

    inputs = keras.Input((3,))
    model = attach(keras.Model(inputs, keras.layers.Dense(2)(inputs)), Own())
    with pytest.raises(InputError, match="cannot hold the task Own"):
        save_classifier(model, tmp_path / "bundle")


def test_a_model_beyond_what_is_loaded_is_refused_when_it_is_saved(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(inspecting, "MOST_LAYERS", 1)
    with pytest.raises(InputError, match="would be refused by load_classifier"):
        save_classifier(_lstm(), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_the_report_of_very_many_classes_is_kept_short(tmp_path):
    report = {"accuracy": 0.5, "label_names": list(range(200)), "confusions": [[0, 1]]}
    save_classifier(_lstm(), tmp_path / "b", report)
    contents = json.loads((tmp_path / "b" / "classifier.json").read_text())
    assert contents["report"] == {"accuracy": 0.5}


def test_line_ends_that_git_changed_are_named(copy):
    file = copy("encoder") / "preprocessor" / "preprocessor.json"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(InputError, match=r"line ends were changed.*\.gitattributes"):
        load_classifier(file.parents[1])


def test_weights_that_are_no_numbers_are_refused(tmp_path, monkeypatch):
    model = _lstm()
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    with pytest.raises(InputError, match="cannot be saved: its weight embedding"):
        save_classifier(model, tmp_path / "b")
    monkeypatch.setattr("sftkeras.saving.bundle.check_weights", lambda *_: None)
    save_classifier(model, tmp_path / "b")  # as another version may have
    with pytest.raises(InputError, match="values that are no numbers"):
        load_classifier(tmp_path / "b")
