"""Recordings: every rate, depth and channel; what cannot be used is named."""

import numpy as np
import pytest
import soundfile

from sftkeras.data.audio import RATE, as_samples, read_audio
from sftkeras.errors import InputError


def tone(seconds=0.3, rate=RATE, hertz=440.0, loud=0.5):
    return loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_any_rate_becomes_16_kHz(tmp_path, rate):
    soundfile.write(tmp_path / "x.wav", tone(0.5, rate), rate)
    found = read_audio(tmp_path / "x.wav")
    assert found.dtype == np.float32
    assert abs(len(found) - 8000) <= 1
    spectrum = np.abs(np.fft.rfft(found))
    assert np.argmax(spectrum) == pytest.approx(440 * len(found) / RATE, abs=1)


@pytest.mark.parametrize("depth", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_any_depth_is_from_minus_one_to_one(tmp_path, depth):
    soundfile.write(tmp_path / "x.wav", tone(), RATE, depth)
    assert np.allclose(read_audio(tmp_path / "x.wav"), tone(), atol=1 / 100)


def test_flac_and_stereo_are_read_and_channels_averaged(tmp_path):
    both = np.stack([tone(), np.zeros_like(tone())], axis=1)
    soundfile.write(tmp_path / "x.flac", both, RATE)
    assert np.allclose(read_audio(tmp_path / "x.flac"), tone() / 2, atol=1e-3)


def test_samples_in_memory_of_int16_and_with_their_rate():
    whole = (tone() * 32767).astype("int16")
    assert np.allclose(as_samples(whole, "x"), tone(), atol=1e-3)
    assert len(as_samples((tone(0.5, 8000), 8000), "x")) == 8000


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.write_bytes(b""), "empty"),
        (lambda p: p.write_bytes(b"RIFF" + bytes(40)), "no sound that can be read"),
        (lambda p: soundfile.write(p, np.zeros(8000), RATE), "silent"),
        (lambda p: soundfile.write(p, tone(), 4000), "sample rate"),
        (lambda p: soundfile.write(p, tone(61, 8000), 8000), "61 seconds long"),
        (lambda p: soundfile.write(p, tone(0.01), RATE), "holds no word"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, make, said):
    path = tmp_path / "bad.wav"
    make(path)
    with pytest.raises(InputError, match=said) as error:
        read_audio(path)
    assert "bad.wav" in str(error.value)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_file_that_is_cut_off_is_refused(tmp_path, suffix):
    path = tmp_path / f"half.{suffix}"
    soundfile.write(
        path, tone(2) + 0.01 * np.random.default_rng(0).normal(size=32000), RATE
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"half.*(cut off|no sound that can be read)"):
        read_audio(path)


def test_a_wav_that_a_pipe_wrote_is_read(tmp_path):
    path = tmp_path / "pipe.wav"
    soundfile.write(path, tone(), RATE)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 4 + whole[8:])
    assert len(read_audio(path)) == len(tone())


def test_an_hour_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = tmp_path / "hour.wav"
    soundfile.write(path, np.full(8000 * 100, 0.1), 8000, "PCM_U8")
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *a, **k: pytest.fail())
    with pytest.raises(InputError, match="Cut it"):
        read_audio(path)


def test_clipping_is_told(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.clip(tone(loud=3), -1, 1), RATE)
    with pytest.warns(UserWarning, match="clipped"):
        read_audio(tmp_path / "x.wav")


@pytest.mark.filterwarnings("ignore:.*clipped")
def test_what_was_clipped_stays_in_range_at_another_rate(tmp_path):
    loud = np.clip(tone(1, 8000, 1234.0, 50.0), -1, 1)
    soundfile.write(tmp_path / "x.wav", loud, 8000)
    heard = read_audio(tmp_path / "x.wav")
    assert np.abs(heard).max() <= 1
    as_samples(heard, "again")


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.zeros((100, 2)), "shape"),
        (tone() * 30000, "from -1 to 1"),
        (np.append(tone(), np.nan), "numbers"),
        ((tone(), "16k"), "sample rate"),
    ],
)
def test_samples_that_make_no_sense_are_refused(sound, said):
    with pytest.raises(InputError, match=said):
        as_samples(sound, "x")
