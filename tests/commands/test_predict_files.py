"""`predict --file`: each row has its line, ids stay, and the file streams."""

import csv
import io
import subprocess
import sys
from types import SimpleNamespace

import pytest

import sftkeras as sft
from sftkeras.data import texts as reading
from sftkeras.files import ROOT


@pytest.fixture
def predict(run, bundles):
    """A function that predicts with a bundle; returns the lines, split at tabs."""

    def predict(*argv, bundle="0 or 1"):
        status, out, err = run("predict", "--model", bundles[bundle], *argv)
        assert (status, err) == (0, "")
        return [line.split("\t") for line in out.splitlines()]

    return predict


def test_an_empty_row_has_an_empty_line(predict, labelled):
    rows = predict("--file", labelled("good food\n\n  \nbad food\n"))
    assert [row[2] for row in rows] == ["good food", "", "", "bad food"]
    assert [bool(row[0]) for row in rows] == [True, False, False, True]
    assert rows[1] == ["", "", ""]
    numbers = predict("--file", labelled("good\n\nbad\n"), bundle="numbers")
    assert [len(row) for row in numbers] == [2, 2, 2]
    assert numbers[1] == ["", ""]


def test_an_id_stays_beside_its_row(predict, labelled):
    path = labelled("id,text\nx-9,good food\nx-7,\nx-8,bad food\n", "data.csv")
    rows = predict("--file", path)
    assert [(row[0], row[3]) for row in rows] == [
        ("x-9", "good food"),
        ("x-7", ""),
        ("x-8", "bad food"),
    ]
    path = labelled("order,text\n5,good food\n", "data.csv")
    assert len(predict("--file", path)[0]) == 3
    assert predict("--file", path, "--id-column", "order")[0][0] == "5"


def test_texts_come_from_standard_input(predict, monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO("good food\n\n好\n".encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert [row[2] for row in predict("--file", "-")] == ["good food", "", "好"]


def test_bytes_from_standard_input_that_are_no_text(run, bundles, monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO(b"\xff\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    status, _, err = run("predict", "--model", bundles["0 or 1"], "--file", "-")
    assert status == 2
    assert "standard input, after line 0: these bytes are not utf-8" in err


def test_a_csv_is_written_whole_or_not_at_all(
    predict, run, bundles, labelled, tmp_path
):
    path = labelled('id,text\n7,"good, food"\n8,\n', "data.csv")
    out = tmp_path / "answers" / "preds.csv"
    (line,) = predict("--file", path, "--out", out)
    assert line == [f"Written to {out}: 2 rows"]
    with out.open(encoding="utf-8", newline="") as file:
        head, one, two = csv.reader(file)
    assert head == ["row", "id", "label", "probability", "text"]
    assert (one[:2], one[4], two) == (["1", "7"], "good, food", ["2", "8", "", "", ""])
    assert one[2] in "01" and 0.5 <= float(one[3]) <= 1

    before = out.read_bytes()
    bad = labelled('{"text": "good"}\n{"no": 1}\n' * 100, "data.jsonl")
    argv = ["predict", "--model", bundles["0 or 1"], "--file", bad, "--out", out]
    assert run(*argv)[0] == 2
    assert out.read_bytes() == before
    assert [p.name for p in out.parent.iterdir()] == ["preds.csv"]

    line = run("predict", "--model", bundles["0 or 1"], "--file", out, "--out", out)[2]
    assert "is the file that is read; give another" in line

    predict("good food", "--out", out, bundle="numbers")
    with out.open(encoding="utf-8", newline="") as file:
        head, one = csv.reader(file)
    assert head == ["row", "label", "text"]
    assert one[::2] == ["1", "good food"]


def test_a_file_is_answered_while_it_is_read(predict, labelled, monkeypatch):
    read, seen = [], []

    def rows(*_, **__):
        for number in range(1000):
            read.append(number)
            yield None, f"good food {number}"

    def answer(model, texts, **options):
        seen.append((len(texts), len(read)))
        return answer.real(model, texts, **options)

    answer.real = sft.predict
    monkeypatch.setattr(reading, "iterate_texts", rows)
    monkeypatch.setattr(sft, "predict", answer)
    assert len(predict("--file", labelled("any"))) == 1000
    sizes = [size for size, _ in seen]
    assert sum(sizes) == 1000
    assert sizes[0] < sizes[1] < sizes[2] < 500
    assert [ahead for _, ahead in seen] == [
        sum(sizes[: n + 1]) for n in range(len(sizes))
    ]


def test_a_reader_that_has_enough_ends_it_quietly(bundles, labelled):
    path = labelled("good food\n" * 20_000)
    argv = [sys.executable, "-m", "sftkeras", "predict", "--file", path]
    argv += ["--model", bundles["0 or 1"]]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdout=pipe, stderr=pipe, cwd=ROOT) as process:
        assert b"good food" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_control_characters_do_not_reach_the_terminal(predict):
    (row,) = predict("good \x1b]0;owned\x07 food")
    assert row[2] == r"good \x1b]0;owned\x07 food"


def test_options_say_how_a_file_is_read(predict, labelled):
    path = labelled("title:body\nGood:food\nBad:room\n", "data.csv")
    options = ["--delimiter", ":", "--text-column", "title", "body"]
    rows = predict("--file", path, *options, "--encoding", "cp1252")
    assert [row[2] for row in rows] == ["Good food", "Bad room"]
    rows = predict("--file", path, "--no-header", "--text-column", "1", *options[:2])
    assert [row[2] for row in rows] == ["title", "Good", "Bad"]
