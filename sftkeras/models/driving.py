"""A small network that reads a scene of vehicles and chooses an action (§6.8)."""

import keras

from sftkeras.graph import attach
from sftkeras.process import drawing_from
from sftkeras.tasks.classification import Classification


def create_driver(shape, label_names, seed=0, width=64):
    """Return an untrained driver: `(B, 1 + others, facts)` to `(B, actions)`.

    The same two layers read each other vehicle beside the ego vehicle's own row; the
    maximum over the vehicles forgets their order and their number, as in PointNet
    (Qi et al. 2017). Plain Keras layers: nothing in it runs code when it is loaded.

    Args:
        shape: (rows, facts) of a scene; row 0 is the ego vehicle.
        label_names: the actions.
        seed: int. Defaults to `0`.
        width: int. Defaults to `64`.
    """
    layers = keras.layers
    rows, facts = shape
    with drawing_from(seed):
        scene = keras.Input((rows, facts), name="scene")
        ego = layers.Cropping1D((0, rows - 1), name="ego")(scene)
        ego = layers.Flatten(name="ego_facts")(ego)  # (B, facts)
        others = layers.Cropping1D((1, 0), name="others")(scene)
        beside = layers.RepeatVector(rows - 1, name="beside")(ego)
        pairs = layers.Concatenate(name="pairs")([others, beside])
        for number in range(2):  # (B, others, width)
            pairs = layers.Dense(width, "relu", name=f"vehicle_{number}")(pairs)
        worst = layers.GlobalMaxPooling1D(name="strongest")(pairs)  # (B, width)
        mean = layers.GlobalAveragePooling1D(name="mean")(pairs)
        h = layers.Concatenate(name="all")([ego, worst, mean])
        for number in range(2):
            h = layers.Dense(width, "relu", name=f"decision_{number}")(h)
        scores = layers.Dense(len(label_names), "softmax", name="head")(h)
    model = keras.Model(scene, scores, name="driver")
    attach(model, Classification(tuple(label_names)))
    return model


def driver_of(model):
    """Return a driver, as `data.driving.drive` takes it, who asks a model.

    Args:
        model: a `keras.Model` from `(B, …)` to `(B, actions)`: the likeliest is taken.
    """

    def driver(seen, worlds):
        answers = keras.ops.convert_to_numpy(model(seen, training=False))
        return answers.argmax(axis=-1)

    return driver
