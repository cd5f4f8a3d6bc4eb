"""`data/instructions/`: each pair can be learned, and none stands there twice."""

import json
import re
from itertools import product

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


PARTS = {"train": 128, "test": 40}
both = pytest.mark.parametrize("part", PARTS)


def pairs(task, part):
    lines = (FOLDER / f"{task}_{part}.tsv").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]


def words(text):
    return re.findall(r"\w+", text.casefold())


@both
@pytest.mark.parametrize("task", TASKS)
def test_each_line_is_a_prompt_and_its_answer(task, part):
    found = pairs(task, part)
    assert len(found) >= PARTS[part]
    for pair in found:
        assert len(pair) == 2 and all(part == part.strip() != "" for part in pair), pair
        if task in ANSWER:
            assert ANSWER[task].fullmatch(pair[1]), pair
    assert len({prompt.casefold() for prompt, _ in found}) == len(found)


@pytest.mark.parametrize("task", TASKS)
def test_no_test_prompt_is_like_one_of_training(task):
    def likeness(one, other):
        # Of all their words the share in common; of trigrams that of the shorter.
        share = len({*one} & {*other}) / len({*one} | {*other})
        if min(len(one), len(other)) <= 6:  # "a quarter of an hour"
            return share
        here, there = ({*zip(w, w[1:], w[2:], strict=False)} for w in (one, other))
        return max(share, len(here & there) / min(len(here), len(there)))

    known, new = ([words(p) for p, _ in pairs(task, part)] for part in PARTS)
    assert max(likeness(*pair) for pair in product(new, known)) <= 0.5
    assert likeness(known[0], known[0]) == 1


def test_answers_are_made_of_what_the_training_part_teaches():
    def items(part):
        answers = [answer.split("; ") for _, answer in pairs("orders", part)]
        return {item.split("=")[0] for answer in answers for item in answer}

    def action(answer):
        category, _, will = answer.split(". ")
        return category, will

    assert items("test") <= items("train")
    learned = {action(answer) for _, answer in pairs("complaints", "train")}
    assert {action(answer) for _, answer in pairs("complaints", "test")} == learned
    for prompt, answer in pairs("normalisation", "test"):
        unit = answer.partition(" ")[2]
        taught = {a.partition(" ")[2] for _, a in pairs("normalisation", "train")}
        # What is counted is named as it was said: 32000 people, 460 hot dogs.
        assert unit in taught or prompt.endswith(unit), (prompt, answer)


@both
def test_a_calendar_entry_is_json_of_three_keys(part):
    days = {
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    }
    for prompt, answer in pairs("calendar", part):
        entry = json.loads(answer)
        assert list(entry) == ["what", "day", "time"]
        assert entry["day"] in days
        assert entry["time"] is None or re.fullmatch(r"\d\d:\d\d", entry["time"])
        assert json.dumps(entry, ensure_ascii=False) == answer, prompt
        # Copied: no two careful people need choose other words.
        assert re.search(rf"(?<!\w){re.escape(entry['what'])}(?!\w)", prompt, re.I)


@both
def test_the_action_fits_the_category(part):
    action = {}
    for _, answer in pairs("complaints", part):
        category, _, will = answer.split(". ")
        assert action.setdefault(category, will) == will, answer
    assert len(action) == 5


@both
def test_a_short_question_is_answered_from_its_paragraph(part):
    answered = 0
    for prompt, answer in pairs("questions", part):
        paragraph, question = prompt.split(" Question: ")
        assert question.endswith("?")
        said, known = words(answer), words(paragraph)
        answered += sum(word in known for word in said) / len(said)
    assert answered / len(pairs("questions", part)) > 0.9


def test_general_questions_have_words_that_answer_them():
    lines = (FOLDER / "general.tsv").read_text(encoding="utf-8").splitlines()
    found = [line.split("\t") for line in lines]
    assert len(found) == 10 and all(len(pair) == 2 for pair in found)
    for asked, right in found:
        accepted = right.split(" | ")
        assert asked.endswith("?") and all(len(words(each)) == 1 for each in accepted)
        assert not {*words(asked)} & {each.casefold() for each in accepted}
