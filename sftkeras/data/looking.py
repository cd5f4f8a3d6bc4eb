"""What is noticed in labelled texts, and told (article §3.2, §3.5)."""

import collections
import unicodedata

from sftkeras.data.splits import normalise
from sftkeras.data.telling import tell
from sftkeras.errors import InputError

MAX_TEXT = 100_000  # characters of one text; a longer one is told of
_MANY = 20  # rows from which a class of one row, or a label a row, is remarkable


def look_over(data, empty):
    """Return the report of a `TextData`, and warn of what is in it.

    Args:
        data: a `TextData`.
        empty: lines that were left out.

    Returns:
        {"duplicates", "conflicts", "empty"}: a list of line numbers each.
    """
    first, duplicates, conflicts = {}, [], []
    for row, text in enumerate(data.texts):
        seen = first.setdefault(normalise(text), row)
        if seen == row:
            continue
        duplicates.append(data.lines[row])
        if data.labels is not None and data.labels[seen] != data.labels[row]:
            conflicts.append(data.lines[row])
    report = {"duplicates": duplicates, "conflicts": conflicts, "empty": empty}
    notes = {
        "duplicate texts": duplicates,
        "of them with another label than before": conflicts,
        "empty rows left out": empty,
    }
    told = [
        f"{len(lines)} {what} (first: line {lines[0]})"
        for what, lines in notes.items()
        if lines
    ]
    if told:
        tell(data.path, f"{', '.join(told)}.")
    return report


def look_at_texts(data):
    """Warn of texts that are very long, or that hold rows of the file.

    Raises:
        InputError: a very long text holds rows: a quote is missing.
    """
    alone = data.labels is None and isinstance(data.texts[0], str)
    if alone and (hint := unsplit(data.texts)):
        tell(data.path, f"read without labels; {hint}")
    labels = {*map(str, data.label_names)}
    long = told = False
    for text, line in zip(data.texts, data.lines, strict=True):
        text = text if isinstance(text, str) else max(text, key=len)
        parts = text.split("\n") if "\n" in text else []
        rows = [part for part in parts if _like_row(part, labels)]
        swallowed = len(rows) > len(parts) / 3
        where = f"line {line}: the text has {len(text):,} characters"
        if swallowed and len(text) > MAX_TEXT:
            raise InputError(
                f"{data.path}, {where} and holds {len(rows)} rows of the file, such as "
                f"{rows[0][:40]!r}. A closing quote is missing."
            )
        if swallowed and not told:
            told = True
            tell(
                data.path,
                f"the text of line {line} holds rows of the file, such as "
                f"{rows[0][:40]!r}. Is a closing quote missing?",
            )
        if len(text) > MAX_TEXT and not long:
            long = True
            tell(data.path, f"{where}; a model reads the beginning only.")


def unsplit(texts):
    """Return what is to be said of texts that all hold something like a label, or "".

    Args:
        texts: list of strings.
    """
    if any(word.startswith("__label__") for text in texts for word in text.split()):
        return "some texts hold '__label__'. fastText's files have one in line 1, too."
    for sign in ",;|，；：:^/":
        ends = [text.rpartition(sign)[2].strip() for text in texts if sign in text]
        if not len(ends) == len(texts) > 1 or not all(ends) or " " in "".join(ends):
            continue
        if all(map(str.isdecimal, ends)) or len({*ends}) <= len(ends) / 2:
            return (
                f"each text ends in one such as {sign + ends[0]!r}. If these are "
                f"labels: delimiter={sign!r}."
            )
    if len(texts) > 1 and all(" " in text for text in texts):
        for what, place in (("ends in", -1), ("begins with", 0)):
            words = [text.split(" ")[place] for text in texts]
            few = len({*words}) <= max(2, len(words) / 2)
            if few and all(map(str.isdecimal, words)):
                return (
                    f"each text {what} a number such as {words[0]!r}. If these are "
                    "labels, put a tab between them and the texts."
                )
    return ""


