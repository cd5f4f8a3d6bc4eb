"""`TranslationPreprocessor`: originals for an encoder, translations in units (§6.4)."""

import io
import json
import re
from pathlib import Path

import numpy as np

from sftkeras.data.placeholders import MOST, Names, mask, mask_pair, placeholders
from sftkeras.errors import InputError
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.inputs.ragged import Ragged

PAD, START, END, UNKNOWN = range(4)  # ids of the units that are no text
MASKS = tuple(f"<{number}>" for number in range(1, MOST + 1))
FIRST_MASK = 4  # the id of "<1>"
TARGET = "target_ids"  # the decoder's input beside the encoder's
LONGEST_SOURCE = 96  # tokens
_ASSET = "target.model"
_LETTERS = re.compile(r"[^\W\d_]{2,}")


class TranslationPreprocessor:
    """Cuts originals into an encoder's tokens, and translations into a decoder's units.

    What must stay as it is, is masked on both sides: see `sftkeras.data.placeholders`.

    Args:
        source: `TextPreprocessor` of the encoder.
        units: bytes of a SentencePiece model; see `make_units`.
        names: `Names`.
        max_target: int, units of the longest translation, its end included. Defaults
            to `64`.
    """

    def __init__(self, source, units, names, max_target=64):
        from sentencepiece import SentencePieceProcessor

        self.source, self.model, self.names = source, units, names
        self.max_target = max_target
        self.cutter = SentencePieceProcessor(model_proto=units)
        known = [self.cutter.id_to_piece(i) for i in range(FIRST_MASK, 4 + MOST)]
        if tuple(known) != MASKS:
            raise InputError("the units of the decoder have no masks, <1> and so on")

    @property
    def layer(self):
        """The encoder's own preprocessor, as in `TextPreprocessor`."""
        return self.source.layer

    @property
    def units(self):
        """How many units there are, int."""
        return self.cutter.get_piece_size()

    def encode(self, texts):
        """Return {input of the encoder: `Ragged`} of originals, masked."""
        return self.encode_masked([self.masked(text)[0] for text in texts])

    def encode_masked(self, texts):
        """Return {input of the encoder: `Ragged`} of texts that are masked already."""
        return self.source.encode(texts)

    def masked(self, text):
        """Return a text with masks, and what each stands for."""
        return mask(text, self.names)

    def masked_pair(self, source, target, where):
        """Return both sides of a pair, masked alike.

        Args:
            source, target: str.
            where: str, for an error.

        Raises:
            InputError: a side is empty, or the placeholders of the two differ.
        """
        for side, text in (("original", source), ("translation", target)):
            if not text.strip():
                raise InputError(f"{where}: the {side} is empty.")
        pair = mask_pair(source.strip(), target.strip(), self.names)
        if pair is None:
            raise InputError(
                f"{where}: the placeholders differ, or are more than {MOST}: "
                f"{placeholders(source)[:5]} in the original, "
                f"{placeholders(target)[:5]} in the translation. Correct the pair, or "
                "leave it out (load_pairs does)."
            )
        return pair

    def encode_target(self, text, where):
        """Return a masked translation as int32 units, without start and end.

        Raises:
            InputError: it is longer than the window.
        """
        ids = self.cutter.encode(text)
        if len(ids) >= self.max_target:
            raise InputError(
                f"{where}: the translation has {len(ids)} units, the window holds "
                f"{self.max_target - 1}. Split the text, or leave it out: "
                f"{text[:30]!r} …"
            )
        return np.array(ids, "int32")

    def check_sources(self, columns, texts, name):
        """Raise for the first original that is longer than the window.

        Args:
            columns: what `encode_masked` returned.
            texts: list of str.
            name: str, for an error.
        """
        too_long = self.too_long(columns)
        if too_long.any():
            row = int(np.argmax(too_long))
            raise InputError(
                f"{name}, row {row}: {columns['token_ids'].lengths[row]} tokens, the "
                f"window holds {LONGEST_SOURCE}. Split the text, or leave it out: "
                f"{texts[row][:30]!r} …"
            )

    def too_long(self, columns):
        """Return bool `(N,)`: which originals are longer than the window."""
        return columns["token_ids"].lengths > LONGEST_SOURCE

    def known(self, texts):
        """Return (how many words texts have, the share that is English as learned).

        Args:
            texts: list of str.
        """
        words = [word.lower() for text in texts for word in _LETTERS.findall(text)]
        return len(words), sum(w in self.names.words for w in words) / (len(words) or 1)

    def decode(self, ids):
        """Return units as a text, masks in it."""
        return self.cutter.decode([int(i) for i in ids if i > UNKNOWN])

    def pieces(self, ids):
        """Return each unit as a text, for a figure."""
        return [self.cutter.id_to_piece(int(i)).replace("▁", " ") for i in ids]

    def save(self, directory):
        """Write the settings and both vocabularies into a directory."""
        self.source.save(directory)
        file = Path(directory, "preprocessor.json")
        config = json.loads(file.read_text())
        config["translation"] = {
            "max_target": self.max_target,
            "names": sorted(self.names.names),
            "words": sorted(self.names.words),
        }
        file.write_text(json.dumps(config, indent=1))
        Path(directory, "assets", _ASSET).write_bytes(self.model)

    @classmethod
    def load(cls, directory):
        """Read what `save` wrote."""
        source = TextPreprocessor.load(directory)
        file = Path(directory, "preprocessor.json")
        told = json.loads(file.read_text())["translation"]
        names = Names(frozenset(told["names"]), frozenset(told["words"]))
        units = Path(directory, "assets", _ASSET).read_bytes()
        return cls(source, units, names, int(told["max_target"]))


def shifted(rows):
    """Return the decoder's inputs and its targets: each unit is to follow the last.

    Args:
        rows: list of int arrays, without start and end.

    Returns:
        Two `Ragged`: the start and the units; the units and the end.
    """
    ends = np.array([START], "int32"), np.array([END], "int32")
    inputs = Ragged.from_rows([np.concatenate([ends[0], row]) for row in rows])
    return inputs, Ragged.from_rows([np.concatenate([row, ends[1]]) for row in rows])


def make_units(texts, count):
    """Return the bytes of a SentencePiece model of masked translations.

    Nothing is normalized: SentencePiece's default makes ASCII of full-width marks.
    A character that does not occur is written in bytes, so that none is unknown.

    Args:
        texts: list of str.
        count: int, how many units, at the most.
    """
    import sentencepiece

    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=made,
        vocab_size=count,
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        byte_fallback=True,
        user_defined_symbols=list(MASKS),
        pad_id=PAD,
        bos_id=START,
        eos_id=END,
        unk_id=UNKNOWN,
        num_threads=1,
        minloglevel=2,
    )
    return made.getvalue()
