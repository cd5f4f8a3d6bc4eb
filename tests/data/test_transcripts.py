"""The table beside recordings: what was said, and by whom; what is wrong has a line."""

import numpy as np
import pytest
import soundfile

from sftkeras.data.audio import RATE, list_recordings
from sftkeras.data.transcripts import is_recordings, lines_of, load_recordings
from sftkeras.errors import InputError


def tone(seconds=0.3):
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "b.wav", "c.flac"):
        soundfile.write(tmp_path / name, tone(), RATE)
    return tmp_path


def table(folder, text):
    (folder / "transcripts.csv").write_text(text, encoding="utf-8")
    return folder


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
    with pytest.warns(UserWarning, match=r"\(2\): 'b.wav', 'c.flac'"):
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


def test_names_by_what_is_said_are_no_speakers(tmp_path):
    names = ["yes_1.wav", "yes_2.wav", "no_1.wav", "no_2.wav"]
    for name in names:
        soundfile.write(tmp_path / name, tone(), RATE)
    lines = "".join(f"{name},{name.partition('_')[0].title()}!\n" for name in names)
    assert load_recordings(table(tmp_path, "file,text\n" + lines)).groups is None


def test_a_table_of_semicolons_and_a_name_in_capitals(folder):
    table(folder, "file;text\n\na.wav;one, two\nb.wav;two\nc.flac;three\n")
    (folder / "transcripts.csv").rename(folder / "Transcripts.CSV")
    with pytest.warns(UserWarning, match="the delimiter ';'"):
        found = load_recordings(folder)
    assert list(found.labels) == ["one, two", "two", "three"]
    with pytest.warns(UserWarning, match="the delimiter"):
        assert lines_of(folder / "Transcripts.CSV") == [3, 4, 5]
