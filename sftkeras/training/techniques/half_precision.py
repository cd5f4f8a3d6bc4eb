"""Half precision: compute in bfloat16, keep the weights in float32 (article §8.2)."""

import contextlib

from sftkeras.graph import all_layers, maker
from sftkeras.machine import computes_in_bfloat16


class HalfPrecision:
    """Train in the recipe's `mixed_precision`, and put the layers back after it."""

    def applied_to(self, run):
        """Return the context in which the network computes in half precision."""
        head = maker(run.trained.outputs[0]).name
        return computing_in(
            run.network, choose_policy(run.recipe.mixed_precision), head
        )


@contextlib.contextmanager
def computing_in(model, policy, head=None):
    """Let the layers of a float32 model compute in another dtype policy, for a while.

    Weights, and the layer that makes the output, stay float32.

    Args:
        model: a functional `keras.Model`.
        policy: str, the dtype policy.
        head: str, the name of the layer that makes the output. Defaults to `None`: the
            last.
    """
    head = head or maker(model.outputs[0]).name
    layers = [
        layer
        for layer in all_layers(model)
        if layer.name != head and layer.dtype_policy.name == "float32"
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


def choose_policy(mixed_precision):
    """Return the name of the dtype policy to train with.

    `"auto"` is bfloat16 where the hardware computes in it: GPUs of compute capability
    8.0 and above, CPUs with AMX or AVX512-BF16.
    """
    if mixed_precision == "auto":
        mixed_precision = computes_in_bfloat16()
    return "mixed_bfloat16" if mixed_precision else "float32"
