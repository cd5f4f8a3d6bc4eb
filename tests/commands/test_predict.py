"""`python -m sftkeras predict`, with bundles not trained."""

import math
import shutil

import pytest

from sftkeras.commands.images import refuse_photographs
from sftkeras.commands.speech import refuse_recordings


@pytest.mark.parametrize("bundle", ["0 or 1", "names", "numbers"])
def test_predict_writes_one_line_a_text(run, bundles, bundle):
    texts = ["good food", "two\nlines and a\ttab", "味道"]
    status, out, err = run("predict", "--model", bundles[bundle], *texts)
    assert (status, err) == (0, "")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[-1] for row in rows] == [" ".join(text.split()) for text in texts]
    if bundle == "numbers":
        assert [len(row) for row in rows] == [2, 2, 2]
        assert all(math.isfinite(float(row[0])) for row in rows)
    else:
        assert {row[0] for row in rows} <= {"0", "1", "2", "mixed"}
        assert all(1 / 3 <= float(row[1]) <= 1 for row in rows)


def test_predict_in_a_process_is_quiet(in_a_process, bundles):
    argv = ["-m", "sftkeras", "predict", "--model", bundles["0 or 1"]]
    done = in_a_process(*argv, "good food", "bad\nroom")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[2] for row in rows] == ["good food", "bad room"]
    assert {row[0] for row in rows} <= {"0", "1"}
    assert all(0.5 <= float(row[1]) <= 1 for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("x.txt", "good food\nbad food\n", []),
        ("x.txt", "good food\t1\nbad food\t0\n", []),
        ("x.jsonl", '{"text": "good food"}\n{"text": "bad food"}\n', []),
        ("x.csv", "n,body\n1,good food\n2,bad food\n", ["--text-column", "body"]),
    ],
)
def test_predict_reads_a_file(run, bundles, labelled, name, content, options):
    argv = ["predict", "--model", bundles["0 or 1"], "--file", labelled(content, name)]
    status, out, _ = run(*argv, *options)
    assert status == 0
    texts = [line.split("\t")[2] for line in out.splitlines()]
    assert texts == ["good food", "bad food"]


def test_predict_refuses_bytes_that_are_no_text(run, bundles):
    # What Python makes of an argument that is not UTF-8.
    argument = b"good\xff".decode("utf-8", "surrogateescape")
    status, out, err = run("predict", "--model", bundles["0 or 1"], "fine", argument)
    assert (status, out) == (2, "")
    expected = "error: TEXT 2: the text is not valid Unicode at character 5. Save it"
    assert err.startswith(expected)


def test_predict_with_a_damaged_bundle(run, bundles, tmp_path):
    path = shutil.copytree(bundles["0 or 1"], tmp_path / "copy")
    (path / "model.keras").write_bytes(b"PK")
    status, out, err = run("predict", "--model", path, "good")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {path}/model.keras: the file is damaged")
    (path / "model.keras").unlink()
    status, out, err = run("predict", "--model", path, "good")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "the classifier's file model.keras is missing. Save the classifier" in err


def test_a_text_may_end_as_a_file_would(run, bundles):
    _, told, _ = run("predict", "--model", bundles["names"], "good food, bad song.mp3")
    assert told.split("\t")[2].strip() == "good food, bad song.mp3"


def test_a_text_longer_than_a_file_s_name_is_a_text():
    for refuse in (refuse_photographs, refuse_recordings):
        refuse("good food, " * 99, "runs/mine")


@pytest.mark.filterwarnings("ignore:1 of 1 texts are longer")
def test_predict_reads_long_texts_in_windows(run, bundles):
    """The bundle reads few words; the last ones of a long text change its answer."""
    argv = [
        "predict",
        "--model",
        bundles["names"],
        "good food " * 90 + "bad room " * 90,
    ]
    told = [run(*argv, *options)[1] for options in ([], ["--long-texts", "windows"])]
    assert told[0].split("\t")[1] != told[1].split("\t")[1]
