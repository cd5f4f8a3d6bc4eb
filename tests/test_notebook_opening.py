"""What the set-up cell does: tables whose text columns begin at the left."""

import re

import opening
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

TABLE = pd.DataFrame(
    {"text": ["a <td> b", None], "score": [1.5, 2.0]}, index=["x", "y"]
)


def row(html, n):
    return re.findall(r"<tr.*?</tr>", html, re.S)[n]


def test_text_columns_are_left_aligned_and_numbers_are_not():
    html = opening.left_aligned(TABLE)
    assert f"<th {opening.LEFT}>text</th>" in row(html, 0)
    assert "<th>score</th>" in row(html, 0)
    assert f"<th {opening.LEFT}>x</th>" in row(html, 1)
    assert f"<td {opening.LEFT}>a &lt;td&gt; b</td>" in row(html, 1)
    assert "<td>1.5</td>" in row(html, 1)


def test_nothing_else_of_a_table_changes():
    for table in (
        TABLE,
        TABLE.set_index("text"),
        TABLE.set_axis(pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]), axis=1),
        TABLE.iloc[:0],
        pd.DataFrame([["x"] * 30] * 100),
        TABLE.rename_axis("name").rename_axis("column", axis=1),
    ):
        html = opening.left_aligned(table)
        assert html.replace(f" {opening.LEFT}", "") == table._repr_html_()


def test_the_notebook_speaks_its_language(monkeypatch):
    said = []
    monkeypatch.setattr("sftkeras.plots.set_language", said.append)
    check = opening.open_notebook("zh")
    assert (check.language, said) == ("zh", ["zh"])


def test_heads_are_chinese_in_what_is_shown_alone():
    frame = TABLE.rename(columns={"score": "accuracy"}).rename_axis("layer")
    frame.loc["mean"] = ["text", 1.75]
    html = opening.table(frame, "zh")
    assert f'<th {opening.LEFT} title="text">文本</th>' in row(html, 0)
    assert '<th title="accuracy">准确率</th>' in row(html, 0)
    assert '<th title="layer">层</th>' in html and 'title="mean">平均</th>' in html
    assert "text</td>" in html, "cells are data, not words of ours"
    assert [*frame.columns] == ["text", "accuracy"]
    assert opening.table(frame) == opening.left_aligned(frame)


@pytest.mark.parametrize(("language", "head"), [("zh", "文本"), ("en", "text")])
def test_a_notebook_shows_heads_in_its_language(monkeypatch, language, head):
    monkeypatch.setattr("sftkeras.plots.set_language", lambda language: language)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    opening.open_notebook(language)
    shown, _ = shell.display_formatter.format(TABLE)
    InteractiveShell.clear_instance()
    assert f">{head}</th>" in shown["text/html"]
