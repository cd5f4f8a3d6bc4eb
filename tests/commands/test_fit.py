"""`python -m sftkeras fit`: what it writes, hands on, keeps and refuses."""

import json
import warnings

import keras
import numpy as np
import pytest

from sftkeras.commands.main import main
from sftkeras.commands.unfinished import begun, is_finished
from sftkeras.errors import InputError
from sftkeras.training import fine_tuning

TRAIN = "".join(f"good food {n}\tgood\nbad room {n}\tbad\n" for n in "abcdef")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A directory with small labelled files."""
    folder = tmp_path_factory.mktemp("files")
    for name, content in {
        "train.txt": TRAIN,
        "val.txt": "a good thing\tgood\na bad thing\tbad\n",
        "test.csv": 'text,label\n"good, they say",good\nbad bed,bad\n',
        "texts.txt": "good bread\n\nbad bread\n",
        "one_class.txt": "good food\tgood\nfine food\tgood\n",
        "no_label.txt": "good food\tgood\nbad food\n",
        "strange.txt": "good bed\tgood\nodd bed\tugly\n",
        "empty.txt": "",
    }.items():
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def trained(files):
    """What `fit` wrote: for reading only."""
    out = files / "runs" / "lstm"
    argv = ["fit", "--train", f"{files}/train.txt", "--val", f"{files}/val.txt"]
    argv += ["--test", f"{files}/test.csv", "--model", "lstm", "--epochs", "2"]
    assert main([*argv, "--batch-size", "4", "--out", str(out)]) == 0
    return out


def test_fit_writes_a_report_a_bundle_and_logs(trained, files):
    assert {p.name for p in trained.iterdir()} == {"classifier", "logs", "report.json"}
    assert {p.name for p in (trained / "logs").iterdir()} == {"train", "validation"}
    report = json.loads((trained / "report.json").read_text(encoding="utf-8"))
    assert set(report["val"]) >= {"accuracy", "precision", "recall", "f1", "loss"}
    assert report["test"]["rows"] == 2
    assert report["label_names"] == ["bad", "good"]
    assert report["rows"] == {"train": 12, "val": 2, "test": 2}
    assert (report["seed"], report["model"], report["epochs"]) == (0, "lstm", 2)
    assert report["train_seconds"] > 0
    assert report["trainable_params"] > 1000
    assert report["versions"]["keras"]


@pytest.mark.filterwarnings("always:.*new to the classifier")
def test_fit_teaches_a_saved_classifier_a_class_more(trained, files, capsys):
    (files / "more.txt").write_text(TRAIN + "ugly bed 1\tugly\nugly bed 2\tugly\n")
    out = files / "runs" / "more"
    argv = ["fit", "--train", f"{files}/more.txt", "--model", str(trained)]
    assert main([*argv, "--epochs", "1", "--out", str(out)]) == 0
    assert "new to the classifier: 'ugly'. It gets a class" in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["label_names"] == ["bad", "good", "ugly"]


def test_fit_in_a_process_is_quiet(in_a_process, files):
    """TensorFlow's log, which it writes when it starts, is no error of the user's."""
    argv = ["-m", "sftkeras", "fit", "--train", files / "train.txt", "--model", "lstm"]
    done = in_a_process(*argv, "--epochs", "1", "--out", files / "runs" / "quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Written to" in done.stdout


def test_fit_goes_on_from_a_saved_classifier(trained, files, capsys):
    out = files / "runs" / "more"
    argv = ["fit", "--train", files / "train.txt", "--model", trained, "--epochs", 1]
    argv += ["--layers-to-fine-tune", "lstm", "--out", out]
    assert main([*map(str, argv)]) == 0
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["layers_to_fine_tune"] == ["lstm"]
    assert set(report) & {"val", "test"} == set()
    assert "Written to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ([], {"patience": 5}),
        (
            ["--mixed-precision", "--jit-compile", "--patience", "3"],
            {"mixed_precision": "auto", "jit_compile": True, "patience": 3},
        ),
        (["--batch-tokens", "512"], {"batch_tokens": 512, "patience": 5}),
        (
            ["--optimizer", "adamw", "--seed", "7", "--class-weight", "balanced"],
            {
                "optimizer": "adamw",
                "seed": 7,
                "class_weight": "balanced",
                "patience": 5,
            },
        ),
    ],
)
def test_fit_hands_on_what_was_given(files, monkeypatch, fails, options, settings):
    ours = {"log_dir", "backup_dir", "resume", "verbose"}

    def train(*_, **given):
        assert given.keys() >= ours
        assert {n: value for n, value in given.items() if n not in ours} == settings
        raise InputError("so far")

    monkeypatch.setattr(fine_tuning, "train_model", train)
    argv = ["fit", "--train", files / "train.txt", "--model", "lstm", *options]
    assert "so far" in fails(*argv, "--out", files / "how")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--train none.txt", "none.txt: no such file"),
        ("--train .", " is a directory; give a file in it"),
        ("--train empty.txt", "empty.txt: the file is empty"),
        ("--train texts.txt", "texts.txt: no labels. Expected text<TAB>label"),
        ("--train no_label.txt", "no_label.txt, line 2: the row has no label"),
        ("--train one_class.txt", "one_class.txt: every label is 'good'"),
        (
            "--val strange.txt",
            "strange.txt, line 2: the label 'ugly' is not one of the model's: 'bad', "
            "'good'. Correct it, or train with it",
        ),
        ("--test strange.txt", "strange.txt, line 2: the label 'ugly'"),
        ("--train test.csv --label-column stars", "test.csv: no column 'stars'"),
        ("--layers-to-fine-tune none", "is for pretrained models, not lstm"),
        ("--patience 0", "--patience must be a whole number above 0. Received: 0"),
        ("--epochs 0", "--epochs must be a whole number above 0. Received: 0"),
        ("--batch-size -3", "--batch-size must be a whole number above 0"),
        ("--learning-rate nan", "--learning-rate must be a number above 0"),
        ("--model ./nowhere", "nowhere: no pretrained model here"),
    ],
)
@pytest.mark.filterwarnings("default:.*empty rows")
def test_fit_refuses_and_leaves_nothing(files, monkeypatch, capsys, options, message):
    monkeypatch.chdir(files)
    argv = ["fit", "--train", "train.txt", "--model", "lstm", "--out", "new"]
    assert main([*argv, *options.split()]) == 2
    output = capsys.readouterr()
    assert output.err.splitlines()[-1].startswith("error: ")
    assert message in output.err.splitlines()[-1]
    assert "Traceback" not in output.err
    assert not (files / "new").exists()


def test_a_finished_fit_is_not_resumed(trained, files, run, fails):
    argv = ["fit", "--train", f"{files}/train.txt", "--val", f"{files}/val.txt"]
    argv += ["--test", f"{files}/test.csv", "--model", "lstm", "--out", trained]
    argv += ["--batch-size", "4", "--resume"]
    before = (trained / "report.json").read_bytes()
    status, out, err = run(*argv, "--epochs", "2")
    assert (status, err) == (0, "") and "this fit is finished" in out
    assert "a finished fit, of other settings. Leave" in fails(*argv, "--epochs", "3")
    assert (trained / "report.json").read_bytes() == before


def test_a_fit_that_has_begun_is_not_finished(trained, tmp_path):
    """Killed before its first backup, where an older result lies."""
    report = json.loads((trained / "report.json").read_text())
    names = ("rows", "model", "layers_to_fine_tune", "seed", "settings")
    job = {name: report[name] for name in names}
    assert is_finished(trained, job)
    backup = trained / "backup"
    with pytest.raises(KeyboardInterrupt), begun(backup):
        raise KeyboardInterrupt
    assert not is_finished(trained, job)
    with begun(backup):
        pass
    assert is_finished(trained, job) and not backup.exists()


def test_an_output_directory_that_cannot_be_written(fails, files):
    out = files / "empty.txt" / "sub"
    argv = ["fit", "--train", files / "train.txt", "--model", "lstm", "--out", out]
    assert f"Cannot write to {out} (" in fails(*argv)
    assert (files / "empty.txt").read_text() == ""


def test_an_unknown_layer_is_named_with_the_near_ones(trained, files, fails):
    argv = ["fit", "--train", files / "train.txt", "--model", trained]
    line = fails(*argv, "--layers-to-fine-tune", "lstn", "--out", files / "new")
    assert "no layer matches 'lstn'. Did you mean 'lstm'?" in line
    assert not (files / "new").exists()


def test_a_failed_fit_keeps_what_was_there(trained, files, fails):
    before = {p: p.read_bytes() for p in trained.rglob("*") if p.is_file()}
    argv = ["fit", "--train", files / "empty.txt", "--model", "lstm"]
    fails(*argv, "--out", trained)
    assert before == {p: p.read_bytes() for p in trained.rglob("*") if p.is_file()}


def test_a_directory_called_backup_that_is_not_ours_is_kept(trained, files, fails):
    """Whether the fit succeeds or fails: it may hold somebody's photographs."""
    photo = files / "run" / "backup" / "photos" / "cat.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_text("meow")
    options = ["--train", str(files / "train.txt"), "--model", "lstm"]
    options += ["--out", str(files / "run")]
    fails("fit", *options, "--epochs", "0")
    assert photo.read_text() == "meow"
    assert main(["fit", *options, "--epochs", "1"]) == 0
    assert photo.read_text() == "meow"


