"""`fit`, `predict` and `evaluate` on folders of images, and what is refused there."""

import csv
import json
import re

import keras
import numpy as np
import pytest
from PIL import Image

import sftkeras as sft
from sftkeras.commands.images import are_photographs, image_size_of
from sftkeras.graph import attach
from sftkeras.inputs.images import ImagePreprocessor
from sftkeras.models.encoders import directory_of

NAMES = ("dark", "light")


def write_folder(folder, names=NAMES, count=6, seed=0):
    """Write images of several sizes; the second class is the lighter one."""
    random = np.random.default_rng(seed)
    for label, name in enumerate(names):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = random.integers(0, 60, (40 + number, 60, 3)) + 180 * (label % 2)
            image = Image.fromarray(pixels.astype("uint8"))
            image.save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder with `train` and `test`, of two classes each."""
    folder = tmp_path_factory.mktemp("photos")
    write_folder(folder / "train")
    write_folder(folder / "test", count=3, seed=1)
    return folder


@pytest.fixture(scope="module")
def bundle(photos):
    """A tiny classifier of images of any size, saved untrained."""
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(4, 3, strides=2, name="conv")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid", name="head")(x))
    model = attach(model, sft.Classification(NAMES, ImagePreprocessor(32)))
    sft.save_classifier(model, photos / "bundle")
    return photos / "bundle"


@pytest.fixture(scope="module")
def trained(photos, bundle):
    """What `fit` wrote, of a folder."""
    from sftkeras.commands.main import main

    argv = ["fit", "--train", photos / "train", "--test", photos / "test"]
    argv += ["--val", photos / "test", "--model", bundle, "--out", photos / "run"]
    argv += ["--epochs", 60, "--learning-rate", 0.1, "--patience", 60]
    assert main([*map(str, argv)]) == 0
    return photos / "run"


def test_a_folder_is_learned_measured_and_drawn(trained):
    found = {path.name for path in trained.iterdir()}
    figures = {"confusion_matrix.png", "mistakes.png"}
    assert found == figures | {"classifier", "logs", "report.json"}
    report = json.loads((trained / "report.json").read_text())
    assert report["label_names"] == ["dark", "light"]
    assert report["layers_to_fine_tune"] == ["none"], "the default of photographs"
    assert report["rows"] == {"train": 12, "val": 6, "test": 6}
    assert report["test"]["accuracy"] == 1.0


def test_predict_answers_for_files_lists_and_folders(trained, photos, run, tmp_path):
    dark, light = photos / "test/dark/0.png", photos / "test/light/2.png"
    status, out, _ = run("predict", "--model", trained, light, dark)
    rows = [line.split("\t") for line in out.splitlines()]
    assert status == 0
    assert [row[0] for row in rows] == ["light", "dark"]
    assert [row[2] for row in rows] == [str(light), str(dark)]
    _, out, _ = run("predict", "--model", trained, "--file", photos / "test")
    assert [line.split("\t")[0] for line in out.splitlines()] == [
        *["dark"] * 3,
        *["light"] * 3,
    ]
    (photos / "list.csv").write_text("id,file\n7,test/light/0.png\n8,test/dark/0.png\n")
    answers = tmp_path / "answers.csv"
    options = ["--file", photos / "list.csv", "--text-column", "file"]
    assert run("predict", "--model", trained, *options, "--out", answers)[0] == 0
    with answers.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["label"]) for row in rows] == [
        ("7", "light"),
        ("8", "dark"),
    ]
    assert rows[0]["image"].endswith("test/light/0.png")


def test_predict_takes_a_folder_as_an_argument(trained, photos, run):
    argv = ["predict", "--model", trained, photos / "test/dark", photos / "test/light"]
    _, out, _ = run(*argv)
    labels = [line.split("\t")[0] for line in out.splitlines()]
    assert labels == ["dark"] * 3 + ["light"] * 3


@pytest.mark.parametrize("head", ["image", "path", "Filename", None, "row,image"])
def test_a_table_lists_images_in_a_column_with_a_usual_name(
    trained, photos, run, tmp_path, head
):
    lines = [head] * bool(head)
    for number, name in enumerate(("dark/0.png", "light/1.png")):
        row = f"{photos}/test/{name}"
        lines.append(f"{number},{row}" if head and "," in head else row)
    (tmp_path / "list.csv").write_text("\n".join(lines))
    _, out, err = run("predict", "--model", trained, "--file", tmp_path / "list.csv")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["dark", "light"]
    assert err == ""


def test_sentences_are_no_list_of_images(bundle, fails, tmp_path):
    (tmp_path / "texts.txt").write_text("Worth every cent.\t1\n" + "long " * 99 + "\t0")
    line = fails("predict", "--model", bundle, "--file", tmp_path / "texts.txt")
    assert "none of its lines names an image file. First: 'Worth every cent.'" in line


@pytest.mark.filterwarnings("always:.*is taken")
def test_a_note_in_a_folder_does_not_make_photographs_texts(
    photos, fails, run, tmp_path
):
    folder = write_folder(tmp_path / "photos", count=2)
    (folder / "dark" / "notes.txt").write_text("taken in May")
    assert are_photographs(folder)
    texts = write_folder(tmp_path / "texts", count=1)
    for number in range(3):
        (texts / "dark" / f"{number}.txt").write_text("good food")
    assert not are_photographs(texts)
    argv = ["fit", "--out", tmp_path / "o", "--train"]
    for train, message in {
        photos: "'test' is a part of the data",
        photos / "train/dark": "6 images lie in it without a class",
    }.items():
        status, _, err = run(*argv, train)
        assert status == 2 and message in err.splitlines()[-1]
    (tmp_path / "empty").mkdir()
    assert "with .txt files or images in it" in fails(*argv, tmp_path / "empty")


def test_a_misspelt_model_is_not_taken_for_one_of_texts(photos, fails, tmp_path):
    argv = ["fit", "--train", photos / "train", "--out", tmp_path / "o", "--model"]
    line = fails(*argv, "efficientnet-lite9")
    assert "There is no model 'efficientnet-lite9'. Did you mean 'efficientnet-" in line


def test_photographs_of_a_telephone_are_to_be_saved_otherwise(bundle, fails, tmp_path):
    (tmp_path / "x.heic").write_bytes(b"no matter")
    for given in ([tmp_path / "x.heic"], ["--file", tmp_path / "x.heic"]):
        assert "Save it as .jpg or .png." in fails("predict", "--model", bundle, *given)


@pytest.mark.filterwarnings("always:.*Not predicted")
def test_a_listed_file_that_is_no_image_has_no_label(trained, photos, run, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"bad")
    (tmp_path / "list.txt").write_text(f"bad.png\n{photos}/test/dark/0.png\ngone.png\n")
    status, out, err = run(
        "predict", "--model", trained, "--file", tmp_path / "list.txt"
    )
    assert status == 0
    assert [line.split("\t")[0] for line in out.splitlines()] == ["", "dark", ""]
    assert "bad.png: no image that can be read" in err and "gone.png" in err


def test_evaluate_measures_a_folder(trained, photos, run):
    _, out, _ = run("evaluate", "--model", trained, "--test", photos / "test")
    assert "Accuracy: 100.00%" in out


@pytest.mark.filterwarnings("always:.*more than once")
@pytest.mark.filterwarnings("always:.*stand in --train")
def test_equal_images_are_told(trained, photos, bundle, tmp_path, run):
    folder = write_folder(tmp_path / "again", count=2)
    (folder / "light/9.png").write_bytes((folder / "dark/0.png").read_bytes())
    argv = ["fit", "--train", folder, "--test", photos / "train", "--model", bundle]
    _, _, err = run(*argv, "--epochs", 1, "--out", tmp_path / "run")
    assert "1 image is there more than once, 1 of them in another class" in err
    assert "images of --test stand in --train too" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--train text.txt", "text.txt: a file, and efficientnet-lite0 takes photog"),
        ("--train none", "none: no such folder. Images are given as a folder"),
        ("--train train --model minilm", "train: these are images, and minilm reads "),
        ("--train train --model lstm", "these are images, and lstm reads texts. For p"),
        ("--train texts", "without an image: a, b; there are files .txt in it."),
        ("--train train/dark", "0 folders; 6 images lie in it without a class."),
        ("--train one", "Received: 1 folder"),
        ("--train .", "'test' is a part of the data, not a class"),
        ("--train train --test other", "the class 'green' is not one of the model's"),
        ("--train train --image-size 8", "--image-size must be a whole number of pix"),
        ("--train train --text-column a", "--text-column says how texts are read"),
        ("--train text.txt --model lstm --image-size 64", "texts have none"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    photos, fails, monkeypatch, tmp_path, options, message
):
    (photos / "text.txt").write_text("good food\tgood\nbad food\tbad\n")
    for name in "ab":
        (photos / "texts" / name).mkdir(parents=True, exist_ok=True)
        (photos / "texts" / name / "1.txt").write_text("good food")
    write_folder(photos / "one", ["dark"], 2)
    write_folder(photos / "other", ["dark", "green"], 1)
    monkeypatch.chdir(photos)
    argv = options.split()
    argv += [] if "--model" in argv else ["--model", "efficientnet-lite0"]
    assert message in fails("fit", *argv, "--out", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("predict --model {bundle} nowhere.png", "nowhere.png: no such image file."),
        ("predict --model {bundle} {bad}", "bad.png: no image that can be read"),
        ("predict --model {bundle} --file {empty}", "there is no image file in this"),
        ("predict --model {texts} {image}", "these are images, and .*names reads tex"),
        ("predict --model {texts} --file {folder}", "these are images, and"),
        ("evaluate --model {texts} --data {folder}", "these are images, and"),
        ("evaluate --model {bundle} --data {list}", "list.txt: a file, and"),
        ("fit --model {bundle} --image-size 64 --train {folder} --out o", "its own"),
    ],
)
def test_a_classifier_says_what_it_takes(
    bundle, bundles, photos, fails, tmp_path, command, message
):
    (tmp_path / "bad.png").write_bytes(b"bad")
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.txt").write_text("a\tb\n")
    names = {"bundle": bundle, "texts": bundles["names"], "folder": photos / "train"}
    names |= {"image": photos / "train/dark/0.png", "bad": tmp_path / "bad.png"}
    names |= {"empty": tmp_path / "empty", "list": tmp_path / "list.txt"}
    assert re.search(message, fails(*command.format(**names).split()))


def test_a_model_is_known_by_its_name_or_its_bundle(bundle, bundles):
    assert image_size_of("efficientnet-lite0") == 160
    assert image_size_of("efficientnet-lite0", 96) == 96
    assert image_size_of(str(bundle)) == 32
    assert image_size_of(str(bundles["names"])) is None
    assert image_size_of("minilm") is None


@pytest.mark.skipif(
    not directory_of("efficientnet-lite0").is_dir(),
    reason="not here: python data/get_efficientnet_lite0.py",
)
def test_the_pretrained_network_learns_a_folder(photos, run, tmp_path):
    argv = ["fit", "--train", photos / "train", "--test", photos / "test", "--epochs"]
    argv += [2, "--model", "efficientnet-lite0", "--layers-to-fine-tune", "none"]
    status, _, _ = run(*argv, "--image-size", 32, "--out", tmp_path / "run")
    assert status == 0
    report = json.loads((tmp_path / "run/report.json").read_text())
    assert report["trainable_params"] == 1281
    assert image_size_of(str(tmp_path / "run")) == 32
