"""`python -m sftkeras`: what it writes and prints, and one line for a mistake."""

import json
import subprocess
import sys
import warnings

import pytest

from sftkeras.commands import main as cli
from sftkeras.commands.main import main
from sftkeras.errors import InputError
from sftkeras.files import ROOT
from sftkeras.training import fine_tuning as training

TRAIN = "".join(f"good food {n}\tgood\nbad room {n}\tbad\n" for n in "abcdef")
LIST_IMPORTS = """
import sys
from sftkeras.commands.main import main
try:
    main(sys.argv[1:])
finally:
    slow = {"tensorflow", "keras", "keras_hub", "numpy", "sklearn", "matplotlib"}
    print(sorted(slow & {*sys.modules}), file=sys.stderr)
"""


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


def _in_a_process(*argv):
    command = [sys.executable, *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("argv", ["--help", "fit --help", "fit --epochs three"])
def test_help_does_not_wait_for_slow_imports(argv):
    done = _in_a_process("-c", LIST_IMPORTS, *argv.split())
    assert done.stderr.splitlines()[-1] == "[]"
    assert ("usage: python -m sftkeras" in done.stdout) is ("--help" in argv)


def test_a_mistake_in_a_process_is_one_line_and_2(tmp_path):
    argv = ["-m", "sftkeras", "evaluate", "--model", tmp_path, "--data", "none.txt"]
    done = _in_a_process(*argv)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: none.txt: no such file.\n"


def test_predict_in_a_process_is_quiet(trained, files):
    argv = ["-m", "sftkeras", "predict", "--model", trained]
    done = _in_a_process(*argv, "good food", "bad\nroom")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[2] for row in rows] == ["good food", "bad room"]
    assert {row[0] for row in rows} <= {"good", "bad"}
    assert all(0.5 <= float(row[1]) <= 1 for row in rows)


@pytest.mark.parametrize("command", ["", "quickstart", "fit", "evaluate", "predict"])
def test_help(capsys, command):
    with pytest.raises(SystemExit) as raised:
        main([*command.split(), "--help"])
    assert raised.value.code == 0
    assert f"usage: python -m sftkeras {command}".strip() in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("", "required: COMMAND. See: python -m sftkeras --help"),
        ("fti", "invalid choice: 'fti'"),
        (
            "fit",
            "required: --train, --model, --out. See: python -m sftkeras fit --help",
        ),
        ("predict --model", "--model: expected one argument"),
        ("doctor --fast", "unrecognized arguments: --fast"),
        ("quickstart --seed -1", "--seed: must be from 0 to 2**32 - 1, not -1"),
        ("quickstart --seed x", "--seed: must be from 0 to 2**32 - 1, not x"),
        ("fit --learning-rate fast", "--learning-rate: invalid float value: 'fast'"),
        ("predict --model x", "Give either TEXT arguments or --file FILE"),
        ("predict --model x --file y z", "Give either TEXT arguments or --file FILE"),
        ("predict --model none hi", "none: no such directory. Give the one that"),
    ],
)
def test_wrong_usage(fails, argv, message):
    assert message in fails(*argv.split())


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
        ("--epochs 0", "`epochs` must be a whole number above 0. Received: 0"),
        ("--batch-size -3", "`batch_size` must be a whole number above 0"),
        ("--learning-rate nan", "`learning_rate` must be a number above 0"),
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


def test_an_output_directory_that_cannot_be_written(fails, files):
    out = files / "empty.txt" / "sub"
    argv = ["fit", "--train", files / "train.txt", "--model", "lstm", "--out", out]
    assert f"Cannot write to {out} (" in fails(*argv)
    assert (files / "empty.txt").read_text() == ""


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
    assert error.startswith("error: `epochs`")
    assert warnings.showwarning.__module__ != "sftkeras.commands.main"


def test_an_interruption_is_no_traceback(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_doctor", interrupt)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_an_operating_system_error_is_one_line(monkeypatch, fails):
    def no_space(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "_doctor", no_space)
    assert fails("doctor") == "error: [Errno 28] No space left on device"


def test_a_defect_of_ours_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(cli, "_doctor", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_quickstart_without_data_leaves_nothing(tmp_path, fails):
    argv = ["quickstart", "--data", tmp_path, "--out", tmp_path / "out"]
    assert f"{tmp_path}/train_data.txt: no such file" in fails(*argv)
    assert list(tmp_path.iterdir()) == []


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
    ("options", "half", "jit"),
    [([], False, "auto"), (["--mixed-precision", "--jit-compile"], "auto", True)],
)
def test_fit_hands_on_how_to_compute(files, monkeypatch, fails, options, half, jit):
    def train(*_, **given):
        assert (given["mixed_precision"], given["jit_compile"]) == (half, jit)
        raise InputError("so far")

    monkeypatch.setattr(training, "train_model", train)
    argv = ["fit", "--train", files / "train.txt", "--model", "lstm", *options]
    assert "so far" in fails(*argv, "--out", files / "how")


def test_an_unknown_layer_is_named_with_the_near_ones(trained, files, fails):
    argv = ["fit", "--train", files / "train.txt", "--model", trained]
    line = fails(*argv, "--layers-to-fine-tune", "lstn", "--out", files / "new")
    assert "no layer matches 'lstn'. Did you mean 'lstm'?" in line
    assert not (files / "new").exists()
