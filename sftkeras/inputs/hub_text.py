"""`TextPreprocessor`: a KerasHub tokenizer, without the padding (article §5.2)."""

import json
from pathlib import Path

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.framed_texts import FramedTexts


class TextPreprocessor(FramedTexts):
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

    @property
    def fair(self):
        """Whether both texts of a pair are cut; KerasHub's `truncate`."""
        return self.layer.truncate != "waterfall"

    @property
    def unknown(self):
        """The id of `[UNK]`, of WordPiece."""
        word = getattr(self.layer.tokenizer, "oov_token", None)
        return None if word is None else self.layer.tokenizer.token_to_id(word)

    def _learn_frame(self):
        """Return (ids before the text, ids after it, {other input: its value})."""
        words = self.tokenize(["a"])[0]
        inputs = self._probe(["a"], len(words) + 8)
        ids = inputs.pop("token_ids")
        start = _find(words, ids)
        if start is None:
            raise InputError(
                f"{type(self.layer).__name__} does not put a text between fixed "
                "special tokens; such a preset is not supported."
            )
        constants = {name: int(values[0]) for name, values in inputs.items()}
        return ids[:start], ids[start + len(words) :], constants

    def frame_of_pairs(self):
        """Return {input: five parts}: around, of and between the texts of a pair.

        Of `token_ids` the texts' own parts are `None`: they are their tokens.
        """
        if self.pair_frame is None:  # learned from the first pairs
            first, second = self.tokenize(["a"])[0], self.tokenize(["a a"])[0]
            inputs = self._probe((["a"], ["a a"]), len(first) + len(second) + 8)
            ids = inputs["token_ids"]
            start = _find(first, ids) or 0
            inside = start + len(first)
            middle = _find(second, ids[inside:])
            if middle is None:
                raise InputError(
                    f"{type(self.layer).__name__} takes no pairs of texts."
                )
            cuts = [start, inside, inside + middle, inside + middle + len(second)]
            frame = {}
            for name, values in inputs.items():
                parts = np.split(values, cuts)
                fill = name != "token_ids"
                parts[1] = int(parts[1][0]) if fill else None
                parts[3] = int(parts[3][0]) if fill else None
                frame[name] = parts
            self.pair_frame = frame
        return self.pair_frame

    def _probe(self, texts, length):
        """Return {input name: int array} that KerasHub makes of one row of texts."""
        self.layer.sequence_length = length
        inputs = {
            name: keras.ops.convert_to_numpy(value)[0]
            for name, value in self.layer(texts, y=None).items()  # a tuple is a pair
        }
        mask = inputs["padding_mask"].astype(bool)
        return {name: values[mask].astype("int32") for name, values in inputs.items()}

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


def _find(words, ids):
    """Return where a run of ids stands among others, `None` if it does not."""
    for start in range(len(ids) - len(words) + 1):
        if np.array_equal(ids[start : start + len(words)], words):
            return start
    return None
