"""Speech by eSpeak NG, for `make_speech.py` alone.

eSpeak NG is free under the GPL, and no part of sftkeras: `pip install
espeakng-loader==0.2.4` brings it where speech is made. What it says is ours to ship.
"""

# ruff: noqa: SIM905 (words to be read)
import ctypes
import tempfile
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve, resample_poly

RATE = 16_000  # Hz
_ENGLISH = ("en-us", "en-us", "en", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbcwmd")
_ENGLISH += ("en-gb-scotland",)
ACCENTS = {"en": _ENGLISH, "zh": ("cmn",)}
# Shapes of throat and mouth that eSpeak has beside each accent; others are drawn.
VARIANTS = (
    "Alex Andrea Andy Annie Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario "
    "Michael Reed adam anika antonio aunty belinda benjamin boris david ed edward "
    "edward2 f1 f2 f3 grandma grandpa gustave ian iven iven2 iven3 john kaukovalta "
    "klatt klatt4 m1 m2 m3 m4 m6 m7 marcelo max michel miguel mike2 pablo paul pedro "
    "rob robert sandro shelby steph steph2 travis zac"
).split()
# Kept aside, to choose settings on; in English with an accent, Lancaster's.
HELD_ACCENTS = {"en": ("en-gb-x-gbclan",), "zh": ("cmn",)}
HELD_VARIANTS = "Alicia Mike caleb f4 klatt2 linda m5 quincy".split()
DRAWN = "drawn"  # a variant that `Espeak.draw` writes
# Never heard in training; in English with an accent, the Caribbean, that is not either.
UNHEARD = {
    "en": ("en-029+f5", "en-029+m8", "en-029+klatt3", "en-029+victor"),
    "zh": ("cmn+f5", "cmn+m8", "cmn+klatt3", "cmn+victor"),
}


class Espeak:
    """eSpeak NG's library, through ctypes: text in, samples out."""

    def __init__(self):
        import espeakng_loader

        # A copy of eSpeak's data, all but the variants by links, to write one into.
        whole = Path(espeakng_loader.__file__).parent / "espeak-ng-data"
        self.place = tempfile.TemporaryDirectory()
        data = Path(self.place.name)
        for file in whole.iterdir():
            if file.name != "voices":
                (data / file.name).symlink_to(file)
        self.variants = data / "voices" / "!v"
        self.variants.mkdir(parents=True)
        for file in (whole / "voices" / "!v").iterdir():
            (self.variants / file.name).symlink_to(file)
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
        self.rate = self.library.espeak_Initialize(2, 0, str(data).encode(), 0)
        if self.rate <= 0:
            raise RuntimeError("eSpeak NG does not start")
        self.library.espeak_SetSynthCallback(self.callback)

    def draw(self, random):
        """Write the variant `DRAWN`: a speaker's throat, pitch and breath, by lot."""
        throat = random.uniform(92, 118)  # of the formants' usual heights, in %
        pitch = random.uniform(70, 210)  # Hz
        lines = [
            "language variant",
            f"name {DRAWN}",
            f"pitch {pitch:.0f} {pitch * random.uniform(1.2, 1.6):.0f}",
            f"flutter {random.integers(0, 8)}",
            f"roughness {random.integers(0, 5)}",
            f"voicing {random.integers(70, 140)}",
            "consonants {} {}".format(*random.integers(60, 160, 2)),
        ]
        for formant in range(9):
            height = throat * random.uniform(0.92, 1.08)
            loud, width = random.integers((60, 70), (125, 170))
            lines.append(f"formant {formant} {height:.0f} {loud} {width}")
        if random.random() < 0.3:
            breath = " ".join(str(n) for n in random.integers(0, 9, 8))
            lines.append(f"breath {breath}")
        if random.random() < 0.15:
            lines.append(f"klatt {random.choice((1, 2, 4))}")
        (self.variants / DRAWN).write_text("\n".join(lines) + "\n")

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
        x = fftconvolve(x, tail)
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
