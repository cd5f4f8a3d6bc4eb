"""Prompts and answers, and whole conversations, from files (article §2.2, §3.2)."""

import json
from pathlib import Path

from sftkeras.data.decoding import read_text
from sftkeras.data.examples import Examples
from sftkeras.data.messages import as_answer, as_messages
from sftkeras.errors import InputError

SUFFIXES = (".jsonl", ".json", ".tsv")
_SPEAKERS = {"human": "user", "user": "user", "system": "system"}  # ShareGPT's
_SPEAKERS |= dict.fromkeys(("gpt", "assistant", "chatgpt", "model"), "assistant")
_ANSWERS = ("answer", "completion", "response")
_LAYOUTS = (
    '{"messages": [{"role": "user", "content": "…"}, …]}, {"prompt": "…", "answer": '
    '"…"}, Alpaca\'s {"instruction": "…", "input": "…", "output": "…"} or ShareGPT\'s '
    '{"conversations": [{"from": "human", "value": "…"}, …]}'
)


def load_conversations(path, encoding=None, require_answers=True):
    """Return the `Examples` of a file of prompts and answers, or of conversations.

    A `.jsonl` holds an object a line, a `.json` a list of them: `{"messages": […]}` of
    roles `system`, `user` and `assistant`; `{"prompt": …, "answer": …}` (or
    `completion`, `response`); Alpaca's `instruction`, `input` and `output`; ShareGPT's
    `conversations` of `from` and `value`. A `.tsv` holds `prompt⇥answer` lines. One
    file has one layout.

    Example:

    >>> pairs = load_conversations("data/instructions/orders_train.tsv")
    >>> pairs.inputs[0], str(pairs.labels[0])
    ('Two coffees and a slice of the apple cake, please.', 'coffee=2; cake=1')

    Args:
        path: the file.
        encoding: str. Defaults to `None`: UTF-8, or guessed and told.
        require_answers: bool. Defaults to `True`; else rows may end with the user, and
            if none has an answer, `labels` is `None`.

    Returns:
        `Examples`: `inputs` are texts where the user speaks once, else lists of
        messages up to the last answer; `labels` are the last answers.

    Raises:
        InputError: it names file and line: an unknown layout, or another than the first
            line's; an unknown role, an empty answer, a system message alone, turns out
            of order.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: conversations are read from {', '.join(SUFFIXES[:-1])} or "
            f"{SUFFIXES[-1]}. Received: {path.suffix or 'no ending'}"
        )
    text, prompts, answers, first = read_text(path, encoding), [], [], None
    for where, layout, talk in _rows(path, text):
        first = first or layout
        if layout != first:
            raise InputError(
                f"{where}: the layout is {layout}, that of the first row {first}. A "
                "file has one layout: write one file each."
            )
        answer = None
        if talk and isinstance(talk[-1], dict) and talk[-1].get("role") == "assistant":
            answer = as_answer(talk[-1].get("content"), where)
            talk = talk[:-1]
        elif require_answers:
            as_messages(talk, where)  # says what is wrong, if it is that
            raise InputError(f"{where}: there is no answer to learn at its end.")
        found = as_messages(talk, where)
        alone = len(found) == 1
        prompts.append(found[0][1] if alone else talk)
        answers.append(answer)
    if any(answer is None for answer in answers):
        if not all(answer is None for answer in answers):
            raise InputError(f"{path}: some rows have an answer, and some have none.")
        answers = None
    return Examples(prompts, answers)


def _rows(path, text):
    """Yield (where it stands, the name of its layout, messages) of each row."""
    suffix = path.suffix.lower()
    if suffix == ".tsv":
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield f"{path}, line {number}", "tab", _of_line(path, number, line)
        return
    for where, row in _objects(path, text, suffix):
        if not isinstance(row, dict):
            raise InputError(f"{where}: expected {_LAYOUTS}. Received: {row!r:.60}")
        layout = _layout(row)
        if layout is None:
            raise InputError(
                f"{where}: expected {_LAYOUTS}. Received the keys: "
                f"{', '.join(map(str, row))[:80]}"
            )
        yield where, layout, _MAKERS[layout](row, where)


def _of_line(path, number, line):
    cells = line.split("\t")
    if len(cells) > 2:
        raise InputError(
            f"{path}, line {number}: expected prompt⇥answer. Received: {len(cells)} "
            "cells"
        )
    prompt, *answer = cells
    return [_said("user", prompt), *[_said("assistant", text) for text in answer]]


def _objects(path, text, suffix):
    if suffix == ".json":
        content = _parsed(text, path)
        if not isinstance(content, list) or not content:
            raise InputError(f"{path}: expected a list of {_LAYOUTS}.")
        yield from ((f"{path}, row {n}", row) for n, row in enumerate(content, 1))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{path}, line {number}"
            yield where, _parsed(line, where)


def _parsed(text, where):
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({str(error)[:80]}).") from None


def _layout(row):
    known = {
        "messages": "messages" in row,
        "ShareGPT's": "conversations" in row,
        "Alpaca's": "instruction" in row,
        "prompt": "prompt" in row,
    }
    found = [name for name, there in known.items() if there]
    return found[0] if len(found) == 1 else None


def _of_messages(row, where):
    return _listed(row["messages"], where)


def _of_sharegpt(row, where):
    talk = []
    for each in _listed(row["conversations"], where):
        name = each.get("from") if isinstance(each, dict) else None
        if name not in _SPEAKERS:
            raise InputError(
                f"{where}: `from` is human, gpt or system. Received: {name!r:.40}"
            )
        talk.append(_said(_SPEAKERS[name], each.get("value")))
    return talk


def _of_alpaca(row, where):
    parts = [row["instruction"], row.get("input")]
    prompt = "\n\n".join(part for part in parts if isinstance(part, str) and part)
    return _pair(prompt, row, ("output",))


def _of_prompt(row, where):
    return _pair(row["prompt"], row, _ANSWERS)


def _pair(prompt, row, names):
    talk = [_said("user", prompt)]
    if row.get("system"):
        talk.insert(0, _said("system", row["system"]))
    found = [row[name] for name in names if name in row]
    return [*talk, *[_said("assistant", answer) for answer in found[:1]]]


def _listed(value, where):
    if not isinstance(value, list) or not value:
        raise InputError(
            f"{where}: expected a list of messages. Received: {value!r:.60}"
        )
    return value


def _said(role, text):
    return {"role": role, "content": text}


_MAKERS = {
    "messages": _of_messages,
    "ShareGPT's": _of_sharegpt,
    "Alpaca's": _of_alpaca,
    "prompt": _of_prompt,
}
