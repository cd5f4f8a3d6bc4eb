"""Conversations from files: every layout gives the same, every mistake has its line."""

import json

import pytest

from sftkeras.data.conversations import load_conversations
from sftkeras.errors import InputError
from sftkeras.files import ROOT

ASKED = {"role": "user", "content": "Two teas"}
TOLD = {"role": "assistant", "content": "tea=2"}
BRIEF = {"role": "system", "content": "Be brief."}


def write(path, rows):
    lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASKED, TOLD]},
        {"prompt": "Two teas", "answer": "tea=2"},
        {"prompt": "Two teas", "completion": "tea=2"},
        {"instruction": "Two teas", "input": "", "output": "tea=2"},
        {
            "conversations": [
                {"from": "human", "value": "Two teas"},
                {"from": "gpt", "value": "tea=2"},
            ]
        },
    ],
)
def test_each_layout_is_read(tmp_path, row):
    found = load_conversations(write(tmp_path / "pairs.jsonl", [row, row]))
    assert found.inputs == ["Two teas"] * 2
    assert list(found.labels) == ["tea=2"] * 2
    (tmp_path / "pairs.json").write_text(json.dumps([row]))
    assert load_conversations(tmp_path / "pairs.json").inputs == ["Two teas"]


def test_what_was_said_before_stays_and_the_last_answer_is_learned(tmp_path):
    talk = [BRIEF, ASKED, TOLD, {"role": "user", "content": "And a cola"}]
    last = {"role": "assistant", "content": "tea=2; cola=1"}
    path = write(tmp_path / "talk.jsonl", [{"messages": [*talk, last]}])
    found = load_conversations(path)
    assert found.inputs == [talk]
    assert list(found.labels) == ["tea=2; cola=1"]


def test_alpacas_input_follows_its_instruction(tmp_path):
    row = {"instruction": "Shout.", "input": "hello", "output": "HELLO"}
    found = load_conversations(write(tmp_path / "a.jsonl", [row]))
    assert found.inputs == ["Shout.\n\nhello"]


def test_our_own_pairs_are_read():
    found = load_conversations(ROOT / "data/instructions/calendar_test.tsv")
    assert len(found) == 42
    assert json.loads(found.labels[0])["day"] == "Wednesday"


def test_prompts_alone_are_read_for_prediction(tmp_path):
    path = write(tmp_path / "p.jsonl", [{"prompt": "Two teas"}])
    assert load_conversations(path, require_answers=False).labels is None
    (tmp_path / "p.tsv").write_text("Two teas\nA beer\n")
    found = load_conversations(tmp_path / "p.tsv", require_answers=False)
    assert (found.inputs, found.labels) == (["Two teas", "A beer"], None)


PAIR = {"prompt": "Two teas", "answer": "tea=2"}


@pytest.mark.parametrize(
    "row, said",
    [
        ({"messages": [ASKED, TOLD]}, "layout is messages, that of the first row pro"),
        ({"prompt": "Two teas", "answer": " "}, "the answer is empty"),
        ({"prompt": "Two teas"}, "no answer to learn"),
        ({"prompt": "Two teas", "answer": 2}, "the answer is no text"),
        ({"prompt": "", "answer": "tea=2"}, "user has no text"),
        ({"question": "x", "reply": "y"}, "Received the keys: question, reply"),
        ([1, 2], "expected"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, row, said):
    path = write(tmp_path / "pairs.jsonl", [PAIR, row])
    with pytest.raises(InputError, match=said) as caught:
        load_conversations(path)
    assert "pairs.jsonl, line 2" in str(caught.value)


@pytest.mark.parametrize(
    "messages, said",
    [
        ([{"role": "tool", "content": "x"}, TOLD], "system, user or assistant. Rec"),
        ([BRIEF], "only a system message"),
        ([BRIEF, TOLD], "only a system message"),
        ([TOLD], "a prompt is a text"),
        ([ASKED, ASKED, TOLD], "take turns"),
        ([ASKED, BRIEF, TOLD], "take turns"),
        ([ASKED], "no answer to learn"),
        ([{"role": "user"}, TOLD], "a message is"),
        ([], "expected a list of messages"),
    ],
)
def test_a_conversation_out_of_order_is_refused(tmp_path, messages, said):
    path = write(tmp_path / "talk.jsonl", [{"messages": messages}])
    with pytest.raises(InputError, match=said) as caught:
        load_conversations(path)
    assert "line 1" in str(caught.value)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "pairs.csv").write_text("a,b\n")
    with pytest.raises(InputError, match=r"\.jsonl, \.json or \.tsv"):
        load_conversations(tmp_path / "pairs.csv")
    (tmp_path / "pairs.tsv").write_text("a\tb\tc\n")
    with pytest.raises(InputError, match="line 1: expected prompt⇥answer"):
        load_conversations(tmp_path / "pairs.tsv")
    (tmp_path / "pairs.jsonl").write_text('{"prompt": \n')
    with pytest.raises(InputError, match="line 1: not JSON"):
        load_conversations(tmp_path / "pairs.jsonl")
    with pytest.raises(InputError, match="`from` is human, gpt or system"):
        row = {"conversations": [{"from": "bing", "value": "x"}]}
        load_conversations(write(tmp_path / "x.jsonl", [row]))
    mixed = [{"prompt": "a", "answer": "b"}, {"prompt": "a"}]
    with pytest.raises(InputError, match="some have none"):
        load_conversations(write(tmp_path / "y.jsonl", mixed), require_answers=False)
