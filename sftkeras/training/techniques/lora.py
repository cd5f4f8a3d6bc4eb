"""LoRA: train a narrow product beside each kernel instead of the kernel (article §8).

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
"""

import contextlib
import dataclasses
import fnmatch
import hashlib

import keras
import numpy as np

from sftkeras.errors import InputError, listed
from sftkeras.graph import (
    all_layers,
    base_kernel,
    carried,
    head_path,
    iterate_layers,
)
from sftkeras.models.copying import copy_model, own_array
from sftkeras.process import drawing_from
from sftkeras.training.techniques.low_rank import add_low_rank
from sftkeras.training.techniques.low_rank import merged as merged_kernel


@dataclasses.dataclass(frozen=True)
class LoRA:
    """Low-rank adapters in the layers to fine-tune; merged into them at the end.

    A kernel of `n × m` stays as it is; a product of `n × rank` and `rank × m` is added
    to it and trained. So are the head's own weights; nothing else is, no bias and no
    normalization. What comes out is an ordinary model; `save_adapters` keeps the
    products alone.

    There are two forms. Keras' adds the product to the kernel in each step, and a
    kernel that KerasHub keeps as `inputs × heads × size` gets `inputs × heads × rank`
    and `rank × size`. The paper's lets the inputs through the narrow product beside the
    kernel, which saves the gradient of a whole kernel, and takes `inputs × rank` and
    `rank × heads × size`: of SmolLM2's queries and values at rank 8 460,800 numbers,
    not 1,689,600. `history.trainable_params` says how many were trained.

    Example:

    >>> tuned = fine_tune(
    ...     model, ["good", "bad"] * 8, [1, 0] * 8, techniques=[LoRA(rank=2)],
    ...     learning_rate=1e-3, epochs=1, verbose=0,
    ... )
    >>> trained = tuned.history.trainable_params  # of adapters and head

    Args:
        rank: int. Defaults to `8`.
        alpha: float; the product is scaled by `alpha / rank`. Defaults to `None`: as
            the rank, no scaling.
        kernels: list of globs, the names of the layers within a block that get an
            adapter: `("query", "value")` as in the paper. Defaults to `("*",)`: every
            dense or convolutional one (Keras' LSTM takes none).
        form: `"keras"` or `"paper"` (of dense layers; convolutions take Keras').
            Defaults to `None`: the paper's for a `Generation`, else Keras'.
    """

    rank: int = 8
    alpha: float | None = None
    kernels: tuple = ("*",)
    form: str | None = None

    def __post_init__(self):
        if self.form not in (None, "keras", "paper"):
            raise InputError(
                f"`form` must be 'keras' or 'paper'. Received: {self.form!r}"
            )
        if not isinstance(self.rank, int) or self.rank < 1:
            raise InputError(f"`rank` must be an int above 0. Received: {self.rank!r}")
        if self.alpha is not None and not self.alpha > 0:
            raise InputError(f"`alpha` must be above 0. Received: {self.alpha!r}")

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the run train a copy with adapters; merge them when it is left."""
        base, scale = run.network, (self.alpha or self.rank) / self.rank
        _check_first(base)
        before = digest_of(base)
        with drawing_from(run.seeds):
            twin = copy_model(base)
            adapted = self._adapt(base, twin, self.form or run.task.lora_form)
        run.network = run.trained = twin
        merged = _Merged(base, twin, adapted, scale)
        with run.mirror(show=merged.show, take=merged.take):
            yield
        carried(run.model).adapters = Adapters(
            before, digest_of(base), *merged.parts(), self.alpha or self.rank
        )

    def _adapt(self, base, twin, form):
        """Put adapters into the twin; return pairs (layer, the same with adapter)."""
        head, chosen = head_path(base), []
        for (path, layer), (_, other) in _pairs(base, twin):
            if path == head or not other.trainable_weights:
                continue
            inner = zip(_with_inner(layer), _with_inner(other), strict=True)
            chosen += [pair for pair in inner if self._is_for(pair[1])]
            for weight in other.weights:
                weight.trainable = False
        if not chosen:
            raise self._nowhere(base, head)
        scale = (self.alpha or self.rank) / self.rank
        for _, layer in chosen:
            if layer.lora_enabled:
                raise _twice(layer)
            if form == "paper" and add_low_rank(layer, self.rank, scale):
                continue
            layer.enable_lora(self.rank, lora_alpha=self.alpha)
        return chosen

    def _nowhere(self, model, head):
        """Return the error where no adapter can stand: what to do about it."""
        layers = dict(iterate_layers(model))
        trained = [n for n, layer in layers.items() if layer.trainable_weights]
        every = {
            path: [k.name for k in _with_inner(layer) if _can_have_one(k)]
            for path, layer in layers.items()
            if path != head and layer.weights
        }
        here = {name for path in trained for name in every.get(path, ())}
        told = f"LoRA(kernels={self.kernels!r}): "
        if not any(every.values()):
            return InputError(
                f"{told}no layer of this model can have an adapter: dense and "
                "convolutional ones can, but for the head. Train it without LoRA."
            )
        if not here:
            which = "only the head is" if trained == [head] else "only such layers are"
            return InputError(
                f"{told}{which} trained, which has no adapter. Fine-tune more, as "
                "layers_to_fine_tune='all' does, or train without LoRA."
            )
        return InputError(
            f"{told}none of the layers to fine-tune has such a dense or convolutional "
            "layer in it, with a kernel that is trained and not quantized. There are: "
            f"{listed(sorted(here))}."
        )

    def _is_for(self, layer):
        if not _can_have_one(layer):
            return False
        fits = any(fnmatch.fnmatchcase(layer.name, glob) for glob in self.kernels)
        if not fits or getattr(layer, "quantization_mode", None):
            return False
        return layer.lora_enabled or layer.kernel.trainable


@dataclasses.dataclass(frozen=True)
class Adapters:
    """What LoRA learned, apart from the model that it was added to.

    Attributes:
        base, merged: SHA-256 of the model's weights before, and with it.
        products: {place of a kernel among the model's weights: (a, b)}, arrays.
        others: {place of a weight: what became of it}: the head's.
        alpha: float, as in `LoRA`.
    """

    base: str
    merged: str
    products: dict
    others: dict
    alpha: float

    def added_to(self, model):
        """Add the products to a model of the weights that they were learned on."""
        weights = model.weights
        for place, pair in self.products.items():
            a, b = map(keras.ops.convert_to_tensor, pair)
            scale = self.alpha / a.shape[-1]
            weights[place].assign(merged_kernel(weights[place], a, b, scale))
        for place, values in self.others.items():
            weights[place].assign(values)


def digest_of(model):
    """Return the SHA-256 of a model's weights, as a string."""
    found = hashlib.sha256()
    for weight in model.weights:
        found.update(keras.ops.convert_to_numpy(weight).tobytes())
    return found.hexdigest()


class _Merged:
    """The model without adapters beside its twin with them, one kept like the other."""

    def __init__(self, base, twin, adapted, scale):
        self.adapted, self.base, self.scale = adapted, base, scale
        narrow = {id(w) for _, layer in adapted for w in _narrow(layer)}
        own = [weight for weight in twin.weights if id(weight) not in narrow]
        kernels = {id(base_kernel(layer)) for _, layer in adapted}
        self.others = [
            (weight, twins)
            for weight, twins in zip(base.weights, own, strict=True)
            if id(twins) not in kernels
        ]

    def parts(self):
        """Return the products and what else was trained, as `Adapters` has them."""
        place = {id(w): n for n, w in enumerate(self.base.weights)}
        products = {
            place[id(base_kernel(layer))]: tuple(
                keras.ops.convert_to_numpy(w) for w in _narrow(two)
            )
            for layer, two in self.adapted
        }
        others = {
            place[id(weight)]: keras.ops.convert_to_numpy(twins)
            for weight, twins in self.others
            if twins.trainable
        }
        return products, others

    def show(self):
        """Add the products to the kernels; what else was trained is the head."""
        for layer, two in self.adapted:
            layer.kernel.assign(self._merged(two))
        for weight, twins in self.others:
            if twins.trainable:
                weight.assign(own_array(twins))

    def take(self):
        """Take over what a callback of the user's changed."""
        for layer, two in self.adapted:
            now, before = map(
                keras.ops.convert_to_numpy, (layer.kernel, self._merged(two))
            )
            if not np.array_equal(now, before):
                base_kernel(two).assign(base_kernel(two) + (now - before))
        for weight, twins in self.others:
            now, own = map(keras.ops.convert_to_numpy, (weight, twins))
            if not np.array_equal(now, own):
                twins.assign(now)

    def _merged(self, layer):
        if layer.lora_enabled:  # Keras' form: its `kernel` is the sum already
            return layer.kernel
        return merged_kernel(base_kernel(layer), *_narrow(layer), self.scale)


def _can_have_one(layer):
    return hasattr(layer, "enable_lora") and hasattr(layer, "kernel")


def _check_first(model):
    """Raise if another LoRA has put adapters of the paper's form into a model."""
    for layer in all_layers(model):
        narrow = getattr(layer, "lora_kernel_a", None) is not None
        if narrow and not layer.lora_enabled:
            raise _twice(layer)


def _twice(layer):
    return InputError(f"{layer.name!r} has an adapter already: give one LoRA.")


def _narrow(layer):
    """Return the two narrow weights of a layer's adapter."""
    return [layer.lora_kernel_a, layer.lora_kernel_b]


def _pairs(one, other):
    return zip(iterate_layers(one), iterate_layers(other), strict=True)


def _with_inner(layer):
    return [layer, *all_layers(layer)]
