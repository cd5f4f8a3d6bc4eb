"""Recommending what nobody has taken yet, by its title (article §6.6)."""

import numpy as np
import pandas as pd

from sftkeras.evaluation.ranking import best_items, recall
from sftkeras.inputs.histories import counts, padded
from sftkeras.models.recommender import recommender, with_catalogue
from sftkeras.scenarios.from_histories import (
    ASKED,
    KNOWN,
    SEEN,
    learn,
    title_vectors,
)

# Chosen as those of `recommendation`.
TITLES_ALONE = {"learning_rate": 2e-3, "epochs": 1, "draws": 4}
NEW, LATER = 0.25, 0.3  # shares: of the titles that are new, of the users for the test


def new_titles(examples, seed, source=None):
    """Rank titles that stood in nobody's history, for users who are not trained on.

    A quarter of the titles is taken out of all histories, and a model without item
    vectors of their own is trained on what the first seven tenths of the first group's
    users did with the others. The new titles, and only those, are then ranked for the
    other users, by their visits to the others.

    Args:
        examples: `Visits` of a shop with titles.
        seed: int, of the titles and the training.
        source: as in `title_vectors`.

    Returns:
        `pandas.DataFrame`: a row a model, a column for each number of known items:
        recall@10.
    """
    shop = examples.shop
    random = np.random.default_rng(seed)
    size = len(shop.items)
    new = np.zeros(size, bool)
    new[random.choice(size, round(NEW * size), replace=False)] = True
    place = np.cumsum(~new) - 1  # of an old title in the catalogue without the new
    later = round((1 - LATER) * len(shop.others))
    vectors = title_vectors(shop.titles, source)
    old = [place[h[~new[h]]] for h in shop.others[:later]]
    items = np.array(shop.items)
    trained = recommender(
        items[~new].tolist(), vectors[~new], counts(old, (~new).sum()), False, seed
    )
    learn(trained, old, seed, **TITLES_ALONE)
    models = {
        "by chance": None,
        "untrained: near titles": recommender(shop.items, vectors, own=False),
        "pretrained on the other titles": with_catalogue(trained, shop.items, vectors),
    }
    rows = {
        name: _recalls(model, shop.others[later:], new, random)
        for name, model in models.items()
    }
    return pd.DataFrame(rows, index=pd.Index(KNOWN, name="known items")).T


def _recalls(model, histories, new, random):
    """Return recall@10 of new titles by the number of known items, which are old."""
    wanted = [history[ASKED][new[history[ASKED]]] for history in histories]
    asked = [n for n, items in enumerate(wanted) if len(items)]
    wanted = [wanted[n] for n in asked]
    taken = [histories[n][:SEEN] for n in asked]
    excluded = [np.union1d(np.flatnonzero(~new), items) for items in taken]
    found = []
    for known in KNOWN:
        seen = [items[~new[items]][:known] for items in taken]
        scores = random.random((len(asked), len(new)))
        if model is not None:
            scores = model.predict(padded(seen), batch_size=256, verbose=0)
        found.append(recall(best_items(scores, excluded), wanted))
    return found
