"""Make the tops that ship, and the recordings of a voice that they never heard.

    pip install espeakng-loader==0.2.4     # GPL; for this script alone
    python data/make_speech.py speak en --folder FOLDER     # 4 minutes, 250 MB
    python data/make_speech.py train en --folder FOLDER     # 5 minutes
    python data/make_speech.py record en                    # data/speech/en/

`speak` has eSpeak NG say words in many voices, with rooms, microphones and noise drawn
by lot, and keeps spectrograms; `train` trains the top of `speech-embedding` on them,
its convolutions frozen, and writes data/pretrained_tops/speech-LANGUAGE.safetensors.
eSpeak says nothing twice the same, to the sample: the weights that ship were made once,
with seed 0. `zh` instead of `en` makes the Chinese ones.
"""

import argparse
import csv
import json
import sys
import time
from multiprocessing import Process
from pathlib import Path

import numpy as np
from espeak import ACCENTS, UNHEARD, VARIANTS, Espeak, record, utter
from spoken_words import WORDS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

COUNT, PART, LONGEST, HELD = 8000, 500, 5, 300
JOINT = {"en": " ", "zh": ""}
LEVELS = {"en": "words", "zh": "characters"}


def speak(language, folder, count=COUNT, seed=0):
    """Write the spectrograms and transcripts of many voices into a folder.

    Part by part, each in a process of its own: eSpeak NG may crash, in Chinese once in
    some thousand utterances; such a part is made again with other draws.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts, draw, started = [], 0, time.time()
    while PART * len(parts) < count:
        file = folder / f"{language}-{seed}-{draw}.npz"
        process = Process(target=_speak_part, args=(language, file, [seed, draw]))
        process.start()
        process.join()
        draw += 1
        if process.exitcode == 0:
            parts.append(file)
            done = PART * len(parts)
            print(f"{done} utterances, {time.time() - started:.0f} s", flush=True)
    return parts


def _speak_part(language, file, seed):
    from sftkeras.inputs.speech import log_mel

    espeak, random = Espeak(), np.random.default_rng(seed)
    found, texts = [], []
    for _ in range(PART):
        words = random.choice(WORDS[language], random.integers(1, LONGEST + 1))
        voice = f"{random.choice(ACCENTS[language])}+{random.choice(VARIANTS)}"
        sound = record(utter(espeak, list(words), voice, random), random)
        found.append(log_mel(sound).astype("float16"))
        texts.append(JOINT[language].join(words))
    lengths = [len(frames) for frames in found]
    np.savez(file, frames=np.concatenate(found), lengths=lengths, texts=texts)


def heard(language, folder, seed=0):
    """Return (spectrograms, texts) that `speak` wrote."""
    spectrograms, texts = [], []
    for file in sorted(folder.glob(f"{language}-{seed}-*.npz")):
        stored = np.load(file)
        ends = np.cumsum(stored["lengths"])[:-1]
        spectrograms += np.split(stored["frames"].astype("float32"), ends)
        texts += stored["texts"].tolist()
    return spectrograms, texts


def unheard(language, voice, count, seed, words=None, longest=5, least=3):
    """Return (sounds, texts) of one voice in a quiet room."""
    espeak, random = Espeak(), np.random.default_rng(seed)
    sounds, texts = [], []
    for _ in range(count):
        number = random.integers(least, longest + 1)
        drawn = random.choice(words or WORDS[language], number)
        sound = utter(espeak, list(drawn), voice, random, calm=True)
        sounds.append(record(sound, random, calm=True))
        texts.append(JOINT[language].join(drawn))
    return sounds, texts


def train(language, folder, out, seed=0, epochs=10):
    """Train a top on what `speak` wrote, its last `HELD` utterances kept aside."""
    from safetensors.numpy import save_file

    import sftkeras as sft
    from sftkeras.inputs.ragged import Ragged

    spectrograms, texts = heard(language, folder, seed)
    level = LEVELS[language]
    task = sft.Transcription(level=level).fitted_to(WORDS[language])
    model = sft.load_pretrained_model(
        "speech-embedding", task=task, dropout=0.2, seed=seed
    )
    edges = model.preprocessor.with_edges
    rows = Ragged.from_rows([edges(frames) for frames in spectrograms])
    kept, held = np.arange(len(texts) - HELD), np.arange(len(texts) - HELD, len(texts))
    model = sft.fine_tune(
        model,
        rows.pick(kept),
        texts[:-HELD],
        ["top_*"],
        validation_data=(rows.pick(held), texts[-HELD:]),
        epochs=epochs,
        batch_size=32,
        learning_rate=2e-3,
        patience=None,
        seed=seed,
        verbose=2,
    )
    report = sft.evaluate_model(model, rows.pick(held), texts[-HELD:])
    tensors = {
        weight.path: np.asarray(weight.numpy(), "float16")
        for weight in model.weights
        if weight.path.startswith(("top_", "head/"))
    }
    told = {"units": task.label_names, "level": level, "frame_ms": 40}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out, {"top": json.dumps(told, ensure_ascii=False)})
    print(
        f"{out}: {out.stat().st_size / 1e6:.2f} MB; held out: {report['cer']:.3f} CER"
    )
