"""Popularity, item-kNN and EASE, against their definitions."""

import numpy as np

from sftkeras.models.cooccurrence import Ease, ItemNeighbours, MostPopular, taken

HISTORIES = [[0, 1], [0, 1], [0, 1, 2], [2, 3], [2, 3], [3, 4]]


def test_the_most_popular_is_the_same_for_everybody():
    assert MostPopular([1, 5, 2]).scores([[0], [1]]).tolist() == [[1, 5, 2]] * 2


def test_neighbours_are_items_of_the_same_users():
    model = ItemNeighbours(HISTORIES, 5, shrink=0)
    x = taken(HISTORIES, 5)
    cosine = x[:, 0] @ x[:, 1] / np.linalg.norm(x[:, 0]) / np.linalg.norm(x[:, 1])
    assert np.isclose(model.scores([[0]])[0, 1], cosine)
    assert np.isclose(model.scores([[0], [0, 3]])[1, 2], model.weights[[0, 3], 2].sum())
    assert np.all(np.diag(model.weights) == 0)


def test_only_the_nearest_count():
    model = ItemNeighbours(HISTORIES, 5, neighbours=1)
    assert np.all((model.weights > 0).sum(axis=1) == 1)


def test_ease_is_ridge_regression_without_an_item_itself():
    x, ridge = taken(HISTORIES, 5), 2.0
    model = Ease(HISTORIES, 5, ridge)
    for item in range(5):  # by its definition: each column on the others
        others = np.delete(np.arange(5), item)
        a = x[:, others]
        weights = np.linalg.solve(a.T @ a + ridge * np.eye(4), a.T @ x[:, item])
        assert np.allclose(model.weights[others, item], weights)
    assert np.all(np.diag(model.weights) == 0)
