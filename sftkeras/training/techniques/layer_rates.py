"""Layer-wise learning rates: the lower, the smaller (article §3.3, §9.5).

Howard & Ruder 2018, "Universal Language Model Fine-tuning for Text Classification",
§3.2, discriminative fine-tuning.
"""

import contextlib
import dataclasses
import fnmatch

from sftkeras.errors import InputError
from sftkeras.graph import head_path, iterate_layers
from sftkeras.models.blocks import blocks


@dataclasses.dataclass(frozen=True)
class LayerRates:
    """Each block learns at a fraction of the rate of the block above it.

    The head has the run's rate, the top block `decay` times that, the next one
    `decay²` …, what lies below the first block (embeddings) least. Weight decay is
    not scaled.

    Example:

    >>> shares = LayerRates(0.5).of(model)
    >>> shares["transformer_layer_5"], shares["transformer_layer_4"]
    (0.5, 0.25)

    Args:
        decay: float in (0, 1]. Defaults to `0.8`.
    """

    decay: float = 0.8

    def __post_init__(self):
        if not isinstance(self.decay, (int, float)) or not 0 < self.decay <= 1:
            raise InputError(
                f"`decay` must be above 0 and at most 1. Received: {self.decay!r}"
            )

    def of(self, model):
        """Return {layer's path: the share of the rate at which it learns}."""
        globs, head, height = blocks(model), head_path(model), 0
        heights = {}
        for path, layer in iterate_layers(model):
            inside = [n for n, g in enumerate(globs, 1) if fnmatch.fnmatchcase(path, g)]
            height = inside[0] if inside else height
            if layer.weights:
                heights[path] = len(globs) + 1 if path == head else height
        return {
            path: self.decay ** (len(globs) + 1 - height)
            for path, height in heights.items()
        }

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the optimizer scale the rate of each weight by its layer's share."""
        shares = {path.split("/")[-1]: s for path, s in self.of(run.model).items()}
        numbered = []

        def change(gradient, variable, rate, number):
            if not numbered:  # the network is what the last technique made of it
                numbered.extend(_shares(run.network, shares))
            return gradient, rate * numbered[number]

        run.on_update(change)
        yield


def _shares(network, shares):
    """Return the share of each of the network's trainable weights, in their order."""
    by_weight = {
        id(weight): shares.get(layer.name, 1.0)
        for _, layer in iterate_layers(network)
        for weight in layer.trainable_weights
    }
    return [by_weight[id(weight)] for weight in network.trainable_weights]
