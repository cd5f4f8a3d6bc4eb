"""Recordings: every rate, depth and channel; what cannot be used is named."""

import numpy as np
import pytest
import soundfile

from sftkeras.data.audio import (
    RATE,
    as_samples,
    is_recordings,
    list_recordings,
    load_recordings,
    read_audio,
)
from sftkeras.errors import InputError


def tone(seconds=0.3, rate=RATE, hertz=440.0, loud=0.5):
    return loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "b.wav", "c.flac"):
        soundfile.write(tmp_path / name, tone(), RATE)
    return tmp_path


def table(folder, text):
    (folder / "transcripts.csv").write_text(text, encoding="utf-8")
    return folder


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


def test_a_folder_becomes_examples(folder):
    table(folder, "file,text\na.wav,one two\nb.wav,three\nc.flac,four\n")
    found = load_recordings(folder)
    assert list(found.labels) == ["one two", "three", "four"]
    assert found.groups is None
    assert all(len(sound) == 4800 for sound in found.inputs)
    assert is_recordings(folder) and is_recordings(folder / "a.wav")
    assert [f.name for f in list_recordings(folder)] == ["a.wav", "b.wav", "c.flac"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,text\nnone.wav,one\n", "line 2: there is no file 'none.wav'"),
        ("name,words\na.wav,one\n", "first line must be file,text"),
        ("file,text\na.wav\n", "line 2: 1 cells"),
        ("file,text\na.wav,\n", "line 2: the text is missing"),
        ("file,text\na.wav,one\na.wav,two\n", "line 3: 'a.wav' stands on line 2"),
        ("file,text\n../a.wav,one\n", "line 2: files lie in"),
        ("file,text\n", "no transcripts"),
    ],
)
def test_tables_that_are_wrong_are_named_by_line(folder, text, said):
    with pytest.raises(InputError, match=said):
        load_recordings(table(folder, text))


def test_no_table_is_told(folder):
    with pytest.raises(InputError, match="file,text"):
        load_recordings(folder)


def test_a_recording_without_a_transcript_is_told(folder):
    with pytest.warns(UserWarning, match=r"no transcript.*'b.wav', 'c.flac'"):
        found = load_recordings(table(folder, "file,text\na.wav,one\n"))
    assert len(found) == 1


def test_speakers_are_groups_by_column(folder):
    text = "file,text,speaker\na.wav,one,Ann\nb.wav,one,Ben\nc.flac,two,Ben\n"
    assert list(load_recordings(table(folder, text)).groups) == ["Ann", "Ben", "Ben"]


def test_two_speakers_in_the_names_are_groups_and_told(tmp_path):
    names = ["ann_1.wav", "ann_2.wav", "ben_1.wav", "ben_2.wav"]
    for name in names:
        soundfile.write(tmp_path / name, tone(), RATE)
    lines = "".join(f"{name},one\n" for name in names)
    with pytest.warns(UserWarning, match="2 speakers, 'ann', 'ben'"):
        found = load_recordings(table(tmp_path, "file,text\n" + lines))
    assert list(found.groups) == ["ann", "ann", "ben", "ben"]


def test_names_of_one_kind_are_one_speaker(tmp_path):
    for number in range(3):
        soundfile.write(tmp_path / f"u{number:03}.wav", tone(), RATE)
    lines = "".join(f"u{number:03}.wav,one\n" for number in range(3))
    assert load_recordings(table(tmp_path, "file,text\n" + lines)).groups is None
