"""Labels of a file keep their meaning (article §3.2)."""

import numpy as np
import pytest

from sftkeras.data.splits import find_leaks, split_texts
from sftkeras.data.texts import TextData, load_texts
from sftkeras.errors import InputError


@pytest.fixture
def load(tmp_path):
    """A function that loads a .csv of the given labels, or a file as it stands."""

    def load(labels, name="x.csv", **options):
        path = tmp_path / name
        rows = labels
        if isinstance(labels, list):
            rows = "text,label\n" + "".join(
                f'text {n},"{x}"\n' for n, x in enumerate(labels)
            )
        path.write_text(rows, encoding="utf-8")
        return load_texts(path, **options)

    return load


def test_codes_stay_as_they_are_written(load):
    assert load(["0101", "101", "007", "7"]).label_names == ("007", "0101", "101", "7")
    assert load(["+1", "-1", "+1"]).label_names == ("+1", "-1")
    assert load(["12345678901234567890", "1"]).labels.dtype.kind == "U"
    assert load(["-1", "0", "12"]).label_names == (-1, 0, 12)


@pytest.mark.parametrize("labels", [["1.0", "2.0", "1.0"], ["1.0", "2", "1."]])
def test_whole_numbers_as_pandas_writes_them_are_classes(load, labels):
    with pytest.warns(
        UserWarning, match="whole numbers written as '1.0': taken for cla"
    ):
        data = load(labels)
    assert (data.labels.dtype, data.label_names) == (np.int64, (1, 2))


def test_real_numbers_stay_a_target(load):
    data = load(["1.5", "2.0", "3.0"])
    assert (data.labels.dtype, data.label_names) == (np.float64, ())
    with pytest.warns(UserWarning, match="30 different whole numbers are taken for a"):
        data = load([f"{n}000.0" for n in range(30)])
    assert data.label_names == ()


@pytest.mark.parametrize("gap", ["NaN", "nan", "NULL", "null", "<NA>", "", "#N/A"])
@pytest.mark.parametrize("others", [["1", "2"], ["pos", "neg"], ["1.5", "2.5"]])
def test_a_gap_is_no_class_however_often(load, gap, others):
    with pytest.raises(InputError, match=r"x\.csv, line 4: the (row|label)"):
        load([*others, gap, gap, gap, gap])


@pytest.mark.parametrize("word", ["None", "N/A", "NA", "none"])
def test_a_word_for_a_gap_is_a_class_where_it_recurs_among_names(load, word):
    with pytest.raises(InputError, match=f"line 4: the label '{word}' stands for a m"):
        load(["pos", "neg", word])
    with pytest.raises(InputError, match="stands for a missing"):
        load(["1", "2", word, word, word])
    with pytest.warns(UserWarning, match=rf"'{word}' \(3 rows\) is taken for a class"):
        data = load(["for", "against", word] * 3)
    assert set(data.label_names) == {"for", "against", word}


def test_a_column_of_gaps_is_no_labels(load):
    assert load(["", "", ""]).labels is None
    assert load(["nan", "", "NaN"]).labels is None


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (
            ["Spam", "spam", "ＳＰＡＭ", "ham"],
            r"alike but.*'Spam' \(1\), 'spam' \(1\), 'ＳＰ",
        ),
        (["not spam", "notspam", "x"], "alike but for case, width or blanks"),
        (["0", "1", "neg", "1"], r"numbers \('0', '1'\) and names \('neg'\)"),
        (
            ["good"] * 10 + ["bad"] * 10 + ["godo"],
            "the label 'godo' stands in one row only",
        ),
        ([f"kind {n}" for n in range(30)], "30 different labels in 30 rows. Are these"),
        (
            ["food|price", "food", "price|staff"],
            r"'food\|price' look.*label_separator='\|'",
        ),
        (
            ["1,5", "2,0", "3"],
            "such as '1,5' are taken for names; write numbers as 1.5",
        ),
        (["['a', 'b']", "['a']"], "look like lists"),
        (["food;price", "food", "price"], "label_separator=';'"),
        (["food, price", "food", "price"], "label_separator=','"),
    ],
)
def test_labels_that_look_odd_are_told(load, labels, told):
    with pytest.warns(UserWarning, match=told):
        assert load(labels).labels.tolist() == labels


