"""`commands/csv_file.py`: what `--out` writes, and what it refuses."""

import io
import sys
from types import SimpleNamespace

import pytest


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("name", ["o.xlsx", "o", "o.csv.gz"])
def test_out_is_a_csv(fails, bundles, labelled, tmp_path, command, name):
    given = ["good"] if command == "predict" else ["--data", labelled("good\t1\n")]
    argv = [command, "--model", bundles["0 or 1"], *given, "--out", tmp_path / name]
    assert "--out writes a .csv, and the name must say so" in fails(*argv)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(("text", "mark"), [("好吃", True), ("good", False)])
def test_excel_reads_what_is_written(run, bundles, tmp_path, text, mark):
    out = tmp_path / "o.CSV"
    assert run("predict", "--model", bundles["0 or 1"], text, "--out", out)[0] == 0
    content = out.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") == mark
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0] == "row,label,probability,text"
    assert lines[1].endswith(f",{text}") and len(lines) == 2


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_threshold_is_for_classes(fails, bundles, labelled, command):
    data = labelled("good\t0.5\nbad\t1.5\n")
    given = ["good"] if command == "predict" else ["--data", data]
    argv = [command, "--model", bundles["numbers"], *given, "--threshold", "0.3"]
    assert "--threshold is for classes; the model gives numbers" in fails(*argv)


def _type(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


@pytest.mark.filterwarnings("default")
def test_nothing_on_standard_input_is_told(run, bundles, monkeypatch):
    _type(monkeypatch, b"")
    status, out, err = run("predict", "--model", bundles["0 or 1"], "--file", "-")
    assert (status, out) == (0, "")
    assert "standard input: there is no text in it" in err


def test_chinese_bytes_on_standard_input(run, bundles, monkeypatch):
    argv = ["predict", "--model", bundles["0 or 1"], "--file", "-"]
    _type(monkeypatch, "味道很好\n".encode("gb18030"))
    status, _, err = run(*argv)
    assert status == 2 and "such as --encoding gb18030" in err
    _type(monkeypatch, "味道很好\n".encode("gb18030"))
    status, out, _ = run(*argv, "--encoding", "gb18030")
    assert status == 0 and out.endswith("\t味道很好\n")


@pytest.mark.filterwarnings("default")
def test_a_name_among_numbers_is_the_label_that_is_wrong(run, bundles, labelled):
    data = labelled("good\t1\nbad\tx\n")
    status, _, err = run("evaluate", "--model", bundles["0 or 1"], "--data", data)
    assert status == 2
    assert "data.txt, line 2: the label 'x' is not one of the model's: 0, 1" in err
