"""`Tokenizer`: from texts to integer ids, fitted once (article §5.2)."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np

from sftkeras.data.texts import load_texts
from sftkeras.errors import InputError
from sftkeras.files import write_file
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.windows import cut_windows

PADDING, UNKNOWN = 0, 1
LONGEST = 1_000_000  # tokens of a text
_LARGEST_FILE = 16 * 2**20  # bytes; a million words


# Scripts written without spaces are cut into characters, the others into words.
_CJK = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff\u0e00-\u0e7f"
)


# Accents, and the vowel signs of Hebrew, Arabic and India's scripts, belong to words;
# Python's \w leaves them out.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_WORD = rf"(?:[^\W_{_CJK}]|[{_MARKS}])+"
_TOKEN = re.compile(rf"[{_CJK}]|{_WORD}(?:['’]{_WORD})*|[!?！？]")


class Tokenizer:
    """Words (or, in Chinese, Japanese and Thai, characters) to integer ids.

    The article fits a new tokenizer in each call of `load_data`, so that a word has
    one id in training and another in testing. This one is fitted once, on the
    training texts, and used for every file.

    Id 0 is padding, id 1 any word not seen in fitting, then the words by falling
    frequency. Every id is below `num_words`, so an `Embedding(num_words, …)` can look
    all of them up.

    Example:

    >>> tokenizer = Tokenizer(num_words=5).fit_on_texts(["good food", "good 味道"])
    >>> tokenizer.texts_to_sequences(["Good 味 wine"])
    [[2, 4, 1]]

    Args:
        num_words: int. Size of the vocabulary, padding and unknown included.
            Defaults to `10000`, the article's.
        max_length: int. Longer texts are cut, at the end. Defaults to `100`, the
            article's.
        lowercase: bool. Defaults to `True`.
    """

    def __init__(self, num_words=10000, max_length=100, lowercase=True):
        for name, value, least in [
            ("num_words", num_words, 3),
            ("max_length", max_length, 1),
        ]:
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InputError(
                    f"`{name}` must be an integer of at least {least}. "
                    f"Received: {name}={value!r}"
                )
        if max_length > LONGEST:
            raise InputError(
                f"`max_length` must be at most {LONGEST:,}. Received: {max_length:,}"
            )
        if not isinstance(lowercase, bool):
            raise InputError(
                f"`lowercase` must be True or False. Received: {lowercase!r:.80}"
            )
        self.num_words = num_words
        self.max_length = max_length
        self.lowercase = lowercase
        self.word_index = {}
        self.truncated = 0  # texts cut by the last `encode`

    def split(self, text):
        """Return the list of tokens of one text."""
        text = unicodedata.normalize("NFKC", text)
        return _TOKEN.findall(text.lower() if self.lowercase else text)

    def fit_on_texts(self, texts):
        """Build `word_index` from the training texts; return the tokenizer."""
        counts = Counter(
            token for text in _checked(texts) for token in self.split(text)
        )
        if not counts:
            raise InputError("No word in the texts that the tokenizer is fitted on.")
        # Ties by the alphabet: the ids must not hang on the order of the rows.
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        kept = ranked[: self.num_words - 2]
        self.word_index = {token: id for id, token in enumerate(kept, UNKNOWN + 1)}
        return self

    def texts_to_sequences(self, texts):
        """Return one list of ids per text, neither cut nor padded."""
        if not self.word_index:
            raise InputError(
                "The tokenizer is not fitted. Call `fit_on_texts(train.texts)` first, "
                "on the training texts only."
            )
        look_up = self.word_index.get
        return [
            [look_up(token, UNKNOWN) for token in self.split(text)]
            for text in _checked(texts)
        ]

    def sequences_to_texts(self, sequences):
        """Return the texts as the model sees them, unknown words as `[UNK]`."""
        words = {id: word for word, id in self.word_index.items()}
        return [
            " ".join(words.get(int(i), "[UNK]") for i in ids if i != PADDING)
            for ids in sequences
        ]

    def encode(self, texts):
        """Return a `Ragged` of ids, cut to `max_length`: what a model is fed."""
        sequences = self.texts_to_sequences(texts)
        self.truncated = sum(len(ids) > self.max_length for ids in sequences)
        return _as_ragged([ids[: self.max_length] for ids in sequences])

    def encode_windows(self, texts):
        """Return a `Ragged` of all windows' ids, and int `(W,)`, whose each is."""
        windows, owners = cut_windows(self.texts_to_sequences(texts), self.max_length)
        return _as_ragged(windows), owners

    def pad(self, texts):
        """Return ids of shape `(len(texts), max_length)`, zeros at the end."""
        ragged = self.encode(texts)
        return ragged.take(np.arange(len(ragged)), self.max_length)

    def get_config(self):
        """Return the settings and the vocabulary as a dictionary for JSON."""
        return {
            "num_words": self.num_words,
            "max_length": self.max_length,
            "lowercase": self.lowercase,
            "words": list(self.word_index),
        }

    @classmethod
    def from_config(cls, config):
        """Return the tokenizer of a `get_config` dictionary."""
        config = dict(config)
        words = config.pop("words")
        if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
            raise ValueError("words must be a list of texts")
        tokenizer = cls(**config)
        if len({*words}) != len(words) or len(words) > tokenizer.num_words - 2:
            raise ValueError("words repeated, or more of them than num_words allows")
        tokenizer.word_index = {w: id for id, w in enumerate(words, UNKNOWN + 1)}
        return tokenizer

    def save(self, path):
        """Write the tokenizer to a JSON file."""
        with write_file(path) as temporary:
            temporary.write_text(
                json.dumps(self.get_config(), ensure_ascii=False), encoding="utf-8"
            )

    @classmethod
    def load(cls, path):
        """Read a tokenizer from the JSON file that `save` wrote."""
        path = Path(path)
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(
                f"{path}: more than {_LARGEST_FILE:,} bytes: no tokenizer's."
            )
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            return cls.from_config(config)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(
                f"{path}: not a tokenizer's file ({repr(error)[:200]}). Save it again."
            ) from None


