"""The frozen part of a model runs once, not once an epoch."""

import contextlib

import keras

from sftkeras.graph import (
    all_layers,
    has_graph,
    has_mask,
    is_input,
    maker,
    model_within,
    sources,
)
from sftkeras.tasks.running import OtherLengths, collect, join_inference


class FrozenOnce:
    """Compute what crosses from frozen layers to trained ones once, not once an epoch.

    With dropout off in the frozen part. Nothing is done where there is no safe cut:
    see `split_at_frozen`.
    """

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the run train the upper part on what the lower part made of the rows."""
        if halves := split_at_frozen(run.network):
            with contextlib.suppress(OtherLengths):
                how = {"aligned": run.task.aligns_itself, "fast": run.recipe.fast}
                run.parts = [run_frozen(halves[0], rows, **how) for rows in run.parts]
                join_inference(run.network, *halves)
                run.network = halves[1]
        yield


def split_at_frozen(model):
    """Cut a model where frozen layers meet trained ones.

    Layers below the first trained one on every path compute the same thing for a row
    in every epoch. Both parts share their layers, and so their weights, with `model`.

    Args:
        model: a functional `keras.Model` whose `trainable` flags are set.

    Returns:
        `(frozen, trained)`: a model from `model`'s inputs to a dictionary of the
        tensors that cross the cut, and one from those to `model`'s output. `None` if
        there is nothing to gain or no safe cut: the first layers are trained, the
        model is not functional, an implicit mask crosses, images are augmented below
        the cut, or a layer stands on both sides right at it (a table of tokens that
        reads them first and writes them last).
    """
    if not has_graph(model):
        return None
    outputs = keras.tree.flatten(model.output)
    above, crossing, upper = {}, {}, set()

    def is_above(tensor):
        """True if a trained layer stands at or below the tensor."""
        if id(tensor) not in above:
            operation = maker(tensor)
            own = bool(getattr(operation, "trainable_weights", ()))
            below = [is_above(source) for source in sources(tensor)]
            above[id(tensor)] = own or any(below)
        return above[id(tensor)]

    def collect(tensor, seen):
        if id(tensor) in seen:
            return
        seen.add(id(tensor))
        upper.add(id(maker(tensor)))
        for source in sources(tensor):
            if is_above(source) or _is_random(maker(source)):
                collect(source, seen)
            else:
                crossing[id(source)] = source

    if not all(is_above(tensor) for tensor in outputs):
        return None
    seen = set()
    for tensor in outputs:
        collect(tensor, seen)
    tensors = list(crossing.values())
    computed = [t for t in tensors if not is_input(t)]
    if not computed or any(has_mask(t) for t in tensors):
        return None
    if any(id(maker(tensor)) in upper for tensor in computed):
        return None
    cut = {tensor.name: tensor for tensor in tensors}
    frozen = keras.Model(model.input, cut)
    augments = any(hasattr(layer, "generator") for layer in all_layers(frozen))
    if not frozen.weights or augments:
        return None
    return frozen, model_within(cut, model.output)


def run_frozen(frozen, rows, aligned=False, batch_size=32, fast=False):
    """Run the frozen part over all rows, in inference mode.

    Args:
        frozen: a `keras.Model`.
        rows: `Rows` of its inputs.
        aligned: bool. The loss counts each row's own frames, so that a sequence may be
            of another length than an input's. Defaults to `False`.
        batch_size: int. Defaults to `32`.
        fast: bool, as in `predict`. Defaults to `False`.

    Memory: the activations of N rows, `sum over crossing tensors of values × 4` bytes
    (384 × tokens × 4 for MiniLM), in a temporary file if they are large: see
    `sftkeras.tasks.running.run`.

    Returns:
        A `Rows` of the crossing tensors, sequences still without padding.

    Raises:
        OtherLengths: a sequence crosses that is not as long as an input's.
    """
    return rows.with_inputs(collect(frozen, rows, batch_size, not aligned, fast))


def _is_random(operation):
    """A dropout right at the cut goes to the trained part, where it stays active."""
    return hasattr(operation, "seed_generator") and not operation.weights
