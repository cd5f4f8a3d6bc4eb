"""Recommendation (article §6.6): a shop meets customers of another kind.

A model that learned from the first group of users is fine-tuned on the full histories
of some users of a new group, and recommends to others of that group. Those are folded
in by what they have taken, and never trained on.
"""

import functools
from functools import partial

import keras
import numpy as np

from sftkeras.data.visits import Visits, load_visits
from sftkeras.errors import InputError
from sftkeras.evaluation.ranking import best_items, coverage, ndcg, recall
from sftkeras.files import ROOT
from sftkeras.inputs.histories import counts, padded
from sftkeras.models.cooccurrence import Ease, ItemNeighbours, MostPopular
from sftkeras.models.recommender import (
    CATALOGUE,
    TOWER,
    items_of,
    recommender,
    with_counts,
)
from sftkeras.scenarios.contract import Scenario
from sftkeras.scenarios.from_histories import (
    ASKED,
    KNOWN,
    SEEN,
    as_rows,
    learn,
    title_vectors,
)
from sftkeras.training.fine_tuning import fine_tune

METRIC = "recall@10"
SHOP = ROOT / "data" / "shop"
PRIOR = 40  # users of the first group that the old counts are worth beside new ones
# Chosen on another draw of the shop (`data/make_shop.py` with seed 101).
PRETRAIN = {"learning_rate": 1e-2, "epochs": 1, "draws": 4}
TUNE = {"learning_rate": 3e-3, "epochs": 4, "draws": 4}
TUNE_ALL = {"learning_rate": 2e-3, "epochs": 4, "draws": 4}
SCRATCH = {"learning_rate": 3e-3, "epochs": 4, "draws": 4}


def load_examples(path=None, language="en"):
    """Load the visits of a shop's new group, and what was there before.

    Args:
        path: a `.csv` file as in `load_visits`. Defaults to `None`: an invented shop.
        language: `"en"` or `"zh"`, of the latter's titles. Defaults to `"en"`.

    Returns:
        `Visits`, one row a user.
    """
    if path is not None:
        return load_visits(path)
    titles = SHOP / f"titles_{language}.tsv"
    return load_visits(SHOP / f"visits_{language}.csv.gz", titles)


def split(examples, seed):
    """Return row numbers `(pool, test)`: who came earlier, and who came later.

    The same for each seed, which draws the users to train on.
    """
    half = len(examples) // 2
    return np.arange(half), np.arange(half, len(examples))


def untrained_model(examples, seed, source=None, own=True):
    """Return the network before any training: near titles, and what is popular.

    Args:
        examples: `Visits`.
        seed: int.
        source: as in `title_vectors`.
        own: as in `recommender`. Defaults to `True`.

    Raises:
        InputError: there is a `source` to read titles, and there are none.
    """
    shop = examples.shop
    if source and not shop.titles:
        raise InputError(
            "A text model reads titles, and this shop has none: add a column `title`, "
            f"or leave the model out. Received: {source!r}"
        )
    vectors = title_vectors(shop.titles, source) if shop.titles else None
    popular = counts(shop.others, len(shop.items))
    return recommender(shop.items, vectors, popular, own, seed)


def pretrained_model(examples, seed, source=None):
    """Return the network trained on the histories of the first group.

    Args:
        examples: `Visits`; only those of the first group are read.
        seed: int.
        source: as in `title_vectors`.
    """
    return _pretrained(examples.shop, seed, source)


@functools.lru_cache(maxsize=4)
def _pretrained(shop, seed, source):
    model = untrained_model(Visits([], shop=shop), seed, source)
    learn(model, shop.others, seed, **PRETRAIN)
    return model


def popularity_of(train):
    """Return the counts of the new group's users, and a little of the first group's."""
    shop, size = train.shop, len(train.shop.items)
    old = counts(shop.others, size) * min(1, PRIOR / max(1, len(shop.others)))
    return counts(train.inputs, size) + old


def _unchanged(pretrained, train, seed):
    return pretrained


def _exchanged(pretrained, train, seed):
    return with_counts(pretrained, popularity_of(train))


def _fine_tuned(layers, settings, pretrained, train, seed):
    model = _exchanged(pretrained, train, seed)
    settings = {"batch_size": 256, "verbose": 0, **settings}
    rows = as_rows(model, train.inputs, seed, settings.pop("draws"))
    return fine_tune(model, *rows, layers, seed=seed, **settings)


def _from_scratch(pretrained, train, seed):
    model = with_counts(fresh(pretrained, seed), popularity_of(train))
    learn(model, train.inputs, seed, **SCRATCH)
    return model


def fresh(model, seed):
    """Return the network as it was before any training, of the same titles."""
    vectors = model.get_layer(CATALOGUE)
    titles = keras.ops.convert_to_numpy(vectors.titles) if vectors.title_width else None
    return recommender(items_of(model), titles, None, vectors.own, seed)


def _popular(pretrained, train, seed):
    return MostPopular(popularity_of(train))


def _counted(kind, pretrained, train, seed):
    return kind(train.shop.others + train.inputs, len(train.shop.items))


METHODS = {
    "pretrained": _unchanged,
    "pretrained, counts exchanged": _exchanged,
    "fine-tuned, items frozen": partial(_fine_tuned, TOWER, TUNE),
    "fine-tuned, all layers": partial(_fine_tuned, "all", TUNE_ALL),
    "from scratch": _from_scratch,
    "popularity": _popular,
    "item-kNN, both groups": partial(_counted, ItemNeighbours),
    "EASE, both groups": partial(_counted, Ease),
}


def scores_of(fitted, histories):
    """Return the scores of all items, float `(N, I)`, of a model of `METHODS`."""
    if isinstance(fitted, keras.Model):
        return fitted.predict(padded(histories), batch_size=256, verbose=0)
    return fitted.scores(histories)


def measure(fitted, test):
    """Return recall@10, NDCG@10 and coverage for users of whom some items are known.

    A user's items 21 to 40 are to be found; the first 20 are no candidates.
    `recall@10` and what is named without a number is measured with 10 known items.

    Args:
        fitted: a model of `METHODS`.
        test: `Visits`.
    """
    excluded = [history[:SEEN] for history in test.inputs]
    wanted = [history[ASKED] for history in test.inputs]
    found = {}
    for known in KNOWN:
        scores = scores_of(fitted, [history[:known] for history in test.inputs])
        best = best_items(scores, excluded)
        found[known] = (recall(best, wanted), ndcg(best, wanted), best)
    return {
        METRIC: found[10][0],
        **{f"{METRIC} of {known}": found[known][0] for known in (3, 20)},
        "NDCG@10": found[10][1],
        "coverage": coverage(found[10][2], len(test.shop.items)),
    }


SCENARIO = Scenario(
    title="Recommendation",
    section="6.6",
    metric=METRIC,
    budgets=(10, 40, 160),
    load=load_examples,
    pretrained=pretrained_model,
    methods=METHODS,
    fine_tuned="fine-tuned, items frozen",
    split=split,
    measure=measure,
)
