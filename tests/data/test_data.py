"""`sftkeras.data`: formats, encodings, what is reported, leaks, splits."""

import numpy as np
import pytest

from sftkeras.data.splits import find_leaks, split_texts
from sftkeras.data.texts import TextData, load_texts
from sftkeras.errors import InputError

ROWS = [("good food", 1), ("bad, cold soup", 0), ('a "fine" place', 1)]


@pytest.fixture
def write(tmp_path):
    """A function that writes a file (text or bytes) and returns its path."""

    def write(name, content):
        path = tmp_path / name
        if isinstance(content, str):
            content = content.encode("utf-8")
        path.write_bytes(content)
        return path

    return write


FORMATS = {
    "article.txt": "".join(f"{text}\t{label}\n" for text, label in ROWS),
    "without_end.txt": "\n".join(f"{text}\t{label}" for text, label in ROWS),
    "windows.txt": "".join(f"{text}\t{label}\r\n" for text, label in ROWS),
    "header.tsv": "Text\tLabel\n" + "".join(f"{t}\t{n}\n" for t, n in ROWS),
    "swapped.tsv": "label\tsentence\n" + "".join(f"{n}\t{t}\n" for t, n in ROWS),
    "more.tsv": "id\treview\tlabel\n" + "".join(f"7\t{t}\t{n}\n" for t, n in ROWS),
    "rows.csv": 'text,label\ngood food,1\n"bad, cold soup",0\n"a ""fine"" place",1\n',
    "rows.jsonl": '{"text": "good food", "label": 1}\n'
    '{"label": 0, "text": "bad, cold soup"}\n'
    '{"text": "a \\"fine\\" place", "label": "1"}\n',
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_every_format_reads_the_same_rows(write, name, mark):
    data = load_texts(write(name, mark + FORMATS[name].encode()))
    assert data.texts == [text for text, _ in ROWS]
    assert data.labels.tolist() == [1, 0, 1]
    assert data.labels.dtype == np.int64
    assert data.label_names == (0, 1)


def test_columns_can_be_named(write):
    rows = "stars\tcomment\tid\n5\tgood food\t1\n1\tbad food\t2\n"
    for name, content in [("x.tsv", rows), ("x.csv", rows.replace("\t", ","))]:
        data = load_texts(write(name, content), "comment", "stars")
        assert data.texts == ["good food", "bad food"]
        assert data.labels.tolist() == [5, 1]


def test_naming_the_label_column_alone_says_that_there_is_a_header(write):
    data = load_texts(write("x.tsv", "text\tstars\ngood\t5\n"), label_column="stars")
    assert (data.texts, data.labels.tolist()) == (["good"], [5])


def test_json_keys_can_be_named(write):
    path = write("x.jsonl", '{"body": "good", "kind": "a"}\n\n')
    data = load_texts(path, text_column="body", label_column="kind")
    assert (data.texts, data.label_names) == (["good"], ("a",))


@pytest.mark.parametrize(
    ("labels", "dtype", "names"),
    [
        (["1", "-1", "0"], "i", (-1, 0, 1)),
        (["+1", "-1", "1"], "U", ("+1", "-1", "1")),
        (["0.5", "2", "-1e3"], "f", ()),
        (["ham", "spam", "ham"], "U", ("ham", "spam")),
        (["007", "7", "0101", "101"], "U", ("007", "0101", "101", "7")),
        (["好评", "差评", "好评"], "U", ("好评", "差评")),
        (["1.5", "2.0", "1e1"], "f", ()),
    ],
)
def test_the_type_of_the_labels_follows_the_file(write, labels, dtype, names):
    rows = "".join(f"text {n}\t {label} \n" for n, label in enumerate(labels))
    data = load_texts(write("x.txt", rows))
    assert data.labels.dtype.kind == dtype
    assert data.label_names == names


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("x.txt", "good food\nbad food\n", "Expected text<TAB>label"),
        ("x.tsv", "good food\t\nbad food\t\n", "Expected text<TAB>label"),
        ("x.csv", "text\ngood food\nbad food\n", "Expected a column 'label'"),
        (
            "x.jsonl",
            '{"text": "good food"}\n{"text": "bad food", "label": null}\n',
            "'label' is empty in each row",
        ),
    ],
)
def test_labels_may_be_absent(write, name, content, advice):
    path = write(name, content)
    data = load_texts(path)
    assert data.texts == ["good food", "bad food"]
    assert data.labels is None
    assert data.label_names == ()
    with pytest.raises(InputError, match=rf"no labels[.;] {advice}"):
        load_texts(path, require_labels=True)


