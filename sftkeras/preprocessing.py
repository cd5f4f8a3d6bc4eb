"""`TextPreprocessor`: a KerasHub tokenizer, without the padding (article §5.2)."""

import json
from pathlib import Path

import keras
import numpy as np

from sftkeras.ragged import Ragged

_CHUNK = 512  # texts tokenized at a time: bounds the memory of the padded form


class TextPreprocessor:
    """From texts to a backbone's inputs, each text as long as it is.

    KerasHub's preprocessors pad every text to one length, 512 unless told. This one
    keeps the rows ragged; batches are padded when they are cut.

    Args:
        layer: a `keras_hub.models.TextClassifierPreprocessor`.
        max_length: int. Longer texts are cut to so many tokens.
    """

    def __init__(self, layer, max_length):
        self.layer = layer
        self.max_length = max_length
        self.truncated = 0  # texts cut by the last `encode`

    def encode(self, texts):
        """Return {input name: `Ragged`}, e.g. `token_ids`, `padding_mask`."""
        self.truncated = 0
        parts, lengths = {}, []
        for start in range(0, len(texts), _CHUNK):
            self._encode_chunk(list(texts[start : start + _CHUNK]), parts, lengths)
        offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
        return {
            name: Ragged(np.concatenate(values), offsets)
            for name, values in parts.items()
        }

    def _encode_chunk(self, texts, parts, lengths):
        with keras.device("cpu"):
            words = np.array([len(ids) for ids in self.layer.tokenizer(texts)])
            # Room for the special tokens; a first guess tells how many there are.
            self.layer.sequence_length = int(min(words.max() + 8, self.max_length))
            inputs = {
                name: keras.ops.convert_to_numpy(value)
                for name, value in self.layer(texts).items()
            }
        mask = inputs["padding_mask"].astype(bool)
        lengths.append(mask.sum(axis=1))
        special = int((lengths[-1] - words).max())
        self.truncated += int((words + special > self.max_length).sum())
        for name, values in inputs.items():
            values = values.astype("int32")[mask]
            parts.setdefault(name, []).append(values)

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
        import keras_hub  # noqa: F401  registers the classes

        config = json.loads(Path(directory, "preprocessor.json").read_text())
        layer = keras.saving.deserialize_keras_object(config["layer"])
        layer.tokenizer.load_assets(str(Path(directory, "assets")))
        return cls(layer, config["max_length"])
