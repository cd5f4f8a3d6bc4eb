"""speech_embedding: equal to the original's numbers; its top, its words, its bundle."""

from pathlib import Path

import get_speech_embedding as script
import keras
import numpy as np
import onnx_file
import pytest

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.graph import attach, task_of
from sftkeras.inputs.speech import log_mel
from sftkeras.models.encoders import directory_of
from sftkeras.models.speech import front_of, put_top, replace_units
from sftkeras.models.speech_embedding import speech_embedding
from sftkeras.tasks.transcription import Transcription

here = pytest.mark.skipif(
    not directory_of("speech-embedding").is_dir(),
    reason="not here: python data/get_speech_embedding.py",
)
T = np.arange(16000) / 16000
SOUNDS = {
    "sweep": 0.3 * np.sin(2 * np.pi * (100 * T + 1500 * T**2)),
    "buzz": 0.2 * np.sign(np.sin(2 * np.pi * 140 * T)) * np.sin(2 * np.pi * 3 * T) ** 2,
}
# embedding_model.onnx by onnxruntime, on openWakeWord's own spectrogram, moved on
# by 20 ms each time: (11, 96) a sound.
ORIGINAL = np.load(Path(__file__).with_name("speech_embedding_outputs.npz"))
TASK = Transcription(("one", "three", "two"))


@here
@pytest.mark.parametrize("frame_ms", [80, 40, 20])
@pytest.mark.parametrize("sound", SOUNDS)
def test_the_network_gives_the_originals_numbers(sound, frame_ms):
    model = speech_embedding(directory_of("speech-embedding"), frame_ms)
    found = np.asarray(model(log_mel(SOUNDS[sound])[None]))[0]
    expected = ORIGINAL[sound][:: frame_ms // 20]
    assert found.shape == expected.shape
    # Values up to 70, of a spectrogram that differs in its last digits.
    assert np.abs(found - expected).max() < 1e-3
    assert model.count_params() == 328_128


@here
def test_numbers_on_the_same_spectrogram_differ_by_rounding_only():
    model = speech_embedding(directory_of("speech-embedding"), 20)
    other = speech_embedding(directory_of("speech-embedding"), 80)
    frames = log_mel(SOUNDS["buzz"])[None]
    assert (
        np.abs(np.asarray(model(frames))[:, ::4] - np.asarray(other(frames))).max()
        < 1e-4
    )


def test_a_frame_length_that_is_none_is_refused():
    with pytest.raises(InputError, match="80, 40 or 20"):
        speech_embedding(frame_ms=10)


@pytest.fixture(scope="module")
def small():
    """The network with random weights."""
    model = put_top(speech_embedding(), TASK)
    return attach(model, TASK.replaced(preprocessor=front_of(40)))


def sounds(*seconds):
    random = np.random.default_rng(0)
    return [random.normal(0, 0.1, int(16000 * s)).astype("float32") for s in seconds]


def test_a_frame_hangs_on_its_own_recording_only(small):
    data = sounds(0.5, 1.1, 0.8)
    together = small_answers(small, data)
    for row, sound in enumerate(data):
        assert np.allclose(small_answers(small, [sound])[0], together[row], atol=1e-4)
    assert [len(x) for x in together] == [12, 27, 20]  # of 40 ms


def small_answers(model, data):
    return task_of(model).answer(model, data).outputs


def test_layers_have_names_to_freeze_by(small):
    names = sft.blocks(small)
    assert names[:2] == ["conv_0", "conv_1"] and "top_2_conv" in names
    table = sft.describe_layers(
        sft.fine_tune(small, sounds(0.5), ["one"], ["top_*"], epochs=1, verbose=0)
    )
    trained = table[table.trainable_params > 0].layer
    assert set(trained.str.split("_").str[0]) == {"top", "head"}


def test_the_frozen_part_is_computed_once(small, monkeypatch):
    from sftkeras.training.techniques import frozen_once

    seen, real = [], frozen_once.run_frozen
    monkeypatch.setattr(
        frozen_once,
        "run_frozen",
        lambda *a, **more: seen.append(real(*a, **more)) or seen[-1],
    )
    sft.fine_tune(
        small, sounds(0.5, 0.9), ["one", "two"], ["top_*"], epochs=1, verbose=0
    )
    assert seen[0].lengths.tolist() == [24, 34]


def test_at_first_most_frames_say_nothing():
    bias = put_top(speech_embedding(), TASK).get_layer("head").bias
    assert np.argmax(bias) == 0 and bias[0] > 2


def test_more_words_leave_the_others_as_they_were(small):
    more = sft.add_words(small, ["Robot", "one"])
    assert more.label_names == ("one", "three", "two", "robot")
    data = sounds(0.7)
    old, new = small_answers(small, data)[0], small_answers(more, data)[0]
    assert np.allclose(new[:, :4], old, atol=1e-5)
    assert (new[:, 4] < new[:, :4].max(axis=1)).all()
    assert small.label_names == TASK.label_names


def test_words_that_are_known_are_refused(small):
    with pytest.raises(InputError, match="knows all"):
        sft.add_words(small, ["ONE"])
    with pytest.raises(InputError, match="list of words"):
        sft.add_words(small, "robot")
    with pytest.raises(InputError, match="recogniser"):
        sft.add_words(
            keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]), ["a"]
        )


