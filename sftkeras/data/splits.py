"""Splits of labelled examples, and what leaks between them (article §3.2, §3.5)."""

import unicodedata

from sftkeras.errors import InputError


def normalise(text):
    """Return the text as compared for duplicates: NFKC, lower case, one-space gaps."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def find_leaks(train, test):
    """Find texts of one split that stand in another too (article §3.5).

    A model that has seen a test row in training is graded on its memory.

    Args:
        train: a `TextData` or a list of strings.
        test: a `TextData` or a list of strings.

    Returns:
        A list of `(row_in_train, row_in_test, text)`, rows counted from 0.
    """
    where = {}
    for row, text in enumerate(getattr(train, "texts", train)):
        where.setdefault(normalise(text), row)
    return [
        (where[normalise(text)], row, text)
        for row, text in enumerate(getattr(test, "texts", test))
        if normalise(text) in where
    ]


def split_texts(data, test_size=0.2, seed=0):
    """Split into two, stratified by label, equal texts kept on one side.

    Args:
        data: a `TextData` with labels.
        test_size: float in (0, 1), a share, or int, a number of distinct texts.
            Defaults to `0.2`.
        seed: int. Defaults to `0`.

    Returns:
        Two `TextData`: the larger part and the part held out.
    """
    from sklearn.model_selection import train_test_split

    keys = [normalise(text) for text in data.texts]
    first = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    heads = list(first.values())
    strata = data.labels[heads] if data.label_names else None
    try:
        kept, held = train_test_split(
            heads, test_size=test_size, random_state=seed, stratify=strata
        )
    except ValueError as error:
        raise InputError(f"Cannot split {data.path or 'the data'}: {error}") from None
    held_keys = {keys[row] for row in held}
    order = kept + held
    rank = {keys[row]: place for place, row in enumerate(order)}
    rows = sorted(range(len(keys)), key=lambda row: (rank[keys[row]], row))
    return (
        data.take([row for row in rows if keys[row] not in held_keys]),
        data.take([row for row in rows if keys[row] in held_keys]),
    )
