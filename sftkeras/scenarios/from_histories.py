"""What recommendation learns with, shared by its experiments (article §6.6)."""

import functools

import numpy as np

from sftkeras.evaluation.inside import embed
from sftkeras.inputs.histories import pairs
from sftkeras.models.encoders import encoder_for
from sftkeras.models.recommender import centred, items_of
from sftkeras.scenarios.methods import text_model
from sftkeras.training.fine_tuning import train_model
from sftkeras.training.schedules import warmup_cosine

SEEN = 20  # visits that a user is folded in by, at most
ASKED = slice(SEEN, SEEN + 20)  # those that are to be found
KNOWN = (3, 10, 20)


@functools.lru_cache(maxsize=4)
def title_vectors(titles, source=None):
    """Return what a frozen text encoder makes of titles, `centred`, float `(I, W)`.

    Args:
        titles: tuple of str.
        source: `load_pretrained_model`'s `name`. Defaults to `None`: MiniLM, or for
            titles that it cannot read, e5-small.
    """
    encoder = text_model(source or encoder_for(list(titles)), 2, seed=0)
    return centred(embed(encoder, list(titles)))


def learn(model, histories, seed, draws, learning_rate, **settings):
    """Train a network on histories, in place.

    Args:
        model: as `recommender` returns it.
        histories: list of int arrays.
        seed, draws: as in `pairs`.
        learning_rate: float, the peak of a schedule.
        settings: as in `train_model`.
    """
    rows = as_rows(model, histories, seed, draws)
    rate = warmup_cosine(learning_rate)
    settings = {"batch_size": 256, "verbose": 0, **settings}
    train_model(model, *rows, seed=seed, learning_rate=rate, **settings)


def as_rows(model, histories, seed, draws):
    """Return `(x, y)` of `pairs`, the answers by their names."""
    x, y = pairs(histories, seed, draws)
    return x, np.array(items_of(model))[y]
