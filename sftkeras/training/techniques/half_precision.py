"""Half precision: compute in bfloat16, keep the weights in float32 (article §8.2)."""

import contextlib

from sftkeras.graph import all_layers, maker
from sftkeras.machine import computes_in_bfloat16
from sftkeras.tasks.quick_blocks import block_parts
from sftkeras.tasks.quick_lstm import lstms


class HalfPrecision:
    """Train in the recipe's `mixed_precision`, and put the layers back after it."""

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the network compute in half precision; users see it in full."""
        whole = (run.trained, run.network)
        heads = {maker(model.outputs[0]).name for model in whole}
        fast = run.recipe.fast and not run.recipe.mixed_precision
        if not any(map(block_parts, all_layers(run.network))):
            fast = fast and not lstms(run.network)  # whose operation is float32's
        policy = choose_policy("auto" if fast else run.recipe.mixed_precision)
        computing = computing_in(run.network, policy, heads)
        with computing as (half, full), run.mirror(show=full, take=half):
            yield


@contextlib.contextmanager
def computing_in(model, policy, heads=None):
    """Let the layers of a float32 model compute in another dtype policy, for a while.

    Weights, and the layer that makes the output, stay float32.

    Args:
        model: a functional `keras.Model`.
        policy: str, the dtype policy.
        heads: names of layers that make an output. Defaults to `None`: the last one's.

    Yields:
        Two functions: one puts the layers into that policy, one puts them back.
    """
    heads = heads or {maker(model.outputs[0]).name}
    layers = [
        layer
        for layer in all_layers(model)
        if layer.name not in heads and layer.dtype_policy.name == "float32"
    ]
    if policy == "float32":
        layers = []
    before = [layer.dtype_policy for layer in layers]

    def half():
        for layer in layers:
            layer.dtype_policy = policy

    def full():
        for layer, old in zip(layers, before, strict=True):
            layer.dtype_policy = old

    try:
        half()
        yield half, full
    finally:
        full()


def choose_policy(mixed_precision):
    """Return the name of the dtype policy to train with.

    `"auto"` is bfloat16 where the hardware computes in it: GPUs of compute capability
    8.0 and above, CPUs with AMX or AVX512-BF16.
    """
    if mixed_precision == "auto":
        mixed_precision = computes_in_bfloat16()
    return "mixed_bfloat16" if mixed_precision else "float32"
