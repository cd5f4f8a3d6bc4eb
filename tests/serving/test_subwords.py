"""`WordPiece` and `SentencePiece`: the ids of KerasHub's tokenizers."""

import io

import keras_hub
import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as some

import sftkeras as sft
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.serving import texts as preprocessing
from sftkeras.serving.export import export_model
from sftkeras.serving.exported import load_exported
from sftkeras.serving.subwords import SentencePiece, WordPiece

quick = settings(max_examples=300, deadline=None, database=None, derandomize=True)
LETTERS = [chr(c) for c in range(32, 127)] + ["é", "e\u0301", "味", "½", "ﬃ", "\u200b"]
SINGLE = [letter for letter in LETTERS if len(letter) == 1]
LINES = """the food was good
great place and kind staff
i love this phone , not bad at all
rude staff and a dirty room
it broke in a day , never again
a dull film with a sad end""".splitlines()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = sorted({*" ".join(LINES).split()} - {*LETTERS})
PIECES = [*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
ODD = [
    "Café CAFE\u0301 naïve",
    "a\u200bb a\u00adb a\u3000b a\u00a0b a\x85b a\tb\x0bc",
    "½ ﬃ Ⅷ ΑΣ straße İI",
    "x" * 100 + " " + "x" * 101 + " " + "é" * 50 + " " + "é" * 51,
    "味道好…“极了”！ ｇｏｏｄ",
    "don't [CLS] ##a $5.00 a_b a`b ۞ ⸮ \U0001f600",
    "",
    " \n ",
]


@pytest.fixture(scope="module", params=[(True, False), (False, True), (True, True)])
def pair(request):
    """KerasHub's tokenizer of words and ours, of the same settings."""
    lowercase, strip = request.param
    hub = keras_hub.tokenizers.WordPieceTokenizer(
        PIECES, lowercase=lowercase, strip_accents=strip
    )
    return hub, WordPiece(PIECES, lowercase, strip, "##", "[UNK]")


def _same(hub, ours, texts):
    for text, wanted, found in zip(
        texts, hub(texts), ours.tokenize(texts), strict=True
    ):
        np.testing.assert_array_equal(found, np.asarray(wanted, int), err_msg=text)
        assert found.dtype == np.int32


def test_odd_texts_are_cut_as_keras_hub_cuts_them(pair):
    _same(*pair, [*ODD, *LINES])


def test_any_letter_parts_or_joins_as_in_keras_hub(pair):
    step = 211  # every 211th letter of Unicode, and all where most rules are
    codes = [*range(0x500), *range(0x2000, 0x2100), *range(0, 0x110000, step)]
    _same(*pair, [f"a{chr(c)}b" for c in codes if not 0xD800 <= c < 0xE000])


def test_any_text_is_cut_as_keras_hub_cuts_it(pair):
    @quick
    @given(some.text(max_size=20) | some.text(SINGLE, max_size=20))
    def check(text):
        _same(*pair, [text])

    check()


@pytest.fixture(scope="module")
def proto():
    """A SentencePiece model of a few words, as XLM-RoBERTa's."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 4),
        model_writer=written,
        vocab_size=50,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        minloglevel=3,
    )
    return written.getvalue()


def test_sentence_pieces_are_those_of_keras_hub(proto):
    hub, ours = keras_hub.tokenizers.XLMRobertaTokenizer(proto), SentencePiece(proto)
    texts = [*ODD, *LINES]
    _same(hub, ours, texts)
    assert 3 in np.concatenate(ours.tokenize(texts))  # what is unknown
    assert ours.size == hub.vocabulary_size()

    @quick
    @given(some.text(max_size=20))
    def check(text):
        _same(hub, ours, [text])

    check()


def test_a_model_of_sentence_pieces_is_exported(proto, tiny_encoder, tmp_path):
    """e5-small: a BERT with XLM-RoBERTa's words."""
    encoder = tiny_encoder()
    words = keras_hub.tokenizers.XLMRobertaTokenizer(proto)
    layer = keras_hub.models.BertTextClassifierPreprocessor(words, 32)
    encoder.preprocessor = TextPreprocessor(layer, 32)
    model = sft.load_pretrained_model(encoder)
    export_model(model, tmp_path / "out")
    texts = ["the food was good", "never again", "味道"]
    found = load_exported(tmp_path / "out").predict_probabilities(texts)
    wanted = sft.predict_probabilities(model, texts)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


def test_a_text_that_cannot_be_read_is_warned_of(tiny_classifier, tmp_path):
    model = tiny_classifier()
    export_model(model, tmp_path / "out")
    exported = load_exported(tmp_path / "out")
    with pytest.warns(UserWarning, match="tokens of these texts are unknown"):
        exported.predict(["味道很好"])


def test_other_tokenizers_are_named():
    with pytest.raises(sft.InputError, match="Received: one with str"):
        preprocessing.describe("odd")
    with pytest.raises(sft.InputError, match="no tokenizer, so it takes arrays"):
        preprocessing.describe(None)
