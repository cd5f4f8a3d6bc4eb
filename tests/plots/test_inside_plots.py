"""`sftkeras.plots.inside`: what the figures of a model's inside show."""

import numpy as np
import pandas as pd
import pytest

from sftkeras import plots

SWAPPED = np.array([[0.1, 0.9, 0.0], [0.8, 0.2, 0.1], [0.0, 0.1, 0.7]])


@pytest.fixture
def chinese():
    if plots.set_language("zh") != "zh":
        pytest.skip("no Chinese font")
    yield
    plots.set_language("en")


def test_cosines_mark_the_nearest_and_name_the_left_ones_once():
    figure = plots.plot_cosines({"a": SWAPPED, "b": np.eye(3)}, ["x", "y", "z"])
    first, second = figure.axes[:2]
    assert first.lines[0].get_xdata().tolist() == [1, 0, 2]
    assert second.lines[0].get_xdata().tolist() == [0, 1, 2]
    assert [t.get_text() for t in first.get_yticklabels()] == ["x", "y", "z"]
    assert not any(t.get_text() for t in second.get_yticklabels())
    assert [t.get_text() for t in first.get_xticklabels()] == ["1", "2", "3"]


def test_attention_names_the_tokens_on_both_sides():
    axis = plots.plot_attention({"head 1": SWAPPED}, ["[CLS]", "hi", "[SEP]"]).axes[0]
    for labels in (axis.get_xticklabels(), axis.get_yticklabels()):
        assert [t.get_text() for t in labels] == ["[CLS]", "hi", "[SEP]"]
    assert axis.images[0].get_array()[0, 1] == 0.9
    assert axis.get_title() == "head 1"


def test_by_layer_draws_each_curve_and_what_chance_gives():
    panels = {"Same label": {"before": [0.5, 0.6], "after": [0.5, 0.9]}}
    axis = plots.plot_by_layer(panels, {"Same label": 0.4}).axes[0]
    before, after, chance = axis.lines
    assert (before.get_label(), after.get_label()) == ("before", "after")
    assert after.get_ydata().tolist() == [0.5, 0.9]
    assert list(chance.get_ydata()) == [0.4, 0.4]


def test_changes_are_in_percent_with_the_lowest_layer_on_top():
    table = pd.DataFrame({"layer": ["low", "head"], "change": [0.01, 0.5]})
    axis = plots.plot_changes(table).axes[0]
    assert [bar.get_width() for bar in axis.patches] == [50, 1]
    assert [t.get_text() for t in axis.get_yticklabels()] == ["head", "low"]


@pytest.mark.parametrize("counts", [(100,), (100, 200)])
def test_label_budget_draws_what_guessing_reaches(counts):
    rows = [
        {"model": name, "labels": count, "accuracy": 0.6}
        for name in ("a", "b")
        for count in counts
    ]
    axis = plots.plot_label_budget(rows, floor=0.5).axes[0]
    (line,) = [x for x in axis.lines if x.get_label() == "guessing"]
    where = line.get_xdata() if len(counts) == 1 else line.get_ydata()
    assert list(where) == [0.5, 0.5]
    names = [text.get_text() for text in axis.get_legend().get_texts()]
    assert "guessing" in names
    without = plots.plot_label_budget(rows).axes[0]
    assert "guessing" not in [x.get_label() for x in without.lines]


def test_all_of_it_speaks_chinese(chinese):
    axis = plots.plot_cosines({"a": SWAPPED}, ["x", "y", "z"]).axes[0]
    assert axis.get_xlabel() == "右边的句子"
    axis = plots.plot_attention({"a": SWAPPED}, ["x", "y", "z"]).axes[0]
    assert axis.get_xlabel() == "所关注的词元"
    axis = plots.plot_by_layer({"a": {"b": [0.1]}}, {"a": 0.2}).axes[0]
    assert axis.get_ylabel() == "在最近的五条中所占比例"
