"""Make the tops that ship, and the recordings of a voice that they never heard.

    pip install espeakng-loader==0.2.4     # GPL; for this script alone
    python data/make_speech.py speak en --folder FOLDER     # 1 minute of a core, 150 MB
    python data/make_speech.py train en --folder FOLDER     # 3 minutes of a core
    python data/make_speech.py record en                    # into data/speech/en

`speak` has eSpeak NG say words in many voices, with rooms, microphones and noise drawn
by lot, and keeps spectrograms; `train` trains the top of `speech-embedding` on them,
its convolutions frozen, and writes data/pretrained_tops/speech-LANGUAGE.safetensors;
`record` has another voice say digits. eSpeak says nothing twice the same, to the
sample: what ships was made once, with seed 0. `zh` in place of `en` is Chinese.
"""

import argparse
import csv
import json
import sys
import time
from multiprocessing import Process
from pathlib import Path

import numpy as np
from espeak import (
    ACCENTS,
    DRAWN,
    HELD_ACCENTS,
    HELD_VARIANTS,
    VARIANTS,
    Espeak,
    record,
    utter,
)
from spoken_words import WORDS

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

COUNTS = {"en": 12000, "zh": 10000}  # utterances
PART, LONGEST, HELD = 250, 5, 2  # `HELD` parts of voices kept aside
DIGITS = 0.5
JOINT = {"en": " ", "zh": ""}
LEVELS = {"en": "words", "zh": "characters"}
SMALL = {"compression_level": 0.98}  # 11 kbit/s
NEW_WORD = {"en": "robot", "zh": "机器人"}
SHIPPED = {"en": "en-029+f5", "zh": "cmn+f5"}  # of espeak.UNHEARD


