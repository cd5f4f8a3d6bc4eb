"""`SpeechPreprocessor`: recordings to the spectrogram that a network takes (§6.2)."""

import functools
import json
import os
from pathlib import Path

import numpy as np

from sftkeras.data.audio import RATE, as_samples, read_audio
from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged

BANDS = 32
FRAME_MS = 10
LOWEST, HIGHEST = 60.0, 3800.0  # Hz; a recording at 8 kHz has all of it
_WINDOW, _FFT, _HOP = 400, 512, 160  # samples at 16 kHz
_RANGE = 80  # decibels below an utterance's loudest place, what is softer is silence


class SpeechPreprocessor:
    """From recordings to log-mel spectrograms, a frame of 32 bands in 10 ms.

    Each has silence, its own, put before and after it, so that the network can look
    around the first and the last word; its answers then cover the recording.

    Example:

    >>> tone = np.sin(np.arange(8000) / 5)  # half a second at 16 kHz
    >>> SpeechPreprocessor(62).encode([tone]).shape
    (1, None, 32)

    Args:
        edge: int, frames of silence at either end, from 0 to 1000.
    """

    def __init__(self, edge):
        if not isinstance(edge, int) or not 0 <= edge <= 1000:
            raise InputError(f"`edge` must be from 0 to 1000. Received: edge={edge!r}")
        self.edge = edge

    def encode(self, recordings):
        """Return the spectrograms, a `Ragged` of float32 `(frames, 32)`.

        Args:
            recordings: list of N: paths of sound files; arrays `(samples,)` at 16 kHz,
                floats from -1 to 1 or int16; or pairs `(samples, rate in Hz)`. What is
                encoded already is returned as it is.
        """
        if isinstance(recordings, Ragged):
            return recordings
        if isinstance(recordings, (str, os.PathLike, dict)) or not hasattr(
            recordings, "__len__"
        ):
            raise InputError(
                "A model of speech takes a list of recordings: paths, or arrays of "
                f"samples at {RATE:,} Hz. Received: {type(recordings).__name__}"
            )
        if not len(recordings):
            raise InputError("A model of speech takes recordings. Received: none")
        found = [self._one(x, f"recording {row}") for row, x in enumerate(recordings)]
        return Ragged.from_rows(found)

    def _one(self, sound, name):
        if isinstance(sound, (str, os.PathLike)):
            sound = read_audio(sound)
        return self.with_edges(log_mel(as_samples(sound, name)))

    def with_edges(self, spectrogram):
        """Return a spectrogram `(frames, 32)` with its own silence at both ends."""
        # What is softest in each band, but a band's mean where all is loud.
        quiet = np.percentile(spectrogram, 5, axis=0)
        quiet = np.minimum(quiet, spectrogram.mean(axis=0)).astype("float32")
        silence = np.tile(quiet, (self.edge, 1))
        return np.concatenate([silence, spectrogram, silence])

    def encode_varied(self, recordings, copies, seed=0):
        """Return the spectrograms of recordings, and of copies that differ a little.

        Args:
            recordings: as in `encode`, not yet encoded.
            copies: int, how many times each comes, at least 1; the first time as it is.
            seed: int. Defaults to `0`.

        Returns:
            A `Ragged` of `copies * N`: all N, then all N again, and so on.
        """
        found = SpeechPreprocessor(0).encode(recordings)
        random = np.random.default_rng(seed)
        rows = [found[row] for row in range(len(found))]
        varied = [vary(x, random) for _ in range(1, copies) for x in rows]
        return Ragged.from_rows([self.with_edges(x) for x in rows + varied])

    def save(self, directory):
        """Write the settings into a directory."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        config = json.dumps({"speech_edge": self.edge})
        (directory / "preprocessor.json").write_text(config)


def log_mel(samples):
    """Return the log-mel spectrogram of a recording, as speech_embedding was given it.

    Power in 32 triangular bands of area 1 from 60 to 3800 Hz on Slaney's mel scale, by
    an FFT of 512 over a Hann window of 25 ms, every 10 ms, not centred; decibels of
    int16 samples, 80 below the utterance's own maximum at the least, / 10 + 2.

    Args:
        samples: float array `(samples,)` at 16 kHz, from -1 to 1.

    Returns:
        Float32 `(1 + (samples - 512) // 160, 32)`; what is shorter than 512 samples
        counts as one frame.
    """
    x = np.asarray(samples, "float32") * 32768
    if len(x) < _FFT:
        x = np.pad(x, (0, _FFT - len(x)))
    frames = np.lib.stride_tricks.sliding_window_view(x, _FFT)[::_HOP]  # (T, 512)
    power = np.abs(np.fft.rfft(frames * _window(), axis=-1)) ** 2  # (T, 257)
    decibels = 10 * np.log10(np.maximum(power @ mel_bands(), 1e-10))  # (T, 32)
    floor = decibels.max() - _RANGE
    return (np.maximum(decibels, floor) / 10 + 2).astype("float32")


def vary(spectrogram, random):
    """Return a spectrogram as if it were said and recorded a little differently.

    Faster or slower by up to a sixth, louder or softer, duller or sharper; two short
    stretches of time and one of frequency are hidden (SpecAugment, Park et al. 2019,
    https://arxiv.org/abs/1904.08779).

    Args:
        spectrogram: float32 `(frames, 32)`.
        random: `numpy.random.Generator`.
    """
    count = max(1, round(len(spectrogram) * random.uniform(0.85, 1.18)))
    places = np.linspace(0, len(spectrogram) - 1, count)
    before = places.astype(int)
    after = np.minimum(before + 1, len(spectrogram) - 1)
    part = (places - before)[:, None]
    x = spectrogram[before] * (1 - part) + spectrogram[after] * part  # (T', 32)
    x += random.normal(0, 0.4) + np.linspace(*random.normal(0, 0.4, 2), BANDS)
    for axis, most in ((0, 8), (0, 8), (1, 6)):
        width = random.integers(1, most)
        start = random.integers(0, max(1, x.shape[axis] - width))
        hidden = x.swapaxes(0, axis)[start : start + width]  # a view of x
        hidden[:] = x.mean(axis=0) if axis == 0 else hidden.mean()
    return x.astype("float32")


@functools.cache
def _window():
    """Hann's window of 400 in the middle of 512."""
    inside = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    edge = (_FFT - _WINDOW) // 2
    return np.pad(inside, edge)


@functools.cache
def mel_bands():
    """Return the bands as a matrix `(257, 32)`: what each takes of each frequency.

    Slaney's scale is linear up to 1 kHz and logarithmic above (Auditory Toolbox, 1998).
    """
    per_mel, steps = 200 / 3, np.log(6.4) / 27

    def to_mel(hertz):
        high = 15 + np.log(np.maximum(hertz, 1) / 1000) / steps
        return np.where(hertz < 1000, hertz / per_mel, high)

    def to_hertz(mel):
        return np.where(mel < 15, mel * per_mel, 1000 * np.exp(steps * (mel - 15)))

    ends = to_hertz(np.linspace(*to_mel(np.array([LOWEST, HIGHEST])), BANDS + 2))
    left, centre, right = ends[:-2], ends[1:-1], ends[2:]
    hertz = np.linspace(0, RATE / 2, _FFT // 2 + 1)[:, None]
    rise, fall = (hertz - left) / (centre - left), (right - hertz) / (right - centre)
    return np.maximum(0, np.minimum(rise, fall)) * 2 / (right - left)