@pytest.mark.parametrize("labels", [["a|b", "c|d"], ["yes", "no"] * 20, ["x;", "y;"]])
def test_ordinary_labels_are_taken_without_a_word(load, labels):
    assert load(labels).labels.tolist() == labels


def test_swapped_columns_are_refused_or_asked_for(load):
    rows = "".join(
        f"pos,a longer text {n}\nneg,some other text {n}\n" for n in range(5)
    )
    with pytest.raises(InputError, match="10 different labels and 2 different texts"):
        load("text,label\n" + rows)
    assert load("label,text\n" + rows).label_names == ("neg", "pos")
    with pytest.warns(UserWarning, match="2 different labels in 2 rows. Are these"):
        load("text,label\npos,a very good meal\nneg,a very bad one\n")


def test_a_label_as_long_as_a_text_is_refused(load):
    with pytest.raises(InputError, match="line 2: the label has 600 characters"):
        load(["a" * 600, "b"])


SEVERAL = {
    "lists.jsonl": (
        '{"text": "a", "label": ["price", "food"]}\n{"text": "b", "label": []}\n'
        '{"text": "c", "label": ["food", "food"]}\n',
        {},
    ),
    "cells.csv": (
        "text,label\na,food|price\nb,\nc, food |food\n",
        {"label_separator": "|"},
    ),
    "columns.csv": (
        "text,price,food\na,1,1\nb,0,0\nc,0,1.0\n",
        {"label_column": ["food", "price"]},
    ),
    "fast.txt": ("__label__food __label__price a\nb\n__label__food c\n", {}),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_labels_a_text(load, name):
    content, options = SEVERAL[name]
    if name == "fast.txt":
        content = content.replace("\nb\n", "\n__label__food c2\n")
    data = load(content, name, **options)
    assert data.labels[0] == ["food", "price"]
    assert data.labels[2] == ["food"]
    assert data.label_names == ("food", "price")
    assert data.several
    assert data.take([2, 0]).labels == [["food"], ["food", "price"]]
    assert "several labels a text; food: " in repr(data)
    if name != "fast.txt":
        assert data.labels[1] == []


def test_lists_of_0_and_1_are_places(load):
    rows = '{"text": "a", "label": [1, 0, 1]}\n{"text": "b", "label": [0, 0, 0]}\n'
    with pytest.warns(UserWarning, match="lists of 0 and 1 are taken for one place a"):
        data = load(rows, "x.jsonl")
    assert (data.labels, data.label_names) == ([[0, 2], []], (0, 1, 2))


def test_numbers_stay_numbers_in_lists(load):
    data = load(["1|3", "2", "3"], label_separator="|")
    assert (data.labels, data.label_names) == ([[1, 3], [2], [3]], (1, 2, 3))


def test_columns_of_labels_hold_0_and_1_only(load):
    for cell in ("", "maybe", "2"):
        with pytest.raises(InputError, match="line 3: column 'price' must hold 0 or 1"):
            load(
                f"text,food,price\na,1,1\nb,0,{cell}\n", label_column=["food", "price"]
            )


def test_a_separator_is_a_string(load):
    for wrong in ("", 7, ["|"]):
        with pytest.raises(InputError, match="`label_separator` must be what stands"):
            load(["a|b"], label_separator=wrong)


def test_several_labels_are_split_and_compared():
    texts = [f"text {n}" for n in range(20)]
    labels = [["a", "b"] if n % 5 == 0 else ["a"] for n in range(20)]
    kept, held = split_texts(TextData(texts, labels, ("a", "b")), test_size=0.25)
    assert sum("b" in row for row in held.labels) == 1  # of four, by its share
    assert len(kept) + len(held) == 20
    assert find_leaks(kept, held) == []


def test_a_single_row_of_a_class_does_not_stop_a_split():
    data = TextData([*"abcdefgh"], np.array([0] * 7 + [1]), (0, 1), "x.csv")
    with pytest.warns(UserWarning, match=r"x\.csv: the class 1 has one example only"):
        kept, held = split_texts(data, test_size=0.25)
    assert (len(kept), len(held)) == (6, 2)
