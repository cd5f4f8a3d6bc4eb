"""The labels of a file keep their meaning: gaps, codes, numbers, names (§3.2)."""

import re
import unicodedata

import numpy as np

from sftkeras.data.telling import tell
from sftkeras.errors import InputError

# What programs write for a missing value. The second kind may be a class as well: it is
# one among names if it recurs (NONE, beside FAVOR and AGAINST), and that is told.
_MISSING = {"nan", "<na>", "nat", "#n/a", "#na", "null", "nil"}
_MAYBE_MISSING = {"none", "n/a", "na"}
_LONGEST = 500  # characters of a name; of longer ones an array would be mostly blanks
_RECURS = 0.1  # share of the rows, at least, and three of them
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_CODE = re.compile(r"[+-]?[0-9]+")  # with leading zeros, a plus, or many digits
_COMMA = re.compile(r"-?[0-9]+(,[0-9]+)?")
_PADDED = re.compile(r"[+-]?0[0-9]+")
_WHOLE_FLOAT = re.compile(r"-?[0-9]{1,15}(\.0*)?")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_YES, _NO = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}


def read_labels(sheet, lines, cells, separator=None):
    """Return (labels, their distinct names in order).

    Args:
        sheet: the `Sheet` that they come from.
        lines: N line numbers.
        cells: N labels as the file has them: strings, numbers, lists, `None`.
        separator: str, what stands between several labels of a text. Defaults to
            `None`: each cell is one label, or a list of them.

    Returns:
        `None` and () if no row has a label. One label a row: an array `(N,)` of int64
        if all are whole numbers, of float64 (and ()) if all are numbers, else of
        strings. Several: a list of N lists.

    Raises:
        InputError: a row without a label among others, or a label that is none.
    """
    if not any(map(_present, cells)):
        return None, ()
    if separator is not None:
        cells = [_parted(cell, separator) for cell in cells]
    if sheet.marked and max(map(len, cells)) < 2:
        cells = [cell[0] if cell else None for cell in cells]
    if any(isinstance(cell, list) for cell in cells):
        return _several(sheet, lines, cells)
    labels = [
        _word(cell, sheet.where(line)) for cell, line in zip(cells, lines, strict=True)
    ]
    kept = _kept_words(sheet, labels)
    for label, line in zip(labels, lines, strict=True):
        _refuse_gap(label, sheet.where(line), kept)
    if sheet.kind == "guess":
        _refuse_header(labels, sheet.where(lines[0]))
    labels = _typed(labels, sheet.path)
    if labels.dtype.kind == "f":
        return labels, ()
    return labels, tuple(np.unique(labels).tolist())


def read_flags(sheet, lines, rows, names):
    """Return (labels, names) of columns of 0 and 1: N lists of names.

    Args:
        sheet, lines: as in `read_labels`.
        rows: N lists of cells, one for each name.
        names: of the columns, which are the labels.
    """
    labels = []
    for cells, line in zip(rows, lines, strict=True):
        words = [str(cell).strip().lower() for cell in cells]
        for name, word in zip(names, words, strict=True):
            if word not in _YES | _NO:
                raise InputError(
                    f"{sheet.where(line)}: column {name!r} must hold 0 or 1. "
                    f"Received: {word[:40]!r}"
                )
        on = [name for name, word in zip(names, words, strict=True) if word in _YES]
        labels.append(sorted(on))
    return labels, tuple(sorted({*names}))


def _present(cell):
    if isinstance(cell, list):
        return bool(cell)
    word = "" if cell is None else str(cell).strip().lower()
    return bool(word) and word not in _MISSING


def _parted(cell, separator):
    """Return the parts of a cell; none of an empty one: no label applies."""
    if isinstance(cell, list):
        return cell
    parts = [
        part.strip() for part in ("" if cell is None else str(cell)).split(separator)
    ]
    return [part for part in parts if part]


def _word(cell, where):
    """Return a label as a string; raise for what is no label."""
    if isinstance(cell, dict):
        raise InputError(
            f"{where}: the label must be a name or a number, or a list of them. "
            f"Received: {str(cell)[:60]}"
        )
    word = "" if cell is None else str(cell).strip()
    if len(word) > _LONGEST:
        raise InputError(
            f"{where}: the label has {len(word):,} characters, more than {_LONGEST}. "
            "Is it a text? Are the columns swapped?"
        )
    for sign in word:
        if unicodedata.category(sign) in ("Cc", "Cs"):
            raise InputError(
                f"{where}: the label {word[:60]!r} holds the control character "
                f"{sign!r}. Take it out."
            )
    return word


