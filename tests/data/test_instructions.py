"""`data/instructions/`: each pair can be learned, and none stands there twice."""

import json
import re

import pytest

from sftkeras.files import ROOT

FOLDER = ROOT / "data" / "instructions"
TASKS = ("orders", "calendar", "complaints", "normalisation", "questions")
ANSWER = {
    "orders": re.compile(r"[a-z ]+=[1-9]\d*(; [a-z ]+=[1-9]\d*)*"),
    "complaints": re.compile(
        r"Category: (delivery|billing|quality|service|website)\. We are sorry that "
        r"[^.]+\. We will [^.]+\."
    ),
}


def pairs(task):
    lines = (FOLDER / f"{task}_train.tsv").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]


@pytest.mark.parametrize("task", TASKS)
def test_each_line_is_a_prompt_and_its_answer(task):
    found = pairs(task)
    assert len(found) >= 128
    for pair in found:
        assert len(pair) == 2 and all(part == part.strip() != "" for part in pair), pair
        if task in ANSWER:
            assert ANSWER[task].fullmatch(pair[1]), pair
    assert len({prompt.casefold() for prompt, _ in found}) == len(found)


def test_a_calendar_entry_is_json_of_three_keys():
    days = {
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    }
    for prompt, answer in pairs("calendar"):
        entry = json.loads(answer)
        assert list(entry) == ["what", "day", "time"]
        assert entry["day"] in days
        assert entry["time"] is None or re.fullmatch(r"\d\d:\d\d", entry["time"])
        assert json.dumps(entry, ensure_ascii=False) == answer, prompt


def test_the_action_fits_the_category():
    action = {}
    for _, answer in pairs("complaints"):
        category, _, will = answer.split(". ")
        assert action.setdefault(category, will) == will, answer
    assert len(action) == 5


def test_a_short_question_is_answered_from_its_paragraph():
    answered = 0
    for prompt, answer in pairs("questions"):
        paragraph, question = prompt.split(" Question: ")
        assert question.endswith("?")
        words = re.findall(r"\w+", answer.casefold())
        known = set(re.findall(r"\w+", paragraph.casefold()))
        answered += sum(word in known for word in words) / len(words)
    assert answered / len(pairs("questions")) > 0.9
