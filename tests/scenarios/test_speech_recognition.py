"""The scenario of §6.2: the language, the split by speaker, the measures, a run."""

from dataclasses import replace

import numpy as np
import pytest

from sftkeras.data.examples import Examples
from sftkeras.errors import InputError
from sftkeras.models.speech import language_of, speech_from_scratch
from sftkeras.saving.bundle import save_classifier
from sftkeras.scenarios import running, speech_recognition
from sftkeras.tasks.transcription import Transcription

DIGITS = "zero one two three four five six seven eight nine"


@pytest.fixture(scope="module")
def examples():
    return speech_recognition.load_examples()


def test_the_recordings_that_ship_are_read_in_both_languages(examples):
    chinese = speech_recognition.load_examples(language="zh")
    assert len(examples) == len(chinese) == 80
    assert {w for text in examples.labels for w in text.split()} == set(DIGITS.split())
    assert language_of(chinese.labels) == "chinese" != language_of(examples.labels)
    assert all(1 < len(sound) / 16000 < 6 for sound in examples.inputs)


def test_half_is_for_the_test_and_a_speaker_is_on_one_side():
    sounds = [np.zeros(10, "f4")] * 8
    groups = ["a", "a", "b", "b", "c", "c", "d", "d"]
    pool, test = speech_recognition.half(Examples(sounds, ["x"] * 8, groups), 0)
    assert len(pool) == len(test) == 4
    assert not {groups[n] for n in pool} & {groups[n] for n in test}


def test_too_few_recordings_are_refused(tmp_path, monkeypatch):
    few = Examples([np.zeros(10, "f4")] * 3, ["one"] * 3)
    monkeypatch.setattr(speech_recognition, "load_recordings", lambda path: few)
    with pytest.raises(InputError, match="mine: 3 recordings"):
        speech_recognition.load_examples("mine")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A small recogniser, untrained, in place of the large one."""
    path = tmp_path_factory.mktemp("voice") / "small"
    words = tuple(DIGITS.split()[:9])
    save_classifier(speech_from_scratch(Transcription(words), width=8, blocks=1), path)
    return str(path)


def test_words_that_are_new_are_added_and_told(examples, bundle, monkeypatch):
    told = []
    monkeypatch.setattr(speech_recognition, "tell", lambda *text: told.append(text))
    model = speech_recognition.pretrained_model(examples, 0, bundle)
    assert "'nine'" in told[0][1]
    assert model.label_names == tuple(DIGITS.split())


@pytest.mark.filterwarnings("ignore:.*new to the recogniser")
def test_a_trial_measures_each_method_on_the_same_recordings(
    examples, bundle, monkeypatch
):
    few = examples.take(range(20))
    short = {"learning_rate": 1e-3, "epochs": 1, "batch_size": 8}
    monkeypatch.setattr(speech_recognition, "SCRATCH", short)
    monkeypatch.setattr(speech_recognition, "SEEN", 10)
    kept = ("before fine-tuning", "fine-tuned, head", "from scratch")
    methods = {n: m for n, m in speech_recognition.METHODS.items() if n in kept}
    scenario = speech_recognition.SCENARIO
    scenario = replace(scenario, methods=methods, fine_tuned="fine-tuned, head")
    trial = running.run_trial(scenario, few, 5, 0, bundle)
    assert list(trial.rows.model) == list(kept)
    assert (trial.rows[speech_recognition.METRIC] > 0).all()
    assert len(trial.train) == 5 and len(trial.test) == 10
    scratch = trial.models["from scratch"]
    said = {word for text in trial.train.labels for word in text.split()}
    assert set(scratch.label_names) == said  # it knows its own words only
    report = speech_recognition.report_of(scratch, trial.test)
    errors = trial.rows.iloc[2][["substitutions", "deletions", "insertions"]].sum()
    assert report["wer"] == pytest.approx(errors / report["units"])
