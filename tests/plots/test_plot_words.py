"""`set_language`: figures that speak Chinese, and those that cannot."""

import ast
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from sftkeras import plots
from sftkeras.errors import InputError
from sftkeras.plots import words

HISTORY = {"x": {"loss": [0.7], "accuracy": [0.5], "val_loss": [0.6]}}
CJK = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def english_again():
    with matplotlib.rc_context():
        yield
    plots.set_language("en")


def test_labels_are_chinese_and_drawn_with_a_chinese_font():
    assert plots.set_language("zh") == "zh"
    figure = plots.plot_history(HISTORY)
    left = figure.axes[0]
    assert (left.get_xlabel(), left.get_ylabel()) == ("轮次", "损失")
    assert left.get_title() == "损失（虚线：训练，实线：验证）"
    figure.canvas.draw()  # a glyph that no font has would warn, which is an error here
    assert plots.set_language() == "en"
    assert plots.plot_history(HISTORY).axes[0].get_xlabel() == "Epoch"


def test_chinese_words_are_drawn_in_an_english_figure(tmp_path):
    plots.set_language("en")
    before = [*matplotlib.rcParams["font.family"]]
    report = {"confusions": [["三", "山", 2], ["一", "", 1]]}
    figure = plots.plot_confused({"before": report, "after": report})
    plots.save_figure(figure, tmp_path / "x.png")  # a missing glyph would warn
    assert matplotlib.rcParams["font.family"] == before


def test_every_figure_speaks_chinese():
    plots.set_language("zh")
    rng = np.random.default_rng(0)
    positive, score = rng.random(60) < 0.3, {"甲": rng.random(60)}
    report = {"confusion_matrix": [[3, 1], [0, 6]], "label_names": ["坏", "好"]}
    rows = [{"model": "甲", "labels": n, "accuracy": 0.5} for n in (8, 16)]
    for figure in (
        plots.plot_rare(positive, score, 5, 1),
        plots.plot_diagnosis(positive, score, 5),
        plots.plot_confusion_matrix(report),
        plots.plot_comparison({"甲": {"accuracy": 0.5, "train_seconds": 1}}, floor=0.4),
        plots.plot_label_budget(rows),
        plots.plot_label_budget(rows[:1]),
        plots.plot_embedding_map({"前": rng.normal(size=(4, 2))}, [0, 1, 0, 1]),
    ):
        figure.canvas.draw()
        for axis in figure.axes:
            for text in (axis.get_xlabel(), axis.get_ylabel(), axis.get_title()):
                assert not text or CJK.search(text), text


def said_in(path):
    calls = [
        n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)
    ]
    said = [call.args[0] for call in calls if ast.unparse(call.func) == "say"]
    return [text.value for text in said if isinstance(text, ast.Constant)]


def test_each_label_that_the_code_says_has_its_chinese():
    for path in Path(words.__file__).parent.glob("*.py"):
        assert [text for text in said_in(path) if text not in words.CHINESE] == [], path
    for english, chinese in words.CHINESE.items():
        fields = [sorted(re.findall("{.*?}", text)) for text in (english, chinese)]
        assert fields[0] == fields[1], english


def test_without_a_font_figures_stay_english(monkeypatch):
    monkeypatch.setattr(words, "add_chinese_font", lambda: None)
    with pytest.warns(UserWarning, match="pip install pylopdf-fonts-zh-cn"):
        assert plots.set_language("zh") == "en"
    assert plots.plot_history(HISTORY).axes[0].get_xlabel() == "Epoch"


def test_another_language_is_refused():
    with pytest.raises(InputError, match=r"speak 'en' and 'zh'\. Got 'de'"):
        plots.set_language("de")
