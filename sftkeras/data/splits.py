"""Splits of labelled examples, and what leaks between them (article §3.2, §3.5)."""

import math
import numbers
import unicodedata
from collections import Counter

import numpy as np

from sftkeras.data.examples import classes_of
from sftkeras.data.telling import tell
from sftkeras.errors import InputError


def normalise(text):
    """Return the text as compared for duplicates: NFKC, lower case, one-space gaps.

    Args:
        text: str, or a pair of them.
    """
    if not isinstance(text, str):
        return "\n".join(map(normalise, text))
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def find_leaks(train, test):
    """Find texts of one split that stand in another too (article §3.5).

    A model that has seen a test row in training is graded on its memory.

    Args:
        train: a `TextData` or a list of strings.
        test: a `TextData` or a list of strings.

    Returns:
        A list of `(row_in_train, row_in_test, text)`, rows counted from 0.

    Raises:
        InputError: one of them is no list of texts, or of pairs of them.
    """
    train, test = _texts_of("train", train), _texts_of("test", test)
    where = {}
    for row, text in enumerate(train):
        where.setdefault(normalise(text), row)
    return [
        (where[normalise(text)], row, text)
        for row, text in enumerate(test)
        if normalise(text) in where
    ]


def _texts_of(name, given):
    """Return the texts of an argument of `find_leaks`."""
    texts = getattr(given, "texts", given)
    if isinstance(texts, (str, bytes, dict)) or not hasattr(texts, "__iter__"):
        raise InputError(
            f"`{name}` must be a `TextData` or a list of texts. Received: "
            f"{type(given).__name__}"
        )
    texts = list(texts)
    for row, text in enumerate(texts):
        parts = [text] if isinstance(text, str) else text
        pair = isinstance(parts, (list, tuple)) and len(parts) > 0
        if not pair or not all(isinstance(part, str) for part in parts):
            raise InputError(
                f"`{name}` must be a `TextData` or a list of texts. Received in row "
                f"{row}: {str(text)[:60]!r}"
            )
    return texts


def split_texts(data, test_size=0.2, seed=0):
    """Split into two, stratified by label, equal texts kept on one side.

    With several labels a text, a text counts for its rarest one. Where a class is too
    small to be on both sides, or there are more classes than texts to hold out, texts
    are drawn without regard to their classes, and a warning says so.

    Args:
        data: a `TextData` with labels.
        test_size: float in (0, 1), a share, or int, a number of distinct texts.
            Defaults to `0.2`.
        seed: int. Defaults to `0`.

    Returns:
        Two `TextData`: the larger part and the part held out.

    Raises:
        InputError: there are fewer than two texts, or `test_size` is out of range.
    """
    if not hasattr(data, "texts"):
        raise InputError(
            "`data` must be a TextData, as load_texts returns it; for texts in memory: "
            f"split_examples(Examples(texts, labels)). Received: {type(data).__name__}"
        )
    groups = [normalise(text) for text in data.texts]
    strata = data.labels if data.label_names else None
    if isinstance(strata, list):
        counts = Counter(label for row in strata for label in row)
        rarest = [min(row, key=lambda x: (counts[x], x), default="") for row in strata]
        strata = np.array(list(map(str, rarest)))
    parts = split_rows(groups, strata, test_size, seed, data.path or "the data")
    return tuple(data.take(rows) for rows in parts)


def split_examples(examples, test_size=0.2, seed=0):
    """Split into two, each group whole on one side, stratified by label (§3.2).

    Stratified where labels are classes: each part has each class by its share. A group
    counts for the class that most of its rows have; groups that no class has two of
    are drawn without regard to it.

    Args:
        examples: `Examples`, or a `TextData`.
        test_size: float in (0, 1), a share, or int, a number: of examples, or of groups
            where there are groups. Defaults to `0.2`.
        seed: int. Defaults to `0`.

    Returns:
        Two of the same kind: the larger part and the part held out.

    Raises:
        InputError: there are fewer than two groups, or `test_size` is out of range.
    """
    rows = rows_of_split(examples, test_size, seed)
    return tuple(examples.take(part) for part in rows)


