"""Chapter 6.4 measured: the translator before, and after few and many pairs.

    python benchmarks/translation.py base               # a minute
    python benchmarks/translation.py placeholders       # a minute
    python benchmarks/translation.py choose             # rates, on validation data
    python benchmarks/translation.py run --seeds 0 1 2  # a quarter of an hour

`base` prints what the translator makes of the strings kept aside and of JupyterLab's;
`placeholders` in how many of 2,000 strings one is lost or invented. `choose` trains on
300 pairs and measures on 200 others of the pool. `run` appends to translation.csv a row
for each method, number of pairs and seed, on 300 strings of JupyterLab (the same for
all seeds) and 300 of the programs that the decoder learned from. "far" is BLEU on those
strings that are spelt like none in training: ratio below 0.7. Seconds are the
processor's.
"""

import argparse
import csv
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sftkeras.data.interface_strings import FAR, base_strings, likeness
from sftkeras.data.placeholders import placeholders
from sftkeras.graph import task_of
from sftkeras.models.translator import load_translator
from sftkeras.scenarios import machine_translation as scenario
from sftkeras.scenarios.running import draw
from sftkeras.tasks.texts import as_strings, text_scores

HERE = Path(__file__).parent
BUDGETS = (30, 100, 300, 1000, 1800)
HEAD = ["model", "labels", "seed", "seconds", "BLEU", "chrF", "exact", "far"]
HEAD += [scenario.OLD, "old exact", "old far"]


def pool_and_test():
    """Return the `Examples` of JupyterLab to draw from, and its 300 for the test."""
    examples = scenario.load_examples()
    return [examples.take(rows) for rows in scenario.split(examples, 0)]


def answers_of(fitted, texts):
    """Return the translations of a method's model, or of the nearest string."""
    if isinstance(fitted, scenario.NearestString):
        return fitted.predict(texts)
    return list(task_of(fitted).answer(fitted, texts))


def scores(fitted, test, far):
    """Return BLEU, chrF, exact matches, and BLEU on the far ones."""
    references, answers = as_strings(test.labels), answers_of(fitted, test.inputs)
    whole = text_scores(references, answers)
    rows = [row for row, yes in enumerate(far) if yes]
    apart = text_scores([references[r] for r in rows], [answers[r] for r in rows])
    return whole, apart["bleu"]


def measured(fitted, test, far, old, old_far):
    """Return the measures of both domains, as in `HEAD`."""
    (new, new_far), (known, known_far) = (
        scores(fitted, test, far),
        scores(fitted, old, old_far),
    )
    return [
        *(round(new[name], 4) for name in ("bleu", "chrf", "exact")),
        round(new_far, 4),
        round(known["bleu"], 4),
        round(known["exact"], 4),
        round(known_far, 4),
    ]


def base():
    """Print what the translator that ships does."""
    model = load_translator()
    old, train = base_strings("test"), base_strings("train")
    _, test = pool_and_test()
    for name, strings in (("kept aside", old), ("JupyterLab", test)):
        like = likeness(strings.inputs, train.inputs)
        started = time.process_time()
        whole, far = scores(model, strings, like < FAR)
        seconds = time.process_time() - started
        control, control_far = scores(
            scenario.NearestString(train), strings, like < FAR
        )
        low, high = whole["bleu_interval"]
        print(
            f"{name}: BLEU {whole['bleu']:.1f} ({low:.1f} to {high:.1f}), chrF "
            f"{whole['chrf']:.1f}, exact {whole['exact']:.3f}; far ({sum(like < FAR)} "
            f"of {len(like)}) {far:.1f}; nearest string {control['bleu']:.1f}, far "
            f"{control_far:.1f}, exact {control['exact']:.3f}; {seconds:.1f} s"
        )


