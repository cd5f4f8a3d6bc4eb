"""Speech by eSpeak NG, for `make_speech.py` alone.

eSpeak NG is free under the GPL, and no part of sftkeras: `pip install
espeakng-loader==0.2.4` brings it where speech is made. What it says is ours to ship.
"""

# ruff: noqa: SIM905 (words to be read)
import ctypes
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

RATE = 16_000  # Hz
_ENGLISH = ("en-us", "en-us", "en", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbcwmd")
_ENGLISH += ("en-gb-scotland",)
ACCENTS = {"en": _ENGLISH, "zh": ("cmn",)}
# Shapes of throat and mouth that eSpeak has beside each accent.
VARIANTS = (
    "Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee "
    "Marco Mario Michael Mike Reed adam anika antonio aunty belinda benjamin boris "
    "caleb david ed edward edward2 f1 f2 f3 f4 grandma grandpa gustave ian iven "
    "iven2 iven3 john kaukovalta klatt klatt2 klatt4 linda m1 m2 m3 m4 m5 m6 m7 "
    "marcelo max michel miguel mike2 pablo paul pedro quincy rob robert sandro "
    "shelby steph steph2 travis zac"
).split()
# Never heard in training; in English with an accent, the Caribbean, that is not either.
UNHEARD = {
    "en": ("en-029+f5", "en-029+m8", "en-029+klatt3", "en-029+victor"),
    "zh": ("cmn+f5", "cmn+m8", "cmn+klatt3", "cmn+victor"),
}


class Espeak:
    """eSpeak NG's library, through ctypes: text in, samples out."""

    def __init__(self):
        import espeakng_loader

        folder = Path(espeakng_loader.__file__).parent
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self.parts = []

        def receive(samples, count, _):
            if samples and count > 0:
                self.parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
            return 0

        self.callback = kind(receive)  # kept, or it would be collected
        data = str(folder / "espeak-ng-data").encode()
        self.rate = self.library.espeak_Initialize(2, 0, data, 0)
        if self.rate <= 0:
            raise RuntimeError("eSpeak NG does not start")
        self.library.espeak_SetSynthCallback(self.callback)

    def say(self, text, voice, speed=175, pitch=50, spread=50, gap=0):
        """Return float32 `(samples,)`, of int16's range, at `self.rate`.

        Args:
            text: str.
            voice: str, accent+variant. (A variant that is none is taken silently.)
            speed: int, words a minute.
            pitch, spread: int, 0 to 99.
            gap: int, between words, in 10 ms.
        """
        if self.library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(voice)
        for number, value in ((1, speed), (3, pitch), (4, spread), (7, gap)):
            self.library.espeak_SetParameter(number, int(value), 0)
        self.parts.clear()
        raw = text.encode() + b"\0"
        self.library.espeak_Synth(raw, len(raw), 0, 1, 0, 1, None, None)
        self.library.espeak_Synchronize()
        return np.concatenate(self.parts).astype("float32")


def utter(espeak, words, voice, random, calm=False):
    """Return one utterance, float32 `(samples,)` at 16 kHz.

    Tempo, pitch, and the length of the throat (by playing faster or slower) are drawn;
    half the utterances are words said one by one, the others one phrase.

    Args:
        espeak: `Espeak`.
        words: list of str.
        voice: str.
        random: `numpy.random.Generator`.
        calm: bool. Draw little, as of one speaker in a quiet room. Defaults to `False`.
    """
    speed = random.integers(135, 180) if calm else random.integers(95, 235)
    pitch = random.integers(42, 58) if calm else random.integers(10, 90)
    factor = 1.0 if calm else random.uniform(0.82, 1.22)
    spread, gap = random.integers(20, 80), random.integers(0, 8)
    phrases = [" ".join(words)]
    if not calm and random.random() < 0.5:
        phrases = words
    parts = []
    for phrase in phrases:
        jitter = random.uniform(0.9, 1.1) if len(phrases) > 1 else 1
        x = espeak.say(phrase, voice, speed * jitter, pitch, spread, gap)
        if len(phrases) > 1:
            x = _trimmed(x) * 10 ** random.uniform(-0.2, 0.2)
            parts.append(np.zeros(int(random.uniform(0.02, 0.35) * espeak.rate)))
        parts.append(x)
    source = round(espeak.rate * factor / 50)
    return resample_poly(np.concatenate(parts), RATE // 50, source).astype("float32")


def _trimmed(x):
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.abs(x).max())
    return x[loud[0] : loud[-1] + 1]


def record(x, random, calm=False):
    """Return an utterance as a microphone in a room would have it, from -1 to 1.

    Args:
        x: float `(samples,)`.
        random, calm: as in `utter`.
    """
    x = x / (np.abs(x).max() + 1e-9)
    if random.random() < 0.6:  # a room
        length = int(random.uniform(0.02, 0.2) * RATE)
        tail = random.normal(size=length) * np.exp(-6 * np.arange(length) / length)
        tail *= random.uniform(0.02, 0.05 if calm else 0.2)
        tail[0] = 1
        x = np.convolve(x, tail)
    if not calm:
        for lag in (1, random.integers(2, 9)):  # a microphone's colour
            x = x + random.uniform(-0.6, 0.6) * np.append(np.zeros(lag), x[:-lag])
    x = np.pad(x, random.integers(800, 5000, 2))
    noise = random.normal(size=len(x))
    if random.random() < 0.6:  # of low frequencies: traffic, a fan
        width = random.integers(2, 24)
        noise = np.convolve(noise, np.ones(width) / width, "same")
    ratio = random.uniform(28, 40) if calm else random.uniform(6, 45)  # decibels
    noise *= np.sqrt((x**2).mean() / (noise**2).mean()) * 10 ** (-ratio / 20)
    x = x + noise
    return (x / np.abs(x).max() * 10 ** random.uniform(-1.2, -0.05)).astype("float32")
