"""What is computed, and how: XLA, half precision, several GPUs (article §8.2)."""

import functools

import keras

from sftkeras.errors import InputError
from sftkeras.machine import computes_in_bfloat16, strategy_scope

JIT_MULTIPLE = 16  # XLA compiles each shape anew: texts are padded to few lengths


def choose_jit(jit_compile):
    """Return whether to compile the step with XLA.

    `"auto"` is True on JAX, which has nothing else, and False on TensorFlow: batches
    have many lengths, and each costs XLA a compilation of seconds.
    """
    if jit_compile not in (True, False, "auto"):
        raise InputError(
            "`jit_compile` must be True, False or 'auto'. "
            f"Received: jit_compile={jit_compile!r}"
        )
    return keras.backend.backend() == "jax" if jit_compile == "auto" else jit_compile


def choose_policy(mixed_precision):
    """Return the name of the dtype policy to train with.

    `"auto"` is bfloat16 where the hardware computes in it: GPUs of compute capability
    8.0 and above, CPUs with AMX or AVX512-BF16.
    """
    if mixed_precision not in (True, False, "auto"):
        raise InputError(
            "`mixed_precision` must be True, False or 'auto'. "
            f"Received: mixed_precision={mixed_precision!r}"
        )
    if mixed_precision == "auto":
        mixed_precision = computes_in_bfloat16()
    return "mixed_bfloat16" if mixed_precision else "float32"


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