def _kept_words(sheet, labels):
    """Return which words for a missing value are classes here; they are told."""
    counts = {}
    for label in labels:
        if label.lower() in _MAYBE_MISSING:
            counts[label] = counts.get(label, 0) + 1
    least = max(3, _RECURS * len(labels))
    others = [label for label in labels if label and label not in counts]
    kept = {word for word, count in counts.items() if count >= least}
    if not kept or not others or all(map(_NUMBER.fullmatch, others)):
        return set()
    told = ", ".join(f"{word!r} ({counts[word]} rows)" for word in sorted(kept))
    tell(sheet.path, f"{told} is taken for a class, not for a missing label.")
    return kept


def _refuse_gap(label, where, kept=()):
    if not label:
        raise InputError(
            f"{where}: the row has no label. Add one, or take the row out (other rows "
            "have labels)."
        )
    low = label.lower()
    if low in _MISSING or (low in _MAYBE_MISSING and label not in kept):
        raise InputError(
            f"{where}: the label {label!r} stands for a missing value. Add a label, or "
            "take the row out; if it is a class, give it another name."
        )


def _refuse_header(labels, where):
    """Raise for a first label that is a word where all others are numbers."""
    numbers = [bool(_NUMBER.fullmatch(label)) for label in labels]
    if len(labels) > 2 and not numbers[0] and all(numbers[1:]):
        raise InputError(
            f"{where}: the label {labels[0]!r} is a word, all others are numbers. If "
            "this is a header, name its columns (text_column=…, label_column=…); if "
            "not, correct the label."
        )


def _typed(labels, path):
    """Return labels as an array of whole numbers, of numbers, or of names."""
    if all(map(_WHOLE.fullmatch, labels)):
        return np.array(labels, dtype=np.int64)
    numbers = [label for label in labels if _NUMBER.fullmatch(label)]
    if len(numbers) == len(labels):
        # '007' and '7' are two codes, '+1' is not '1': they stay as they are written.
        if all(map(_CODE.fullmatch, labels)) or any(map(_PADDED.fullmatch, labels)):
            return np.array(labels)
        values = np.array(labels, dtype=np.float64)
        if not np.isfinite(values).all():
            return np.array(labels)
        kinds = len(np.unique(values))
        if not all(map(_WHOLE_FLOAT.fullmatch, labels)):
            return values
        if kinds > 20 and kinds > len(values) / 2:
            tell(
                path,
                f"{kinds} different whole numbers are taken for a target, not "
                "for classes.",
            )
            return values
        tell(
            path,
            f"labels are whole numbers written as {_first_float(labels)!r}: taken for "
            "classes, not for a regression's target (that would be "
            "data.labels.astype(float)).",
        )
        return values.astype(np.int64)
    if all(map(_COMMA.fullmatch, labels)):
        comma = next(label for label in labels if "," in label)
        tell(
            path, f"labels such as {comma!r} are taken for names; write numbers as 1.5."
        )
    elif numbers:
        names = sorted({*labels} - {*numbers})
        tell(
            path,
            f"labels are numbers ({_shown(sorted({*numbers}))}) and names "
            f"({_shown(names)}); all are taken for names.",
        )
    return np.array(labels)


def _first_float(labels):
    return next(label for label in labels if "." in label)


def _several(sheet, lines, cells):
    """Return (N lists of labels, names) of lists."""
    rows = []
    for cell, line in zip(cells, lines, strict=True):
        where = sheet.where(line)
        if not isinstance(cell, list):
            if not _present(cell):
                _refuse_gap("", where)
            raise InputError(
                f"{where}: one label, where other rows have a list of them. Write "
                f"[{cell!r}]."
            )
        rows.append(cell)
    if _are_flags(rows):
        tell(
            sheet.path,
            "lists of 0 and 1 are taken for one place a label; the labels are called "
            f"0 to {len(rows[0]) - 1}. Lists of names say which is which.",
        )
        rows = [[place for place, on in enumerate(row) if on] for row in rows]
        return rows, tuple(range(len(cells[0])))
    words = []
    for row, line in zip(rows, lines, strict=True):
        where, found = sheet.where(line), []
        for label in row:
            if isinstance(label, list):
                label = {"a list": label}
            word = _word(label, where)
            _refuse_gap(word, where, () if _is_missing(word) else (word,))
            found.append(word)
        words.append(sorted({*found}))
    flat = sorted({word for row in words for word in row})
    if not flat:
        raise InputError(f"{sheet.path}: no row has a label.")
    if all(map(_WHOLE.fullmatch, flat)):
        words = [sorted(map(int, row)) for row in words]
        flat = sorted(map(int, flat))
    return words, tuple(flat)


def _is_missing(word):
    return word.lower() in _MISSING


def _are_flags(rows):
    """Return whether lists are 0 or 1 for each of the same labels."""
    long = len(rows[0])
    return long > 1 and all(
        len(row) == long
        and all(cell in (0, 1) and not isinstance(cell, str) for cell in row)
        for row in rows
    )


def _shown(names, most=5):
    return ", ".join(map(repr, names[:most])) + ", …" * (len(names) > most)
