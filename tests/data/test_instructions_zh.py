"""`data/instructions_zh/`: each pair can be learned, and none stands there twice."""

import json
import re
from itertools import pairwise, product

import pytest

from sftkeras.files import ROOT

FOLDER = ROOT / "data" / "instructions_zh"
PARTS = {"train": 96, "test": 36}
LEARNED = 64  # so many are trained on; the other 32 are for choosing settings
both = pytest.mark.parametrize("part", PARTS)
each_task = pytest.mark.parametrize("task", ["orders", "calendar"])


def pairs(task, part):
    lines = (FOLDER / f"{task}_{part}.tsv").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]


def items(found):
    return {item.split("=")[0] for _, answer in found for item in answer.split("; ")}


def strings(text):
    """Return the pairs of neighbouring characters, without punctuation."""
    kept = re.findall(r"\w", text)
    return {*pairwise(kept)}


@both
@each_task
def test_each_line_is_a_prompt_and_its_answer(task, part):
    found = pairs(task, part)
    assert len(found) == PARTS[part]
    for pair in found:
        assert len(pair) == 2 and all(part == part.strip() != "" for part in pair), pair
        assert re.search("[\u4e00-\u9fff]", pair[0]), pair
    assert len({prompt for prompt, _ in found}) == len(found)


@each_task
def test_no_prompt_is_like_another_one(task):
    known, new = ([strings(p) for p, _ in pairs(task, part)] for part in PARTS)
    told = [
        (len(one & other) / min(len(one), len(other)), one, other)
        for one, other in product(new, known)
    ]
    told += [
        (len(one & other) / min(len(one), len(other)), one, other)
        for n, one in enumerate(known)
        for other in known[:n]
    ]
    share, one, other = max(told, key=lambda each: each[0])
    assert share <= 0.5, ("".join(a for a, _ in one), "".join(a for a, _ in other))


@both
def test_an_order_names_items_that_the_learned_rows_teach(part):
    form = re.compile(r"[\u4e00-\u9fff]+=[1-9]\d*(; [\u4e00-\u9fff]+=[1-9]\d*)*")
    found = pairs("orders", part)
    assert all(form.fullmatch(answer) for _, answer in found)
    assert items(found) <= items(pairs("orders", "train")[:LEARNED])
    assert len(items(found)) >= 30


@both
def test_a_calendar_entry_is_json_of_three_keys(part):
    for prompt, answer in pairs("calendar", part):
        entry = json.loads(answer)
        assert list(entry) == ["事项", "日期", "时间"]
        assert entry["日期"] in {f"周{day}" for day in "一二三四五六日"}
        time = entry["时间"]
        assert time is None or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", time)
        assert json.dumps(entry, ensure_ascii=False) == answer, prompt
        # What it is stands in the message, all but a character or two.
        assert sum(c not in prompt for c in entry["事项"]) <= 1, (prompt, answer)
