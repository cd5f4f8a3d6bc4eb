"""Figures of translation: what is drawn where."""

import numpy as np
import pandas as pd

from sftkeras.plots.translation import plot_alignment, plot_old_and_new

ROWS = pd.DataFrame(
    [
        {"model": model, "labels": labels, "seed": seed, "BLEU": bleu, "old": 40 - bleu}
        for model, bleu in (("before", 20), ("after", 30))
        for labels in (30, 300)
        for seed in (0, 1)
    ]
)


def test_a_pair_of_bars_a_method_of_the_most_labels():
    (axis, *_) = plot_old_and_new(ROWS, "BLEU", "old").axes
    assert [bar.get_width() for bar in axis.patches] == [30, 20, 10, 20]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["after", "before"]


def test_a_row_a_unit_and_a_column_a_token():
    weights = np.array([[0.9, 0.1, 0.0], [0.2, 0.2, 0.6]])
    (axis, *_) = plot_alignment(weights, ["Open", "the", "file"], ["打开", "文件"]).axes
    assert (axis.images[0].get_array() == weights).all()
    assert [text.get_text() for text in axis.get_yticklabels()] == ["打开", "文件"]
