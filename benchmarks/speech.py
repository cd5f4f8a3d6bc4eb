"""Speech (article §6.2): what to train, and on how many sentences of a new voice.

    python benchmarks/speech.py en      # about two minutes; zh for the Chinese voice

Writes `speech_LANGUAGE.csv`, a row a run, which chapter 6.2 draws: the synthetic voices
of data/speech, which the recognisers never heard; each seed draws other sentences.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sftkeras.machine import import_keras

SEEDS = 2
SLOW = "fine-tuned, top and upper convolutions"  # four times the top's time


def main(language):
    """Run the trials of a language, and write each as soon as it is there."""
    import_keras()
    from sftkeras.scenarios import running, speech_recognition

    scenario = speech_recognition.SCENARIO
    examples = speech_recognition.load_examples(language=language)
    out = Path(__file__).with_name(f"speech_{language}.csv")
    methods, found = dict(scenario.methods), []
    first = ("before fine-tuning", scenario.fine_tuned)
    del methods[SLOW]
    jobs = [
        (seed, labels, chosen)
        for seed in range(SEEDS)
        for labels, chosen in ((5, {n: methods[n] for n in first}), (20, methods))
    ]
    for seed, labels, chosen in jobs:
        some = replace(scenario, methods=chosen)
        trial = running.run_trial(some, examples, labels, seed)
        found.append(trial.rows)
        rows = pd.concat(found).drop_duplicates(["model", "labels", "seed"])
        rows.to_csv(out, index=False)
        print(trial.rows.to_string(index=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