def rows_of_split(examples, test_size=0.2, seed=0):
    """Return the row numbers of `split_examples`' two parts, two int arrays."""
    groups, strata = examples.groups, None
    if classes_of(examples.labels):
        strata = np.asarray(examples.labels)
    if groups is None:
        groups = range(len(examples))
    elif strata is not None:
        strata = _main_class(groups, strata)
    return split_rows(groups, strata, test_size, seed)


def split_rows(
    groups,
    strata=None,
    test_size=0.2,
    seed=0,
    what="the examples",
    argument="test_size",
):
    """Draw groups for the smaller of two parts, and return the rows of both.

    Args:
        groups: N names or numbers; equal ones stay together.
        strata: N classes, of which each part gets its share; a group counts for that
            of its first row. Defaults to `None`: all groups alike.
        test_size, seed: as in `split_examples`.
        what: str, what an error calls them. Defaults to `"the examples"`.
        argument: str, what an error calls `test_size`. Defaults to `"test_size"`.

    Returns:
        `(kept, held)`, int arrays of row numbers, in the order in which the groups
        were drawn.
    """
    from sklearn.model_selection import train_test_split

    groups, first = list(groups), {}
    for row, group in enumerate(groups):
        first.setdefault(group, row)
    heads = list(first.values())
    strata = None if strata is None else np.asarray(strata)[heads]
    if len(heads) < 2:
        raise InputError(f"Cannot split {what}: one distinct example, or none.")
    _check_sizes(len(heads), test_size, seed, what, argument)
    options = {"test_size": test_size, "random_state": seed}
    kept, held = train_test_split(heads, **options)
    if strata is not None and not _too_small(strata, len(kept), len(held), what):
        kept, held = train_test_split(heads, stratify=strata, **options)
    rank = {groups[row]: place for place, row in enumerate(kept + held)}
    places = np.array([rank[group] for group in groups])
    order = np.argsort(places, kind="stable")
    inside = places[order] < len(kept)
    return order[inside], order[~inside]


def _check_sizes(count, size, seed, what, argument):
    """Raise unless both parts of so many examples have one, and the seed is one."""
    received = f"Received: {argument}={size!r}"
    whole, real = (
        isinstance(size, kind) and not isinstance(size, bool)
        for kind in (numbers.Integral, numbers.Real)
    )
    if not real or not (whole or 0 < size < 1):
        raise InputError(
            f"Cannot split {what}: `{argument}` must be a share between 0 and 1, or a "
            f"whole number of examples. {received}"
        )
    held = size if whole else math.ceil(size * count)
    if not 0 < held < count:
        raise InputError(
            f"Cannot split {what}: of {count} distinct examples, 1 to {count - 1} can "
            f"be held out. {received}"
        )
    whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < 2**32:
        raise InputError(
            f"`seed` must be a whole number from 0 to {2**32 - 1}. Received: "
            f"seed={seed!r}"
        )


def _too_small(strata, kept, held, what):
    """Return whether classes cannot be on both sides, which is told."""
    classes, counts = np.unique(strata, return_counts=True)
    single = classes[counts == 1]
    if len(single):
        more = f", and {len(single) - 1} more," if len(single) > 1 else ""
        why = f"the class {single[0].item()!r}{more} has one example only"
    elif min(kept, held) < len(classes):
        why = f"{len(classes)} classes, and one part has {min(kept, held)} examples"
    else:
        return False
    tell(what, f"{why}: split without regard to the classes.")
    return True


def _main_class(groups, labels):
    """Return each row's stratum, its group's most frequent class, or `None`."""
    numbers = {}
    codes = np.array([numbers.setdefault(group, len(numbers)) for group in groups])
    classes, of_row = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(numbers), len(classes)), int)
    np.add.at(counts, (codes, of_row), 1)
    main = counts.argmax(axis=1)
    if np.bincount(main)[np.unique(main)].min() < 2:
        return None
    return main[codes]