def _as_ragged(sequences):
    """Return ids as a `Ragged`; a text without a token is one unknown word.

    An LSTM needs a step.
    """
    return Ragged.from_rows([np.array(ids or [UNKNOWN], "int32") for ids in sequences])


def _checked(texts):
    """Return the texts; a lone string would be read letter by letter."""
    listed = [] if isinstance(texts, str) else list(texts)
    wrong = [text for text in listed if not isinstance(text, str)]
    if wrong or isinstance(texts, str):
        received = wrong[0] if wrong else texts
        raise InputError(
            "The tokenizer takes a list of strings. Received: "
            f"{type(received).__name__} {str(received)[:60]!r}"
            + (" in it" if wrong else "")
        )
    return listed


def load_data(file_path, tokenizer=None):
    """Read a labelled file as padded ids and labels (article §5.2, `load_data`).

    Two things differ from the article's function. It takes the tokenizer instead of
    fitting one per file, since ids from two tokenizers do not mean the same words;
    and labels come as an array, since Keras refuses the article's list.

    Example:

    >>> train = load_texts("data/reviews/train_data.txt")
    >>> tokenizer = Tokenizer().fit_on_texts(train.texts)
    >>> x_test, y_test = load_data("data/reviews/test_data.txt", tokenizer)
    >>> x_test.shape[1], len(x_test) == len(y_test)
    (100, True)

    Args:
        file_path: a file that `load_texts` reads, with labels.
        tokenizer: a fitted `Tokenizer`.

    Returns:
        `(padded_sequences, labels)`: int32 `(N, tokenizer.max_length)`, zeros at the
        end, and `(N,)`.
    """
    if not isinstance(tokenizer, Tokenizer):
        raise InputError(
            "`load_data` needs the tokenizer that was fitted on the training texts: "
            "fitted anew for each file, the same word would get another id in each. "
            "Write tokenizer = Tokenizer().fit_on_texts(load_texts(train_file).texts) "
            f"and load_data(file, tokenizer). Received: tokenizer={tokenizer!r}"
        )
    data = load_texts(file_path, require_labels=True)
    return tokenizer.pad(data.texts), data.labels
