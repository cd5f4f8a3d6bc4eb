"""A run whose batches hold so many tokens: which they are, and how each counts (§8.2).

A loss is the mean over a batch. Left so, each of four long texts would count four times
as much as each of sixteen short ones.
"""

import contextlib

import keras

from sftkeras.errors import InputError
from sftkeras.inputs.shapes import lengths_for
from sftkeras.inputs.token_batches import TokenPlan
from sftkeras.machine import several_gpus
from sftkeras.training.techniques.fused_blocks import (
    FusedBlocks,
    blocks_to_fuse,
    price_of_a_length,
)


def plan_batches(network, rows, recipe, epochs, jit_compile):
    """Return the `TokenPlan` that a recipe asks for; `None` if it asks for none.

    It is made before the techniques have changed the rows: the schedule of the learning
    rate hangs on how many batches there are, and what runs once or every epoch shall
    see the same ones.

    Args:
        network: the functional `keras.Model`, frozen as it shall be.
        rows: the `Rows` to train on.
        recipe: a `Recipe`.
        epochs: int.
        jit_compile: bool, whether XLA compiles each shape of batch.

    Raises:
        InputError: the rows have no lengths; there are several GPUs.
    """
    if recipe.batch_tokens is None:
        return None
    if rows.lengths is None:
        raise InputError(
            "`batch_tokens` is for texts and other sequences; these rows are all of "
            "one size. Give batch_size."
        )
    if several_gpus():
        raise InputError(
            "`batch_tokens` is for one device: of its batches, several GPUs would get "
            "unequal shares. Give batch_size."
        )
    multiple, price = 1, _price_of_a_length(network, recipe)
    if jit_compile:
        multiple = lengths_for(network, rows, epochs, trains=True)
    elif price:
        multiple = lengths_for(network, rows, epochs, price=price)
    return TokenPlan(rows.lengths, recipe.batch_tokens, recipe.seed, epochs, multiple)


def _price_of_a_length(network, recipe):
    """Return what `Run.tokens_a_length` will be."""
    given = any(isinstance(each, FusedBlocks) for each in recipe.techniques)
    wanted = recipe.fast or given
    return price_of_a_length(blocks_to_fuse(network)) if wanted else None


def check_plan(run):
    """Raise if a technique has made more or fewer rows than were planned."""
    if len(run.train) != run.plan.rows:
        raise InputError(
            "`batch_tokens` plans the batches of the rows that were given, and a "
            f"technique made others. Received: {run.plan.rows} rows, now "
            f"{len(run.train)}. Give batch_size."
        )


@contextlib.contextmanager
def counted_alike(run):
    """Let each row of a planned run count the same, whatever batch it stands in.

    A batch's gradient is multiplied by its rows, divided by those of the mean batch.
    Loss and measures are shown as they are: means over the rows. A loss that sums the
    rows up needs nothing.

    Args:
        run: the `Run`, its network compiled.
    """
    if run.plan is None or getattr(run.loss, "reduction", None) == "sum":
        yield
        return
    network, mean = run.network, run.plan.rows / run.plan.steps
    compute, scale, seen = network.compute_loss, network.optimizer.scale_loss, {}

    def compute_loss(x=None, y=None, y_pred=None, sample_weight=None, training=True):
        seen["rows"] = keras.ops.shape(keras.tree.flatten(y_pred)[0])[0]
        return compute(x, y, y_pred, sample_weight, training)

    def scale_loss(loss):  # called in the same step, right after
        return scale(loss * (keras.ops.cast(seen["rows"], loss.dtype) / mean))

    network.compute_loss, network.optimizer.scale_loss = compute_loss, scale_loss
    try:
        yield
    finally:
        vars(network).pop("compute_loss", None)
