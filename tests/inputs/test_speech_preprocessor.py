"""The front end of speech: what the network was given when it was trained."""

import numpy as np
import pytest
import soundfile

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.speech import SpeechPreprocessor, log_mel, mel_bands, vary

T = np.arange(16000) / 16000
SWEEP = 0.3 * np.sin(2 * np.pi * (100 * T + 1500 * T**2))  # 100 to 3,100 Hz
# openWakeWord's melspectrogram.onnx of the sweep, by onnxruntime, / 10 + 2: frames 0,
# 40 and 90, bands 0, 5, 12, 20 and 28.
REFERENCE = [
    [12.2347, 5.8722, 4.2966, 4.2966, 4.2966],
    [4.2966, 4.2966, 5.392, 6.3832, 4.2966],
    [4.2966, 4.2966, 4.2966, 4.2966, 11.8958],
]


def test_a_tone_is_loudest_in_its_band():
    frames = log_mel(0.3 * np.sin(2 * np.pi * 1000 * T))
    centre = (mel_bands() * np.linspace(0, 8000, 257)[:, None]).sum(0)
    centre /= mel_bands().sum(0)
    assert abs(centre[frames.mean(0).argmax()] - 1000) < 100


def test_bands_end_where_a_recording_at_8_kHz_ends():
    hertz = np.linspace(0, 8000, 257)
    assert not mel_bands()[(hertz < 60) | (hertz > 3800)].any()


def test_what_a_reference_made_of_a_sweep():
    frames = log_mel(SWEEP)
    assert frames.shape == (97, 32)
    assert np.allclose(frames[[0, 40, 90]][:, [0, 5, 12, 20, 28]], REFERENCE, atol=1e-4)


def test_half_as_loud_is_6_decibels_less():
    difference = log_mel(SWEEP) - log_mel(SWEEP / 2)
    assert np.allclose(difference, 0.602, atol=1e-3)


def test_silence_is_put_at_both_ends():
    encoded = SpeechPreprocessor(10).encode([SWEEP])[0]
    inside = log_mel(SWEEP)
    assert np.array_equal(encoded[10:-10], inside)
    assert (encoded[:10] == encoded[0]).all() and (encoded[0] <= inside.mean(0)).all()


def test_recordings_come_as_files_arrays_and_with_a_rate(tmp_path):
    soundfile.write(tmp_path / "x.wav", SWEEP, 16000, "FLOAT")
    found = SpeechPreprocessor(0).encode([tmp_path / "x.wav", SWEEP, (SWEEP, 16000)])
    assert found.lengths.tolist() == [97] * 3
    assert np.allclose(found[0], found[1], atol=1e-3)


def test_one_recordings_loudness_does_not_change_another():
    alone = SpeechPreprocessor(5).encode([SWEEP / 100])[0]
    assert np.array_equal(SpeechPreprocessor(5).encode([SWEEP, SWEEP / 100])[1], alone)


def test_what_is_encoded_stays():
    ragged = Ragged.from_rows([np.zeros((3, 32), "f4")])
    assert SpeechPreprocessor(5).encode(ragged) is ragged


def test_copies_differ_and_the_first_is_as_it_is():
    front = SpeechPreprocessor(5)
    found = front.encode_varied([SWEEP, SWEEP[:8000]], 3)
    assert len(found) == 6
    plain = front.encode([SWEEP, SWEEP[:8000]])
    assert all(np.array_equal(found[row], plain[row]) for row in (0, 1))
    lengths = found.lengths[[0, 2, 4]]
    assert len({*lengths.tolist()}) > 1 and abs(lengths / 107 - 1).max() < 0.19
    again = front.encode_varied([SWEEP, SWEEP[:8000]], 3)
    assert all(np.array_equal(found[row], again[row]) for row in range(6))


def test_a_varied_copy_hides_little():
    sound = log_mel(SWEEP + 0.01 * np.random.default_rng(0).normal(size=16000))
    for seed in range(20):
        copy = vary(sound, np.random.default_rng(seed))
        assert copy.dtype == np.float32 and copy.shape[1] == 32
        # Within a frame's neighbours it is the same but for loudness and colour.
        same = np.interp(
            np.linspace(0, 96, len(copy)), np.arange(97), sound.argmax(axis=1)
        )
        assert np.mean(np.abs(copy.argmax(axis=1) - same) <= 2) > 0.6
    assert len(vary(sound[:1], np.random.default_rng(0))) == 1


@pytest.mark.parametrize("given", ["a.wav", [], 3, {"a": [1]}])
def test_what_is_no_list_of_recordings_is_refused(given):
    with pytest.raises(InputError, match="recordings"):
        SpeechPreprocessor(5).encode(given)


@pytest.mark.parametrize("edge", [-1, 2.0, 5000])
def test_an_edge_that_is_none_is_refused(edge):
    with pytest.raises(InputError, match="edge"):
        SpeechPreprocessor(edge)
