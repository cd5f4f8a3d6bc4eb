"""`FramedTexts`: token ids between special tokens, each text as long as it is (§5.2).

NumPy only: a classifier that was exported takes it without TensorFlow.
"""

import warnings

import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.windows import cut_windows
from sftkeras.inputs.writing import is_latin


class FramedTexts:
    """From texts to a backbone's inputs: ids, and what goes beside them.

    A tokenizer defines `tokenize(texts)`, a list of int arrays, and sets what is
    listed here.

    Attributes:
        max_length: int. Longer texts are cut to so many tokens.
        prefix, suffix: int arrays, the ids before a text and after it.
        constants: {other input: its value at each token}.
        pair_frame: {input: five parts}: around, of and between the texts of a pair; of
            `token_ids` the texts' own parts are `None`. `None`: not known yet.
        fair: bool. A pair that is too long is cut token by token in turn, so that the
            longer text loses most; else its second text gets what the first leaves.
        unknown: int, the id of `[UNK]`; `None` where there is none.
        truncated: int, texts cut by the last `encode`.
    """

    prefix = suffix = ()
    constants, pair_frame = {}, None
    fair, unknown, truncated = True, None, 0
    told = False  # whether the user was told that it cannot read the texts

    def tokenize(self, texts):
        """Return one int array of token ids per text, without special tokens."""
        raise NotImplementedError

    def frame_of_pairs(self):
        """Return `pair_frame`."""
        return self.pair_frame

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
        frame = self.frame_of_pairs()
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
        pairs = [_trimmed(a, b, room, self.fair) for a, b in pairs]
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
        if self.told or self.unknown is None or is_latin(texts):
            return
        share = np.mean(columns["token_ids"].values == self.unknown)
        if share > 1 / 3:
            self.told = True
            warnings.warn(
                f"{share:.0%} of the tokens of these texts are unknown to the model: "
                "it was trained on another language. For Chinese take 'e5-small': "
                "load_pretrained_model('e5-small').",
                stacklevel=5,
            )


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
