"""What is computed, and how: XLA, half precision, several GPUs (article §8.2)."""

import functools

import keras

from sftkeras.machine import strategy_scope


def choose_jit(jit_compile):
    """Return whether to compile the step with XLA.

    `"auto"` is True on JAX, which has nothing else, and False on TensorFlow: batches
    have many lengths, and each costs XLA a compilation of seconds.
    """
    return keras.backend.backend() == "jax" if jit_compile == "auto" else jit_compile


def on_all_gpus(function):
    """Run a function under TensorFlow's `MirroredStrategy` if there are several GPUs.

    The models and optimizers that it makes are then trained on all of them at once,
    each on its share of the batch.
    """

    @functools.wraps(function)
    def run(*args, **options):
        with strategy_scope():
            return function(*args, **options)

    return run
