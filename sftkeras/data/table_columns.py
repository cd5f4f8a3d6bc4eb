"""Whether a table has a header, and which of its columns holds what (article §6.7)."""

from sftkeras.data.sheets import (
    ID_NAMES,
    LABEL_NAMES,
    MAYBE_LABELS,
    as_list,
)
from sftkeras.data.telling import tell
from sftkeras.errors import InputError, suggest


def is_number(cell):
    """Return whether a cell is a finite number as programs write it: not `1_0`, `１`.

    >>> is_number("-1.5e3"), is_number("1_0"), is_number("nan")
    (True, False, False)
    """
    try:
        return cell.isascii() and "_" not in cell and abs(float(cell)) < float("inf")
    except ValueError:
        return False


def has_header(path, rows):
    """Return whether the first row names the columns; what is not sure is told.

    Args:
        path: the file.
        rows: lists of strings without blanks around them.

    Raises:
        InputError: the first row is 0, 1, 2, …: pandas writes such names.
    """
    first = rows[0]
    numbers = [cell for cell in first if is_number(cell)]
    words = [n for n, cell in enumerate(first) if cell and not is_number(cell)]
    known = {*LABEL_NAMES, *MAYBE_LABELS, *ID_NAMES}
    if not numbers or len(words) > 1 or known & {cell.lower() for cell in first}:
        return True
    if numbers == [str(n) for n in range(len(numbers))] and not words:
        raise InputError(
            f"{path}, line 1: are {', '.join(numbers[:4])}, … the columns' names or "
            "data? Write a first line of names that are no numbers, such as a,b,label."
        )
    if words:
        word, below = words[0], rows[1:]
        if first[word] not in [row[word] for row in below if word < len(row)]:
            tell(
                path,
                "line 1 is taken for the names of the columns. If it holds data, "
                "write a line of names above it.",
            )
            return True
    tell(
        path,
        "line 1 holds numbers and is read as data: no header. If it names the "
        "columns, give them names that are no numbers.",
    )
    return False


def label_place(path, names, rows, wanted=None):
    """Return the number of the labels' column, from 0; a guess is told.

    Args:
        path: the file.
        names: of the columns.
        rows: lists of as many strings.
        wanted: the name that the user gave, or `None`.
    """
    if wanted is not None:
        (name,) = as_list(wanted)[:1]
        if name not in names or len(as_list(wanted)) > 1:
            raise InputError(
                f"{path}: `label_column` must be the name of one column. Received: "
                f"{wanted!r}; the columns are {names[:12]}.{suggest(name, names)}"
            )
        return names.index(name)
    found = [n for n in names if n.lower() in LABEL_NAMES]
    best = [n for n in found if n.lower() == LABEL_NAMES[0]]
    if len(best) == 1:
        if len(found) > 1:
            others = [n for n in found if n != best[0]]
            tell(
                path,
                f"{best[0]!r} is taken for the labels, {others} for measurements. If "
                "they say the same, take them out.",
            )
        return names.index(best[0])
    if len(found) > 1:
        raise InputError(
            f"{path}: which column holds the labels? The columns {found} may all do "
            f"(label_column={found[0]!r}); take the others out."
        )
    if found:
        return names.index(found[0])
    columns = range(len(names))
    worded = [n for n in columns if rows and not any(is_number(row[n]) for row in rows)]
    place = worded[0] if len(worded) == 1 else len(names) - 1
    maybe = [n for n in names if n.lower() in MAYBE_LABELS and n != names[place]]
    more = f" Or is it {maybe[0]!r}?" if maybe else ""
    tell(
        path,
        f"no column is called 'label'; {names[place]!r} is taken for the labels "
        f"(label_column={names[place]!r} to agree).{more}",
    )
    return place


def places_of_ids(path, names, rows, label):
    """Return the numbers of the columns that only number or name the rows; told.

    Args:
        path, names, rows: as in `label_place`.
        label: number of the labels' column.
    """
    found = []
    for place, name in enumerate(names):
        if place == label or (name and name.lower() not in ID_NAMES):
            continue
        cells = [row[place] for row in rows]
        shown = f"the column {name!r}" if name else "the column without a name"
        whole = all(cell.isdecimal() or not is_number(cell) for cell in cells)
        if whole and all(cells) and len({*cells}) == len(cells):
            found.append(place)
            tell(path, f"{shown} only numbers or names the rows; it is left out.")
        else:
            tell(
                path,
                f"{shown} is taken for a measurement. If it only names the rows, take "
                "it out.",
            )
    return found
