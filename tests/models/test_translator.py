"""The translator that ships: what it knows, and that no placeholder is lost."""

import json

import pytest
from safetensors import safe_open
from translators import CHINESE, ENGLISH, tiny_translator

import sftkeras as sft
from sftkeras.data.interface_strings import jupyterlab_strings
from sftkeras.data.placeholders import placeholders
from sftkeras.errors import InputError
from sftkeras.evaluation.translating import source_attention
from sftkeras.models.translator import DECODER, fresh_translator, load_translator
from sftkeras.tasks.regression import Regression
from sftkeras.tasks.texts import as_strings

# KerasHub leaves the vocabulary's file open.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:unclosed file .*(bpe\.model|\.spm):ResourceWarning",
    "ignore:Exception ignored in.*FileIO:pytest.PytestUnraisableExceptionWarning",
)


@pytest.fixture(scope="module")
def translator():
    return load_translator()


def test_its_card_says_what_it_was_trained_on_and_it_is_small():
    assert DECODER.stat().st_size < 8e6
    with safe_open(DECODER, "numpy") as stored:
        told = stored.metadata()
    assert {*json.loads(told["trained_on"]).values()} == {
        "Apache-2.0",
        "BSD-3-Clause",
        "MIT",
        "PostgreSQL",
    }
    assert len(json.loads(told["held"])["test"]) == 300


def test_it_translates_a_program_that_it_never_saw(translator):
    examples = jupyterlab_strings()
    few = examples.take(range(0, len(examples), len(examples) // 60))
    report = sft.evaluate_model(
        translator, few.inputs, as_strings(few.labels), verbose=False
    )
    assert report["bleu"] > 15


def test_no_placeholder_of_jupyterlab_is_lost(translator):
    texts = [t for t in jupyterlab_strings().inputs if placeholders(t)][:40]
    for text, answer in zip(texts, sft.predict(translator, texts), strict=True):
        assert sorted(placeholders(answer)) == sorted(placeholders(text))


def test_where_it_looks_adds_up_to_one(translator):
    weights, tokens, units = source_attention(translator, "Open {name}")
    assert weights.shape == (len(units), len(tokens))
    assert weights.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert "<1>" in units


def test_another_task_is_refused():
    with pytest.raises(InputError, match="Received: Regression"):
        load_translator(Regression())


def test_a_decoder_that_is_missing(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        load_translator(file=tmp_path / "no.safetensors")


def test_attention_is_for_translators(tiny_classifier):
    with pytest.raises(InputError, match="is for a translator"):
        source_attention(tiny_classifier(), "good")


def test_a_fresh_one_keeps_the_encoder_and_nothing_of_the_decoder(tiny_encoder):
    model = sft.fine_tune(
        tiny_translator(tiny_encoder),
        ENGLISH,
        CHINESE,
        ["decoder_*", "source_*", "target_*"],
        epochs=1,
        verbose=0,
    )
    fresh = fresh_translator(model, seed=3)
    for layer, twin in zip(model.layers, fresh.layers, strict=True):
        for old, new in zip(layer.weights, twin.weights, strict=True):
            same = (old.numpy() == new.numpy()).all()
            decoder = layer.name.startswith(("decoder", "source", "target"))
            trained = old.trainable and decoder
            assert bool(same) != trained, old.path
