"""Characters that no text of the training had, as units of the decoder that ships.

The programs of the training never say 笔, and JupyterLab says 笔记本 everywhere. What
is no unit can only be spelt in three bytes, which is learned badly from few texts.
"""

import base64

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from sftkeras.files import ROOT

EVERYDAY = ("reviews_zh", "news_zh")  # 2,487 characters; all else is written in bytes
TABLE = "target_embedding/embeddings"
RARE = 300
_NORMAL = 1  # SentencePiece's kind of units that are neither bytes nor masks


def everyday_characters():
    """Return the Chinese characters of the reviews and headlines, sorted, as a str."""
    files = [file for name in EVERYDAY for file in (ROOT / "data" / name).glob("*.txt")]
    found = {*"".join(file.read_text(encoding="utf-8") for file in files)}
    return "".join(sorted(c for c in found if _is_chinese(c)))


def add_characters(file, characters):
    """Make units of the characters that are none yet, in a decoder's file.

    Their rows are drawn with the mean and the deviation of those of the rarest
    characters, so that what the decoder writes hardly changes before it learns of
    them. (Those of the bytes, which stand in no text, are nearly one and the same.)

    Args:
        file: path of the decoder.
        characters: str.

    Returns:
        How many were added, int.
    """
    with safe_open(file, "numpy") as stored:
        told = stored.metadata()
    weights, units = load_file(file), base64.b64decode(told["units"])
    wider, count = more_units(units, characters)
    table = weights[TABLE]
    rows = table[rare_of(units)].astype("float32")
    drawn = np.random.default_rng(0).normal(size=(count, table.shape[1]))
    drawn = rows.mean(axis=0) + drawn * rows.std(axis=0)
    weights[TABLE] = np.concatenate([table, drawn.astype(table.dtype)])
    told["units"] = base64.b64encode(wider).decode()
    save_file(weights, file, told)
    return count


def more_units(units, characters):
    """Return a SentencePiece model with more units at its end, and how many more.

    Args:
        units: bytes of a SentencePiece model.
        characters: str; those that are units already stay what they are.
    """
    model = _parsed(units)
    score = min(piece.score for piece in model.pieces if piece.type == _NORMAL)
    there = {piece.piece for piece in model.pieces}
    more = [character for character in characters if character not in there]
    for character in more:
        model.pieces.add(piece=character, score=score, type=_NORMAL)
    return model.SerializeToString(), len(more)


def rare_of(units):
    """Return the ids of the rarest Chinese characters of the units, a list of int."""
    pieces = _parsed(units).pieces
    single = [n for n, piece in enumerate(pieces) if _is_chinese(piece.piece)]
    return sorted(single, key=lambda n: pieces[n].score)[:RARE]


def _is_chinese(text):
    return len(text) == 1 and "\u4e00" <= text <= "\u9fff"


def _parsed(units):
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(units)
    return model
