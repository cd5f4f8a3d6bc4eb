"""Recordings of speech (article §6.2): sound files, and what can be used of them."""

import math
from pathlib import Path

import numpy as np

from sftkeras.data.telling import tell
from sftkeras.errors import InputError

RATE = 16_000  # Hz, what networks are given
LOWEST_RATE = 8_000  # Hz: speech reaches up to 4 kHz
HIGHEST_RATE = 768_000
MOST_SECONDS = 60  # of one recording: an utterance, not a lecture
SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"}
_LEAST_SECONDS = 0.05
_SLACK = 64  # bytes that a .wav may lack: writers do not agree how to count them
_SILENT = 1e-3  # of full scale: -60 dB
_CLIPPED, _CLIPPED_SHARE = 0.99, 0.01


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
        InputError: it is empty, silent, damaged, cut off, longer than 60 seconds or
            sampled below 8 kHz.
    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file.")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty. Record it again.")
    _check_whole(path)
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
            if len(samples) < 0.99 * count:
                raise InputError(
                    f"{path}: cut off: {len(samples) / rate:.1f} seconds are left of "
                    f"{count / rate:.1f}. Copy or record it again."
                )
    except (soundfile.LibsndfileError, RuntimeError, OSError, MemoryError) as error:
        why = str(getattr(error, "error_string", error)).strip().rstrip(".")[:100]
        raise InputError(f"{path}: no sound that can be read ({why}).") from None
    return as_samples((samples.mean(axis=1), rate), str(path))


def _check_whole(path):
    """Refuse a .wav that was cut off: libsndfile reads what is left of it."""
    with path.open("rb") as file:
        head = file.read(8)
    if head[:4] != b"RIFF":
        return
    told, size = int.from_bytes(head[4:], "little"), path.stat().st_size
    if size + _SLACK < told < 0xFFFFFFFF:  # the latter: it was written to a pipe
        raise InputError(
            f"{path}: cut off: it has {size:,} bytes, {told + 8:,} by its own account. "
            "Copy or record it again."
        )


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
    x = resample_poly(x, RATE // common, int(rate) // common)
    return x.clip(-1, 1).astype("float32")  # what was clipped swings beyond


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
