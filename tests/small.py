"""A small model and its data, for tests of training that need no text."""

import keras
import numpy as np

import sftkeras as sft

LAYERS = ["block_0", "block_1", "head"]
ROWS = 40


def mlp(units=1, activation="sigmoid", dropout=0.3, optimizer=None):
    """A small model of 4 features, the same in every call."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((4,))
    x = keras.layers.Dense(6, activation="tanh", name="block_0")(inputs)
    x = keras.layers.Dense(6, activation="tanh", name="block_1")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    outputs = keras.layers.Dense(units, activation=activation, name="head")(x)
    model = keras.Model(inputs, outputs, name="mlp")
    if optimizer:
        model.compile(optimizer, "binary_crossentropy")
    return model


X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])  # three classes


def tune(layers="all", model=None, labels=Y, **options):
    options = {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, **options}
    return sft.fine_tune(model or mlp(), X, labels, layers, verbose=0, **options)


def train(model, *data, **options):
    return sft.train_model(model, *(data or (X, Y)), verbose=0, **options)


def all_bytes(model):
    return [weight.tobytes() for weight in model.get_weights()]


def moved(old, new):
    """Names of the layers of which every weight differs; none may differ in part."""
    names = []
    for one, other in zip(old.layers, new.layers, strict=True):
        same = [a == b for a, b in zip(all_bytes(one), all_bytes(other), strict=True)]
        assert len(set(same)) <= 1, one.name
        names += [one.name] if same and not same[0] else []
    return names
