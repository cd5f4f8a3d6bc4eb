"""Texts in any container: one column, or two for pairs (article §5.2)."""

import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.given import is_frame, is_missing


def as_texts(data):
    """Return texts as a list of N strings, pairs as a tuple of two such lists.

    Args:
        data: a string; N strings, or N rows of one or two strings, in a list, tuple,
            array, frame, series or index; a tuple of two lists, arrays or series of N
            strings each; a dictionary of one or two columns.

    Raises:
        InputError: no rows, a text that is missing or none (its row is named), or
            more than two texts a row.
    """
    names = list(data.columns if is_frame(data) else data if type(data) is dict else [])
    columns = [
        _checked(column, f", column {names[place]!r}" if len(names) > 1 else "")
        for place, column in enumerate(_columns(data))
    ]
    if len(columns) > 2:
        raise InputError(
            f"A row holds one text, or two that make a pair. Received: {len(columns)} "
            'columns. Choose the one with the texts, such as data["text"].'
        )
    if not columns or not columns[0]:
        raise InputError("There are no rows. A text model takes N strings.")
    if len({len(column) for column in columns}) > 1:
        raise InputError(
            "A pair needs two texts. Received: "
            f"{len(columns[0])} first texts, {len(columns[1])} second ones"
        )
    return columns[0] if len(columns) == 1 else tuple(columns)


def check_pairs(known, given):
    """Raise `InputError` for pairs where single texts were learned from, or for those.

    Args:
        known: bool, whether a model learned from pairs; `None`: not known.
        given: bool, whether it is given pairs; `None`: it is given no texts.
    """
    if None in (known, given) or known == given:
        return
    if known:
        raise InputError(
            "The model learned from pairs of texts, and was given single ones. Give "
            "pairs: (firsts, seconds), or a frame of two columns; of a file "
            "`pair_column` names the second texts."
        )
    raise InputError(
        "The model learned from single texts, and was given pairs. Give it one text a "
        "row (of a file: without `pair_column`), or fine-tune it on pairs."
    )


def _columns(data):
    """Yield the columns of texts, each a list."""
    if isinstance(data, (str, bytes)):
        return [[data]]
    if isinstance(data, dict):
        return [_listed(column) for column in data.values()]
    if is_frame(data):
        return [data.iloc[:, place].tolist() for place in range(data.shape[1])]
    if isinstance(data, np.ndarray) and data.ndim == 2:
        return data.T.tolist()
    columns = isinstance(data, tuple) and len(data) == 2
    if columns and not any(isinstance(part, (str, bytes, tuple)) for part in data):
        found = [_listed(part) for part in data]
        if all(part is not None for part in found):
            return found
    rows = _listed(data)
    if rows is None:
        raise InputError(
            "A text model takes a list of strings. Received: "
            f"{type(data).__name__} {data!r:.60}"
        )
    return _from_rows(rows)


def _listed(values):
    """Return values as a list, `None` where there are not several."""
    values = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(values, (str, bytes)):
        return [values]
    return list(values) if isinstance(values, (list, tuple)) else None


def _from_rows(rows):
    """Return the columns of rows that are a text each, or a list of one or two."""
    inner = [
        _listed(row) if not isinstance(row, (str, bytes)) else None for row in rows
    ]
    widths = {None if row is None else len(row) for row in inner}
    if widths <= {None}:
        return [rows]
    if None in widths or len(widths) > 1:
        first = None if inner[0] is None else len(inner[0])
        odd = next(i for i, row in enumerate(inner) if _width(row) != first)
        raise InputError(
            "Each row must hold as many texts as the others. Received: "
            f"{_described(rows[0])} (row 0), {_described(rows[odd])} (row {odd})"
        )
    width = widths.pop()
    if width > 2 and len(rows) == 2:
        raise InputError(
            "Two lists of texts can be columns or rows. Write pairs as a tuple, "
            "(firsts, seconds), or as a list of pairs."
        )
    return [list(column) for column in zip(*inner, strict=True)] if width else [[]]


def _width(row):
    return None if row is None else len(row)


def _checked(texts, where):
    """Return the texts as `str`; raise for the first that is none.

    Args:
        texts: list of anything.
        where: str, words for an error: the column, if it has a name.
    """
    if texts is None:
        raise InputError("A column of texts must be a list or an array of strings.")
    found = list(texts)
    for row, text in enumerate(found):
        if type(text) is str:
            continue
        if isinstance(text, bytes):
            found[row] = _decoded(text, row)
        elif isinstance(text, str):
            found[row] = str(text)
        elif is_missing(text):
            raise InputError(
                f"The text of row {row}{where} is missing ({text}). Fill it in, or "
                "leave the row out."
            )
        else:
            raise InputError(
                f"A text model takes strings. Received: {_described(text)} (row "
                f"{row}{where})"
            )
    _check_unicode(found)
    return found


def _decoded(text, row):
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The text of row {row} is bytes that are no UTF-8 (byte "
            f"0x{text[error.start]:02x}). Decode it first."
        ) from None


def _check_unicode(texts):
    """Refuse half a surrogate pair, which no tokenizer takes."""
    try:
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError:
        for row, text in enumerate(texts):
            try:
                text.encode("utf-8")
            except UnicodeEncodeError:
                raise InputError(
                    f"The text of row {row} is not valid Unicode: half a surrogate "
                    "pair is in it."
                ) from None


def _described(value):
    return f"{type(value).__name__} {value!r:.40}"
