"""Measures and their reports: classes that are not there, and classes by thousands."""

import json
import re

import numpy as np
import pytest
from sklearn import metrics

from sftkeras import language
from sftkeras.errors import printable
from sftkeras.tasks.measures import score, score_multi_label
from sftkeras.tasks.reports import format_classes, format_multi_label, worst_confusions


def many(count=500, rows=3000, seed=0):
    """Return the report of a model with so many classes, right half of the time."""
    random = np.random.default_rng(seed)
    targets = random.integers(1, count, rows)  # class 0 has no rows
    probabilities = random.random((rows, count)) * 0.5
    right = random.random(rows) < 0.5
    probabilities[right, targets[right]] = 1
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    names = [f"class {number}" for number in range(count)]
    return score(names, targets, probabilities), targets, probabilities.argmax(axis=1)


@pytest.mark.parametrize(
    ("targets", "predicted", "mean"),
    [
        ([0, 1, 0, 1], [0, 1, 0, 1], 1.0),  # "c" is neither there nor predicted
        ([0, 1, 0, 1], [0, 1, 0, 2], (1 + 0.5 + 0) / 3),  # predicted: a mistake
        ([0, 1, 2, 1], [0, 1, 0, 1], None),  # all there: as it was
    ],
)
def test_means_are_over_classes_that_are_there_or_predicted(targets, predicted, mean):
    targets, predicted = np.array(targets), np.array(predicted)
    report = score(("a", "b", "c"), targets, np.eye(3)[predicted])
    expected = metrics.recall_score(
        targets, predicted, average="macro", zero_division=0
    )
    assert report["recall"] == pytest.approx(expected)
    if mean is not None:
        assert report["recall"] == pytest.approx(mean)
    missing = ["c"] if 2 not in targets else []
    assert report["classes_without_rows"] == missing
    told = "1 of 3 classes has no rows: 'c'. Means are over the classes with rows"
    assert (told in format_classes(report)) == bool(missing)


def test_several_labels_a_row_leave_out_absent_classes_too():
    targets = np.array([[1, 0, 0], [1, 1, 0]])
    report = score_multi_label(("a", "b", "c"), targets, targets * 0.8 + 0.1, targets)
    assert report["f1"] == 1.0
    assert report["classes_without_rows"] == ["c"]
    assert "1 of 3 classes has no rows: 'c'" in format_multi_label(report)


def test_many_classes_are_a_page():
    report, targets, predicted = many()
    page = format_classes(report)
    assert len(page.splitlines()) < 35 and len(page) < 4000
    assert "macro mean" in page and "10 of 500 classes with the lowest F1" in page
    assert "1 of 500 classes has no rows: 'class 0'" in page
    true, wrong, count = report["confusions"][0]
    assert f"{count}: {true} -> {wrong}" in page
    assert "confusion_matrix" not in report
    matrix = metrics.confusion_matrix(targets, predicted, labels=np.arange(500))
    for true, wrong, count in report["confusions"]:
        cell = (report["label_names"].index(true), report["label_names"].index(wrong))
        assert matrix[cell] == count
        matrix[cell] = 0
    assert np.trace(matrix) == matrix.sum() == np.sum(targets == predicted)
    counts = [count for *_, count in report["confusions"]]
    assert counts == sorted(counts, reverse=True)
    assert json.loads(json.dumps(report)) == report


def test_some_dozens_of_classes_keep_their_matrix():
    report, targets, predicted = many(count=40, rows=400)
    matrix = metrics.confusion_matrix(targets, predicted, labels=np.arange(40))
    assert report["confusion_matrix"] == matrix.tolist()
    assert "Confusion matrix" not in format_classes(report)
    counts = [count for *_, count in worst_confusions(report)]
    np.fill_diagonal(matrix, 0)
    assert counts == np.sort(matrix, axis=None)[::-1][:10].tolist()


@pytest.fixture
def chinese():
    language.choose("zh")
    yield
    language.choose("en")


def test_a_report_speaks_chinese_in_straight_columns(chinese):
    targets = np.array([0, 1, 1, 0])
    report = score(("不满意", "satisfied"), targets, np.eye(2)[[0, 1, 0, 0]])
    lines = format_classes(report).splitlines()
    assert lines[0].startswith("准确率：75.00%   （4 个样本，损失 ")
    assert lines[1].split() == ["精确率", "召回率", "F1", "样本数"]
    assert lines[4].split() == ["宏平均", "0.833", "0.750", "0.733", "4"]
    assert lines[5] == "混淆矩阵（行：真实类别，列：预测类别）"
    assert len({language.width_of(line) for line in lines[1:5]}) == 1
    assert len({language.width_of(line) for line in lines[6:]}) == 1
    assert "类没有样本：'c'。" in format_multi_label(
        score_multi_label(("a", "b", "c"), np.eye(3)[:2], np.eye(3)[:2], np.eye(3)[:2])
    )


@pytest.mark.parametrize("count", [2, 40])
def test_nothing_of_a_chinese_report_stays_english(chinese, count):
    report, *_ = many(count=count, rows=10 * count)
    words = re.findall("[A-Za-z_]{2,}", format_classes(report))
    assert {*words} <= {"class", "F1", "report", "per_class", "evaluate", "out", "csv"}


def test_names_cannot_steer_a_terminal():
    names = ["ok", "bad\x1b]0;title\x07\nnew"]
    report = score(names, np.array([0, 1]), np.eye(2))
    page = format_classes(report)
    assert "\x1b" not in page and "\x07" not in page
    assert "bad\\x1b]0;title\\x07\\nnew" in page


@pytest.mark.parametrize("text", ["é 中文　字", "👩‍👩‍👧", "می‌خواهم", "a b", "\u00a0"])
def test_words_stay_as_they_are(text):
    assert printable(text) == text


@pytest.mark.parametrize("text", ["\x00", "\x9b1m", "\u202e", "\u2028", "\x7f", "\r"])
def test_what_steers_is_escaped(text):
    assert printable(f"a{text}b").isprintable()
    assert printable(f"a{text}b") != "ab"
