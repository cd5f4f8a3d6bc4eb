"""What to recommend: items near the mean of a user's history (article §6.6).

An item is what its title says, seen by a frozen encoder and projected, and a vector of
its own that starts at zero. A user is his items' mean, recent ones more, and what a
small network adds. All items are scored, and how often each was taken is added as it is
counted: `log p(item)`, which is not learned and can be exchanged.
"""

import keras
import numpy as np
from keras import layers, ops

from sftkeras.errors import InputError
from sftkeras.graph import attach, task_of
from sftkeras.inputs.histories import LENGTH
from sftkeras.models.copying import copy_model, own_array
from sftkeras.process import drawing_from
from sftkeras.tasks.classification import Classification

WIDTH = 64
CATALOGUE = "item_vectors"
TOWER = ["tower_*"]
_SPREAD = 3.0  # of the first projection: how sharply near items are told apart


@keras.saving.register_keras_serializable("sftkeras")
class ItemVectors(layers.Layer):
    """The catalogue: `titles @ projection + own`, a vector an item.

    The titles' vectors are weights that are never trained, not settings: they are
    stored with the others.

    Args:
        num_items: int, I.
        title_width: int, of the titles' vectors; 0: there are none.
        width: int, of an item's vector.
        own: bool, whether items have vectors of their own beside their titles.
    """

    def __init__(self, num_items, title_width, width, own=True, **options):
        super().__init__(**options)
        self.num_items, self.title_width = num_items, title_width
        self.width, self.own = width, own

    def build(self, input_shape):
        """Make the weights."""
        if self.title_width:
            shape = (self.num_items, self.title_width)
            self.titles = self.add_weight(
                shape, initializer="zeros", trainable=False, name="titles"
            )
            shape = (self.title_width, self.width)
            self.projection = self.add_weight(shape, name="projection")
        if self.own:
            start = "zeros" if self.title_width else keras.initializers.RandomNormal()
            shape = (self.num_items, self.width)
            self.ids = self.add_weight(shape, initializer=start, name="ids")
        self.built = True

    def table(self):
        """Return the vectors of all items, `(I, width)`."""
        table = ops.matmul(self.titles, self.projection) if self.title_width else 0.0
        return table + self.ids if self.own else table

    def call(self, inputs, reverse=False):
        """Return the vectors of items, or the scores of all items for a vector.

        Args:
            inputs: int `(B, T)`, items from 1, 0 is nothing; `reverse`: `(B, width)`.
            reverse: bool. Defaults to `False`.
        """
        table = self.table()
        if reverse:
            return ops.matmul(inputs, ops.transpose(table))
        return ops.take(ops.pad(table, [[1, 0], [0, 0]]), inputs, axis=0)

    def get_config(self):
        """Return what the constructor takes."""
        own = {n: getattr(self, n) for n in ("num_items", "title_width", "width")}
        return {**super().get_config(), **own, "own": self.own}


@keras.saving.register_keras_serializable("sftkeras")
class RecencyMean(layers.Layer):
    """The mean of the vectors of a history, each earlier one weighing a little less.

    Args:
        decay: float, the weight of an item in that of the one after it.
    """

    def __init__(self, decay=0.95, **options):
        super().__init__(**options)
        self.decay = decay

    def call(self, inputs):
        """Return `(B, width)` of `[vectors (B, T, width), items (B, T)]`."""
        vectors, items = inputs
        ages = np.arange(vectors.shape[1])[::-1]
        weights = ops.cast(items > 0, vectors.dtype) * self.decay ** ages.astype("f4")
        weights /= ops.maximum(ops.sum(weights, axis=1, keepdims=True), 1e-6)
        return ops.sum(vectors * weights[:, :, None], axis=1)

    def compute_output_shape(self, input_shape):
        """Return `(B, width)`."""
        return (input_shape[0][0], input_shape[0][2])

    def get_config(self):
        """Return what the constructor takes."""
        return {**super().get_config(), "decay": self.decay}


@keras.saving.register_keras_serializable("sftkeras")
class Popularity(layers.Layer):
    """Add `log p(item)`, counted and never trained."""

    def build(self, input_shape):
        """Make the weight, zeros: as yet all items alike."""
        shape, kind = (input_shape[-1],), "zeros"
        self.logs = self.add_weight(shape, kind, trainable=False, name="log_counts")
        self.built = True

    def call(self, scores):
        """Return `(B, I)` of `(B, I)`."""
        return scores + self.logs

    def compute_output_shape(self, input_shape):
        """Return the shape of the input."""
        return input_shape


