"""A translator's network, one unit of the translation after another (article §6.4).

The graph that `sftkeras.models.translator` draws computes all places of a translation
at once, for training. Here the same layers compute one place at a time, and keep what
they computed for the earlier ones.
"""

import keras
from keras import ops

from sftkeras.graph import output_in

SOURCE = "source_norm"  # the layer whose output the decoder looks at
EMBEDDING, POSITION = "target_embedding", "target_position"
LAST = "target_norm"


def block_names(number):
    """Return the names of a decoder block's layers, by what they are."""
    parts = ("self_norm", "self", "source_norm", "source", "inner_norm", "inner")
    return {part: f"decoder_{number}_{part}" for part in (*parts, "outer")}


class Steps:
    """The two halves of a translator: read once, then write.

    Args:
        model: a functional `keras.Model` of `sftkeras.models.translator`.
    """

    def __init__(self, model):
        named = {layer.name: layer for layer in model.layers}
        inputs = {k: v for k, v in model.input.items() if k != "target_ids"}
        self.reader = keras.Model(inputs, output_in(model, named[SOURCE]))
        self.embedding, self.position = named[EMBEDDING], named[POSITION]
        self.last = named[LAST]
        self.blocks = []
        while block_names(len(self.blocks))["self"] in named:
            names = block_names(len(self.blocks))
            self.blocks.append({part: named[name] for part, name in names.items()})

    def start(self, states, mask):
        """Return the state before the first unit.

        Args:
            states: `(N, S, width)`, what `reader` made of the originals.
            mask: int `(N, S)`.
        """
        states = ops.convert_to_tensor(states)
        empty = ops.zeros((len(states), self.blocks[0]["self"].heads, 0, 1))
        cached = []
        for block in self.blocks:
            keys, values = block["source"].keys_values(states)
            own = ops.zeros((*empty.shape[:3], keys.shape[-1]))
            cached.append({"own": (own, own), "source": (keys, values)})
        return {"mask": ops.cast(mask, "bool"), "blocks": cached}

    def step(self, units, state):
        """Return logits `(B, units)` of the next unit, and the state after this one.

        Args:
            units: int `(B,)`, the units written last.
            state: of `start`, or of the step before.
        """
        logits, state, _ = self.look(units, state)
        return ops.convert_to_numpy(logits), state

    def look(self, units, state):
        """Return what `step` does, and the last block's weights `(B, S)` on the source.

        They are the mean over its heads.
        """
        done = state["blocks"][0]["own"][0].shape[2]
        x = self.embedding(ops.convert_to_tensor(units[:, None]))
        x = x + self.position.position_embeddings[done : done + 1]
        allowed, cached, weights = state["mask"][:, None, None, :], [], None
        for block, known in zip(self.blocks, state["blocks"], strict=True):
            y = block["self_norm"](x)
            own = tuple(
                ops.concatenate([old, new], axis=2)
                for old, new in zip(
                    known["own"], block["self"].keys_values(y), strict=True
                )
            )
            x = x + block["self"].attend(y, *own)[0]
            y = block["source_norm"](x)
            y, weights = block["source"].attend(y, *known["source"], allowed)
            x = x + y
            x = x + block["outer"](block["inner"](block["inner_norm"](x)))
            cached.append({"own": own, "source": known["source"]})
        logits = self.embedding(self.last(x), reverse=True)[:, 0]
        state = {"mask": state["mask"], "blocks": cached}
        return logits, state, ops.mean(weights[:, :, 0], axis=1)
