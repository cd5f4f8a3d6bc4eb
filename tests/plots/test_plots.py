"""`sftkeras.plots`: what each figure says, and that a file is whole or not there."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sftkeras import plots
from sftkeras.errors import InputError

HISTORIES = {
    "frozen": {"loss": [0.7, 0.5], "accuracy": [0.5, 0.8], "val_loss": [0.6, 0.5]},
    "all layers": {"loss": [0.6], "accuracy": [0.7], "val_accuracy": [0.75]},
}
REPORT = {"confusion_matrix": [[3, 1], [0, 6]], "label_names": ["bad", 1]}
RESULTS = {
    "majority class": {"accuracy": 0.5, "f1": 0.33, "train_seconds": 0},
    "LSTM": {"accuracy": 0.7, "f1": 0.69, "train_seconds": 4.25},
}


def _texts(axis):
    return [text.get_text() for text in axis.texts]


def test_history_draws_training_dashed_and_validation_solid():
    left, right = plots.plot_history(HISTORIES).axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("Epoch", "Loss")
    assert right.get_ylabel() == "Accuracy"
    styles = [line.get_linestyle() for line in left.lines]
    assert styles == ["--", "-", "--"]
    assert left.lines[0].get_xdata().tolist() == [1, 2]
    assert left.lines[0].get_color() == left.lines[1].get_color()
    assert left.lines[0].get_color() != left.lines[2].get_color()


@pytest.mark.parametrize("validated", [True, False])
def test_history_has_a_legend_with_or_without_validation(validated):
    histories = {
        name: {k: v for k, v in values.items() if validated or "val" not in k}
        for name, values in HISTORIES.items()
    }
    legend = plots.plot_history(histories).axes[1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [*HISTORIES]


def test_history_takes_a_keras_history_and_a_regression():
    class History:
        history = {"loss": [2.0], "mae": [1.0], "val_mae": [1.5]}  # noqa: RUF012

    right = plots.plot_history({"regression": History()}).axes[1]
    assert right.get_ylabel() == "MAE"
    assert [line.get_ydata()[0] for line in right.lines] == [1.0, 1.5]


def test_confusion_matrix_shows_counts_and_names():
    axis = plots.plot_confusion_matrix(REPORT, "Best").axes[0]
    assert _texts(axis) == ["3", "1", "0", "6"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["bad", "1"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["bad", "1"]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("Predicted", "True")
    assert axis.get_title() == "Best"
    shares = axis.images[0].get_array()
    np.testing.assert_allclose(shares, [[0.75, 0.25], [0, 1]])


def test_confusion_matrix_of_a_class_without_rows_and_of_a_regression():
    report = {"confusion_matrix": [[0, 0], [1, 1]], "label_names": [0, 1]}
    shares = plots.plot_confusion_matrix(report).axes[0].images[0].get_array()
    np.testing.assert_allclose(shares, [[0, 0], [0.5, 0.5]])
    with pytest.raises(InputError, match="no confusion matrix; a regression has none"):
        plots.plot_confusion_matrix({"mse": 1.0})


def test_comparison_writes_score_and_seconds_and_marks_the_best():
    axis = plots.plot_comparison(RESULTS, floor=0.5).axes[0]
    assert _texts(axis) == [" 0.500", " 0.700   4.2 s"]
    assert [label.get_text() for label in axis.get_yticklabels()] == [*RESULTS]
    assert [bar.get_width() for bar in axis.patches] == [0.5, 0.7]
    colors = [bar.get_facecolor()[:3] for bar in axis.patches]
    assert colors[1] == to_rgb(plots.COLORS[0]) != colors[0]
    assert [t.get_text() for t in axis.get_legend().get_texts()] == ["guessing"]
    assert axis.get_xlabel().startswith("Accuracy on test")


def test_comparison_by_another_metric():
    axis = plots.plot_comparison(RESULTS, metric="f1").axes[0]
    assert [bar.get_width() for bar in axis.patches] == [0.33, 0.69]
    assert axis.get_xlabel().startswith("F1")
    assert axis.get_legend() is None


def test_label_budget_draws_means_and_bands_on_a_log_axis():
    rows = [
        {"model": name, "labels": labels, "accuracy": accuracy + shift}
        for name, shift in (("tuned", 0.1), ("frozen", 0.0))
        for labels, accuracy in [(64, 0.7), (8, 0.5), (8, 0.6), (64, 0.8)]
    ]
    axis = plots.plot_label_budget(rows).axes[0]
    tuned, frozen = axis.lines
    assert tuned.get_xdata().tolist() == frozen.get_xdata().tolist() == [8, 64]
    assert tuned.get_ydata() == pytest.approx([0.65, 0.85])
    band = axis.collections[0].get_paths()[0].vertices
    at_8 = sorted({round(y, 6) for x, y in band if x == 8})
    assert at_8 == pytest.approx([0.6, 0.7])
    assert axis.get_xscale() == "log"
    assert [label.get_text() for label in axis.get_xticklabels()] == ["8", "64"]
    names = [text.get_text() for text in axis.get_legend().get_texts()]
    assert names == ["frozen", "tuned"]  # the last, often the best, on top
    assert tuned.get_color() != frozen.get_color()
    assert (tuned.get_marker(), frozen.get_marker()) == ("o", "s")


def test_one_number_of_labels_draws_a_line_a_model():
    rows = [
        {"model": name, "labels": 200, "f1": f1}
        for name, scores in (("tuned", (0.9, 0.94)), ("frozen", (0.7, 0.8)))
        for f1 in scores
    ]
    axis = plots.plot_label_budget(rows, "f1").axes[0]
    assert axis.lines[0].get_xdata() == pytest.approx([0.92, 0.75])
    ranges = [segment[:, 0].tolist() for segment in axis.collections[0].get_segments()]
    assert ranges == [[0.9, 0.94], [0.7, 0.8]]
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert names == ["tuned", "frozen"] and axis.yaxis_inverted()  # the first on top
    assert [text.get_text() for text in axis.texts] == ["0.920", "0.750"]
    assert axis.get_xlabel() == "F1 on test, 200 labels"


def test_embedding_map_has_the_same_axes_and_a_colour_a_label():
    before = np.array([[0.0, 0], [1, 2], [3, 1]])
    maps = {"before": before, "after": before * 4}
    names = {1: "pleased", 0: "displeased"}
    figure = plots.plot_embedding_map(maps, [1, 0, 1], names, marked={1: "broke"})
    left, right = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["before", "after"]
    assert left.get_xlim() == right.get_xlim() and left.get_ylim() == right.get_ylim()
    assert left.get_xlim()[1] > 12 > 0 > left.get_xlim()[0]
    pleased, displeased, star = left.collections
    assert pleased.get_offsets().tolist() == [[0, 0], [3, 1]]
    assert displeased.get_offsets().tolist() == star.get_offsets().tolist() == [[1, 2]]
    assert pleased.get_facecolor().tolist() != displeased.get_facecolor().tolist()
    assert right.collections[2].get_offsets().tolist() == [[4, 8]]
    assert _texts(right) == ["broke"]
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    assert legend == ["pleased", "displeased"]


def test_embedding_map_of_one_model_names_the_labels_themselves():
    axis = plots.plot_embedding_map({"x": np.eye(3, 2)}, ["b", "a", "b"]).axes[0]
    assert [t.get_text() for t in axis.get_legend().get_texts()] == ["a", "b"]
    assert len(axis.collections[1].get_offsets()) == 2


def test_thresholds_draw_a_line_a_score_and_the_choice_in_each_panel():
    table = pd.DataFrame(
        {"accuracy": [0.6, 0.7], "precision": [0.5, 0.8], "recall": [1, 0.5]},
        index=[0.2, 0.6],
    )
    tables = {"validation": table, "test": table / 2}
    left, right = plots.plot_thresholds(tables, {"chosen": 0.6}).axes
    assert (left.get_title(), right.get_title()) == ("validation", "test")
    assert (left.get_xlabel(), left.get_ylabel()) == ("Threshold", "Score")
    *curves, choice = left.lines
    assert [list(line.get_ydata()) for line in curves] == table.to_numpy().T.tolist()
    assert [list(line.get_xdata()) for line in curves] == [[0.2, 0.6]] * 3
    assert list(choice.get_xdata()) == [0.6, 0.6]
    assert len({line.get_color() for line in left.lines}) == 4
    assert len({line.get_linestyle() for line in left.lines}) == 4
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    assert legend == ["Accuracy", "Precision", "Recall", "chosen"]
    assert len(plots.plot_thresholds({"alone": table}).axes[0].lines) == 3


@pytest.mark.parametrize(("ending", "mark"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_save_figure_writes_the_file_and_its_directory(tmp_path, ending, mark):
    path = tmp_path / "new" / f"figure.{ending}"
    plots.save_figure(plots.plot_confusion_matrix(REPORT), path)
    assert path.read_bytes().startswith(mark)
    assert list(path.parent.iterdir()) == [path]


def test_no_partial_file_and_no_lost_file_on_failure(tmp_path):
    class Broken(Figure):
        def savefig(self, path, **_):
            path.write_bytes(b"half of it")
            raise RuntimeError("the disk is full")

    path = tmp_path / "figure.png"
    path.write_bytes(b"the old figure")
    with pytest.raises(RuntimeError):
        plots.save_figure(Broken(), path)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"the old figure"]


def test_an_unknown_format_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="docx"):
        plots.save_figure(plots.plot_comparison(RESULTS), tmp_path / "figure.docx")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file.txt").write_text("x")
    path = tmp_path / "file.txt" / "sub" / "figure.png"
    with pytest.raises(InputError, match=r"Cannot write to .*file\.txt/sub \("):
        plots.save_figure(plots.plot_comparison(RESULTS), path)


def test_no_figure_is_left_open_in_pyplot():
    plots.plot_history(HISTORIES)
    plots.plot_embedding_map({"x": np.eye(3, 2)}, [0, 1, 0])
    assert pyplot.get_fignums() == []


def test_images_stand_in_rows_under_their_titles():
    x = np.zeros((5, 4, 6, 1), "uint8")
    x[2] = 200
    figure = plots.plot_images(x, list("abcde"), columns=3)
    drawn = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in drawn] == list("abcde")
    assert len(figure.axes) == 6, "two rows of three; the last place stays empty"
    assert (drawn[2].images[0].get_array() == 200).all()
    assert drawn[0].images[0].get_cmap().name == "gray_r", "ink is dark"
    coloured = plots.plot_images(np.zeros((1, 4, 6, 3), "uint8"), ["a"], columns=1)
    assert coloured.axes[0].images[0].get_array().shape == (4, 6, 3)


def test_photographs_are_no_negatives():
    x = np.full((1, 4, 6, 1), 200, "uint8")
    (axis,) = plots.plot_images(x, ["a"], columns=1, ink=False).axes
    drawn = axis.images[0]
    assert drawn.get_cmap()(drawn.norm(200))[0] > 0.7, "light stays light"


def test_the_likeliest_classes_stand_below_their_image():
    x = [np.zeros((4, 6, 3), "uint8"), np.zeros((8, 8, 3), "uint8")]
    table = np.array([[0.1, 0.7, 0.2], [0.6, 0.0, 0.4]])
    figure = plots.plot_top_classes(x, table, ["cat", "dog", "owl"], count=2)
    *_, first, second = figure.axes
    assert [tick.get_text() for tick in first.get_yticklabels()] == ["dog", "owl"]
    assert [bar.get_width() for bar in second.patches] == [0.6, 0.4]


def test_feature_maps_show_the_liveliest_channels_of_each_layer():
    flat, lively = np.zeros((4, 4, 1)), np.arange(16.0).reshape(4, 4, 1)
    maps = {"first": np.concatenate([flat, lively], axis=-1), "last": lively[:2, :2]}
    figure = plots.plot_feature_maps(maps, columns=2)
    first, second, third, fourth = figure.axes
    assert first.get_title(loc="left") == "first: 4 × 4"
    assert third.get_title(loc="left") == "last: 2 × 2"
    assert first.images[0].get_array().max() == 15, "the liveliest comes first"
    assert second.images[0].get_array().max() == 0
    assert not fourth.images


def test_many_classes_are_drawn_as_their_most_frequent_confusions():
    names = [f"c{number}" for number in range(300)]
    confusions = [[f"c{n}", f"c{n + 1}", 99 - n] for n in range(99)]
    (axis,) = plots.plot_confusion_matrix(
        {"label_names": names, "confusions": confusions}
    ).axes
    drawn = [tick.get_text() for tick in axis.get_yticklabels()]
    assert len(drawn) == 20 and drawn[0] == "c0 → c1"
    assert [bar.get_width() for bar in axis.patches] == list(range(99, 79, -1))
    matrix = np.diag(np.arange(40))
    matrix[3, 5] = 7
    report = {"label_names": names[:40], "confusion_matrix": matrix.tolist()}
    (axis,) = plots.plot_confusion_matrix(report).axes
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["c3 → c5"]
