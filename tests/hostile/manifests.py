"""Manifests, file lists, label names and tokenizers of strangers."""

import json
import os

from hostile.tools import filed, seal, told

DEEP = "[" * 200_000
ESCAPE = "\x1b]0;owned\x07"


def _raw(content):
    return lambda path: (path / "classifier.json").write_bytes(content)


def _without(name):
    return told(lambda contents: contents.pop(name) and None)


def _set(**changes):
    return told(lambda contents: contents.update(changes))


def _listing(name):
    return told(lambda contents: contents["files"].update({name: "0" * 64}))


def _task(**changes):
    return told(lambda contents: contents["task"].update(changes))


def _tokenizer(**changes):
    def spoil(path):
        config = json.loads((path / "tokenizer.json").read_text())
        filed("tokenizer.json", json.dumps(config | changes))(path)

    return spoil


def _instead(name, make):
    """Return a case: `make(place)` puts something else where a file was."""

    def spoil(path):
        (path / name).unlink()
        make(path / name)
        seal(path)

    return spoil


def _sparse(size):
    def make(place):
        with place.open("wb") as file:
            file.truncate(size)

    return make


RAW = {
    "empty": b"",
    "garbage": bytes(range(256)),
    "deep": DEEP.encode(),
    "list": b"[]",
    "null": b"null",
    "number": b"1e999",
    "text": b'"format"',
    "utf-16": '{"format": 3}'.encode("utf-16"),
    "NUL": b"\0" * 1000,
    "20 MB": b"[" + b"[]," * 7_000_000 + b"[]]",
}
FILES = {
    "up": "../../../../etc/passwd",
    "up within": "preprocessor/assets/../../../secret.txt",
    "absolute": "/etc/passwd",
    "kernel": "/proc/kmsg",
    "zero": "/dev/zero",
    "NUL": "a\0b",
    "long": "a" * 5000,
    "empty": "",
    "dot": ".",
    "backslash": "..\\..\\secret.txt",
    "network": "//server/share",
    "address": "http://127.0.0.1:9/x",
    "home": "~/x",
    "another": "setup.py",
    "hidden": "preprocessor/assets/.bashrc/../../x",
    "deep": "preprocessor/assets/a/b/c/d",
}
NAMES = {
    "text": "ab",
    "object": {"a": 1, "b": 2},
    "lists": [["a"], ["b"]],
    "twins": ["a", "a"],
    "one and true": [1, True],
    "one and one": [1, 1.0],
    "gap": [None, "a"],
    "NaN": [float("nan"), 1],
    "infinite": [float("inf"), 1],
    "escape": ["a", ESCAPE],
    "newline": ["a", "b\nc"],
    "tab": ["a", "b\tc"],
    "direction": ["a", "\u202eb"],
    "surrogate": ["a", "\ud800"],
    "long": ["a", "b" * 2000],
    "three": ["a", "b", "c"],
    "none": [],
    "million": [f"n{number}" for number in range(1_000_000)],
    "null": None,
    "number": 5,
}
TASKS = {
    "null": None,
    "list": [],
    "text": "multi-label",
    "empty": {},
    "unknown": {"kind": "binary", "run": "os.system"},
    "kind is a list": {"kind": []},
    "other names": {"kind": "binary", "label_names": ["x"]},
}
TOKENIZERS = {
    "words: numbers": {"words": [1, 2]},
    "words: text": {"words": "good"},
    "words: object": {"words": {"good": 1}},
    "words: null": {"words": None},
    "words: nested": {"words": [["good"]]},
    "words: twice": {"words": ["good", "good"]},
    "words: more than told": {"num_words": 3},
    "words: more than the table": {
        "words": [f"w{number}" for number in range(20_000)],
        "num_words": 30_000,
    },
    "max_length: -1": {"max_length": -1},
    "max_length: 10**12": {"max_length": 10**12},
    "max_length: text": {"max_length": "9"},
    "max_length: 1.5": {"max_length": 1.5},
    "max_length: true": {"max_length": True},
    "num_words: 1": {"num_words": 1},
    "num_words: 10**9": {"num_words": 10**9},
    "lowercase: garbage": {"lowercase": [1]},
    "another key": {"hook": "os.system"},
}
CASES = {
    **{f"manifest: {n}": ("lstm", _raw(c)) for n, c in RAW.items()},
    **{
        f"manifest without {name}": ("lstm", _without(name))
        for name in ("format", "files", "label_names", "keras_hub", "digest", "task")
    },
    **{
        f"format {value!r}": ("lstm", _set(format=value))
        for value in (0, -1, 99, 1.5, "3", True, None, [], 10**30)
    },
    "format 99 of an escape": ("lstm", _set(format=99, versions={ESCAPE: ESCAPE})),
    "keras_hub: text": ("lstm", _set(keras_hub="os")),
    "report: deep": ("lstm", _set(report=json.loads("[" * 400 + "]" * 400))),
    "files: null": ("lstm", _set(files=None)),
    "files: list": ("lstm", _set(files=["model.keras"])),
    "files: hash is a number": ("lstm", _set(files={"model.keras": 5})),
    "files: hash is a list": ("lstm", _set(files={"model.keras": ["0"]})),
    "files: thousands": (
        "lstm",
        told(lambda c: c["files"].update({f"a{n}": "0" for n in range(100_000)})),
    ),
    "files: tokenizer left out": (
        "lstm",
        told(lambda c: c["files"].pop("tokenizer.json") and None),
    ),
    "files: preprocessor left out": (
        "encoder",
        told(lambda c: c["files"].pop("preprocessor/preprocessor.json") and None),
    ),
    **{f"file {n}": ("lstm", _listing(name)) for n, name in FILES.items()},
    **{f"names: {n}": ("lstm", _set(label_names=v)) for n, v in NAMES.items()},
    **{f"task: {n}": ("lstm", _set(task=v)) for n, v in TASKS.items()},
    "task: 10**9 classes": ("lstm", _task(num_classes=10**9)),
    "task: 10**9 units": ("lstm", _task(units=10**9)),
    "task: units is a text": ("lstm", _task(units="x")),
    "task: multi-label of 10**9": (
        "lstm",
        _set(task={"kind": "multi-label", "num_classes": 10**9, "thresholds": 0.5}),
    ),
    "task: thresholds": (
        "lstm",
        _set(task={"kind": "multi-label", "num_classes": 2, "thresholds": "x"}),
    ),
    **{f"tokenizer {n}": ("lstm", _tokenizer(**c)) for n, c in TOKENIZERS.items()},
    **{
        f"tokenizer.json: {n}": ("lstm", filed("tokenizer.json", content))
        for n, content in RAW.items()
    },
    **{
        f"{name} is a link": (
            "lstm",
            _instead(name, lambda place: place.symlink_to("/etc/passwd")),
        )
        for name in ("tokenizer.json", "model.keras")
    },
    **{
        f"{name} is a pipe": ("lstm", _instead(name, os.mkfifo))
        for name in ("tokenizer.json", "model.keras")
    },
    "tokenizer.json is a folder": ("lstm", _instead("tokenizer.json", os.mkdir)),
    "tokenizer.json: 1 GB": ("lstm", _instead("tokenizer.json", _sparse(2**30))),
    "vocabulary: 1 GB": (
        "encoder",
        _instead("preprocessor/assets/vocabulary.txt", _sparse(2**30)),
    ),
    "vocabulary: random": (
        "encoder",
        filed("preprocessor/assets/vocabulary.txt", bytes(range(256)) * 40),
    ),
    "vocabulary: more than the table": (
        "encoder",
        filed(
            "preprocessor/assets/vocabulary.txt",
            "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
            + "\n"
            + "\n".join(f"w{number}" for number in range(9000)),
        ),
    ),
    "vocabulary: empty": ("encoder", filed("preprocessor/assets/vocabulary.txt", "")),
    "vocabulary is a link": (
        "encoder",
        _instead(
            "preprocessor/assets/vocabulary.txt",
            lambda place: place.symlink_to("/etc/passwd"),
        ),
    ),
}
