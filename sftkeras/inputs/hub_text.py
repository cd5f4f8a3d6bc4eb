"""`TextPreprocessor`: a KerasHub tokenizer, without the padding (article §5.2)."""

import json
from pathlib import Path

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged


class TextPreprocessor:
    """From texts to a backbone's inputs, each text as long as it is.

    KerasHub's preprocessors pad every text to one length, 512 unless told, and check
    each row in Python. This one learns once what they put around a text (`[CLS]`,
    `[SEP]`) and keeps the rows ragged; batches are padded when they are cut.

    Args:
        layer: a `keras_hub.models.TextClassifierPreprocessor`.
        max_length: int. Longer texts are cut to so many tokens.
    """

    def __init__(self, layer, max_length):
        self.layer = layer
        self.max_length = max_length
        self.truncated = 0  # texts cut by the last `encode`
        self.prefix, self.suffix, self.constants = self._learn_frame()
        if max_length <= len(self.prefix) + len(self.suffix):
            raise InputError(
                "`max_length` must leave room for a word besides "
                f"{len(self.prefix) + len(self.suffix)} special tokens. "
                f"Received: max_length={max_length}"
            )

    def tokenize(self, texts):
        """Return one list of token ids per text, without special tokens."""
        with keras.device("cpu"):
            return [np.asarray(ids, "int32") for ids in self.layer.tokenizer(texts)]

    def encode(self, texts):
        """Return {input name: `Ragged`}, e.g. `token_ids`, `padding_mask`."""
        room = self.max_length - len(self.prefix) - len(self.suffix)
        words = self.tokenize(list(texts))
        self.truncated = sum(len(ids) > room for ids in words)
        token_ids = Ragged.from_rows(
            [np.concatenate([self.prefix, ids[:room], self.suffix]) for ids in words]
        )
        constants = {
            name: Ragged(np.full_like(token_ids.values, value), token_ids.offsets)
            for name, value in self.constants.items()
        }
        return {"token_ids": token_ids, **constants}

    def _learn_frame(self):
        """Return (ids before the text, ids after it, {other input: its value})."""
        probe = ["a"]
        words = self.tokenize(probe)[0]
        self.layer.sequence_length = len(words) + 8
        inputs = {
            name: keras.ops.convert_to_numpy(value)[0]
            for name, value in self.layer(probe).items()
        }
        mask = inputs["padding_mask"].astype(bool)
        inputs = {n: values[mask].astype("int32") for n, values in inputs.items()}
        ids = inputs.pop("token_ids")
        for start in range(len(ids) - len(words) + 1):
            end = start + len(words)
            if np.array_equal(ids[start:end], words):
                constants = {name: int(values[0]) for name, values in inputs.items()}
                return ids[:start], ids[end:], constants
        raise InputError(
            f"{type(self.layer).__name__} does not put a text between fixed special "
            "tokens; such a preset is not supported."
        )

    def save(self, directory):
        """Write the settings and the vocabulary into a directory."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        config = {
            "max_length": self.max_length,
            "layer": keras.saving.serialize_keras_object(self.layer),
        }
        (directory / "preprocessor.json").write_text(json.dumps(config, indent=1))
        assets = directory / "assets"
        assets.mkdir(exist_ok=True)
        self.layer.tokenizer.save_assets(str(assets))

    @classmethod
    def load(cls, directory):
        """Read what `save` wrote."""
        import keras_hub  # registers the classes

        config = json.loads(Path(directory, "preprocessor.json").read_text())
        layer = keras.saving.deserialize_keras_object(config["layer"])
        if not isinstance(layer, keras_hub.models.TextClassifierPreprocessor):
            raise InputError(f"a {type(layer).__name__} is no preprocessor of texts")
        layer.tokenizer.load_assets(str(Path(directory, "assets")))
        return cls(layer, config["max_length"])
