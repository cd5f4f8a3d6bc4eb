"""A causal language model writes, token by token (article §2.2).

What was computed for the tokens before is kept (keys and values), so that each new one
costs one token's work. KerasHub knows how for each architecture: `call_with_cache`.
"""

import inspect
from types import SimpleNamespace

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import carried

_LARGEST = 2**17  # heads, width of a layer
_MULTIPLE = 32  # lengths are rounded up to it, so that few shapes are traced


class Speaker:
    """Stands in for KerasHub's `CausalLM`, with the layers of a flat model.

    Args:
        model: a flat functional `keras.Model` of logits.
        decoder: {"kind": name of a class of `keras_hub.models`, "settings": {name:
            value}, "layers": {name: name of a layer, or a list of them}}, as
            `models.language` finds them in KerasHub's backbone.
    """

    def __init__(self, model, decoder):
        import keras_hub

        kind = getattr(keras_hub.models, str(decoder["kind"]), None)
        known = isinstance(kind, type)
        if not known or not issubclass(kind, keras_hub.models.CausalLM):
            raise InputError(f"KerasHub has no language model {decoder['kind']!r:.60}.")
        found = {
            name: model.get_layer(of)
            if isinstance(of, str)
            else [model.get_layer(each) for each in of]
            for name, of in decoder["layers"].items()
        }
        _check_sizes(decoder["settings"], len(found.get("transformer_layers", ())))
        self.kind = kind
        self.backbone = SimpleNamespace(**{**decoder["settings"], **found})
        self.compute_dtype = model.get_layer(model.layers[-1].name).compute_dtype
        self.weights = [id(weight) for weight in model.weights]
        # Gemma 3's asks for pictures and a mask too; there are none.
        asked = inspect.signature(kind._build_cache).parameters.values()
        asked = [each for each in asked if each.default is each.empty]
        self.others = [None] * (len(asked) - 2)
        self.begin, self.step = self._begin, self._step
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            # Traced once for all shapes; left to itself, TensorFlow traces anew for
            # the first three batches of other sizes or lengths.
            ids = tf.TensorSpec((None, None), "int32")
            self.begin = tf.function(self._begin, input_signature=[ids])
            caches = self.begin.get_concrete_function().structured_outputs
            told = [
                tf.TensorSpec((None, 1), "int32"),
                tf.nest.map_structure(tf.TensorSpec.from_tensor, caches),
                tf.TensorSpec((), "int32"),
            ]
            self.step = tf.function(self._step, input_signature=told)

    def __getattr__(self, name):
        return getattr(self.kind, name).__get__(self)

    def _begin(self, ids):
        return self._build_cache(ids, *self.others)[1]

    def _step(self, token, cache, index):
        logits, _, cache = self.call_with_cache(token, cache, index)
        return keras.ops.cast(logits[:, -1], "float32"), cache


def _check_sizes(settings, blocks):
    """Refuse sizes beyond reason, of which memory would be taken for the cache."""
    for name, value in settings.items():
        counted = name.startswith("num_") or name.endswith("_dim")
        small = isinstance(value, int) and 0 < value <= _LARGEST
        if counted and value is not None and not small:
            raise InputError(f"a decoder with {name} of {value!r:.40}")
    if settings.get("num_layers", blocks) > max(blocks, 1):
        raise InputError("a decoder with more layers than the model")


def speaker_of(model, decoder):
    """Return a model's `Speaker`, made once for its weights."""
    known = carried(model).speaker
    if known is None or known.weights != [id(weight) for weight in model.weights]:
        known = carried(model).speaker = Speaker(model, decoder)
    return known


def write(speaker, prompts, room, ends, choose, tell=None):
    """Return (token ids, whether it ended) of each prompt's answer.

    Args:
        speaker: a `Speaker`.
        prompts: list of int arrays, one batch.
        room: int, tokens of an answer at most, with the one that ends it.
        ends: the ids that end an answer; they are left out of it.
        choose: function of float logits `(V,)` and the row's number that returns an id.
        tell: function of (row, ids so far), called after each token. Defaults to
            `None`.

    Raises:
        InputError: a logit that is no number.
    """
    lengths = np.array([len(prompt) for prompt in prompts])
    total = -(-int(lengths.max() + room) // _MULTIPLE) * _MULTIPLE
    ids = np.zeros((len(prompts), total), "int32")
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = prompt
    cache = speaker.begin(keras.ops.convert_to_tensor(ids))
    found, ended = [[] for _ in prompts], np.zeros(len(prompts), bool)
    for place in range(int(lengths.min()), total):
        open_ = ~ended & (place < lengths + room)
        if not open_.any():
            break
        token = keras.ops.convert_to_tensor(ids[:, place - 1 : place])
        logits, cache = speaker.step(
            token, cache, keras.ops.convert_to_tensor(place - 1, "int32")
        )
        logits = keras.ops.convert_to_numpy(logits)
        for row in np.flatnonzero(open_ & (place >= lengths)):
            if not np.isfinite(logits[row]).all():
                raise InputError(
                    "The model answers with not-a-number. Train it again, at a lower "
                    "learning rate."
                )
            new = int(choose(logits[row], row))
            ended[row] = new in ends
            if not ended[row]:
                ids[row, place] = new
                found[row].append(new)
                if tell is not None:
                    tell(row, found[row])
    return list(zip(found, ended.tolist(), strict=True))


def chooser(top_k=None, temperature=1.0, seed=0):
    """Return what chooses the next token of logits: the likeliest, or one of `top_k`.

    Args:
        top_k: int; one of so many likeliest is drawn by its probability. Defaults to
            `None`: greedy, the likeliest.
        temperature: float above 0, which the logits are divided by before one is drawn.
            Defaults to `1.0`.
        seed: int, of the draws. Defaults to `0`.

    Raises:
        InputError: a number out of range.
    """
    whole = isinstance(top_k, int) and not isinstance(top_k, bool)
    if top_k is not None and not (whole and top_k >= 1):
        raise InputError(f"`top_k` must be an int above 0. Received: {top_k!r}")
    if not isinstance(temperature, (int, float)) or not 0 < temperature < 1e6:
        raise InputError(
            f"`temperature` must be a number above 0. Received: {temperature!r}"
        )
    if top_k is None:
        return lambda logits, row: np.argmax(logits)
    generators = {}

    def draw(logits, row):
        random = generators.setdefault(int(row), np.random.default_rng([seed, row]))
        best = np.argsort(-logits, kind="stable")[:top_k]
        shares = logits[best].astype("float64") / temperature
        shares = np.exp(shares - shares.max())
        return random.choice(best, p=shares / shares.sum())

    return draw
