"""`Examples`: what is learned from, of any kind; splits that keep groups whole."""

import numpy as np
import pytest

from sftkeras.data.examples import Examples, classes_of
from sftkeras.data.splits import split_examples, split_texts
from sftkeras.data.texts import TextData
from sftkeras.errors import InputError

SOUNDS = [np.arange(n, dtype="float32") for n in (3, 5, 2, 4)]
KINDS = {
    "strings": (["a", "b", "c", "d"], "4 strings"),
    "arrays of any length": (SOUNDS, "4 arrays of any length"),
    "one array": (np.zeros((4, 16, 16, 1), "uint8"), "4 arrays 16 × 16 × 1 of uint8"),
    "columns": (
        {"user": np.arange(4), "item": ["w", "x", "y", "z"]},
        "4 rows of {user: arrays of int64, item: strings}",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_any_kind_are_taken(kind):
    inputs, _ = KINDS[kind]
    data = Examples(inputs, [0, 1, 1, 0], ["p", "q", "p", "r"])
    for rows in ([2, 0], np.array([2, 0])):
        part = data.take(rows)
        assert len(part) == 2 and part.labels.tolist() == [1, 0]
        assert list(part.groups) == ["p", "p"]
        columns = inputs if isinstance(inputs, dict) else {"": inputs}
        found = part.inputs if isinstance(inputs, dict) else {"": part.inputs}
        for name, column in columns.items():
            assert type(found[name]) is type(column)
            for row, value in zip((2, 0), found[name], strict=True):
                assert np.array_equal(column[row], value)
    masked = data.take(np.array([True, False, True, False]))
    assert masked.labels.tolist() == [0, 1]
    assert len(data.take([])) == 0


def test_labels_may_be_texts_lists_and_numbers():
    said = ["good morning " * 9, "how are you"]
    assert Examples(SOUNDS[:2], said).take([1]).labels[0] == "how are you"
    assert Examples(SOUNDS[:2], [[1, 2], [3]]).take([1]).labels == [[3]]
    assert Examples(SOUNDS[:2], [0.5, 1]).labels.dtype == float
    assert Examples(SOUNDS[:2]).take([0]).labels is None
    assert Examples(SOUNDS[:2], np.zeros((2, 3))).take([0]).labels.shape == (1, 3)


def test_classes_are_told_from_numbers_and_texts():
    assert classes_of([2, 1, 2]) == (1, 2)
    assert classes_of(["ham", "spam", "ham", "ham"]) == ("ham", "spam")
    assert classes_of([True, False]) == (False, True)
    for none in (None, [0.5, 1.0], [[1], [2]], ["one", "two", "three"], np.eye(2)):
        assert classes_of(none) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a", "b"], [1]), "equally many. Received: inputs 2, labels 1"),
        ((["a"], [1], ["p", "q"]), "inputs 1, labels 1, groups 2"),
        (({"user": [1, 2], "item": [1]},), r"inputs\['user'\] 2, inputs\['item'\] 1"),
        (("a sentence",), "`inputs` must hold one entry a row.*str 'a sentence'"),
        ((["a"], 1), "`labels` must hold one entry a row.*int '1'"),
        (({},), "must have a column"),
    ],
)
def test_counts_that_differ_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Examples(*arguments)


def test_repr_tells_the_kind_and_the_balance():
    for inputs, expected in KINDS.values():
        assert repr(Examples(inputs)) == f"Examples({expected}; no labels)"
    data = Examples(["a"] * 4, ["x", "y", "x", "x"], [1, 1, 2, 3])
    assert repr(data) == "Examples(4 strings; labels x: 3, y: 1; 3 groups)"
    many = repr(Examples(np.zeros((30, 2)), np.arange(30) % 10))
    assert many.endswith("labels 0: 3, 1: 3, 2: 3, 3: 3, 4: 3, 5: 3, …)")
    assert "labels from 0.5 to 2)" in repr(Examples(["a", "b"], [0.5, 2.0]))
    assert "labels: strings)" in repr(Examples(["a", "b"], ["un", "deux"]))


def test_text_data_are_examples():
    data = TextData(["a", "b"], np.array([0, 1]), (0, 1))
    assert data.inputs is data.texts and data.groups is None
    assert data.take([1]).inputs == ["b"]
    kept, held = split_examples(TextData(list("abcd"), np.arange(4) % 2, (0, 1)), 0.5)
    assert isinstance(held, TextData) and sorted(kept.texts + held.texts) == [*"abcd"]


# Splits.


