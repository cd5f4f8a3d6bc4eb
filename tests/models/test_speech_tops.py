"""The tops that ship: they know their words, and hear them in a voice that is new."""

import pytest

import sftkeras as sft
from sftkeras.data.transcripts import load_recordings
from sftkeras.errors import InputError
from sftkeras.models.encoders import directory_of
from sftkeras.scenarios.speech_recognition import VOICES
from sftkeras.tasks.transcription import Transcription

here = pytest.mark.skipif(
    not directory_of("speech-embedding").is_dir(),
    reason="not here: python data/get_speech_embedding.py",
)


@here
@pytest.mark.parametrize(
    ("language", "units", "word"), [("english", 54, "seven"), ("chinese", 84, "灯")]
)
def test_the_tops_that_ship_know_their_words(language, units, word):
    model = sft.load_pretrained_model("speech-embedding", classes=language)
    assert len(model.label_names) >= units and word in model.label_names


@here
def test_a_shipped_top_may_be_asked_for_some_of_its_words():
    task = Transcription(("one", "two", "robot"))
    model = sft.load_pretrained_model("speech-embedding", task=task, classes="english")
    assert model.label_names == ("one", "two", "robot")


@here
def test_a_top_has_its_own_frames():
    with pytest.raises(InputError, match="every 40 ms"):
        sft.load_pretrained_model("speech-embedding", classes="english", frame_ms=20)


@here
@pytest.mark.parametrize("language", ["en", "zh"])
def test_most_of_a_voice_that_is_new_is_understood(language):
    data = load_recordings(VOICES / language).take(range(8))
    name = {"en": "english", "zh": "chinese"}[language]
    model = sft.load_pretrained_model("speech-embedding", classes=name)
    assert sft.evaluate_model(model, data, verbose=False)["cer"] < 0.25
