"""KerasHub's tokenizers without KerasHub, and so without TensorFlow (§5.2)."""

import functools
import unicodedata
from pathlib import Path

import numpy as np

from sftkeras.inputs.framed_texts import FramedTexts

MOST_BYTES = 100  # of a word; a longer one is unknown, as in TensorFlow Text
_WORDS_KEPT = 100_000  # whose ids are remembered
# What KerasHub 0.32 cuts a text at, and what of that it keeps as a word of its own.
_BLANK = r"[ \t\n\r\f\p{Cc}\p{Cf}]"
_KEPT = (
    r"[!-/:-@\[-`{-~\p{P}"
    r"\u4E00-\u9FFF\u3400-\u4DBF\U00020000-\U0002A6DF\U0002A700-\U0002B73F"
    r"\U0002B740-\U0002B81F\U0002B820-\U0002CEAF\uF900-\uFAFF\U0002F800-\U0002FA1F]"
)


class WordPiece(FramedTexts):
    """BERT's tokenizer: words, cut greedily into the longest known pieces.

    Args:
        vocabulary: list of str.
        lowercase, strip_accents: bool, as in `keras_hub.tokenizers.BertTokenizer`.
        suffix_indicator: str, what begins a piece within a word.
        oov_token: str, the piece for a word that cannot be cut.
    """

    def __init__(
        self, vocabulary, lowercase, strip_accents, suffix_indicator, oov_token
    ):
        self.id_of = {word: number for number, word in enumerate(vocabulary)}
        self.size = len(vocabulary)
        self.lowercase, self.strip_accents = lowercase, strip_accents
        self.inner = suffix_indicator
        self.unknown = self.id_of[oov_token]
        self._spaced = _Spaced()
        self._ids = functools.lru_cache(_WORDS_KEPT)(self._ids_of)

    @classmethod
    def load(cls, directory, settings):
        """Read `vocabulary.txt`, as KerasHub reads it."""
        text = Path(directory, "vocabulary.txt").read_text(encoding="utf-8")
        lines = text.removesuffix("\n").split("\n")
        return cls([line.rstrip() for line in lines], **settings)

    def tokenize(self, texts):
        """Return one int array of ids per text."""
        return [np.array(self._of_text(text), "int32") for text in texts]

    def _of_text(self, text):
        if self.strip_accents:
            text = unicodedata.normalize("NFD", text)
            text = "".join(c for c in text if unicodedata.category(c) != "Mn")
        found = []
        for word in text.translate(self._spaced).split(" "):
            if word:
                found += self._ids(word)
        return found

    def _ids_of(self, word):
        if self.lowercase:
            word = _folded(word)
        if len(word.encode("utf-8")) > MOST_BYTES:
            return [self.unknown]
        found, start = [], 0
        while start < len(word):
            begin = self.inner if start else ""
            for end in range(len(word), start, -1):
                number = self.id_of.get(begin + word[start:end])
                if number is not None:
                    break
            else:
                return [self.unknown]
            found.append(number)
            start = end
        return found


class SentencePiece(FramedTexts):
    """XLM-RoBERTa's tokenizer, which e5-small has.

    Args:
        proto: bytes of a SentencePiece model.
    """

    def __init__(self, proto):
        import sentencepiece

        self.model = sentencepiece.SentencePieceProcessor(model_proto=proto)
        self.size = self.model.vocab_size() + 2

    @classmethod
    def load(cls, directory, settings):
        """Read `vocabulary.spm`."""
        return cls(Path(directory, "vocabulary.spm").read_bytes(), **settings)

    def tokenize(self, texts):
        """Return one int array of ids per text."""
        found = []
        for ids in self.model.Encode(list(texts)):
            ids = np.array(ids, "int32")
            # `<pad>` stands before `<unk>`, 0 in the file and 3 for the model.
            found.append(np.where(ids == 0, 3, ids + 1).astype("int32"))
        return found


class _Spaced(dict):
    """For `str.translate`: blanks are spaces, punctuation and Chinese stand alone."""

    def __missing__(self, code):
        import regex  # the tables that KerasHub has, whatever Python it is

        letter, found = chr(code), code
        if regex.fullmatch(_BLANK, letter):
            found = " "
        elif regex.fullmatch(_KEPT, letter):
            found = f" {letter} "
        self[code] = found
        return found


def _folded(word):
    """Return a word case-folded, as Unicode's NFKC_Casefold does."""
    word = unicodedata.normalize("NFKC", word).casefold()
    word = unicodedata.normalize("NFKC", word)
    if word.isascii():
        return word
    import regex

    return regex.sub(r"\p{Default_Ignorable_Code_Point}", "", word)
