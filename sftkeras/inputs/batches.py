"""Rows as batches of similar length, padded to the batch only."""

import math

import keras
import numpy as np

from sftkeras.arguments import check_whole
from sftkeras.inputs.ragged import round_up

_POOL = 50  # batches sorted by length together: similar lengths, still random


class Batches(keras.utils.PyDataset):
    """Batches for `model.fit`: rows of similar length together, newly drawn each epoch.

    Rows are shuffled, sorted by length within pools of 50 batches, cut into batches,
    and the batches shuffled. The order depends on `seed` and the epoch only, so that
    interrupted training goes on as it would have gone.

    Args:
        rows: a `Rows`, with its targets and weights.
        batch_size: int. Defaults to `32`.
        seed: int. Defaults to `None`: the order of length (for evaluation).
        multiple: as in `Rows.take`. Defaults to `1`. Of several lengths, a last batch
            that is not full takes the longest: one shape, not one for each.
    """

    def __init__(self, rows, batch_size=32, seed=None, multiple=1):
        super().__init__()
        check_whole("batch_size", batch_size)
        self.rows = rows
        self.batch_size = batch_size
        self.seed = seed
        self.multiple = multiple
        self.set_epoch(0)

    def __len__(self):
        return math.ceil(len(self.rows) / self.batch_size)

    def set_epoch(self, epoch):
        """Draw the batches of an epoch, counted from 0."""
        count, size, lengths = len(self.rows), self.batch_size, self.rows.lengths
        if self.seed is None:
            order = np.arange(count)
            if lengths is not None:
                order = np.argsort(lengths, kind="stable")
            self.batches = [order[i : i + size] for i in range(0, count, size)]
            return
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(count)
        if lengths is not None:
            # Blurred, so that the same rows do not meet in every epoch.
            blurred = lengths * random.uniform(0.9, 1.1, count)
            pool = _POOL * size
            order = np.concatenate(
                [
                    part[np.argsort(blurred[part], kind="stable")]
                    for part in np.split(order, range(pool, count, pool))
                ]
            )
        self.batches = [order[i : i + size] for i in range(0, count, size)]
        if lengths is not None:  # without, the order is random already
            places = random.permutation(len(self.batches))
            self.batches = [self.batches[place] for place in places]

    def __getitem__(self, index):
        where = self.batches[index]
        return self.rows.batch(where, self._multiple(where))

    def shapes(self):
        """Return the shapes of this epoch's batches: a set of (rows, length).

        It is empty for rows that are arrays, all of one length.
        """
        lengths = self.rows.lengths
        if lengths is None:
            return set()
        return {
            (len(where), round_up(int(lengths[where].max()), self._multiple(where)))
            for where in self.batches
        }

    def _multiple(self, where):
        if isinstance(self.multiple, tuple) and len(where) < self.batch_size:
            return self.multiple[-1:]
        return self.multiple

    def for_fit(self):
        """Return what `model.fit` takes: a `tf.data.Dataset`, on JAX `self`.

        Left to itself, Keras reads the shapes off the first two batches, and fails
        when those two happen to be of one length and a later one is not.
        """
        if keras.backend.backend() != "tensorflow":
            return self
        import tensorflow as tf

        signature = keras.tree.map_structure(tensor_spec, self.rows.parts)
        specs = keras.tree.flatten(signature)

        def cut(place):
            return keras.tree.flatten(self[int(place)])

        @tf.autograph.experimental.do_not_convert  # there is nothing to rewrite
        def batch(place):
            columns = tf.numpy_function(cut, [place], [spec.dtype for spec in specs])
            for column, spec in zip(columns, specs, strict=True):
                column.set_shape(spec.shape)
            return keras.tree.pack_sequence_as(signature, columns)

        dataset = tf.data.Dataset.range(len(self)).map(batch).prefetch(2)
        return dataset.with_options(_untuned())


class DrawBatches(keras.callbacks.Callback):
    """Draws the batches, and restarts the dropout, of the epoch that begins.

    Both hang on the seed and the epoch only: an epoch is the same after a restart.
    """

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        self.batches.set_epoch(epoch)
        for variable in self.model.variables:
            if variable.path.endswith("seed_generator_state"):
                seed, _ = keras.ops.convert_to_numpy(variable)
                variable.assign(np.array([seed, (epoch << 20) % 2**32], variable.dtype))


def _untuned():
    """Return options under which TensorFlow does not tune the dataset.

    The thread that does sleeps for seconds, misses that an epoch has ended, and the
    epoch's end waits for it: up to 2.5 s each were seen. There is nothing to tune.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def tensor_spec(column):
    """Return the `tf.TensorSpec` of a batch of the column."""
    import tensorflow as tf

    return tf.TensorSpec([None, *column.shape[1:]], column.dtype)
