"""The command line of language models: fit, evaluate, predict, chat."""

import io
import json

import chat_models
import pytest
from chat_models import ASKED, TOLD

from sftkeras.commands.conversations import writes
from sftkeras.commands.main import main


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A tiny model's directory, pairs, and what `fit` made of them."""
    home = tmp_path_factory.mktemp("chat")
    (home / "base").mkdir()
    chat_models.write_llama(home / "base")
    rows = [
        {"messages": [message("user", ask), message("assistant", told)]}
        for ask, told in zip(ASKED, TOLD, strict=True)
    ]
    lines = [json.dumps(row) for row in rows]
    (home / "pairs.jsonl").write_text("\n".join(lines))
    (home / "test.tsv").write_text("four teas\ttea=4\nfive beers\tbeer=5\n")
    options = ["--epochs", "2", "--lora", "4", "--learning-rate", "0.05"]
    assert main(["fit", *given(home), *options, "--test", str(home / "test.tsv")]) == 0
    return home


def given(home):
    train, base = str(home / "pairs.jsonl"), str(home / "base")
    return ["--train", train, "--model", base, "--out", str(home / "run")]


def message(role, text):
    return {"role": role, "content": text}


def test_fit_writes_a_bundle_a_report_and_the_adapters(home):
    report = json.loads((home / "run" / "report.json").read_text())
    assert {"exact_match", "f1", "ended", "rows"} == {*report["test"]}
    assert report["label_names"] == [] and report["rows"] == {"train": 8, "test": 2}
    assert (home / "run" / "adapters.safetensors").stat().st_size > 1000
    assert writes(str(home / "run")) and writes(str(home / "base"))
    assert writes("smollm2") and not writes("minilm") and not writes("no/such")


def test_evaluate_prints_the_report(home, capsys):
    arguments = ["--model", str(home / "run"), "--data", str(home / "test.tsv")]
    assert main(["evaluate", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 2
    assert main(["evaluate", *arguments, "--text-column", "x"]) == 2
    assert "takes prompts and answers" in capsys.readouterr().err


def test_predict_answers_prompts_from_a_file_and_from_the_line(home, capsys):
    model = ["--model", str(home / "run")]
    assert main(["predict", *model, "--file", str(home / "pairs.jsonl")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8 and lines[2].endswith("\ta beer")
    assert main(["predict", *model, "a beer"]) == 0
    assert capsys.readouterr().out == lines[2] + "\n"


def test_chat_answers_each_line(home, capsys, monkeypatch):
    said = "a beer\n/new\na beer\n\n/quit\nnever said\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    arguments = ["--model", str(home / "run"), "--max-new-tokens", "5"]
    assert main(["chat", *arguments]) == 0
    one, other = capsys.readouterr().out.splitlines()
    assert one == other


def test_a_long_conversation_forgets_its_oldest_turn(home, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("x" * 60 + "\n" + "y" * 150 + "\n"))
    arguments = ["--model", str(home / "run"), "--max-new-tokens", "8"]
    assert main(["chat", *arguments, "--system", "Be brief."]) == 0
    assert "oldest turn is forgotten" in capsys.readouterr().out


def test_mistakes_get_one_line(home, capsys, tmp_path):
    assert main(["chat", "--model", "minilm"]) == 2
    assert "minilm is no language model" in capsys.readouterr().err
    arguments = ["--model", str(home / "run"), "--top-k", "0"]
    assert main(["chat", *arguments]) == 2
    assert "--top-k" in capsys.readouterr().err
    (home / "bad.jsonl").write_text('{"prompt": "x", "answer": ""}')
    bad = ["--train", str(home / "bad.jsonl"), "--model", "smollm2"]
    assert main(["fit", *bad, "--out", str(tmp_path / "out")]) == 2
    assert "bad.jsonl, line 1: the answer is empty" in capsys.readouterr().err
    assert main(["fit", *given(home), "--lora", "-1"]) == 2
    assert "--lora must be 0 or above" in capsys.readouterr().err
