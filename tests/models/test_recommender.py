"""The recommender: near titles at first, frozen where asked, whole when stored."""

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.inputs.histories import padded, pairs
from sftkeras.models.recommender import (
    CATALOGUE,
    TOWER,
    centred,
    items_of,
    recommender,
    with_catalogue,
    with_counts,
)

ITEMS = [f"item {number}" for number in range(12)]
KIND = np.arange(12) % 3  # three kinds of titles


def titles(size=12, seed=0):
    """Vectors of titles: the kind's, a little noise, and what all share."""
    random = np.random.default_rng(seed)
    kinds = np.random.default_rng(9).normal(size=(3, 16))
    noise = 0.3 * random.normal(size=(size, 16))
    return centred(kinds[np.arange(size) % 3] + noise + 5)


def answers(model, history):
    return model.predict(padded([history]), verbose=0)[0]


def rows(model, seed=0):
    """Histories in which kind 0 is followed by kind 1, as no title says."""
    random = np.random.default_rng(seed)
    first, second = np.flatnonzero(KIND == 0), np.flatnonzero(KIND == 1)
    histories = [
        np.concatenate([random.permutation(first)[:3], random.permutation(second)[:3]])
        for _ in range(80)
    ]
    x, y = pairs(histories, seed, draws=2)
    return x, np.array(items_of(model))[y]


@pytest.fixture(scope="module")
def trained():
    model = recommender(ITEMS, titles(), np.arange(12), width=8)
    x, y = rows(model)
    sft.train_model(model, x, y, epochs=15, learning_rate=1e-2, verbose=0)
    return model


def test_untrained_it_recommends_titles_like_those_of_the_history():
    scores = answers(recommender(ITEMS, titles(), width=8), [0, 3])
    best = np.argsort(-scores)[:4]
    assert {*KIND[best].tolist()} == {0}


def test_what_all_titles_share_is_taken_out():
    vectors = centred(np.random.default_rng(0).normal(size=(50, 16)) + 5)
    assert np.abs(vectors.mean(axis=0)).max() < 0.1
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_recent_items_weigh_more_and_nothing_weighs_nothing():
    model = recommender(ITEMS, titles(), width=8)
    two, turned = answers(model, [0, 1]), answers(model, [1, 0])
    assert two[1] - two[0] > turned[1] - turned[0]
    long = np.zeros((1, 20), "int32")
    assert np.allclose(model.predict(long, verbose=0), 0), "no history, no counts"


def test_counts_move_the_scores_by_their_logarithm():
    model = recommender(ITEMS, titles(), width=8)
    counted = with_counts(model, [9] + [0] * 11)
    moved = answers(counted, [4]) - answers(model, [4])
    assert np.isclose(moved[0] - moved[1], np.log(10), atol=1e-4)
    assert np.allclose(model.get_layer("popularity").logs, 0), "a copy was changed"


def test_it_learns_what_goes_with_what(trained):
    best = np.argsort(-answers(trained, [0, 3, 6]))[:4]
    assert {*KIND[best].tolist()} == {1}
    assert set(sft.predict(trained, padded([[0, 3, 6]]))) <= {ITEMS[i] for i in best}


def test_counts_and_titles_are_never_trained(trained):
    fresh = recommender(ITEMS, titles(), np.arange(12), width=8)
    for layer, weight in ((CATALOGUE, "titles"), ("popularity", "logs")):
        old, new = (getattr(m.get_layer(layer), weight) for m in (fresh, trained))
        assert np.array_equal(old, new)
    assert not np.array_equal(
        fresh.get_layer(CATALOGUE).projection, trained.get_layer(CATALOGUE).projection
    )


def test_a_frozen_catalogue_stays_byte_for_byte(trained):
    x, y = rows(trained, seed=1)
    options = {"epochs": 1, "verbose": 0, "learning_rate": 1e-2}
    tuned = sft.fine_tune(trained, x, y, TOWER, **options)
    every = sft.fine_tune(trained, x, y, "all", **options)
    for name, moved in (("tower_hidden", True), (CATALOGUE, False)):
        old, new, free = (
            m.get_layer(name).get_weights() for m in (trained, tuned, every)
        )
        same = [a.tobytes() == b.tobytes() for a, b in zip(old, new, strict=True)]
        assert all(same) is not moved, name
        assert any(a.tobytes() != b.tobytes() for a, b in zip(old, free, strict=True))


def test_a_new_title_is_known_by_what_it_says(trained):
    more = with_catalogue(trained, [*ITEMS, "x", "y", "z"], titles(15))
    scores = answers(more, [0, 3, 6])
    assert scores[13] == scores[12:].max(), "the new one of kind 1"
    assert items_of(more)[12:] == ("x", "y", "z")


def test_a_stored_one_gives_the_same_scores(trained, tmp_path):
    sft.save_classifier(trained, tmp_path / "model")
    loaded = sft.load_classifier(tmp_path / "model")
    x = padded([[0, 3], [5]])
    same = [m.predict(x, verbose=0) for m in (trained, loaded)]
    assert np.allclose(*same, atol=1e-6)
    assert sft.predict(loaded, x) == sft.predict(trained, x)


def test_without_titles_items_have_vectors_of_their_own():
    model = recommender(ITEMS, width=8)
    x, y = rows(model)
    sft.train_model(model, x, y, epochs=15, learning_rate=1e-2, verbose=0)
    assert {*KIND[np.argsort(-answers(model, [0, 3, 6]))[:4]].tolist()} == {1}
    with pytest.raises(sft.InputError, match="by their numbers alone"):
        with_catalogue(model, ITEMS, titles())
    with pytest.raises(sft.InputError, match="own=True"):
        recommender(ITEMS, own=False)
