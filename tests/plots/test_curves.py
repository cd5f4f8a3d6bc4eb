import numpy as np
import pytest

from sftkeras import InputError, plots


def test_several_seeds_become_a_mean_and_a_band():
    x = np.arange(1, 4)
    runs = np.array([[1.0, 1.0, 1.0], [100.0, 100.0, 100.0]])
    panels = {"left": {"runs": (x, runs)}, "right": {"one": (x, x), "runs": (x, runs)}}
    figure = plots.plot_curves(
        panels, xlabel="step", ylabel=["a", "b"], yscale=["linear", "log"], legend=1
    )
    left, right = figure.axes
    assert left.lines[0].get_ydata().tolist() == [50.5] * 3
    assert np.allclose(right.lines[1].get_ydata(), 10)  # geometric
    assert len(left.collections) == len(right.collections) == 1
    assert left.lines[0].get_color() == right.lines[1].get_color()
    assert left.get_legend() is None
    assert [t.get_text() for t in right.get_legend().get_texts()] == ["one", "runs"]
    assert (left.get_xlabel(), right.get_ylabel()) == ("step", "b")


def test_no_panels_are_refused():
    with pytest.raises(InputError, match="nothing to draw"):
        plots.plot_curves({})


def test_paths_lie_over_contours_with_the_star_at_the_best():
    def bowl(w):
        return float(w[0] ** 2 + 9 * w[1] ** 2)

    path = np.array([[1.0, 1.0], [0.5, 0.2]])
    panels = {"one": path, "two": {"a": path, "b": path / 2}}
    figure = plots.plot_paths(bowl, panels, ((-2, 2), (-1, 1)), best=(0, 0))
    one, two = figure.axes
    assert one.get_title() == "one" and one.collections
    star, line = one.lines
    assert star.get_marker() == "*" and star.get_xydata().tolist() == [[0, 0]]
    assert line.get_xydata().tolist() == path.tolist()
    assert one.get_legend() is None and len(two.get_legend().get_texts()) == 2
    assert one.get_ylim() == (-1, 1)


def test_panels_that_are_left_over_are_blank():
    path = np.array([[1.0, 1.0], [0.5, 0.2]])
    figure = plots.plot_paths(
        lambda w: float((w**2).sum()),
        dict.fromkeys("abc", path),
        ((-1, 1),) * 2,
        columns=2,
    )
    assert [axis.axison for axis in figure.axes] == [True, True, True, False]
