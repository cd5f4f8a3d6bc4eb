"""A file as rows of cells, and which of its columns hold what (article §3.2)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sftkeras.data.telling import tell
from sftkeras.errors import InputError, suggest

# In the order in which they are taken.
TEXT_NAMES = ("text", "sentence", "review", "message", "文本", "内容", "正文", "文章")
TEXT_NAMES += ("评论", "text_a", "text_b", "标题")
LABEL_NAMES = ("label", "class", "target", "category", "sentiment", "标签", "类别")
LABEL_NAMES += ("分类", "情感")
ID_NAMES = ("id", "uid", "guid", "row_id", "text_id", "unnamed: 0", "编号", "序号")
# Names that a column of labels often has, and other columns too: they are told of.
MAYBE_LABELS = {"labels", "star", "stars", "rating", "ratings", "score", "polarity"}
MAYBE_LABELS |= {"topic", "intent", "emotion", "stance", "tag", "tags", "type", "kind"}
MAYBE_LABELS |= {"spam", "is_spam", "y", "categories", "classes", "评分", "星级"}

_SIGNS = "，；：:^/"  # what may stand between columns, and is no usual delimiter


@dataclass
class Sheet:
    """The rows of a file, read one by one.

    Attributes:
        path: the file.
        names: of the columns; "1", "2", … without a header.
        rows: iterator of (line, row); a row is a list of cells, or {name: cell}.
        unit: what `line` counts: `"line"`, `"row"` or `"file"`.
        kind: where the names come from: `"header"`, `"keys"` of objects, `"guess"`
            without a header, `"format"` that has no names.
        texts, label: names of the columns that are known without a header.
        marked: whether labels are lists because of their format: of one each they are
            one label a text.
        stream: what to close after reading, or `None`.
    """

    path: object
    names: list
    rows: Iterator
    unit: str = "line"
    kind: str = "header"
    texts: list = field(default_factory=list)
    label: str | None = None
    marked: bool = False
    stream: object = None

    def where(self, line):
        """Return the file and the line for an error."""
        return f"{self.path}, {self.unit} {line}"

    def text(self, row, name, line):
        """Return the cell of a text as a string, blanks around it taken off."""
        if not isinstance(row, dict):
            position = self.names.index(name)
            return row[position].strip() if position < len(row) else ""
        cell = row.get(name, ...)
        if cell is None:
            return ""
        if not isinstance(cell, str):
            raise InputError(
                f"{self.where(line)}: expected an object with a string under "
                f"{name!r}. Received: {str(row)[:60]}"
            )
        return cell.strip()

    def cell(self, row, name):
        """Return a cell as it stands, `None` where there is none."""
        if isinstance(row, dict):
            return row.get(name)
        position = self.names.index(name)
        return row[position] if position < len(row) else None


def text_columns(sheet, wanted, taken=(), preferred=()):
    """Return the names of the columns that make the text, in order.

    Args:
        sheet: a `Sheet`.
        wanted: the name or names that the user gave, or `None`.
        taken: names that the user gave for something else. Defaults to `()`.
        preferred: names that are taken before the usual ones. Defaults to `()`.
    """
    if wanted is not None:
        return [_existing(sheet, name) for name in as_list(wanted)]
    if found := [name for name in sheet.names if name.lower() in preferred]:
        return found[:1]
    if found := sheet.texts or _known(sheet, TEXT_NAMES, "text_column", taken):
        return found
    if other := _beside_label(sheet):
        return [other]
    more = ", or header=False if these are data" if sheet.kind == "header" else ""
    signs = [sign for sign in _SIGNS if sign in "".join(sheet.names)]
    if len(sheet.names) == 1 and signs:
        more += f"; if {signs[0]!r} stands between columns, delimiter={signs[0]!r}"
    raise InputError(
        f"{sheet.path}: no text column. The columns are {_listed(sheet.names)}. Say "
        f"which one holds the text (text_column=…){more}."
    )


def _beside_label(sheet):
    """Return the name of the one column beside that of the labels, told; or `None`."""
    known = [name for name in sheet.names if name.lower() in LABEL_NAMES]
    others = [name for name in sheet.names if name not in known]
    if len(known) != 1 or len(others) != 1 or sheet.kind not in ("header", "keys"):
        return None
    if not others[0] or others[0].lower() in {*ID_NAMES, *MAYBE_LABELS}:
        return None
    tell(
        sheet.path,
        f"the column {others[0]!r}, beside {known[0]!r}, is taken for the text "
        f"(text_column={others[0]!r} to agree).",
    )
    return others[0]


def label_columns(sheet, wanted, texts, require):
    """Return the name of the label's column, or several of 0 and 1, or [].

    Args:
        sheet: a `Sheet`.
        wanted: the name or names that the user gave, or `None`.
        texts: names of the columns that are taken.
        require: bool, whether to raise if there is none.
    """
    if wanted is not None:
        return [_existing(sheet, name) for name in as_list(wanted)]
    others = [name for name in sheet.names if name not in texts]
    if sheet.label is not None and sheet.label not in texts:
        return [sheet.label]
    if sheet.label is not None and len(others) == 1 == len(texts):
        return others  # the text's column was named, and it is the other one
    if found := _known(sheet, LABEL_NAMES, "label_column", texts):
        return found
    maybe = [name for name in others if name.lower() in MAYBE_LABELS]
    if require and others:
        likely = maybe[0] if maybe else "…"
        raise InputError(
            f"{sheet.path}: no label column. The columns are {_listed(sheet.names)}. "
            f"Say which one holds the labels (label_column={likely!r}), or which "
            "columns of 0 and 1 (label_column=[…])."
        )
    if maybe and not require:
        tell(
            sheet.path,
            f"read without labels; {' and '.join(map(repr, maybe))} look like some: "
            f"label_column={maybe[0]!r}.",
        )
    return []


def id_column(sheet, wanted=None):
    """Return the name of the column that numbers the rows, or `None`."""
    if wanted is not None:
        return _existing(sheet, wanted)
    if sheet.names[0] == "" and len(sheet.names) > 1:
        return ""  # the index that pandas writes
    return next((n for n in sheet.names if n.lower() in ID_NAMES), None)


def as_list(wanted):
    """Return the name or names of columns that a user gave, as a list of strings."""
    names = list(wanted) if isinstance(wanted, (list, tuple)) else [wanted]
    if len({*map(str, names)}) < len(names):
        raise InputError(f"A column is named twice. Received: {names!r}")
    for name in names:
        if isinstance(name, bool) or not isinstance(name, (str, int)):
            raise InputError(
                f"A column is given by its name, or without a header by its number "
                f"from 1. Received: {name!r}"
            )
    if not names:
        raise InputError("The list of columns is empty. Give a name, or leave it out.")
    return [str(name) for name in names]


def _existing(sheet, name):
    name = as_list(name)[0]
    if name in sheet.names:
        return name
    raise InputError(
        f"{sheet.path}: no column {name!r}. The columns are {_listed(sheet.names)}."
        + suggest(name, sheet.names)
    )


def _known(sheet, known, argument, taken=()):
    """Return [the column with a known name], of several the first of the known."""
    found = [n for n in sheet.names if n.lower() in known and n not in taken]
    found.sort(key=lambda name: known.index(name.lower()))
    if len(found) > 1:
        tell(
            sheet.path,
            f"the columns {_listed(found)} may hold it; {found[0]!r} is taken "
            f"({argument}={found[0]!r} to agree).",
        )
    return found[:1]


def check_columns(sheet, *chosen):
    """Raise `InputError` for a column that is chosen twice, such as text and label.

    Args:
        sheet: a `Sheet`.
        chosen: lists of names of columns.
    """
    names = [name for names in chosen for name in names]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"{sheet.path}: column {name!r} is to be two things, of text, second "
                "text and label. Name another for one of them (text_column=…, "
                "label_column=…)."
            )


def check_header(path, names):
    """Raise `InputError` for two columns of one name.

    Args:
        path: the file.
        names: those of its header.
    """
    for name in names:
        if name and names.count(name) > 1:
            raise InputError(
                f"{path}: two columns are named {name!r}. Rename one of them; or "
                "if the first row is none of names, header=False."
            )


def _listed(names):
    return (
        str(names) if len(names) <= 12 else f"{names[:12]} and {len(names) - 12} more"
    )
