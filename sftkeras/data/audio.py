"""Recordings of speech and their transcripts (article §6.2)."""

import csv
import math
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np

from sftkeras.data.decoding import read_text
from sftkeras.data.examples import Examples
from sftkeras.data.telling import tell
from sftkeras.errors import InputError, listed

RATE = 16_000  # Hz, what networks are given
LOWEST_RATE = 8_000  # Hz: speech reaches up to 4 kHz
HIGHEST_RATE = 768_000
MOST_SECONDS = 60  # of one recording: an utterance, not a lecture
SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"}
TRANSCRIPTS = "transcripts.csv"
_LEAST_SECONDS = 0.05
_SILENT = 1e-3  # of full scale: -60 dB
_CLIPPED, _CLIPPED_SHARE = 0.99, 0.01
_SPEAKERS = ("speaker", "说话人")


def load_recordings(path):
    """Load a folder of recordings and what was said in each.

    Args:
        path: the folder, with a table `transcripts.csv` in it, or that table. Its
            columns are `file` (from the table's folder), `text`, and `speaker` if
            there are several.

    Returns:
        `Examples`: N float32 arrays of any length at 16 kHz, from -1 to 1; N texts; and
        the speakers as groups if there are several. Without the column they are taken
        from folders, `anna/1.wav`, or from names of files, `anna_1.wav`, and that is
        told.

    Raises:
        InputError: no table, a line without its file, a recording that cannot be used:
            it is named, with the line.
    """
    path = Path(path)
    table = path / TRANSCRIPTS if path.is_dir() else path
    if not table.is_file():
        raise InputError(
            f"{table}: no such table. Recordings are given as a folder of .wav or "
            f".flac files with a {TRANSCRIPTS} beside them; its first line is file,text"
        )
    rows = _read_table(table)
    sounds, texts = [], []
    for line, name, text, _ in rows:
        file = table.parent / name
        if not file.is_file():
            raise InputError(
                f"{table}, line {line}: there is no file {name!r}. Correct the name, "
                "or leave the line out."
            )
        sounds.append(read_audio(file))
        texts.append(text)
    _tell_of_others(table, {name for _, name, _, _ in rows})
    return Examples(sounds, texts, _groups(table, rows))


def is_recordings(path):
    """Return whether a path is a folder of recordings, or a recording."""
    path = Path(path)
    if path.is_dir():
        return (path / TRANSCRIPTS).is_file() or bool(list_recordings(path))
    return path.suffix.lower() in SUFFIXES or path.name == TRANSCRIPTS


def list_recordings(path):
    """Return the sound files of a folder and its folders, sorted; a file is one."""
    path = Path(path)
    if not path.is_dir():
        return [path]
    return [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in SUFFIXES and file.name[0] != "."
    ]


