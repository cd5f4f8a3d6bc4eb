"""What is computed, and how: XLA, half precision, several GPUs (article §8.2)."""

import contextlib
import functools
from pathlib import Path

import keras

from sftkeras.errors import InputError

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
        mixed_precision = _computes_in_bfloat16()
    return "mixed_bfloat16" if mixed_precision else "float32"


@contextlib.contextmanager
def computing_in(model, policy):
    """Let the layers of a float32 model compute in another dtype policy, for a while.

    Weights, and the layer that makes the output, stay float32.
    """
    head = model.outputs[0]._keras_history.operation
    layers = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if layer is not head and layer.dtype_policy.name == "float32"
    ]
    if policy == "float32":
        layers = []
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = policy
        yield
    finally:
        for layer, old in zip(layers, before, strict=True):
            layer.dtype_policy = old


def on_all_gpus(function):
    """Run a function under TensorFlow's `MirroredStrategy` if there are several GPUs.

    The models and optimizers that it makes are then trained on all of them at once,
    each on its share of the batch.
    """

    @functools.wraps(function)
    def run(*args, **options):
        with _strategy_scope():
            return function(*args, **options)

    return run


def training_devices():
    """Return the GPUs that TensorFlow trains on, [] without one."""
    if keras.backend.backend() != "tensorflow":
        return []
    import tensorflow as tf

    return [device.name for device in tf.config.list_logical_devices("GPU")]


def several_gpus():
    """Return whether each batch is to be shared among several GPUs."""
    return len(training_devices()) > 1


def _strategy_scope():
    if not several_gpus():
        return contextlib.nullcontext()
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(training_devices()).scope()


def processor_features():
    """Return those of the instruction sets of matrix products that the processor has.

    A list, `["avx2", "avx512f"]`; [] where Linux does not tell.
    """
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return []
    known = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    return [name for name in known if name in flags]


def _computes_in_bfloat16():
    capability = _gpu_capability()
    if capability is not None:
        return capability >= (8, 0)
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(processor_features())


def _gpu_capability():
    """Return the first GPU's compute capability, such as (8, 0); None without one."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        return details.get("compute_capability", (0, 0))
    return None
