"""Read labelled text files, check them, split them (article §3.2, §5.2)."""

import csv
import io
import json
import re
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sftkeras.data.decoding import check_unicode, read_text
from sftkeras.data.splits import normalise
from sftkeras.errors import InputError, suggest

MAX_TEXT = 100_000  # characters in one row; a longer one is a missing line break
_TEXT_HEADERS = {"text", "sentence", "review", "message", "文本", "内容"}
_LABEL_HEADERS = {"label", "class", "target", "category", "sentiment", "标签", "类别"}


@dataclass
class TextData:
    """Texts and their labels, in file order.

    Attributes:
        texts: list of N strings.
        labels: array of N labels as the file gives them: int64 if all are whole
            numbers, float64 if all are numbers (a regression target), else strings.
            None for a file without labels.
        label_names: the distinct labels, sorted; () without labels or for floats.
        path: the file.
        lines: the line (row, for .csv) of each text in the file, from 1.
        report: what was noticed: {"duplicates", "conflicts", "empty"}, each a list
            of line numbers.
    """

    texts: list
    labels: np.ndarray | None = None
    label_names: tuple = ()
    path: str = ""
    lines: list = field(default_factory=list)
    report: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.texts)

    def __repr__(self):
        if self.labels is None:
            counts = "no labels"
        elif not self.label_names:
            counts = f"numbers from {self.labels.min():g} to {self.labels.max():g}"
        else:
            counts = ", ".join(
                f"{name}: {int((self.labels == name).sum())}"
                for name in self.label_names
            )
        return f"TextData({len(self)} texts from {self.path or 'memory'}; {counts})"

    @property
    def inputs(self):
        """The texts, as `Examples` calls them."""
        return self.texts

    @property
    def groups(self):
        """None: as `Examples`, each text stands alone."""
        return None

    def take(self, rows):
        """Return the `TextData` of the given row numbers, in that order."""
        return replace(
            self,
            texts=[self.texts[i] for i in rows],
            labels=None if self.labels is None else self.labels[list(rows)],
            lines=[self.lines[i] for i in rows] if self.lines else [],
            report={},
        )


def load_texts(path, text_column=None, label_column=None, require_labels=False):
    """Read a file of texts, with or without labels (article §3.2, §5.2).

    - `.txt`, `.tsv`: one `text<TAB>label` a line, the article's format, with no
      quoting. A header line is recognised. Without any tab, each line is a text.
    - `.csv`: with a header; columns `text` and `label` unless named.
    - `.jsonl`: one object a line, with the same two keys.

    Files are UTF-8, with or without a byte order mark, or GB18030. Blank rows are
    left out; they, duplicates, and equal texts with different labels are reported
    in one warning and, line by line, in `.report`.

    Example:

    >>> train = load_texts("data/reviews/train_data.txt")
    >>> train.label_names, len(train.texts) == len(train.labels)
    ((0, 1), True)

    Args:
        path: the file.
        text_column: str. Name of the text column or key. Defaults to `"text"`.
        label_column: str. Name of the label column or key. Defaults to `"label"`.
        require_labels: bool. Raise if the file has none. Defaults to `False`.

    Returns:
        A `TextData`.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: anything else; the message names the file and the line.
    """
    path = Path(path)
    content = read_text(path)
    readers = {".txt": _tab_rows, ".tsv": _tab_rows, ".csv": _csv_rows}
    readers[".jsonl"] = _json_rows
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise InputError(
            f"{path}: the name must end in .txt, .tsv, .csv or .jsonl. Received: "
            f"{suffix or 'no ending'!r}"
        )
    rows = readers[suffix](path, content, text_column, label_column)
    lines, texts, labels, empty = [], [], [], []
    for line, text, label in rows:
        text = text.strip()
        if len(text) > MAX_TEXT:
            raise InputError(
                f"{path}, line {line}: the text has {len(text):,} characters; at most "
                f"{MAX_TEXT:,} are allowed. Is a line break or a closing quote missing?"
            )
        if not text:
            empty.append(line)
            continue
        lines.append(line)
        texts.append(text)
        labels.append(label.strip() if label is not None else "")
    if not texts:
        raise InputError(f"{path}: no text in the file. Expected text<TAB>label lines.")
    data = TextData(texts, None, (), str(path), lines)
    if any(labels):
        if "" in labels:
            raise InputError(
                f"{path}, line {lines[labels.index('')]}: the row has no label. Add "
                "one, or take the row out (other rows have labels)."
            )
        data.labels = _typed(labels)
        if suffix in (".txt", ".tsv"):
            _refuse_header(path, lines[0], labels)
        if data.labels.dtype.kind != "f":
            data.label_names = tuple(np.unique(data.labels).tolist())
    elif require_labels:
        raise InputError(f"{path}: no labels. Expected text<TAB>label on each line.")
    data.report = _look_over(data, empty)
    return data


