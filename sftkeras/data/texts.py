"""Read labelled text files, check them, split them (article §3.2, §5.2)."""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np

from sftkeras.data.decoding import as_path, check_unicode
from sftkeras.data.formats import open_sheet
from sftkeras.data.labels import read_flags, read_labels
from sftkeras.data.looking import look_at_labels, look_at_texts, look_over, unsplit
from sftkeras.data.sheets import (
    as_list,
    check_columns,
    id_column,
    label_columns,
    text_columns,
)
from sftkeras.errors import InputError


@dataclass
class TextData:
    """Texts and their labels, in file order.

    Attributes:
        texts: list of N strings; of N pairs of strings with a `pair_column`.
        labels: array of N labels: int64 if all are whole numbers, float64 if all are
            numbers (a regression target), else strings. Several labels a text: a list
            of N lists. None for a file without labels.
        label_names: the distinct labels, sorted; () without labels or for floats.
        path: the file.
        lines: the line (row, for .json, .xlsx; file, for a folder) of each text in
            the file, from 1.
        report: what was noticed: {"duplicates", "conflicts", "empty"}, each a list
            of line numbers.
    """

    texts: list
    labels: np.ndarray | list | None = None
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
            flat = list(itertools.chain(*self.labels)) if self.several else self.labels
            flat = np.array(flat)
            counts = ", ".join(
                f"{name}: {int((flat == name).sum())}" for name in self.label_names
            )
            counts = f"several labels a text; {counts}" if self.several else counts
        return f"TextData({len(self)} texts from {self.path or 'memory'}; {counts})"

    @property
    def several(self):
        """Whether each text has a list of labels."""
        return isinstance(self.labels, list)

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
        labels = self.labels
        if labels is not None:
            labels = [labels[i] for i in rows] if self.several else labels[list(rows)]
        return replace(
            self,
            texts=[self.texts[i] for i in rows],
            labels=labels,
            lines=[self.lines[i] for i in rows] if self.lines else [],
            report={},
        )


def load_texts(
    path,
    text_column=None,
    label_column=None,
    require_labels=False,
    *,
    encoding=None,
    delimiter=None,
    header=None,
    pair_column=None,
    label_separator=None,
):
    """Read a file of texts, with or without labels (article §3.2, §5.2).

    - `.txt`, `.tsv`, no ending: one `text<TAB>label` a line, the article's format,
      with no quoting; a header is recognised. Without any tab, each line is a text.
      `label<TAB>text` is recognised too, and told.
    - `.csv`: quoted where need be, with or without a header; between commas, or what
      the first line shows: semicolons, tabs, `|`.
    - `.jsonl`: one object a line; `.json`: a list of objects, or {column: list}.
    - `.xlsx`: the first worksheet.
    - fastText's lines, `__label__name text`, under any name; in `.txt` and the like
      the labels may stand anywhere in a line.
    - A folder with one folder a class: `class_name/*.txt`.

    Files are UTF-8, with or without a byte order mark; the encoding of others, GB18030
    or another, is guessed from their letters. Whatever is guessed is told in a warning,
    which says how to agree or to name another. Blank rows are left out; they,
    duplicates, and equal texts with different labels are reported in one warning and,
    line by line, in `.report`.

    Labels keep their meaning. `1`, `2` are whole numbers, and so are `1.0`, `2.0`,
    which pandas writes of them; `007` and `+1` are names. `nan`, `NULL` and the like
    are gaps, and refused; so are `None`, `NA` and `N/A`, unless they stand among names
    in a tenth of the rows or more (three at least): then they are a class.

    Example:

    >>> train = load_texts("data/reviews/train_data.txt")
    >>> train.label_names, len(train.texts) == len(train.labels)
    ((0, 1), True)

    Args:
        path: the file or folder.
        text_column: str, name of the text's column or key; a list of them is joined
            by blanks. Without a header, "1" is the first. Defaults to `"text"` and
            what else is called so: sentence, review, message; else, beside a label's,
            the only other one. Which of several is taken is told.
        label_column: str, name of the label's column or key; a list of names of
            columns of 0 and 1, one for each label of several. Defaults to `"label"`
            and what else is called so: class, target, category, sentiment.
        require_labels: bool. Raise if the file has none. Defaults to `False`.
        encoding: str, as in `open`. Defaults to `None`: as above.
        delimiter: str, one character, or `"tab"`. Defaults to `None`: by the name's
            ending and the first line.
        header: bool, whether the first row names the columns. Defaults to `None`: by
            the look of it.
        pair_column: str, name of the column of a second text; `texts` then holds
            pairs. Defaults to `None`.
        label_separator: str, what stands between several labels of a text, such as
            `"|"`; an empty cell is then a text that no label applies to. Defaults to
            `None`: a cell is one label, a list in JSON several.

    Returns:
        A `TextData`.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: anything else; the message names the file and the line.
    """
    path = as_path(path)
    wanted = _all_names(text_column, label_column, pair_column)
    sheet = open_sheet(path, encoding, delimiter, header, wanted)
    others = _all_names(label_column, pair_column)
    texts = text_columns(sheet, text_column, others)
    pair = text_columns(sheet, pair_column) if pair_column is not None else []
    marks = label_columns(sheet, label_column, texts + pair, require_labels)
    check_columns(sheet, texts, pair, marks)
    if label_separator is not None and not (
        isinstance(label_separator, str) and label_separator
    ):
        raise InputError(
            "`label_separator` must be what stands between labels, such as '|'. "
            f"Received: {label_separator!r}"
        )
    lines, found, cells, empty = [], [], [], []
    for line, row in sheet.rows:
        text = _text_of(sheet, row, line, texts, pair)
        if not any(text if pair else [text]):
            empty.append(line)
            continue
        lines.append(line)
        found.append(text)
        cells.append([sheet.cell(row, name) for name in marks])
    if not found:
        raise InputError(f"{path}: no text in the file.")
    data = TextData(found, None, (), str(path), lines)
    if len(marks) > 1:
        data.labels, data.label_names = read_flags(sheet, lines, cells, marks)
    elif marks:
        alone = [cell for (cell,) in cells]
        data.labels, data.label_names = read_labels(
            sheet, lines, alone, label_separator
        )
    if data.labels is None and require_labels:
        hint = unsplit(found) if not pair else ""
        hint = f" {hint[0].upper()}{hint[1:]}" if hint else ""
        raise InputError(_no_labels(path, marks, sheet) + hint)
    look_at_texts(data)
    look_at_labels(data)
    data.report = look_over(data, empty)
    return data


