"""Figures of language models: what is drawn where."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from sftkeras.plots import plot_adapter, plot_by_token, plot_counted
from sftkeras.plots.figure import COLORS

TOKENS = ["<|im_start|>", "user", "\n", "One", " tea", "<|im_end|>", "tea", "=1"]
COUNTED = [0, 0, 0, 0, 0, 0, 1, 1]


def test_what_counts_has_its_colour_and_blanks_are_seen():
    (axis,) = plot_counted(TOKENS, COUNTED).axes
    boxes = axis.patches[: len(TOKENS)]
    orange = [box.get_facecolor() == to_rgba(COLORS[1]) for box in boxes]
    assert orange == [bool(weight) for weight in COUNTED]
    drawn = [text.get_text() for text in axis.texts]
    assert drawn[2] == "↵" and drawn[4] == "␣tea"


def test_a_line_ends_before_it_is_full():
    (axis,) = plot_counted(TOKENS, COUNTED, columns=20).axes
    boxes = axis.patches[: len(TOKENS)]
    assert max(box.get_x() + box.get_width() for box in boxes) <= 20
    assert len({text.get_position()[1] for text in axis.texts}) > 2


def test_a_bar_a_token():
    values = np.arange(8.0)
    (axis,) = plot_by_token(TOKENS, values, COUNTED, "Loss").axes
    bars = {round(bar.get_x() + 0.4): bar.get_height() for bar in axis.patches}
    assert [bars[place] for place in range(8)] == values.tolist()
    assert axis.get_ylabel() == "Loss"


@pytest.mark.parametrize(("inputs", "outputs"), [(576, 576), (576, 192)])
def test_an_adapter_is_drawn_to_scale(inputs, outputs):
    (axis,) = plot_adapter(inputs, outputs, 8).axes
    kernel, a, b = axis.patches
    assert (kernel.get_width(), kernel.get_height()) == (outputs, inputs)
    assert (a.get_width(), a.get_height()) == (8, inputs)
    assert (b.get_width(), b.get_height()) == (outputs, 8)
    assert any(f"= {inputs * 8:,}" in text.get_text() for text in axis.texts)