def test_a_split_is_stratified():
    data = Examples([*range(40)], np.arange(40) % 4 // 3)
    kept, held = split_examples(data, 0.2, seed=3)
    assert sorted(kept.inputs + held.inputs) == [*range(40)]
    assert (len(held), int(held.labels.sum())) == (8, 2)
    again = split_examples(data, 0.2, seed=3)[1]
    other = split_examples(data, 0.2, seed=4)[1]
    assert held.inputs == again.inputs != other.inputs


def test_groups_stay_whole():
    speakers = np.repeat([f"speaker {n}" for n in range(10)], 6)
    words = np.tile([0, 1, 2], 20)
    data = Examples([*range(60)], words, speakers)
    for labels in (words, words / 2, None):
        data.labels = labels
        kept, held = split_examples(data, 0.3, seed=1)
        assert len(held) == 18 and len(kept) == 42
        assert not {*kept.groups} & {*held.groups}


def test_groups_of_one_class_are_stratified():
    patients = np.repeat(np.arange(20), 3)
    ill = patients % 4 == 0  # five of the twenty
    for seed in range(5):
        kept, held = split_examples(Examples(patients, ill, patients), 0.4, seed)
        assert (held.labels.sum(), kept.labels.sum()) == (6, 9)


@pytest.mark.parametrize(
    "size", [0, 1.0, -1, 3, 0.999, "0.2", None, True, float("nan")]
)
def test_a_size_that_cannot_be_is_refused_in_our_words(size):
    with pytest.raises(InputError, match="Cannot split the examples") as found:
        split_examples(Examples(["a", "b", "c"], [0, 0, 1]), size)
    told = str(found.value)
    assert f"Received: test_size={size!r}" in told and "train_size" not in told


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", None])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(InputError, match=f"from 0 to 4294967295. .*seed={seed!r}"):
        split_examples(Examples(["a", "b", "c"], [0, 0, 1]), 1, seed)


def test_too_little_to_split_says_so():
    with pytest.raises(InputError, match=r"Cannot split the examples: .*test_size"):
        split_examples(Examples(["a", "b"], [0, 0]), 1.5)
    with pytest.raises(InputError, match="Cannot split the examples: one distinct"):
        split_examples(Examples(["a"], [0]))


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([0, 0, 1, 0, 0, 0], "the class 1 has one example only"),
        (["a", "b", "d", "d", "d", "d"], "the class 'a', and 1 more, has one example"),
        ([0, 0, 1, 1, 2, 2], "3 classes, and one part has 2 examples"),
    ],
)
def test_a_class_too_small_for_both_sides_is_told(labels, told):
    with pytest.warns(UserWarning, match=told):
        kept, held = split_examples(Examples([*"uvwxyz"], labels))
    assert sorted(kept.inputs + held.inputs) == [*"uvwxyz"]
    assert len(held) == 2


# The rows that `split_texts` of version 0.1.0 gave; benchmarks and chapters rest on it.
BEFORE = {
    (0.25, 0): [[7, 15, 14, 6, 1, 10, 4, 2, 3, 12, 9], [5, 11, 0, 13, 8]],
    (0.25, 1): [[0, 13, 1, 14, 4, 8, 2, 5, 11, 9], [3, 12, 10, 6, 7, 15]],
    (4, 2): [[2, 9, 8, 6, 4, 11, 7, 15, 3, 12, 14], [0, 13, 10, 5, 1]],
}


def test_split_texts_splits_as_ever():
    texts = [f"text {n}" for n in range(12)] + [
        "TEXT 3",
        "text  0",
        "text 12",
        "Text 7",
    ]
    labels = np.array([0, 1] * 6 + [0, 0, 1, 1])
    data = TextData(texts, labels, (0, 1), "", list(range(16)))
    for (size, seed), expected in BEFORE.items():
        assert [part.lines for part in split_texts(data, size, seed)] == expected
    data = TextData(texts, labels / 1, (), "", list(range(16)))  # numbers, no classes
    parts = [part.lines for part in split_texts(data, 0.25, 0)]
    assert parts == [[2, 8, 1, 7, 15, 9, 3, 12, 0, 13, 5, 14], [6, 11, 4, 10]]


def test_rows_beyond_the_end_are_refused():
    with pytest.raises(InputError, match=r"2 rows\. Received: row 5"):
        Examples(["a", "b"], [0, 1]).take([0, 5])


def test_texts_in_memory_are_split_as_examples():
    with pytest.raises(InputError, match=r"split_examples\(Examples.*Received: list"):
        split_texts(["a", "b"])