def recommender(items, title_vectors=None, counts=None, own=True, seed=0, width=WIDTH):
    """Return a network that scores all items of a catalogue after some of them.

    One flat graph: `item_vectors`, `recency_mean`, `tower_hidden`, `tower_output`,
    `user_vector`, the scores by `item_vectors` once more, `popularity`. Untrained it
    recommends what has titles near the history's.

    Args:
        items: list of I names, strings.
        title_vectors: float array `(I, W)`, what a text encoder makes of the titles,
            `centred`. Defaults to `None`: no titles, only vectors of the items' own.
        counts: float array `(I,)`, how often each was taken. Defaults to `None`: alike.
        own: bool, whether an item has a vector of its own beside its title. Defaults to
            `True`.
        seed: int. Defaults to `0`.
        width: int, of the vectors. Defaults to `64`.

    Returns:
        A `keras.Model`: int32 `(B, 20)` as `padded` gives it to logits `(B, I)`; it
        carries a `Classification` of the items' names.
    """
    items = tuple(items)
    if title_vectors is None and not own:
        raise InputError(
            "Without titles the items need vectors of their own: own=True."
        )
    table = None if title_vectors is None else np.asarray(title_vectors, "float32")
    title_width = 0 if table is None else table.shape[1]
    with drawing_from(seed):
        inputs = keras.Input((LENGTH,), dtype="int32", name="history")
        vectors = ItemVectors(len(items), title_width, width, own, name=CATALOGUE)
        mean = RecencyMean(name="recency_mean")([vectors(inputs), inputs])
        x = layers.Dense(2 * width, activation="gelu", name="tower_hidden")(mean)
        x = layers.Dense(width, kernel_initializer="zeros", name="tower_output")(x)
        user = layers.Add(name="user_vector")([mean, x])
        outputs = Popularity(name="popularity")(vectors(user, reverse=True))
        model = keras.Model(inputs, outputs, name="recommender")
    if table is not None:
        vectors.titles.assign(table)
        vectors.projection.assign(_main_directions(table, width))
    if counts is not None:
        model.get_layer("popularity").logs.assign(_logs(counts))
    task = Classification(items, num_classes=len(items), units=len(items))
    return attach(model, task.replaced(from_logits=True))


def centred(vectors):
    """Return the vectors less their mean, each of length 1, float32 `(I, W)`.

    What all titles of a catalogue share says nothing about any of them.
    """
    vectors = np.asarray(vectors, "float64")
    vectors = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype("float32")


def _main_directions(table, width):
    """Return a first projection `(W, width)`: where the titles differ most (PCA)."""
    directions = np.linalg.svd(table, full_matrices=False)[2][:width]
    kernel = np.zeros((table.shape[1], width), "float32")
    kernel[:, : len(directions)] = _SPREAD * directions.T
    return kernel


def _logs(counts):
    """Return log shares of counts; one is added to each, that none is impossible."""
    counts = np.asarray(counts, "float64") + 1
    return np.log(counts / counts.mean()).astype("float32")


def with_counts(model, counts):
    """Return a copy with other counts: the half of adapting that needs no training.

    Args:
        model: as `recommender` returns it.
        counts: float array `(I,)`.
    """
    model = copy_model(model)
    model.get_layer("popularity").logs.assign(_logs(counts))
    return model


def with_catalogue(model, items, title_vectors, counts=None):
    """Return the network for another catalogue: what it learned of titles stays.

    The projection and the tower are copied; the items' own vectors start at zero.

    Args:
        model: as `recommender` returns it, with titles.
        items, title_vectors, counts: as in `recommender`, of the other catalogue.
    """
    old = model.get_layer(CATALOGUE)
    if not old.title_width:
        raise InputError("This model knows items by their numbers alone, no titles.")
    new = recommender(items, title_vectors, counts, old.own, width=old.width)
    new.get_layer(CATALOGUE).projection.assign(own_array(old.projection))
    for name in ("tower_hidden", "tower_output"):
        new.get_layer(name).set_weights(model.get_layer(name).get_weights())
    return new


def items_of(model):
    """Return the names of the items that a recommender scores."""
    return task_of(model).label_names
