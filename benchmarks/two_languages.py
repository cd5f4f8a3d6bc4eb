"""One encoder, two languages: topics and sentiment, by labels in each (article §6.1).

    python benchmarks/two_languages.py                # goes on where it stopped
    python benchmarks/two_languages.py --minutes 4    # stop after so long; call again
    python benchmarks/two_languages.py --seeds 1 --out runs/small.csv

Each run draws so many English and so many Chinese training texts of each class (the
seed draws them, and the model), trains on them together, and is measured on the test
file of one language or both. After each run the CSV is written anew, as a whole; runs
that it holds are not repeated; after a change to the training code, delete it.
Chapter 6.1 draws it.
"""

import argparse
import csv
import functools
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

import sftkeras as sft  # noqa: E402
from sftkeras.files import write_file  # noqa: E402

keras = sft.machine.import_keras()

CSV = ROOT / "benchmarks" / "two_languages.csv"
FILES = {"topics": ("news", "news_zh"), "sentiment": ("reviews", "reviews_zh")}
# A folder's own language, and the other one.
LANGUAGES = {"data/news": ("en", "zh"), "data/news_zh": ("zh", "en")}
COLUMNS = {
    "task": str, "model": str, "en": int, "zh": int, "seed": int, "tested": str,
    "accuracy": float,
}  # fmt: skip


def load(task, language, part):
    """Return the texts of a task in a language, `"train"` or `"test"`."""
    folder = ROOT / "data" / FILES[task][language == "zh"]
    return sft.load_texts(folder / f"{part}_data.txt")


def draw(train, labels, seed):
    """Return `TextData` with so many labels of each class, drawn by the seed."""
    count = labels * len(train.label_names)
    return train if count == len(train) else sft.split_texts(train, count, seed)[1]


def training_texts(task, counts, seed):
    """Return texts and labels of one language, or of two together.

    Args:
        task: `"topics"` or `"sentiment"`.
        counts: {`"en"`, `"zh"`: labels of each class}; 0: none of that language.
        seed: int.
    """
    drawn = [
        draw(load(task, language, "train"), count, seed)
        for language, count in counts.items()
        if count
    ]
    labels = np.concatenate([part.labels for part in drawn])
    return [text for part in drawn for text in part.texts], labels


def fine_tuned(encoder, layers, learning_rate, epochs):
    """Return a method that fine-tunes an encoder's last `layers` blocks, or `"all"`.

    Few labels make few steps: then it takes as many epochs as make forty.
    """

    def method(texts, labels, seed):
        classes = len(np.unique(labels))
        model = sft.load_pretrained_model(encoder, num_classes=classes, seed=seed)
        chosen = layers if layers == "all" else sft.blocks(model)[-layers:]
        model = sft.fine_tune(
            model, texts, labels, chosen, learning_rate=learning_rate,
            epochs=enough(epochs, texts, 16), seed=seed, verbose=0,
        )  # fmt: skip
        return lambda texts: sft.predict(model, texts)

    return method


