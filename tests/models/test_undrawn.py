"""Weights that are set at once draw no random numbers before."""

import random

import keras
import numpy as np
import pytest
from small import all_bytes

from sftkeras.models.copying import clone, copy_model
from sftkeras.models.undrawn import undrawn

DRAWN = []


@keras.saving.register_keras_serializable("tests")
class Told(keras.initializers.RandomNormal):
    """An initializer that notes when it draws."""

    def __call__(self, shape, dtype=None):
        """Draw."""
        DRAWN.append(tuple(shape))
        return super().__call__(shape, dtype)


@keras.saving.register_keras_serializable("tests")
class AtOnce(keras.layers.Layer):
    """A layer that makes a weight of numbers, not of an initializer."""

    def build(self, shape):
        """Make it."""
        numbers = np.full(shape[-1], 3.0, "float32")
        self.scale = keras.Variable(numbers, name="scale")

    def call(self, inputs):
        """Use it."""
        return inputs * self.scale


def network(*middle):
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, kernel_initializer=Told(), name="first")(inputs)
    for layer in middle:
        x = layer(x)
    x = keras.layers.Dropout(0.5)(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="head")(x))


def seeds(model):
    return [list(v.numpy()) for v in model.variables if "seed_generator" in v.path]


@pytest.fixture
def model():
    made = network()
    DRAWN.clear()
    return made


def test_a_copy_draws_no_weights(model):
    copy = copy_model(model)
    assert DRAWN == []
    assert all_bytes(copy) == all_bytes(model)
    copy.layers[1].kernel.assign_add(np.ones((3, 4)))
    assert all_bytes(copy) != all_bytes(model)
    assert len(seeds(copy)) == 1


def test_what_is_not_set_is_drawn_as_ever(model):
    def half():
        made = clone(model)
        made.layers[1].set_weights(model.layers[1].get_weights())
        return made

    made, plain = undrawn(half), clone(model)
    assert DRAWN == [(3, 4)]  # by the plain one
    assert made.layers[1].get_weights()[0].tobytes() == (
        model.layers[1].get_weights()[0].tobytes()
    )
    assert made.layers[-1].get_weights()[0].tobytes() == (
        plain.layers[-1].get_weights()[0].tobytes()
    )
    assert seeds(made) == seeds(plain)


def test_a_layer_that_needs_its_weights_at_once_is_copied_in_the_plain_way():
    model = network(AtOnce())
    before = random.getstate()
    DRAWN.clear()
    copy, plain = copy_model(model), clone(model)
    assert DRAWN == [(3, 4)] * 2
    assert all_bytes(copy) == all_bytes(model)
    assert seeds(copy) == seeds(plain)
    assert random.getstate() == before


def test_later_layers_are_drawn_at_once(model):
    copy_model(model)
    layer = keras.layers.Dense(2, kernel_initializer=Told())
    layer.build((None, 5))
    assert DRAWN == [(5, 2)]
    with keras.StatelessScope():  # Keras' own list of weights to fill is as it was
        late = keras.layers.Dense(2)
        late.build((None, 5))
    assert late.get_weights()[0].shape == (5, 2)


def test_what_was_frozen_when_it_was_copied_can_be_trained(model):
    model.get_layer("first").trainable = False
    copy = copy_model(model)
    assert not copy.get_layer("first").trainable_weights
    copy.get_layer("first").trainable = True
    copy.compile(keras.optimizers.SGD(0.1), "mse")
    before = [weight.numpy() for weight in copy.trainable_weights]
    copy.fit(np.ones((4, 3)), np.full((4, 1), 9.0), verbose=0)
    assert len(before) == 4
    for one, weight in zip(before, copy.trainable_weights, strict=True):
        assert (one != weight.numpy()).any()
