"""Any bytes and any table lead to a result or one of our errors, never to another."""

import contextlib
import csv
import io
import json
import tempfile
import warnings
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sftkeras.data.texts import TextData, iterate_texts, load_texts
from sftkeras.errors import InputError

NAMES = ["x.txt", "x.tsv", "x.csv", "x.jsonl", "x.json", "x.xlsx", "x", "x.ft"]
PIECES = [b"text", b"label", b",", b"\t", b";", b"|", b'"', b"\n", b"\r\n", b"\r", b"1"]
PIECES += [
    b"0.0",
    b"nan",
    b"None",
    b"[",
    b"]",
    b"{",
    b"}",
    b'"text": "a"',
    b'"label": 1',
]
PIECES += [b"sep=;\n", b"__label__a ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc4\xe3", b" "]
PIECES += [b"\\ud800", b"\x1b$B", "é".encode(), "好".encode(), b"good food", b"\0"]
FILES = st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map(
    b"".join
)
CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), max_codepoint=0x2FFF), max_size=12
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "text_column": st.sampled_from(["text", "1", ["1", "2"], 2]),
        "label_column": st.sampled_from(["label", "2", ["label", "text"]]),
        "require_labels": st.booleans(),
        "encoding": st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-7", "cp1252"]),
        "delimiter": st.sampled_from([",", ";", "tab", "|"]),
        "header": st.booleans(),
        "pair_column": st.sampled_from(["text", "2"]),
        "label_separator": st.sampled_from(["|", ", "]),
    },
)
quick = settings(max_examples=150, deadline=None)


def _load(name, content, **options):
    """Return the `TextData`, or `None` where it is refused."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        path = Path(folder, name)
        path.write_bytes(content)
        options_of_texts = {
            key: value
            for key, value in options.items()
            if not key.startswith(("label", "require"))
        }
        with contextlib.suppress(InputError):
            for _, text in iterate_texts(path, **options_of_texts):
                assert isinstance(text, (str, tuple))
        try:
            data = load_texts(path, **options)
        except InputError as error:
            assert 20 < len(str(error)) < 700
            return None
    assert isinstance(data, TextData)
    assert data.labels is None or len(data.labels) == len(data.texts) == len(data.lines)
    assert all(any(text) for text in data.texts)
    assert repr(data)
    return data


@quick
@given(st.sampled_from(NAMES), FILES, OPTIONS)
def test_any_bytes(name, content, options):
    _load(name, content, **options)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "label", "data", "a"]), inner, max_size=3
        )
    ),
    max_leaves=15,
)


@quick
@given(st.sampled_from(["x.json", "x.jsonl"]), JSON, OPTIONS)
def test_any_json(name, content, options):
    _load(name, json.dumps(content).encode(), **options)


@quick
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_any_table_comes_back_as_it_was_written(rows, delimiter):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([("text", "label"), *rows])
    data = _load("x.csv", file.getvalue().encode())
    if data is None:
        return
    kept = [(t.strip(), label.strip()) for t, label in rows if t.strip()]
    assert data.texts == [text for text, _ in kept]
    if data.labels is not None and data.labels.dtype.kind == "U":
        assert data.labels.tolist() == [label for _, label in kept]


@quick
@given(st.lists(st.tuples(CELLS, st.sampled_from("ab")), min_size=2, max_size=8))
def test_any_texts_of_a_json_lines_file_come_back(rows):
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    data = _load("x.jsonl", "\n".join(lines).encode())
    kept = [(text.strip(), label) for text, label in rows if text.strip()]
    if kept:
        assert data.texts == [text for text, _ in kept]
        assert data.labels.tolist() == [label for _, label in kept]