def speak(language, folder, count=None, seed=0):
    """Write the spectrograms and transcripts of many voices into a folder.

    Part by part, each in a process of its own: eSpeak NG may crash, in Chinese once in
    some thousand utterances; such a part is made again with other draws.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for held, wanted in ((True, HELD * PART), (False, count or COUNTS[language])):
        done, draw, started = 0, 0, time.time()
        while done < wanted:
            file = folder / _name(language, seed, held, draw)
            given = (language, file, [seed, held, draw], held)
            process = Process(target=_speak_part, args=given)
            process.start()
            process.join()
            draw += 1
            if process.exitcode == 0:
                done += PART
                print(f"{done} utterances, {time.time() - started:.0f} s", flush=True)


def _name(language, seed, held, draw):
    return f"{language}-{seed}-{'held' if held else 'heard'}-{draw}.npz"


def _speak_part(language, file, seed, held):
    from sftkeras.inputs.speech import log_mel

    espeak, random = Espeak(), np.random.default_rng(seed)
    accents = (HELD_ACCENTS if held else ACCENTS)[language]
    found, texts = [], []
    for _ in range(PART):
        words = random.choice(WORDS[language], random.integers(1, LONGEST + 1))
        variant, calm = random.choice(HELD_VARIANTS if held else VARIANTS), False
        if held:
            calm = random.random() < 0.5
        elif random.random() < 0.6:
            espeak.draw(random)
            variant = DRAWN
        voice = f"{random.choice(accents)}+{variant}"
        sound = record(utter(espeak, list(words), voice, random, calm), random, calm)
        found.append(log_mel(sound).astype("float16"))
        texts.append(JOINT[language].join(words))
    lengths = [len(frames) for frames in found]
    np.savez(file, frames=np.concatenate(found), lengths=lengths, texts=texts)


def spoken(language, folder, held, seed=0):
    """Return (spectrograms, texts) that `speak` wrote; of the voices kept aside?"""
    spectrograms, texts = [], []
    for file in sorted(folder.glob(_name(language, seed, held, "*"))):
        stored = np.load(file)
        ends = np.cumsum(stored["lengths"])[:-1]
        spectrograms += np.split(stored["frames"].astype("float32"), ends)
        texts += stored["texts"].tolist()
    return spectrograms, texts


def unheard(language, voice, count, seed, words=None, must=None):
    """Return (sounds, texts) of one voice in a quiet room, three to five words each.

    Args:
        language: `"en"` or `"zh"`.
        voice: str, eSpeak's.
        count: int, how many utterances.
        seed: int.
        words: list to draw from. Defaults to `None`: all that the top knows.
        must: str, a word that each utterance has once. Defaults to `None`.
    """
    espeak, random = Espeak(), np.random.default_rng(seed)
    sounds, texts = [], []
    for _ in range(count):
        drawn = list(random.choice(words or WORDS[language], random.integers(3, 6)))
        if must:
            drawn[random.integers(len(drawn))] = must
        sound = utter(espeak, drawn, voice, random, calm=True)
        sounds.append(record(sound, random, calm=True))
        texts.append(JOINT[language].join(drawn))
    return sounds, texts


def write_voice(language, folder, voice, count=80, new=14, seed=0):
    """Write recordings of digits by one voice, and some with a word that is new."""
    import soundfile
    from scipy.signal import resample_poly

    digits, word = WORDS[language][:10], NEW_WORD[language]
    groups = {
        folder: unheard(language, voice, count, seed, digits),
        folder.with_name(f"{folder.name}_new_word"): unheard(
            language, voice, new, seed + 1, digits, word
        ),
    }
    for place, (sounds, texts) in groups.items():
        place.mkdir(parents=True, exist_ok=True)
        table = place / "transcripts.csv"
        with table.open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream, lineterminator="\n")
            rows.writerow(["file", "text"])
            for number, (sound, text) in enumerate(zip(sounds, texts, strict=True)):
                name = f"{number:03}.ogg"
                # Narrow band: speech_embedding listens up to 3800 Hz.
                narrow = resample_poly(sound, 1, 2)
                soundfile.write(
                    place / name, narrow, 8000, "OPUS", None, "OGG", **SMALL
                )
                rows.writerow([name, text])


def train(language, folder, out, seed=0, epochs=10):
    """Train a top on what `speak` wrote, and choose its blank on voices kept aside."""
    from safetensors.numpy import save_file

    import sftkeras as sft
    from sftkeras.inputs.ragged import Ragged

    level = LEVELS[language]
    task = sft.Transcription(level=level).fitted_to(WORDS[language])
    model = sft.load_pretrained_model(
        "speech-embedding", task=task, dropout=0.1, seed=seed
    )
    edges = model.preprocessor.with_edges
    parts = []
    for held in (False, True):
        spectrograms, texts = spoken(language, folder, held, seed)
        parts += [Ragged.from_rows([edges(frames) for frames in spectrograms]), texts]
    rows, texts, held_rows, held_texts = parts
    model = sft.fine_tune(
        model,
        rows,
        texts,
        ["top_*"],
        epochs=epochs,
        batch_size=32,
        learning_rate=2e-3,
        seed=seed,
        verbose=2,
    )
    expect_digits(model, language)
    lower_blank(model, held_rows, held_texts)
    report = sft.evaluate_model(model, held_rows, held_texts)
    tensors = {
        weight.path: np.asarray(weight.numpy(), "float16")
        for weight in model.weights
        if weight.path.startswith(("top_", "head/"))
    }
    told = {"units": task.label_names, "level": level, "frame_ms": 40}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out, {"top": json.dumps(told, ensure_ascii=False)})
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB; of the voices kept aside:")
    print(task.describe(report))


def expect_digits(model, language):
    """Raise the digits' biases as if a share of `DIGITS` of what is said were digits.

    In training all words come equally often; people who try a recogniser say numbers.
    By Bayes' rule the change of the odds is a factor, of the logits a summand.
    """
    from sftkeras.graph import task_of

    task, head = task_of(model), model.get_layer("head")
    units = [unit for word in WORDS[language] for unit in task.units_of(word)]
    digits = {unit for word in WORDS[language][:10] for unit in task.units_of(word)}
    share = np.mean([unit in digits for unit in units])
    bias = np.array(head.bias.numpy())
    for place, unit in enumerate(task.label_names, 1):
        if unit in digits:
            bias[place] += np.log(DIGITS / (1 - DIGITS)) - np.log(share / (1 - share))
    head.bias.assign(bias)


def lower_blank(model, rows, texts):
    """Lower the blank's bias so far that the error on rows kept aside is least.

    Training leaves it high: a word left out costs CTC less than one put in.
    """
    from sftkeras.graph import task_of

    task, head = task_of(model), model.get_layer("head")
    logits = task.answer(model, rows).outputs
    errors = {}
    for shift in np.arange(0, 5, 0.5):
        moved = [x - shift * np.eye(task.units)[0] for x in logits]
        report = task.score(texts, task.decide(moved))
        rate = report["cer"] if report["wer"] is None else report["wer"]
        errors[float(shift)] = rate
    best = min(errors, key=errors.get)
    print(f"error rate by how far the blank is lowered: {errors}")
    bias = np.array(head.bias.numpy())
    bias[0] -= best
    head.bias.assign(bias)


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["speak", "train", "record"])
    parser.add_argument("language", choices=[*WORDS])
    parser.add_argument("--folder", type=Path, help="of the spectrograms")
    parser.add_argument("--count", type=int, help="of utterances")
    given = parser.parse_args()
    if given.step == "record":
        folder = ROOT / "data" / "speech" / given.language
        write_voice(given.language, folder, SHIPPED[given.language])
    elif given.folder is None:
        parser.error("--folder is needed")
    elif given.step == "speak":
        speak(given.language, given.folder, given.count)
    else:
        name = f"speech-{given.language}.safetensors"
        train(given.language, given.folder, ROOT / "data" / "pretrained_tops" / name)


if __name__ == "__main__":
    main()
