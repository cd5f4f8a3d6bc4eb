"""Which column is which: names that are known, that stand twice, that compete."""

import pytest

from sftkeras.data.texts import load_texts
from sftkeras.errors import InputError


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.tsv", "label\ttext_a\n1\t好吃\n0\t难吃\n"),  # PaddleHub's
        ("x.txt", "文章\t情感\n好吃\t1\n难吃\t0\n"),
        ("x.txt", "类别\t正文\n1\t好吃\n0\t难吃\n"),
        ("x.txt", "LABEL\tTEXT_A\n1\t好吃\n0\t难吃\n"),
        ("x.csv", "评论,分类\n好吃,1\n难吃,0\n"),
        ("x.csv", "标题,Label\n好吃,1\n难吃,0\n"),
    ],
)
def test_a_header_of_known_names(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    data = load_texts(path, require_labels=True)
    assert (data.texts, data.labels.tolist()) == (["好吃", "难吃"], [1, 0])
    assert data.lines == [2, 3]


def test_rows_that_hold_a_known_name_are_rows(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("class\tnoun\nrun\tverb\ndog\tnoun\n")
    assert load_texts(path).texts == ["class", "run", "dog"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", "text,label,label\na,1,0\nb,0,1\n", "two columns are named 'label'"),
        ("x.csv", "id,text,id\n1,a,2\n3,b,4\n", "two columns are named 'id'"),
        ("x.tsv", "text\ttext\tlabel\na\tb\t1\n", "two columns are named 'text'"),
        ("x.jsonl", '{"text": "a", "label": 1, "label": 0}\n', "line 1: .* 'label' st"),
        ("x.json", '[{"text": "a", "text": "b"}]', "the key 'text' stands twice"),
    ],
)
def test_two_columns_of_one_name_are_refused(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        load_texts(path)


@pytest.mark.parametrize(
    "columns",
    [
        {"label_column": ["A", "A"]},
        {"text_column": ["text", "text"]},
        {"text_column": "text", "label_column": "text"},
        {"label_column": "text", "text_column": ["A", "text"]},
        {"text_column": "text", "pair_column": "text"},
    ],
)
def test_a_column_is_one_thing(tmp_path, columns):
    path = tmp_path / "x.csv"
    path.write_text("text,A,B\na,1,0\nb,0,1\n")
    with pytest.raises(InputError, match=r"twice|two things"):
        load_texts(path, **columns)


@pytest.mark.parametrize("header", ["label,text,sentiment", "label,sentence,text"])
def test_which_of_several_candidates_is_taken_is_told(tmp_path, header):
    path = tmp_path / "x.csv"
    path.write_text(f"{header}\n1,a,b\n0,c,d\n")
    with pytest.warns(UserWarning, match="may hold it; '(label|text)' is taken"):
        data = load_texts(path)
    assert data.labels.tolist() == [1, 0]


@pytest.mark.parametrize("header", ["标签,微博", "Label,comment", "class,tweet"])
def test_the_column_beside_the_labels_is_the_text(tmp_path, header):
    path = tmp_path / "x.csv"
    path.write_text(f"{header}\n1,a\n0,b\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="is taken for the text"):
        data = load_texts(path)
    assert (data.texts, data.labels.tolist()) == (["a", "b"], [1, 0])


def test_one_column_with_a_rare_delimiter_is_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("好吃，1\n难吃，0\n", encoding="utf-8")
    with pytest.raises(InputError, match="delimiter='，'"):
        load_texts(path)


def test_a_column_named_for_the_label_is_no_candidate_for_the_text(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("text,review\na,1\nb,0\n")
    data = load_texts(path, label_column="review")
    assert (data.texts, data.labels.tolist()) == (["a", "b"], [1, 0])
