"""Measure what the data card says of the reviews, the headlines and the messages.

    python data/check_texts.py                     # texts, overlap, frames, TF-IDF
    python data/check_texts.py --transfer FILE …   # MiniLM: our reviews and real ones

`--transfer` fine-tunes MiniLM on our training texts and tests it on other labelled
files (text<TAB>0/1), to see whether ours resemble real reviews.
"""

import argparse
import re
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_validate

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import sftkeras as sft  # noqa: E402
from sftkeras.models.baselines import tfidf_classifier  # noqa: E402

SPLITS = ("train", "val", "test")
SIGNS = {"a link": r"\.(example|invalid)\b", "a digit": r"\d", "two !": r"!!"}


def ngrams(tokens, n):
    return {tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)}


def worst_overlap(token_lists, n=3):
    """Return the largest share of a row's n-grams that stand in one other row.

    The share is of the shorter row: the strict reading of "more than half".
    """
    grams = [ngrams(tokens, n) for tokens in token_lists]
    where = {}
    for row, found in enumerate(grams):
        for gram in found:
            where.setdefault(gram, []).append(row)
    shared = Counter()
    for rows in where.values():
        shared.update((a, b) for i, a in enumerate(rows) for b in rows[i + 1 :])
    worst = [
        (count / min(len(grams[a]), len(grams[b])), a, b)
        for (a, b), count in shared.items()
    ]
    return max(worst, default=(0.0, 0, 0))


def frame(tokens):
    """Return the row with its content words blanked: the sentence's frame."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return tuple(t if t in ENGLISH_STOP_WORDS else "_" for t in tokens)


def load_splits(folder, names=SPLITS):
    return {
        name: sft.load_texts(folder / f"{name}_data.txt", require_labels=True)
        for name in names
    }


def describe(title, parts, positive=(1, "positive")):
    """Print the counts, lengths and overlaps of a corpus, {part: `TextData`}.

    `positive`: a label and its name, whose share is printed; or `None`: the rows of
    the rarest and of the most frequent label are.
    """
    split = sft.Tokenizer().split
    texts = [text for part in parts.values() for text in part.texts]
    tokens = [split(text) for text in texts]
    chinese = title.endswith("zh")
    sizes = [
        len(re.findall(r"[\u4e00-\u9fff]", t)) if chinese else len(t.split())
        for t in texts
    ]
    print(f"\n{title}")
    for name, part in parts.items():
        if positive is None:
            counts = np.unique(part.labels, return_counts=True)[1]
            low, high = counts.min(), counts.max()
            shares = f"{len(counts)} labels, each {low} to {high} rows"
        else:
            shares = f"{np.mean(part.labels == positive[0]):.1%} {positive[1]}"
        print(f"  {name}: {len(part)} rows, {shares}")
    low, middle, high = np.percentile(sizes, [0, 50, 100])
    unit = "characters" if chinese else "words"
    print(f"  {unit} a row: {low:.0f} to {high:.0f}, median {middle:.0f}")
    print(f"  distinct tokens: {len({t for row in tokens for t in row})}")
    share, a, b = worst_overlap(tokens)
    print(f"  most trigrams two rows share: {share:.0%} ({texts[a]!r}, {texts[b]!r})")
    openings = Counter(tuple(row[:3]) for row in tokens).most_common(1)[0]
    print(f"  most frequent opening of three tokens: {openings[1]}x {openings[0]}")
    if not chinese:
        frames = Counter(frame(row) for row in tokens if len(row) > 7)
        top, count = frames.most_common(1)[0]
        print(f"  most frequent frame of rows over 7 words: {count}x {' '.join(top)}")


def describe_splits(folder, names=SPLITS, positive=(1, "positive")):
    parts = load_splits(folder, names)
    describe(folder.name, parts, positive)
    leaks = [
        len(sft.find_leaks(parts[one], parts[other]))
        for one, other in combinations(names, 2)
    ]
    print(f"  texts in two splits: {sum(leaks)}")
    train, test = parts["train"], parts["test"]
    model = tfidf_classifier(train.texts, train.labels)
    answers = model.predict(test.texts)
    accuracy = np.mean(answers == test.labels)
    print(f"  TF-IDF + logistic regression, accuracy on test: {accuracy:.3f}")
    if len(train.label_names) > 2:
        wrong = answers != test.labels
        pairs = zip(test.labels[wrong].tolist(), answers[wrong].tolist(), strict=True)
        often = Counter(frozenset(pair) for pair in pairs).most_common(3)
        often = [f"{' and '.join(sorted(pair))} ({n})" for pair, n in often]
        print(f"  most often taken for each other: {', '.join(often)}")
    return parts


def describe_messages(path):
    data = sft.load_texts(path, require_labels=True)
    describe(path.parent.name, {path.name: data}, ("spam", "spam"))
    spam = data.labels == "spam"
    print(f"  texts that stand there twice: {len(data.report['duplicates'])}")
    for sign, pattern in SIGNS.items():
        found = np.array([bool(re.search(pattern, text)) for text in data.texts])
        shares = f"{found[spam].mean():.1%} of spam, {found[~spam].mean():.1%} of ham"
        print(f"  with {sign}: {shares}")
    scores = cross_validate(
        tfidf_classifier(data.texts, spam),
        data.texts,
        spam,
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        scoring=("f1", "average_precision"),
    )
    f1, area = scores["test_f1"].mean(), scores["test_average_precision"].mean()
    print(f"  TF-IDF + logistic regression, F1 of spam, 5 folds: {f1:.3f}")
    print(f"  the same, average precision: {area:.3f}")


def transfer(train, files):
    texts, labels = [], []
    for file in files:
        data = sft.load_texts(file, require_labels=True)
        texts += data.texts
        labels += data.labels.tolist()
    scores = []
    for seed in range(3):
        model = sft.load_pretrained_model("minilm", seed=seed)
        model = sft.fine_tune(model, train.texts, train.labels, seed=seed, verbose=0)
        report = sft.evaluate_model(model, texts, labels, verbose=False)
        scores.append(report["accuracy"])
        print(f"  seed {seed}: {scores[-1]:.4f} on {len(texts)} rows", flush=True)
    print(f"  mean {np.mean(scores):.4f}, spread {np.ptp(scores):.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transfer", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    english = describe_splits(HERE / "reviews")
    describe_splits(HERE / "reviews_zh")
    for name in ("news", "news_zh"):
        describe_splits(HERE / name, ("train", "test"), positive=None)
    describe_messages(HERE / "spam" / "messages.tsv")
    if arguments.transfer:
        print("\nMiniLM fine-tuned on reviews/train_data.txt, tested on the files")
        transfer(english["train"], arguments.transfer)