def test_a_text_in_two_parts_is_a_warning(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    argv = ["fit", "--train", "train.txt", "--test", "train.txt", "--model", "lstm"]
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        main([*argv, "--epochs", "0", "--out", "new"])
    warning, error = capsys.readouterr().err.splitlines()
    assert warning.startswith("warning: 12 texts of --test stand in --train too")
    assert error.startswith("error: --epochs")
    assert warnings.showwarning.__module__ != "sftkeras.commands.main"


@pytest.mark.filterwarnings("always:.*letters that minilm")
def test_texts_that_the_chosen_encoder_cannot_read_are_told(tmp_path, monkeypatch, run):
    monkeypatch.setenv("SFTKERAS_MINILM", str(tmp_path / "nowhere"))
    rows = [f"good food {n}\tgood\nbad room {n}\tbad" for n in range(6)]
    (tmp_path / "x.txt").write_text("\n".join([*rows, "太好吃了\tgood", "难吃\tbad"]))
    argv = ["fit", "--train", tmp_path / "x.txt", "--out", tmp_path / "out"]
    told = run(*argv, "--model", "minilm")[2]
    assert "2 of the 14 texts are mostly of letters that minilm cannot read" in told
    assert "--model e5-small reads both. First: '太好吃了'" in told


def test_one_recording_is_no_data(tmp_path, fails):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    line = fails("fit", "--out", tmp_path / "out", "--train", tmp_path / "a.wav")
    assert "one recording. Give the folder" in line and "minilm" not in line


@pytest.mark.filterwarnings("always:.*is taken")
@pytest.mark.parametrize("encoder", ["minilm", "e5-small", "efficientnet-lite0"])
def test_without_a_model_the_data_choose_it(encoder, tmp_path, monkeypatch, run):
    for name in ("MINILM", "E5_SMALL", "EFFICIENTNET_LITE0"):
        monkeypatch.setenv(f"SFTKERAS_{name}", str(tmp_path / "nowhere"))
    train = tmp_path / "train"
    if encoder == "efficientnet-lite0":
        noise = np.random.default_rng(0)
        for name in ("cat", "dog", "cat", "dog"):
            (train / name).mkdir(parents=True, exist_ok=True)
            file = train / name / f"{noise.integers(10**9)}.png"
            keras.utils.save_img(file, noise.random((8, 8, 3)))
    else:
        words = {"good": "味道不错", "bad": "服务太差"} if encoder == "e5-small" else {}
        rows = [f"{words.get(x, x)} {n}\t{x}" for n in "123" for x in ("good", "bad")]
        train = train.with_suffix(".txt")
        train.write_text("\n".join(rows), encoding="utf-8")
    status, _, said = run("fit", "--train", train, "--out", tmp_path / "out")
    assert status == 2 and len(said.splitlines()) == 2
    assert f"so --model {encoder} is taken" in said
    assert f"The encoder '{encoder}' is not in" in said