def test_chinese_in_gb18030_is_read(write):
    rows = "这家餐厅很好吃\t1\n服务太差了\t0\n"
    with pytest.warns(UserWarning, match="read as gb18030"):
        data = load_texts(write("x.txt", rows.encode("gb18030")))
    assert data.texts == ["这家餐厅很好吃", "服务太差了"]
    assert data.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.txt", "{}\t1\nb\t0\n"),
        ("x.csv", "text,label\n{},1\nb,0\n"),
        ("x.jsonl", '{{"text": "{}", "label": 1}}\n{{"text": "b", "label": 0}}\n'),
    ],
)
def test_only_line_ends_end_a_line(write, name, content):
    text = "one\u2028two\x85three\u2029four"  # str.splitlines cuts at all of these
    data = load_texts(write(name, content.format(text)))
    assert data.texts == [text, "b"]


def test_quotes_mean_nothing_in_a_tab_file(write):
    rows = '"good food\t1\nthe "best" room"\t0\n'
    assert load_texts(write("x.txt", rows)).texts == ['"good food', 'the "best" room"']


def test_a_csv_text_may_hold_commas_quotes_and_line_breaks(write):
    content = 'text,label\n"one,\n""two""",1\nthree,0\n'
    data = load_texts(write("x.csv", content))
    assert data.texts == ['one,\n"two"', "three"]
    assert data.lines == [2, 4]


def test_duplicates_conflicts_and_empty_rows_are_reported_by_line(write):
    rows = "Good  food\t1\nbad\t0\n\ngood FOOD\t1\nＧood food\t0\n \t1\n"
    path = write("x.txt", rows)
    expected = r"x\.txt: 2 duplicate texts \(first: line 4\), 1 of them with another"
    with pytest.warns(UserWarning, match=expected):
        data = load_texts(path)
    assert data.report == {"duplicates": [4, 5], "conflicts": [5], "empty": [3, 6]}
    assert data.lines == [1, 2, 4, 5]


def test_a_clean_file_is_read_without_a_warning(write):
    report = load_texts(write("x.txt", FORMATS["article.txt"])).report
    assert report == {"duplicates": [], "conflicts": [], "empty": []}


def test_find_leaks_names_rows_of_both_files():
    train = TextData(["good food", "bad room", "bad  ROOM"])
    assert find_leaks(train, ["new", "Bad room "]) == [(1, 1, "Bad room ")]
    assert find_leaks(train, TextData(["none"])) == []


def _made_up(count):
    texts = [f"text {n}" for n in range(count)]
    return TextData(
        texts, np.arange(count) % 4 // 3, (0, 1), "", [*range(1, count + 1)]
    )


def test_split_is_stratified_and_loses_nothing():
    data = _made_up(40)
    kept, held = split_texts(data, test_size=0.2, seed=3)
    assert sorted(kept.texts + held.texts) == sorted(data.texts)
    assert (len(held), int(held.labels.sum())) == (8, 2)
    for part in (kept, held):
        assert part.texts == [f"text {line - 1}" for line in part.lines]
        assert (
            part.labels.tolist()
            == data.take([n - 1 for n in part.lines]).labels.tolist()
        )


def test_split_keeps_equal_texts_on_one_side():
    data = _made_up(20)
    doubled = TextData(
        data.texts + [text.upper() for text in data.texts],
        np.tile(data.labels, 2),
        (0, 1),
    )
    kept, held = split_texts(doubled, test_size=0.25)
    assert (len(kept), len(held)) == (30, 10)
    assert find_leaks(kept, held) == []


def test_split_depends_on_the_seed_only():
    data = _made_up(40)
    first, again, other = (split_texts(data, seed=seed)[1] for seed in (1, 1, 2))
    assert first.texts == again.texts
    assert first.texts != other.texts


def test_a_split_that_cannot_be_made_says_why():
    with pytest.raises(InputError, match=r"Cannot split the data: .*test_size"):
        split_texts(_made_up(8), test_size=1.5)


def test_repr_tells_the_balance(write):
    assert "3 texts from" in repr(load_texts(write("x.txt", FORMATS["article.txt"])))
    assert repr(_made_up(4)) == "TextData(4 texts from memory; 0: 3, 1: 1)"
    assert "no labels" in repr(TextData(["a"]))
    assert "numbers from 1 to 2.5" in repr(TextData(["a", "b"], np.array([1, 2.5])))