def check_one_label(data):
    """Raise `InputError` for a `TextData` with several labels a text."""
    if data.several:
        raise InputError(
            f"{data.path}: the rows have lists of labels, where one label a text is "
            "needed."
        )


def iterate_texts(
    path,
    text_column=None,
    *,
    encoding=None,
    delimiter=None,
    header=None,
    pair_column=None,
    id_name=None,
    preferred=(),
):
    """Read a file's texts row by row, so that memory does not grow with the file.

    Unlike `load_texts` it leaves out no row: an empty one is `""`. `.json`, `.xlsx`
    and folders are read whole first. The encoding is judged by the first MB.

    Args:
        path, text_column, encoding, delimiter, header, pair_column: as in
            `load_texts`.
        id_name: str, name of the column that numbers or names the rows. Defaults to
            `None`: a column called id, if there is one.
        preferred: names of columns, in small letters, of which one is taken before
            those that texts usually have. Defaults to `()`.

    Yields:
        `(id, text)`; id is `None` without such a column.
    """
    path = as_path(path)
    wanted = _all_names(text_column, pair_column, id_name)
    sheet = open_sheet(path, encoding, delimiter, header, wanted, whole=False)
    try:
        texts = text_columns(sheet, text_column, _all_names(pair_column), preferred)
        pair = text_columns(sheet, pair_column) if pair_column is not None else []
        check_columns(sheet, texts, pair)
        number = id_column(sheet, id_name)
        for line, row in sheet.rows:
            name = None if number is None else sheet.cell(row, number)
            yield name, _text_of(sheet, row, line, texts, pair)
    finally:
        if sheet.stream:
            sheet.stream.close()


def _all_names(*given):
    return [name for names in given if names is not None for name in as_list(names)]


def _text_of(sheet, row, line, texts, pair):
    """Return a row's text, or the pair of its texts."""
    parts = [
        " ".join(filter(None, (sheet.text(row, name, line) for name in names)))
        for names in (texts, pair)
        if names
    ]
    for part in parts:
        check_unicode(part, sheet.where(line))
    return tuple(parts) if pair else parts[0]


def _no_labels(path, marks, sheet):
    if marks and sheet.kind in ("header", "keys"):
        return f"{path}: no labels; {marks[0]!r} is empty in each row."
    if sheet.kind in ("header", "keys"):
        return f"{path}: no labels. Expected a column 'label', or label_column=…"
    return f"{path}: no labels. Expected text<TAB>label on each line."
