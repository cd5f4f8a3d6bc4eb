"""Recall, NDCG and coverage, against ten lines that say what they mean."""

import math
from pathlib import Path

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.evaluation.ranking import (
    best_items,
    coverage,
    ndcg,
    paired_difference,
    recall,
    recalls,
)


def oracle(found, relevant):
    """Return recall and NDCG as sums over places, one user after the other."""
    recalls, ndcgs = [], []
    for row, items in zip(found, relevant, strict=True):
        most = min(len(row), len({*items}))
        right = [1 if item in {*items} else 0 for item in row]
        gain = sum(hit / math.log2(place + 2) for place, hit in enumerate(right))
        best = sum(1 / math.log2(place + 2) for place in range(most))
        recalls.append(sum(right) / most)
        ndcgs.append(gain / best)
    return sum(recalls) / len(recalls), sum(ndcgs) / len(ndcgs)


def test_the_measures_are_those_of_the_oracle():
    random = np.random.default_rng(0)
    found = best_items(random.random((50, 40)))
    relevant = [random.choice(40, random.integers(1, 25), False) for _ in range(50)]
    expected = oracle(found.tolist(), [items.tolist() for items in relevant])
    assert np.allclose((recall(found, relevant), ndcg(found, relevant)), expected)


def test_the_measures_are_those_of_keras_rs():
    """Of stored numbers, which make_keras_rs_measures.py had keras-rs 0.4.0 compute.

    NDCG is defined the same. The recall of keras-rs divides by all relevant items, ours
    by ten if there are more. It breaks ties by lot, where we put the first item first:
    so both are compared by their means, ours over orders of the items. (A user without
    relevant items, whom we refuse, has 0 there.)
    """
    stored = np.load(Path(__file__).with_name("keras_rs_measures.npz"))
    scores, relevant, excluded = (
        stored[name] for name in ("scores", "relevant", "excluded")
    )
    wanted = relevant.sum(axis=1)
    by_recall = stored["recall"] * wanted / np.minimum(wanted, 10)
    assert (wanted > 10).sum() > 5
    random = np.random.default_rng(0)
    for user in range(len(scores)):
        tied = len(np.unique(scores[user])) < len(scores[user])
        found = []
        for _ in range(400 if tied else 1):
            order = random.permutation(scores.shape[1])
            best = best_items(
                scores[[user]][:, order], [np.flatnonzero(excluded[user][order])]
            )
            items = [np.flatnonzero(relevant[user][order])]
            found.append((recall(best, items), ndcg(best, items)))
        theirs = by_recall[user], stored["ndcg"][user]
        allowed = 0.03 if tied else 1e-6  # six errors of the mean, or rounding
        assert np.allclose(np.mean(found, axis=0), theirs, rtol=0, atol=allowed), user


def test_a_perfect_list_has_one_and_a_wrong_one_none():
    found = np.arange(10).reshape(1, 10)
    for relevant in ([np.arange(15)], [np.array([0])]):
        assert recall(found, relevant) == ndcg(found, relevant) == 1
    assert recall(found, [[11]]) == ndcg(found, [[11]]) == 0


def test_an_early_hit_counts_more_in_ndcg_only():
    early, late = ([[1, 8, 9]], [[8, 9, 1]])
    assert recall(early, [[1]]) == recall(late, [[1]]) == 1
    assert ndcg(early, [[1]]) == 1 and ndcg(late, [[1]]) == 0.5


def test_what_a_user_has_is_no_candidate():
    scores = np.array([[5.0, 4, 3, 2, 1]])
    assert best_items(scores, [[0, 2]], count=2).tolist() == [[1, 3]]
    assert scores[0, 0] == 5, "the caller's scores stay"
    with pytest.raises(sft.InputError, match="fewer than 4 candidates"):
        best_items(scores, [[0, 2]], count=4)


def test_scores_that_are_no_numbers_are_refused():
    with pytest.raises(sft.InputError, match="nan"):
        best_items([[1.0, np.nan]], count=1)


def test_a_user_without_answers_is_refused():
    with pytest.raises(sft.InputError, match="one item or more"):
        recall([[1, 2]], [[]])


def test_coverage_counts_distinct_items():
    assert coverage([[0, 1], [1, 2]], 6) == 0.5


def test_recall_is_the_mean_over_the_users():
    found, relevant = [[1, 2], [1, 2], [1, 2]], [[1], [2, 1], [3]]
    assert recalls(found, relevant).tolist() == [1, 1, 0]
    assert recall(found, relevant) == pytest.approx(2 / 3)


def test_the_interval_of_a_difference_is_that_of_paired_users():
    random = np.random.default_rng(0)
    users = random.normal(0.5, 0.3, 400)  # they differ more than the two methods do
    better = users + random.normal(0.02, 0.05, 400)
    mean, low, high = paired_difference(better, users)
    error = (better - users).std() / 20
    assert low < mean < high and low > 0
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert paired_difference(users, better)[0] == pytest.approx(-mean)
    assert paired_difference(better, users) == (mean, low, high)


def test_numbers_of_other_users_are_not_compared():
    with pytest.raises(sft.InputError, match="the same users"):
        paired_difference([0.1, 0.2], [0.1])