def strings_with_placeholders(count):
    """Return N texts with placeholders: all real ones, then real ones put elsewhere.

    The latter are plain strings that get one to four placeholders of real ones between
    their words, drawn by lot.
    """
    parts = [base_strings(part).inputs for part in ("train", "dev", "test")]
    texts = [*scenario.load_examples().inputs, *(text for p in parts for text in p)]
    real = [text for text in texts if placeholders(text)][:count]
    pieces = [piece for text in real for piece in placeholders(text)]
    random = np.random.default_rng(0)
    plain = random.permutation([text for text in texts if not placeholders(text)])
    made = []
    for text in plain[: count - len(real)]:
        words = str(text).split(" ")
        for piece in random.choice(pieces, random.integers(1, 5)):
            words.insert(random.integers(len(words) + 1), str(piece))
        made.append(" ".join(words))
    return real, made


def count_placeholders(count=2000):
    """Print in how many of so many strings a placeholder is lost or invented."""
    model = load_translator()
    for name, texts in zip(
        ("real", "made"), strings_with_placeholders(count), strict=True
    ):
        answers = answers_of(model, texts)
        empty = sum(not answer for answer in answers)
        lost, invented = 0, 0
        for text, answer in zip(texts, answers, strict=True):
            there, now = Counter(placeholders(text)), Counter(placeholders(answer))
            lost += bool(there - now)
            invented += bool(now - there)
            if there != now:
                print(repr(text), repr(answer))
        number = sum(len(placeholders(text)) for text in texts)
        print(
            f"{name}: {len(texts)} strings, {number} placeholders: lost in {lost}, "
            f"invented in {invented} strings; {empty} strings not translated"
        )


def choose():
    """Print BLEU on 200 validation pairs for some rates and epochs."""
    pool, _ = pool_and_test()
    pool, held = (pool.take(range(200, len(pool))), pool.take(range(200)))
    train, model = draw(pool, 300, 0), load_translator()
    tried = [
        (name, rate, epochs)
        for name, rates, numbers in (
            ("whole decoder", (2e-4, 5e-4, 1e-3), (10,)),
            ("from scratch", (1e-3, 2e-3), (25, 60)),
        )
        for rate in rates
        for epochs in numbers
    ]
    for name, rate, epochs in tried:
        started = time.process_time()
        fitted = scenario.METHODS[name](
            model, train, 0, learning_rate=rate, epochs=epochs
        )
        seconds = time.process_time() - started
        report = text_scores(as_strings(held.labels), answers_of(fitted, held.inputs))
        print(
            f"{name}, {rate:g}, {epochs} epochs: BLEU {report['bleu']:.1f}, chrF "
            f"{report['chrf']:.1f}; {seconds:.0f} s",
            flush=True,
        )


def run(seeds, budgets, methods, out):
    """Append a row a method, number of pairs and seed."""
    pool, test = pool_and_test()
    old, train = base_strings("test"), base_strings("train")
    far = likeness(test.inputs, [*train.inputs, *pool.inputs]) < FAR
    old_far = likeness(old.inputs, train.inputs) < FAR
    model, new, before = load_translator(), not out.exists(), None
    with out.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if new:
            writer.writerow(HEAD)
        for seed in seeds:
            for count in budgets:
                drawn = draw(pool, count, seed)
                for name in methods:
                    untrained = name == "before fine-tuning"
                    if untrained and seed != seeds[0]:
                        continue
                    started = time.process_time()
                    fitted = scenario.METHODS[name](model, drawn, seed)
                    seconds = round(time.process_time() - started, 1)
                    row = before if untrained else None
                    row = row or measured(fitted, test, far, old, old_far)
                    before = row if untrained else before
                    writer.writerow([name, count, seed, seconds, *row])
                    stream.flush()


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["base", "placeholders", "choose", "run"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--budgets", type=int, nargs="+", default=BUDGETS)
    parser.add_argument("--methods", nargs="+", default=[*scenario.METHODS])
    parser.add_argument("--out", type=Path, default=HERE / "translation.csv")
    given = parser.parse_args()
    if given.step == "run":
        run(given.seeds, given.budgets, given.methods, given.out)
    else:
        steps = {"base": base, "placeholders": count_placeholders, "choose": choose}
        steps[given.step]()


if __name__ == "__main__":
    main()