def frozen(encoder, learning_rate):
    """Return a method that trains a head on an encoder's vectors, computed once.

    What `fine_tune(model, texts, labels, None)` does; here the vectors of a text are
    kept for all runs, which is what makes so many runs a matter of minutes.
    """

    def method(texts, labels, seed):
        keras.utils.set_random_seed(seed)
        names = np.unique(labels)
        vectors = vectors_of(encoder, texts)
        epochs, width = enough(20, texts, 32), vectors.shape[1]
        output = keras.layers.Dense(len(names), activation="softmax")
        head = keras.Sequential([keras.Input((width,)), output])
        steps = epochs * -(-len(texts) // 32)
        schedule = sft.warmup_cosine(learning_rate)(steps)
        head.compile(
            keras.optimizers.Adam(schedule),
            "sparse_categorical_crossentropy",
            steps_per_execution=8,
        )
        codes = np.searchsorted(names, labels)
        head.fit(vectors, codes, batch_size=32, epochs=epochs, verbose=0)
        return lambda texts: names[said_by(head, vectors_of(encoder, texts))]

    return method


def enough(epochs, texts, batch_size):
    """Return the epochs, or as many as make forty steps."""
    return max(epochs, -(-40 // -(-len(texts) // batch_size)))


def said_by(head, vectors):
    """Return the class number that a head finds most probable."""
    return head.predict(vectors, batch_size=256, verbose=0).argmax(axis=1)


_VECTORS = {}


def vectors_of(encoder, texts):
    """Return one vector a text, each text computed once."""
    known = _VECTORS.setdefault(encoder, {})
    if new := [text for text in dict.fromkeys(texts) if text not in known]:
        known.update(zip(new, sft.embed(loaded(encoder), new), strict=True))
    return np.array([known[text] for text in texts])


@functools.cache
def loaded(encoder):
    """Return an encoder."""
    return sft.load_pretrained_model(encoder, num_classes=2)


def tfidf(texts, labels, seed):
    """Return TF-IDF + logistic regression; nothing in it is left to chance.

    Parts of words for English, which was better on held-out headlines than words;
    characters and pairs of them for Chinese, as in `sft.tfidf_classifier`.
    """
    if np.mean([text.isascii() for text in texts]) < 0.5:
        return sft.tfidf_classifier(texts, labels).predict
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    classifier = make_pipeline(parts, LogisticRegression(C=10, max_iter=1000))
    return classifier.fit(texts, labels).predict


def lstm(texts, labels, seed):
    """Return the article's LSTM, mended (§5.2), from scratch."""
    model = sft.create_model(
        tokenizer=sft.Tokenizer().fit_on_texts(texts),
        num_classes=len(np.unique(labels)),
        seed=seed,
    )
    settings = {"learning_rate": 3e-3, "epochs": 20, "verbose": 0}
    sft.train_model(model, texts, labels, seed=seed, **settings)
    return lambda texts: sft.predict(model, texts)


TFIDF, LSTM = "TF-IDF + logistic", "LSTM from scratch"
# The encoders' rates and epochs are `fine_tune`'s; the controls' were chosen on a
# quarter of the training headlines, held out.
MODELS = {
    TFIDF: tfidf,
    LSTM: lstm,
    "e5-small, frozen": frozen("e5-small", 1e-2),
    "e5-small, top 4 layers": fine_tuned("e5-small", 4, 3e-4, 3),
    "e5-small, all layers": fine_tuned("e5-small", "all", 1e-4, 4),
    "MiniLM, frozen": frozen("minilm", 3e-3),
}
FROZEN, TOP, WHOLE = list(MODELS)[2:5]
BOTH = (90, 0), (0, 60)  # all labels of one language
# Task, models, labels of each class in English and in Chinese, languages tested.
FEW = (2, 8, 32)
PLAN = [
    *[("topics", [TFIDF, FROZEN, "MiniLM, frozen"], *n, "en zh") for n in BOTH],
    *[("topics", [TFIDF, FROZEN], few, 0, "en") for few in FEW],
    *[("topics", [TFIDF, FROZEN], 0, few, "zh") for few in FEW],
    *[("topics", [FROZEN], 90, few, "zh") for few in FEW],
    *[("topics", [FROZEN], few, 60, "en") for few in FEW],
    *[("topics", [LSTM], *n, "en zh") for n in BOTH],
    *[("sentiment", [TFIDF, FROZEN], *n, "en zh") for n in ((360, 0), (0, 360))],
    *[("topics", [TOP], *n, "en zh") for n in BOTH],
    *[("topics", [WHOLE], *n, "en zh") for n in BOTH],
]


def measure(task, name, counts, seed, languages):
    """Train once; return {language: accuracy}."""
    rows = training_texts(task, counts, seed)
    predict = MODELS[name](*rows, seed)
    found = {}
    for language in languages:
        test = load(task, language, "test")
        found[language] = float(np.mean(predict(test.texts) == test.labels))
    return found


def read_rows(path=CSV):
    """Return the rows of the CSV as dictionaries, numbers as numbers; [] without."""
    if not Path(path).exists():
        return []
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [{k: COLUMNS[k](r[k]) for k in COLUMNS} for r in csv.DictReader(file)]


def write_rows(path, rows):
    """Write all rows, in a fixed order, in one move."""
    order = {name: place for place, name in enumerate(MODELS)}
    rest = ("en", "zh", "seed", "tested")
    rows.sort(key=lambda r: (r["task"], order[r["model"]], *[r[name] for name in rest]))
    with write_file(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    parser.add_argument("--minutes", type=float, help="stop after so many")
    parser.add_argument("--out", type=Path, default=CSV)
    arguments = parser.parse_args()
    rows = read_rows(arguments.out)
    done = {tuple(row[name] for name in list(COLUMNS)[:6]) for row in rows}
    todo = [
        (task, name, en, zh, seed, languages.split())
        for task, names, en, zh, languages in PLAN
        for name in names
        for seed in range(arguments.seeds)
        if not {(task, name, en, zh, seed, of) for of in languages.split()} <= done
    ]
    started = time.perf_counter()
    for number, (task, name, en, zh, seed, languages) in enumerate(todo, start=1):
        if arguments.minutes and time.perf_counter() - started > 60 * arguments.minutes:
            print(f"{len(todo) - number + 1} runs are left; the same command goes on.")
            return
        found = measure(task, name, {"en": en, "zh": zh}, seed, languages)
        for language, accuracy in found.items():
            values = task, name, en, zh, seed, language, round(accuracy, 4)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
        write_rows(arguments.out, rows)
        told = ", ".join(f"{of} {accuracy:.3f}" for of, accuracy in found.items())
        print(
            f"{number:3}/{len(todo)}  {task:9} {name:22} {en:3} en {zh:3} zh  "
            f"seed {seed}  {told}",
            flush=True,
        )
    print(f"{len(rows)} rows in {arguments.out}")


if __name__ == "__main__":
    main()
