"""Copies share nothing with the model that they were made of."""

import keras
import numpy as np

from sftkeras.models import copying
from sftkeras.models.copying import copy_model


def test_a_copy_takes_its_own_arrays_on_jax(tiny_classifier, monkeypatch):
    model, given = tiny_classifier(), []

    def set_weights(self, weights):
        given.extend(weights)
        for variable, value in zip(self.weights, weights, strict=True):
            variable.assign(value)

    monkeypatch.setattr(keras.Model, "set_weights", set_weights)
    monkeypatch.setattr(copying.keras.backend, "backend", lambda: "jax")
    copy = copying.clone(model)
    copying.fill(copy, model.weights)
    monkeypatch.undo()
    assert len(given) == len(model.weights)
    for value, weight in zip(given, model.weights, strict=True):
        assert type(value) is np.ndarray and value.flags.owndata
        assert np.array_equal(value, keras.ops.convert_to_numpy(weight))


def test_values_are_taken_as_they_are_where_variables_copy_them():
    weight = keras.Variable([1.0, 2.0])
    assert copying.own_array(weight) is weight


def test_training_a_copy_leaves_the_model_as_it_was(tiny_classifier, reviews):
    model = tiny_classifier()
    before = model.get_weights()
    copy = copy_model(model)
    for one, other in zip(copy.get_weights(), before, strict=True):
        assert np.array_equal(one, other)
    for weight in copy.weights:
        weight.assign(keras.ops.zeros_like(weight))
    for one, other in zip(model.get_weights(), before, strict=True):
        assert np.array_equal(one, other)