def _like_row(line, labels):
    """Return whether a line of a text begins or ends with a label, as a row does."""
    outer = [
        cell.strip('" \r')
        for sign in ",;|\t"
        if sign in line
        for cell in (line.partition(sign)[0], line.rpartition(sign)[2])
    ]
    return not labels.isdisjoint(outer)


def look_at_labels(data):
    """Warn of labels that look like others than they are taken for.

    Raises:
        InputError: the columns of texts and labels are swapped.
    """
    if data.labels is None or not data.label_names:
        return
    several = isinstance(data.labels, list)
    flat = [x for row in data.labels for x in row] if several else data.labels.tolist()
    counts = collections.Counter(flat)
    if isinstance(flat[0], str):
        if not several:
            _swapped(data, counts)
            _joined(data, counts)
        _alike(data, counts)
    elif not several and len(counts) > max(len(data) / 2, _MANY):
        tell(
            data.path,
            f"{len(counts)} different whole numbers in {len(data)} rows are taken for "
            "classes. Ids are no labels; for numbers to predict, num_classes=1.",
        )
    single = [label for label in data.label_names if counts[label] == 1]
    if len(data) >= _MANY and 0 < len(single) <= len(data) / 10:
        more = f" (and {len(single) - 1} more)" if len(single) > 1 else ""
        tell(
            data.path,
            f"the label {single[0]!r}{more} stands in one row only. Is it written "
            "right?",
        )


def _swapped(data, counts):
    texts = [text if isinstance(text, str) else text[0] for text in data.texts]
    rows, kinds, different = len(texts), len(counts), len({*texts})
    longer = sum(map(len, data.labels.tolist())) > sum(map(len, texts))
    if kinds > different and kinds > rows / 2 and longer:
        raise InputError(
            f"{data.path}: {kinds} different labels and {different} different texts in "
            f"{rows} rows: the columns are swapped. Name them (text_column=…, "
            "label_column=…)."
        )
    wordy = all(len(label.split()) > 2 for label in counts)
    if kinds > max(rows / 2, _MANY) or (kinds == rows > 1 and longer and wordy):
        tell(
            data.path,
            f"{kinds} different labels in {rows} rows. Are these classes, and not "
            "texts, ids or numbers? (text_column=…, label_column=… name the columns.)",
        )


def _joined(data, counts):
    """Tell of labels that look like several: lists, or a sign between them."""
    if all(label[0] + label[-1] == "[]" for label in counts):
        tell(
            data.path,
            f"labels such as {next(iter(counts))!r} look like lists. In a .jsonl they "
            "are, and a text has several labels.",
        )
        return
    for sign in "|;,":
        parts = collections.Counter(
            part.strip() for label in counts for part in {*label.split(sign)}
        )
        joined = [label for label in counts if sign in label.strip(sign)]
        if sign == "," and all(part.replace("-", "").isdecimal() for part in parts):
            continue  # numbers with a decimal comma
        if joined and any(
            parts[part.strip()] > 1 for label in joined for part in label.split(sign)
        ):
            tell(
                data.path,
                f"labels such as {joined[0]!r} look like several. If they are: "
                f"label_separator={sign!r}.",
            )
            return


def _unseen(sign):
    """Return whether a sign has no width, as U+200B, U+FEFF, or chooses a form."""
    return unicodedata.category(sign) == "Cf" or "\ufe00" <= sign <= "\ufe0f"


def _alike(data, counts):
    """Tell of labels that differ in case, width, blanks or unseen signs only."""
    groups = {}
    for label in counts:
        form = "".join(unicodedata.normalize("NFKC", label).casefold().split())
        form = "".join(s for s in form if not _unseen(s))
        groups.setdefault(form, []).append(label)
    for group in groups.values():
        if len(group) > 1:
            found = ", ".join(f"{label!r} ({counts[label]})" for label in group)
            tell(
                data.path,
                "labels alike but for case, width or blanks, seen or not, are classes "
                f"of their own: {found}. Write them the same if they are one.",
            )