def _lines(content):
    """Split at line ends only; `str.splitlines` also cuts at U+2028 and the like."""
    return re.sub(r"(\r\n|\r|\n)\Z", "", content).replace("\r\n", "\n").split("\n")


def _column(header, wanted, known, path, required):
    """Return the position of the column, or None when it may be absent."""
    names = [name.strip().lstrip("\ufeff") for name in header]
    if wanted is not None:
        if wanted in names:
            return names.index(wanted)
        raise InputError(
            f"{path}: no column {wanted!r}. The columns are {names}."
            + suggest(wanted, names)
        )
    for position, name in enumerate(names):
        if name.lower() in known:
            return position
    if required:
        raise InputError(
            f"{path}: no text column. The columns are {names}. Say which one holds "
            "the text (text_column=…)."
        )
    return None


def _tab_rows(path, content, text_column, label_column):
    rows = [line.split("\t") for line in _lines(content)]
    first = [cell.strip().lower() for cell in rows[0]]
    header = bool(text_column or label_column) or bool(
        len(first) > 1 and {*first} & _TEXT_HEADERS and {*first} & _LABEL_HEADERS
    )
    start, text_at, label_at, width = 0, 0, 1, 2
    if header:
        label_at = _column(rows[0], label_column, _LABEL_HEADERS, path, False)
        text_at = _column(rows[0], text_column, _TEXT_HEADERS, path, True)
        start, width = 1, len(rows[0])
    for line, row in enumerate(rows[start:], start + 1):
        if len(row) > width:
            raise InputError(
                f"{path}, line {line}: {len(row)} columns where {width} are expected "
                "(text<TAB>label). Take the tabs out of the text, or add a header line."
            )
        text = row[text_at] if text_at < len(row) else ""
        label = None
        if label_at is not None and label_at < len(row):
            label = row[label_at]
        yield line, text, label


def _csv_rows(path, content, text_column, label_column):
    csv.field_size_limit(max(len(content) + 1, 131_072))
    reader = csv.reader(io.StringIO(content, newline=""))
    header = next(reader)
    text_at = _column(header, text_column, _TEXT_HEADERS, path, True)
    label_at = _column(header, label_column, _LABEL_HEADERS, path, False)
    line = reader.line_num + 1
    for row in reader:
        if row and len(row) != len(header):
            raise InputError(
                f"{path}, line {line}: {len(row)} columns where the header has "
                f"{len(header)}. Put quotes around a text that holds a comma."
            )
        if row:
            yield line, row[text_at], None if label_at is None else row[label_at]
        line = reader.line_num + 1


def _json_rows(path, content, text_column, label_column):
    text_key, label_key = text_column or "text", label_column or "label"
    for line, source in enumerate(_lines(content), 1):
        if not source.strip():
            continue
        try:
            row = json.loads(source)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}, line {line}: not JSON ({error}). Expected "
                '{"text": "…", "label": …} on each line.'
            ) from None
        if not isinstance(row, dict) or not isinstance(row.get(text_key), str):
            raise InputError(
                f"{path}, line {line}: expected an object with a string under "
                f"{text_key!r}. Received: {source.strip()[:60]}"
            )
        label = row.get(label_key)
        if isinstance(label, (list, dict)):
            raise InputError(
                f"{path}, line {line}: the label must be a name or a number. "
                f"Received: {str(label)[:60]}"
            )
        check_unicode(row[text_key], f"{path}, line {line}")
        yield line, row[text_key], None if label is None else str(label)


def _typed(labels):
    if all(re.fullmatch(r"[+-]?\d{1,18}", label) for label in labels):
        return np.array(labels, dtype=np.int64)
    try:
        numbers = np.array(labels, dtype=np.float64)
    except ValueError:
        return np.array(labels)
    return numbers if np.isfinite(numbers).all() else np.array(labels)


def _refuse_header(path, line, labels):
    """Raise for a first label among numbers that is a word: an unknown header."""
    alone = len(labels) > 2 and _typed(labels[:1]).dtype.kind == "U"
    if alone and _typed(labels[1:]).dtype.kind in "if":
        raise InputError(
            f"{path}, line {line}: the label {labels[0]!r} is a word, all others are "
            "numbers. If this is a header, name its columns (text_column=…, "
            "label_column=…); if not, correct the label."
        )


def _look_over(data, empty):
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
        warnings.warn(f"{data.path}: {', '.join(told)}.", stacklevel=4)
    return report
