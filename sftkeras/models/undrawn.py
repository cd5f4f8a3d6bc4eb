"""Weights that are set at once draw no random numbers before."""

import random

import keras

from sftkeras.graph import fill_later, fill_now
from sftkeras.process import keeping_random


def undrawn(make):
    """Return what `make()` makes; weights that it sets draw no random ones first.

    Keras fills each weight as soon as its layer is built; of a model that is copied or
    read from a file nothing of that is left, and it takes as long as all the rest.
    Weights that `make` leaves alone are drawn as ever.

    Args:
        make: a function that makes a model and sets its weights. It is called again,
            in the plain way, if a layer needs its weights while it is built.
    """
    with keeping_random():
        before = random.getstate()
        try:
            return _filled_last(make)
        except Exception:
            random.setstate(before)
            return make()


class _Made(list):
    """Weights as they are made, each with whether it is trainable then."""

    def append(self, weight):
        super().append((weight, weight.trainable))


def _filled_last(make):
    weights = _Made()
    before = fill_later(weights)
    try:
        with keras.StatelessScope(initialize_variables=False) as scope:
            made = make()
    finally:
        fill_later(before)
    for weight, trainable in weights:
        fill_now(weight, trainable, scope.get_current_value(weight))
    return made
