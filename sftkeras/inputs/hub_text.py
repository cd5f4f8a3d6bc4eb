"""`TextPreprocessor`: a KerasHub tokenizer, without the padding (article §5.2)."""

import json
import warnings
from pathlib import Path

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.windows import cut_windows
from sftkeras.inputs.writing import is_latin


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
        self.pair_frame = None  # learned from the first pairs
        self.told = False  # whether the user was told that it cannot read the texts
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
        return self._framed([ids[:room] for ids in words])

    def encode_windows(self, texts):
        """Return the inputs of all windows, and int `(W,)`, whose text each is of."""
        room = self.max_length - len(self.prefix) - len(self.suffix)
        windows, owners = cut_windows(self.tokenize(list(texts)), room)
        return self._framed(windows), owners

    def encode_pairs(self, firsts, seconds):
        """Return {input name: `Ragged`} of pairs, e.g. `[CLS] a [SEP] b [SEP]`.

        A pair that is too long is cut as KerasHub's preprocessor would cut it: token
        by token in turn, so that the longer text loses most.
        """
        frame = self._pair_frame()
        room = self.max_length - sum(len(frame["token_ids"][i]) for i in (0, 2, 4))
        if room < 2:
            raise InputError(
                f"`max_length` must leave room for two words beside "
                f"{self.max_length - room} special tokens. Received: {self.max_length}"
            )
        pairs = list(
            zip(self.tokenize(list(firsts)), self.tokenize(list(seconds)), strict=True)
        )
        self.truncated = sum(len(a) + len(b) > room for a, b in pairs)
        fair = self.layer.truncate != "waterfall"
        pairs = [_trimmed(a, b, room, fair) for a, b in pairs]
        columns = {}
        for name, (before, first, between, second, after) in frame.items():
            rows = [
                [before, _filled(a, first), between, _filled(b, second), after]
                for a, b in pairs
            ]
            columns[name] = Ragged.from_rows([np.concatenate(parts) for parts in rows])
        return columns

    def _framed(self, words):
        """Return {input name: `Ragged`} of lists of ids that fit."""
        token_ids = Ragged.from_rows(
            [np.concatenate([self.prefix, ids, self.suffix]) for ids in words]
        )
        constants = {
            name: Ragged(np.full_like(token_ids.values, value), token_ids.offsets)
            for name, value in self.constants.items()
        }
        return {"token_ids": token_ids, **constants}

    def warn_of_unknown(self, texts, columns):
        """Warn, once, of texts in a language whose words are all unknown.

        Told are texts of mostly other letters than Latin ones, of which a third of
        the tokens, or more, is `[UNK]`: MiniLM, of English, on Chinese.

        Args:
            texts: list of str.
            columns: what `encode` made of them.
        """
        word = getattr(self.layer.tokenizer, "oov_token", None)  # of WordPiece
        if self.told or word is None or is_latin(texts):
            return
        unknown = self.layer.tokenizer.token_to_id(word)
        share = np.mean(columns["token_ids"].values == unknown)
        if share > 1 / 3:
            self.told = True
            warnings.warn(
                f"{share:.0%} of the tokens of these texts are unknown to the model: "
                "it was trained on another language. For Chinese take 'e5-small': "
                "load_pretrained_model('e5-small').",
                stacklevel=5,
            )

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

    def _pair_frame(self):
        """Return {input: five parts}: around, of and between the texts of a pair.

        Of `token_ids` the texts' own parts are `None`: they are their tokens.
        """
        if self.pair_frame is None:
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


def _filled(ids, value):
    """Return the ids themselves, or a value in their place."""
    return ids if value is None else np.full_like(ids, value)


def _trimmed(first, second, room, fair):
    """Return two texts' ids cut to a common room, as KerasHub cuts them.

    Args:
        first, second: int arrays.
        room: int, tokens of both together.
        fair: bool, token by token in turn; else the second gets what the first leaves.
    """
    kept = min(len(first), room)
    if fair:
        kept = min(len(first), max(room - len(second), (room + 1) // 2))
    return first[:kept], second[: room - kept]
