"""`fit`, `predict` and `evaluate` on recordings, and what is refused there."""

import json

import numpy as np
import pytest
import soundfile

import sftkeras as sft
from sftkeras.commands.main import main
from sftkeras.commands.speech import hears
from sftkeras.models.speech import speech_from_scratch
from sftkeras.tasks.transcription import Transcription

TONES = {"low": 300, "high": 2000, "middle": 900}


def say(words, random):
    """Return a tone of 0.3 seconds a word, with pauses."""
    pause, parts = np.zeros(2400), []
    for word in words:
        tone = np.sin(2 * np.pi * TONES[word] * np.arange(4800) / 16000)
        parts += [pause, 0.4 * tone]
    x = np.concatenate([*parts, pause])
    return x + random.normal(0, 0.003, len(x))


def write_folder(folder, words=("low", "high"), count=12, seed=0):
    folder.mkdir()
    random, lines = np.random.default_rng(seed), ["file,text"]
    for number in range(count):
        text = random.choice(words, random.integers(1, 4))
        soundfile.write(folder / f"{number}.wav", say(text, random), 16000)
        lines.append(f"{number}.wav,{' '.join(text)}")
    (folder / "transcripts.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with recordings to train and test on, and what `fit` made of them."""
    folder = tmp_path_factory.mktemp("speech")
    write_folder(folder / "train", count=24)
    write_folder(folder / "test", count=6, seed=1)
    task = Transcription(("high", "low"))
    small = speech_from_scratch(task, width=24, blocks=1)
    sft.save_classifier(small, folder / "small")
    assert not main(
        [
            *(
                "fit",
                "--model",
                str(folder / "small"),
                "--train",
                str(folder / "train"),
            ),
            *("--test", str(folder / "test"), "--out", str(folder / "out")),
            *("--layers-to-fine-tune", "all", "--epochs", "60", "--batch-size", "8"),
            *("--learning-rate", "0.02"),
        ]
    )
    return folder


def test_fit_learns_words_and_reports_their_errors(made):
    report = json.loads((made / "out" / "report.json").read_text())
    assert report["test"]["wer"] < 0.3
    assert report["rows"] == {"train": 24, "test": 6}
    assert hears(str(made / "out")) and not hears("minilm")


def test_predict_writes_what_was_said(made, capsys):
    files = [str(made / "test" / f"{number}.wav") for number in (0, 1)]
    assert not main(["predict", "--model", str(made / "out"), *files])
    lines = capsys.readouterr().out.splitlines()
    model = sft.load_classifier(made / "out" / "classifier")
    assert lines == [
        f"{t}\t{f}" for t, f in zip(sft.predict(model, files), files, strict=True)
    ]


@pytest.mark.filterwarnings("always:.*Not transcribed")
def test_predict_takes_a_folder_and_tells_of_damage(made, tmp_path, capsys):
    folder = write_folder(tmp_path / "more", count=2)
    (folder / "2.wav").write_bytes(b"no sound")
    out = tmp_path / "said.csv"
    command = ["predict", "--model", str(made / "out"), "--file", str(folder)]
    assert not main([*command, "--out", str(out)])
    rows = out.read_text("utf-8-sig").splitlines()
    assert rows[0] == "row,label,recording" and len(rows) == 4
    assert rows[3].startswith("3,,")
    assert "2.wav: no sound that can be read" in capsys.readouterr().err


def test_evaluate_counts_and_writes_confusions(made, tmp_path, capsys):
    out = tmp_path / "confusions.csv"
    command = ["evaluate", "--model", str(made / "out"), "--data", str(made / "test")]
    assert not main([*command, "--out", str(out)])
    assert "word error rate" in capsys.readouterr().out
    assert out.read_text("utf-8-sig").splitlines()[0] == "said,heard,times"


@pytest.mark.filterwarnings("always:.*New to the recogniser")
def test_a_new_word_is_named_and_added_when_asked(made, tmp_path, capsys):
    data = write_folder(tmp_path / "new", ("low", "middle"), count=4)
    command = ["fit", "--model", str(made / "out"), "--train", str(data)]
    command += ["--out", str(tmp_path / "more"), "--layers-to-fine-tune", "none"]
    assert main(command) == 2
    assert "'middle'" in capsys.readouterr().err
    assert not main([*command, "--add-words", "--epochs", "1"])
    assert "New to the recogniser: 'middle'" in capsys.readouterr().err
    model = sft.load_classifier(tmp_path / "more" / "classifier")
    assert model.label_names == ("high", "low", "middle")


@pytest.mark.filterwarnings("always:.*speech-embedding is taken")
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            ["0.wav,one", "", "1.wav,two", "2.wav,\u516d\u4e94"],
            "line 5: '\u516d\u4e94' is not",
        ),
        (
            ["0.wav,one", "1.wav,robot", "2.wav,robot"],
            "line 3: the recogniser does not",
        ),
        (
            ["0.wav,one", "", "1.wav," + "one " * 99, "2.wav,two"],
            "line 4: 'one one one",
        ),
    ],
)
def test_recordings_choose_a_model_and_mistakes_have_lines(
    tmp_path, capsys, rows, said
):
    data = write_folder(tmp_path / "one", count=3)
    (data / "transcripts.csv").write_text("\n".join(["file,text", *rows]), "utf-8")
    assert main(["fit", "--train", str(data), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "recordings, so --model speech-embedding is taken" in told
    assert f"{data / 'transcripts.csv'}, {said}" in told


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["fit", "--model", "minilm", "--train", "{d}/train", "--out", "{o}"],
            "speech",
        ),
        (["evaluate", "--model", "{d}/out", "--data", "{d}/out"], "transcripts.csv"),
        (["predict", "--model", "{d}/out", "nothing.wav"], "no such sound file"),
        (["predict", "--model", "{d}/out", "--file", "{d}/out"], "no recording"),
        (
            ["fit", "--model", "minilm", "--train", "x", "--out", "{o}", "--add-words"],
            "x",
        ),
        (
            [
                *("evaluate", "--model", "{d}/out", "--data", "{d}/test"),
                *("--long-texts", "windows"),
            ],
            "--long-texts is for texts",
        ),
        (
            ["evaluate", "--model", "{d}/out", "--data", "{d}/test", "--header"],
            "--header says how texts are read",
        ),
    ],
)
def test_what_does_not_fit_is_said(made, tmp_path, capsys, command, said):
    filled = [part.format(d=made, o=tmp_path / "out") for part in command]
    assert main(filled) == 2
    assert said in capsys.readouterr().err
