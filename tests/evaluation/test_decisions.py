"""Decisions between two classes: thresholds, costs, calibration."""

import numpy as np
import pytest

from sftkeras.evaluation import thresholds as decisions
from sftkeras.plots import decisions as decision_plots

POSITIVE = np.array([0, 0, 0, 0, 1, 1], bool)
P = np.array([0.0, 0.1, 0.2, 0.6, 0.5, 0.9])


def test_recall_at_a_rate_of_false_alarms():
    assert decisions.recall_at(POSITIVE, P, 0.0) == 0.5  # above 0.6
    assert decisions.recall_at(POSITIVE, P, 0.24) == 0.5
    assert decisions.recall_at(POSITIVE, P, 0.25) == 1  # one of four
    assert decisions.recall_at(POSITIVE, 1 - P, 0.5) == 0


def test_the_mean_cost_counts_both_mistakes_at_their_price():
    assert decisions.mean_cost(POSITIVE, P, 0.55) == pytest.approx(2 / 6)
    assert decisions.mean_cost(POSITIVE, P, 0.55, missed_cost=20) == 21 / 6
    assert decisions.mean_cost(POSITIVE, P, 0.55, alarm_cost=4) == pytest.approx(5 / 6)
    found = decisions.mean_cost(POSITIVE, P, [0.55, 0.3], 20)
    assert found == pytest.approx([21 / 6, 1 / 6])
    even = decisions.break_even(20)  # above 1/21: three alarms
    assert decisions.mean_cost(POSITIVE, P, None, 20) == pytest.approx(3 / 6)
    assert decisions.mean_cost(POSITIVE, P, even, 20) == pytest.approx(3 / 6)


@pytest.mark.parametrize(("missed", "alarm"), [(20, 1), (1, 5), (1, 1)])
def test_true_probabilities_are_cheapest_at_the_break_even(missed, alarm):
    random = np.random.default_rng(0)
    p = random.random(200_000)
    positive = random.random(len(p)) < p
    even = decisions.break_even(missed, alarm)
    found = decisions.cheapest_threshold(positive, p, missed, alarm)
    assert found == pytest.approx(even, abs=0.03)
    assert decisions.calibration_error(positive, p) < 0.01


def test_of_thresholds_as_cheap_the_middle_one():
    positive, p = np.array([False, True]), np.array([0.2, 0.8])
    assert decisions.cheapest_threshold(positive, p) == pytest.approx(0.5, abs=0.011)


def test_calibration_error():
    p = np.array([0.25] * 4 + [0.95] * 4)
    positive = np.array([1, 0, 0, 0, 1, 1, 0, 0], bool)
    assert decisions.calibration_error(positive, p) == pytest.approx((0 + 0.45) / 2)
    assert decisions.calibration_error(positive, positive.astype(float)) == 0


def test_the_cheapest_threshold_rises_with_the_price_of_a_false_alarm():
    positive = np.array([False, False, True, True])
    p = np.array([0.2, 0.8, 0.6, 0.9])
    dear = decisions.cheapest_threshold(positive, p, alarm_cost=5)
    cheap = decisions.cheapest_threshold(positive, p, alarm_cost=0.5)
    assert dear == 0.85, "above 0.8; the middle of the thresholds that cost the same"
    assert 0.2 <= cheap < 0.6, "where all are caught"


def _star(positive, p):
    figure = decision_plots.plot_rare(positive, {"model": p})
    (star,) = [line for line in figure.axes[1].lines if line.get_marker() == "*"]
    return star


def test_the_figure_chooses_a_threshold_on_other_rows_than_it_is_paid_on():
    positive = np.array([False] * 20 + [True] * 4)
    first = decision_plots.halves(positive)
    assert first[:20].sum() == 10 and first[20:].sum() == 2
    p = np.where(positive, 0.9, 0.3) - 0.25 * first  # lower in the first half
    chosen = [decisions.cheapest_threshold(positive[h], p[h]) for h in (first, ~first)]
    star = _star(positive, p)
    assert star.get_xdata() == [np.mean(chosen)]
    # Each half's choice costs nothing on the other.
    assert chosen[0] > 0.3 and chosen[1] < 0.65 and star.get_ydata() == [0]
    star = _star(positive, np.where(positive, 0.9, 0.5) - 0.45 * first)
    assert star.get_ydata()[0] > 0, "paid on the rows that did not choose"


def test_the_figure_of_a_diagnosis_has_a_line_a_model():
    figure = decision_plots.plot_diagnosis(POSITIVE, {"a": P, "b": 1 - P}, 20)
    roc, reliability, cost = figure.axes
    labels = [line.get_label() for line in roc.lines]
    assert labels == ["a", "b", "specificity 95%"]
    assert len(reliability.lines) == len(cost.lines) == 3
    at, paid = cost.lines[0].get_data()
    assert paid[0] == decisions.mean_cost(POSITIVE, P, at[0], 20)
    assert "20 false alarms" in cost.get_title()