def read_audio(path):
    """Read a recording: any sample rate from 8 kHz, any depth, its channels' mean.

    Args:
        path: a `.wav`, `.flac`, `.ogg`, `.opus`, `.mp3` or `.aiff` file.

    Returns:
        Float32 `(samples,)` at 16 kHz, from -1 to 1.

    Raises:
        InputError: it is empty, silent, damaged, longer than 60 seconds or sampled
            below 8 kHz.
    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file.")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty. Record it again.")
    try:
        with soundfile.SoundFile(path) as file:
            rate, count = file.samplerate, file.frames
            _check_rate(rate, path)
            if count > MOST_SECONDS * rate:
                raise InputError(
                    f"{path}: {count / rate:,.0f} seconds long; a recording is one "
                    f"utterance of at most {MOST_SECONDS}. Cut it into sentences."
                )
            samples = file.read(dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, OSError, MemoryError) as error:
        why = str(getattr(error, "error_string", error)).strip().rstrip(".")[:100]
        raise InputError(f"{path}: no sound that can be read ({why}).") from None
    return as_samples((samples.mean(axis=1), rate), str(path))


def as_samples(sound, name):
    """Return a recording in memory as float32 `(samples,)` at 16 kHz.

    Args:
        sound: array `(samples,)` at 16 kHz, or a pair `(samples, rate in Hz)`; floats
            from -1 to 1 or int16.
        name: str, what it is called in an error.
    """
    rate = RATE
    if isinstance(sound, (tuple, list)) and len(sound) == 2 and np.ndim(sound[1]) == 0:
        sound, rate = sound
        _check_rate(rate, name)
    x = np.asarray(sound)
    if x.ndim != 1 or x.dtype.kind not in "fi":
        raise InputError(
            f"{name}: a recording is an array (samples,) of floats from -1 to 1, or of "
            f"int16. Received: shape {x.shape}, {x.dtype}"
        )
    if x.dtype.kind == "i":
        x = x / 32768 if x.dtype == np.int16 else x / np.iinfo(x.dtype).max
    if len(x) < _LEAST_SECONDS * rate:
        raise InputError(
            f"{name}: {len(x) / rate:.3f} seconds, which holds no word. Record it "
            "again."
        )
    _check_level(x, name)
    if int(rate) == RATE:
        return x.astype("float32")
    from scipy.signal import resample_poly

    common = math.gcd(int(rate), RATE)
    return resample_poly(x, RATE // common, int(rate) // common).astype("float32")


def _check_rate(rate, name):
    whole = isinstance(rate, (int, np.integer)) and not isinstance(rate, bool)
    if not whole or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise InputError(
            f"{name}: the sample rate must be {LOWEST_RATE:,} Hz or more: speech "
            f"reaches up to half of that. Received: {rate}"
        )


def _check_level(x, name):
    if not np.isfinite(x).all():
        raise InputError(f"{name}: not all samples are numbers. Record it again.")
    peak = float(np.abs(x).max())
    if peak > 1.5:
        raise InputError(
            f"{name}: samples are floats from -1 to 1, or int16. Received: {peak:g}. "
            "Divide by the largest value of their kind."
        )
    if np.abs(x - x.mean()).max() < _SILENT:
        raise InputError(f"{name}: silent. Was the microphone off? Record it again.")
    share = float(np.mean(np.abs(x) >= _CLIPPED))
    if share > _CLIPPED_SHARE:
        tell(
            name,
            f"{share:.0%} of it is clipped: the recording was too loud. It is used; "
            "further from the microphone it would be understood better.",
        )


def _read_table(table):
    """Return [(line, file, text, speaker or None)] of a table of transcripts."""
    lines = read_text(table).splitlines()
    reader = csv.reader(lines, skipinitialspace=True)
    head = [cell.strip().lower() for cell in next(reader, [])]
    if "file" not in head or "text" not in head:
        raise InputError(
            f"{table}: the first line must be file,text (and may have speaker). "
            f"Received: {','.join(head)[:60]!r}"
        )
    speaker = next((name for name in _SPEAKERS if name in head), None)
    rows, seen = [], {}
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            raise InputError(
                f"{table}, line {line}: {len(cells)} cells, the first line has "
                f'{len(head)}. Put a text with a comma between quotes: "one, two".'
            )
        row = dict(zip(head, map(str.strip, cells), strict=True))
        name = row["file"].replace("\\", "/")
        if not name or not row["text"]:
            empty = "file" if not name else "text"
            raise InputError(f"{table}, line {line}: the {empty} is missing.")
        if os.path.isabs(name) or ".." in Path(name).parts:
            raise InputError(
                f"{table}, line {line}: files lie in the table's folder. Received: "
                f"{name!r}"
            )
        if name in seen:
            raise InputError(
                f"{table}, line {line}: {name!r} stands on line {seen[name]} too."
            )
        seen[name] = line
        rows.append((line, name, row["text"], row.get(speaker)))
    if not rows:
        raise InputError(f"{table}: no transcripts in it, only its first line.")
    return rows


def _tell_of_others(table, named):
    """Warn of recordings that the table does not know."""
    here = [
        f.relative_to(table.parent).as_posix() for f in list_recordings(table.parent)
    ]
    if others := [name for name in here if name not in named]:
        tell(
            table,
            f"{len(others)} recordings have no transcript and are left out: "
            f"{listed(others, 5)}.",
        )


def _groups(table, rows):
    """Return each row's speaker, `None` if there is one only."""
    speakers = [speaker for *_, speaker in rows]
    if None not in speakers:
        return speakers if len(set(speakers)) > 1 else None
    names = [name for _, name, _, _ in rows]
    for how, found in (
        ("folders", [name.rpartition("/")[0] for name in names]),
        ("beginnings of the files' names", [_beginning(name) for name in names]),
    ):
        counts = Counter(found)
        if len(counts) > 1 and all(counts) and min(counts.values()) > 1:
            tell(
                table,
                f"by the {how} there are {len(counts)} speakers, "
                f"{listed(sorted(counts), 5)}: none is both learned from and tested "
                "on. If that is wrong, add a column speaker.",
            )
            return found
    return None


def _beginning(name):
    """Return the letters that a file's name begins with, before `_`, `-` or digits."""
    found = re.match(r"(?:\d+[_-])?([^\W\d_]+)[_\-\s]?\d*", Path(name).stem)
    return found[1].lower() if found else ""
