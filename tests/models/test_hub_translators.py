"""A KerasHub model that reads a text and writes another, from a small local preset."""

import keras_hub
import numpy as np
import pytest

from sftkeras.errors import InputError
from sftkeras.models.hub_translators import load_hub_translator

LETTERS = "abcdefghijklmnopqrstuvwxyz<>123"
PAIRS = [("ab", "ba"), ("abc", "cba"), ("b", "b"), ("ca", "ac")] * 4


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A tiny BART, of letters, as a preset on the disk."""
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *LETTERS, "Ġ", "Ġa"]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = keras_hub.tokenizers.BartTokenizer(vocabulary, merges=["Ġ a"])
    preprocessor = keras_hub.models.BartSeq2SeqLMPreprocessor(
        tokenizer, encoder_sequence_length=16, decoder_sequence_length=16
    )
    backbone = keras_hub.models.BartBackbone(
        vocabulary_size=len(words),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=16,
    )
    model = keras_hub.models.BartSeq2SeqLM(backbone, preprocessor)
    path = tmp_path_factory.mktemp("hub") / "bart"
    model.save_to_preset(str(path))
    return path


def test_it_is_loaded_trained_and_asked(preset):
    translator = load_hub_translator(preset, max_length=16)
    before = translator.model.get_weights()
    sources, targets = map(list, zip(*PAIRS, strict=True))
    tuned = translator.fit(sources, targets, epochs=2, learning_rate=1e-2)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(before, translator.model.get_weights(), strict=True)
    )
    moved = [
        not np.array_equal(a, b)
        for a, b in zip(before, tuned.model.get_weights(), strict=True)
    ]
    assert sum(moved) > len(moved) / 2


@pytest.mark.filterwarnings("ignore:.*lost a placeholder")
def test_a_translation_without_its_placeholder_is_not_given_out(preset):
    translator = load_hub_translator(preset, max_length=16)
    for answer in translator.predict(["a {x}", "b %s"]):
        assert answer == "" or "{x}" in answer or "%s" in answer


def test_a_name_that_is_none():
    with pytest.raises(InputError, match="There is no pretrained model 't5_bas'"):
        load_hub_translator("t5_bas")


def test_a_directory_that_holds_something_else(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="Cannot load the pretrained model"):
        load_hub_translator(tmp_path)
