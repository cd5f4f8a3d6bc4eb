"""What belongs to the whole process, changed for a while and put back (§3.4).

A library does not reseed its user's process, nor leave it silent or offline; and what
several threads change at once is put back once, when the last of them is done.
"""

import contextlib
import random
import threading

_RANDOM = threading.RLock()
_inside = 0  # how many `drawing_from` the thread that holds the lock is within


class Shared:
    """A change of the process that the first user makes and the last one undoes.

    Args:
        change: a function that returns a context manager, which yields anything.

    Attributes:
        failed: bool, whether a user left with an exception; `change` may read it.
    """

    def __init__(self, change):
        self.change, self.users, self.failed = change, 0, False
        self._lock, self._made = threading.Lock(), None

    @contextlib.contextmanager
    def __call__(self):
        """Return the context in which the change is in force."""
        with self._lock:
            if not self.users:
                self.failed, self._made = False, self.change()
                self._made.__enter__()
            self.users += 1
        try:
            yield
        except BaseException:
            self.failed = True
            raise
        finally:
            with self._lock:
                self.users -= 1
                if not self.users:
                    self._made.__exit__(None, None, None)


@contextlib.contextmanager
def drawing_from(stream):
    """Let Keras take the seeds of new layers from a stream; put the user's back.

    Where a layer or an initializer has no seed of its own, Keras draws one from
    Python's `random`, which belongs to the user. One thread at a time.

    Args:
        stream: a `random.Random`, which moves on; or an int, the seed of a new one.
    """
    global _inside
    stream = stream if isinstance(stream, random.Random) else random.Random(int(stream))
    with _RANDOM:
        before = random.getstate()
        random.setstate(stream.getstate())
        _inside += 1
        try:
            yield
        finally:
            _inside -= 1
            stream.setstate(random.getstate())
            random.setstate(before)


@contextlib.contextmanager
def keeping_random(seed=0):
    """Leave the user's `random` as it is, whatever layers are made.

    Within `drawing_from`, its stream goes on; so does the user's with `seed=None`.
    """
    with _RANDOM:
        if _inside or seed is None:
            yield
            return
        with drawing_from(random.Random(seed)):
            yield


@contextlib.contextmanager
def drawing_with(seed):
    """Give layers that have no seed of their own another generator in this thread."""
    import keras

    name, shared = "global_seed_generator", keras.src.backend.common.global_state
    before = shared.get_global_attribute(name)
    shared.set_global_attribute(name, keras.random.SeedGenerator(seed))
    try:
        yield
    finally:
        shared.set_global_attribute(name, before)


def random_state():
    """Return the variable of this thread's generator of `drawing_with`, in a list."""
    import keras

    shared = keras.src.backend.common.global_state
    generator = shared.get_global_attribute("global_seed_generator")
    return [] if generator is None else [generator.state]


@contextlib.contextmanager
def seeded(seed):
    """Seed Python, NumPy, Keras and TensorFlow for a block, and put all back.

    For training by Keras alone, whose order of rows is TensorFlow's. One thread at a
    time.
    """
    import keras
    import numpy as np

    with drawing_from(seed), _tensorflow_kept():
        before = np.random.get_state()
        keras.utils.set_random_seed(int(seed))
        try:
            yield
        finally:
            np.random.set_state(before)


@contextlib.contextmanager
def _tensorflow_kept():
    import keras

    if keras.backend.backend() != "tensorflow":
        yield
        return
    from tensorflow.python.eager import context

    shared = context.context()
    before = shared._seed, getattr(shared, "_rng", None)  # none before the first seed
    try:
        yield
    finally:
        shared._set_global_seed(before[0])  # forgets what it has drawn ahead
        if before[1] is not None:
            shared._rng = before[1]