def test_units_may_be_taken_away(small):
    fewer = replace_units(small, ("two", "one"))
    data = sounds(0.7)
    old, new = small_answers(small, data)[0], small_answers(fewer, data)[0]
    assert np.allclose(new, old[:, [0, 3, 1]], atol=1e-5)


def test_a_bundle_takes_recordings(small, tmp_path):
    sft.save_classifier(small, tmp_path / "voice")
    loaded = sft.load_classifier(tmp_path / "voice")
    data = sounds(0.7, 0.9)
    assert sft.predict(loaded, data) == sft.predict(small, data)
    assert loaded.label_names == TASK.label_names
    assert np.allclose(small_answers(loaded, data)[1], small_answers(small, data)[1])


@here
def test_a_new_top_has_the_units_that_are_asked_for():
    model = sft.load_pretrained_model(
        "speech-embedding", task=Transcription(("on", "off")), frame_ms=20
    )
    assert model.output_shape == (None, None, 3)
    assert len(small_answers(model, sounds(1.0))[0]) == 49


@here
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"task": Transcription()}, "needs the units"),
        ({"task": sft.Regression()}, "Transcription"),
        ({"classes": "french"}, "english"),
    ],
)
def test_what_cannot_be_had_is_said(options, said):
    with pytest.raises(InputError, match=said):
        sft.load_pretrained_model("speech-embedding", **options)


def test_options_of_speech_are_for_speech():
    with pytest.raises(InputError, match="speech-embedding"):
        sft.load_pretrained_model("minilm", frame_ms=40)


def test_a_file_that_is_cut_off_is_no_onnx_file():
    for content in (b"", b"\x08", b"\x3a\xff\x01abc"):
        with pytest.raises(ValueError, match="no ONNX file"):
            onnx_file.read_tensors(content)


def test_tensors_are_read_from_protocol_buffers():
    def field(number, value):
        if isinstance(value, int):
            return bytes([number << 3, value])
        return bytes([number << 3 | 2, len(value)]) + value

    raw = np.arange(6, dtype="<f4").tobytes()
    name = b"model/conv2d_3/Conv2D_bias_fused_bn"
    tensor = field(1, 2) + field(1, 3) + field(2, 1) + field(8, name) + field(9, raw)
    found = onnx_file.read_tensors(field(1, 8) + field(7, field(5, tensor)))
    assert found[name.decode()].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert script.translate(name.decode(), found[name.decode()])[0] == "conv_3/bias"
