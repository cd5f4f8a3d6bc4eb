"""What is computed, and how: XLA, half precision, several GPUs (article §8.2)."""

import contextlib
import functools
import os

import keras

from sftkeras.errors import InputError
from sftkeras.machine import devices, strategy_scope
from sftkeras.process import Shared

_XLA_FLAG = "--xla_gpu_deterministic_ops=true"


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


@contextlib.contextmanager
def in_one_order(wanted):
    """Let each operation add up its numbers in one order, for a while.

    On a CPU they do anyway. On a GPU some are quicker in whatever order threads end:
    gradients of embeddings and of convolutions, sums over segments, cuDNN's choice
    among its kernels. TensorFlow's switch is one for the process: it stays on as long
    as any run wants it, and is then as it was.

    Args:
        wanted: bool; if not, nothing is done.

    Raises:
        InputError: JAX on a GPU, which can only be told when it is started.
    """
    if not wanted:
        yield
        return
    if keras.backend.backend() != "tensorflow":
        if devices() and _XLA_FLAG not in os.environ.get("XLA_FLAGS", ""):
            raise InputError(
                "`deterministic=True` on JAX needs a flag before Python starts: set "
                f"the environment variable XLA_FLAGS to {_XLA_FLAG}."
            )
        yield
        return
    with _determinism():
        yield


@contextlib.contextmanager
def _deterministic():
    from tensorflow.python.framework import config  # TensorFlow shows only its "on"

    before = config.is_op_determinism_enabled()
    config.enable_op_determinism()
    yield
    if not before:
        config.disable_op_determinism()


_determinism = Shared(_deterministic)
