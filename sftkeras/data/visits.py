"""Who took what, and when: `.csv` files of a shop as `Visits` (article §6.6)."""

import csv
import datetime
import gzip
import io
import math
from dataclasses import dataclass

import numpy as np

from sftkeras.data.decoding import as_path, check_file, decode, numbered, read_text
from sftkeras.data.delimited import csv_rows
from sftkeras.data.examples import Examples
from sftkeras.data.telling import tell
from sftkeras.errors import InputError

SHORTEST = 25  # visits of a user: 20 to look at, and some to recommend
FEWEST = 50  # users
FEWEST_ITEMS = 30  # 20 that a user has, and ten to recommend
LATEST = 0.3  # of the users are the new ones, where the file names no groups
_NAMES = {
    "user": ("user", "user_id", "customer", "用户"),
    "item": ("item", "item_id", "product", "商品"),
    "time": ("time", "timestamp", "date", "时间", "日期"),
    "title": ("title", "标题"),
    "group": ("group", "组", "分组"),
}


@dataclass(frozen=True, eq=False)
class Shop:
    """What all users share: the catalogue, and the users who were there before.

    Attributes:
        items: tuple of I names, sorted.
        titles: tuple of I strings, or `None`.
        others: list of int arrays, the histories of the first group: places in
            `items` in the order of time.
        groups: `(first, new)`, names of the two groups.
    """

    items: tuple
    titles: tuple | None
    others: list
    groups: tuple


@dataclass
class Visits(Examples):
    """`Examples` of users of a shop's new group, one a row, in order of arrival.

    Attributes:
        inputs: list of int arrays, the histories: places in `shop.items`.
        groups: array of the users' names.
        shop: a `Shop`.
    """

    shop: Shop = None

    def __repr__(self):
        shop = self.shop
        return (
            f"{len(self)} users of the group {shop.groups[1]!r}, after "
            f"{len(shop.others)} of {shop.groups[0]!r}; {len(shop.items)} items"
            f"{'' if shop.titles else ' without titles'}"
        )


def load_visits(path, titles=None):
    """Read the visits of a shop's users.

    Args:
        path: a `.csv` file, or `.csv.gz`, with the columns `user,item,time` and, if you
            have them, `title` (of the item) and `group` (of the user, one of two). The
            time is a number or an ISO date (`2025-03-14`, `2025-03-14T18:30`); equal
            times keep the file's order. The new group is the one that arrives later;
            without groups it is the last 30% of the users by their first visit.
        titles: path of a file `item<TAB>…<TAB>title` with a header. Defaults to
            `None`: those in the file, if any.

    Returns:
        `Visits`.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: a missing column, cell or title, a time that is none, an item with
            two titles, a user in two groups, other than two groups, a quote that is
            never closed, fewer than 50 users with 25 visits or more, or fewer than 30
            items; the message names the line.
    """
    path = as_path(path)
    rows, columns = _rows(path)
    known = _titles_of(path, rows) if "title" in columns else {}
    if titles is not None:
        known = _read_titles(as_path(titles))
    histories = _histories(path, rows)
    group_of = _groups_of(path, rows) if "group" in columns else None
    long = {u: h for u, h in histories.items() if len(h) >= SHORTEST}
    if len(long) < FEWEST:
        raise InputError(
            f"{path}: needed are {FEWEST} users or more with {SHORTEST} visits each. "
            f"Received: {len(long)} such users, of {len(histories)}"
        )
    if short := len(histories) - len(long):
        tell(path, f"{short} users with fewer than {SHORTEST} visits are left out.")
    items = tuple(sorted({item for history in long.values() for _, item in history}))
    if missing := [item for item in items if known and item not in known]:
        raise InputError(
            f"{path}: give each item a title, or none. Without one: item {missing[0]!r}"
        )
    if len(items) < FEWEST_ITEMS:
        raise InputError(
            f"{path}: needed are {FEWEST_ITEMS} items or more, 20 that a user has and "
            f"ten to recommend. Received: {len(items)}"
        )
    _tell_shared_titles(path, items, known)
    place = {item: number for number, item in enumerate(items)}
    first, new, names = _two_groups(path, long, group_of)
    rows_of = {u: np.array([place[item] for _, item in h]) for u, h in long.items()}
    shop = Shop(
        items,
        tuple(known[item] for item in items) if known else None,
        [rows_of[user] for user in first],
        names,
    )
    return Visits([rows_of[u] for u in new], groups=np.array(new), shop=shop)


def _tell_shared_titles(path, items, known):
    """Tell that some items have the same title: they stay different items."""
    found = {}
    for item in items:
        found.setdefault(known.get(item), []).append(item)
    found.pop(None, None)
    if shared := [pair for pair in found.items() if len(pair[1]) > 1]:
        title, same = shared[0]
        tell(
            path,
            f"{len(shared)} titles stand for several items each, which stay apart: "
            f"{title[:40]!r} is {', '.join(map(repr, same[:3]))}.",
        )


def _rows(path):
    """Return ([{column: cell, "line": int}], names of the columns)."""
    if path.suffix == ".gz":
        check_file(path)
        try:
            text = decode(gzip.decompress(path.read_bytes()), path)
        except (OSError, EOFError) as error:
            raise InputError(f"{path}: this is no gzip file. ({error})") from error
    else:
        text = read_text(path)
    text = text.lstrip("\ufeff")
    delimiter = max(",;\t", key=(text.splitlines() or [""])[0].count)
    stream = io.StringIO(text, newline="")
    lines = csv_rows(path, numbered(stream, path), delimiter, 1)
    head = [cell.strip().lower().replace(" ", "_") for cell in next(lines, (1, []))[1]]
    columns = {}
    for column, called in _NAMES.items():
        found = [n for n, cell in enumerate(head) if cell in called]
        if found:
            columns[column] = found[0]
    missing = [name for name in ("user", "item", "time") if name not in columns]
    if missing:
        raise InputError(
            f"{path}, line 1: needed is a header with the columns user,item,time and, "
            f"if you have them, title,group. Missing: {missing[0]}. Received: "
            f"{','.join(head)[:60]!r}"
        )
    rows = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        cells += [""] * (len(head) - len(cells))
        row = {name: cells[n].strip() for name, n in columns.items()}
        if empty := [n for n in ("user", "item", "time", "group") if row.get(n) == ""]:
            raise InputError(f"{path}, line {line}: the cell of {empty[0]!r} is empty.")
        row["line"] = line
        rows.append(row)
    return rows, columns


def _histories(path, rows):
    """Return {user: [(time, item)]}, sorted by time, each item once."""
    kinds, found, twice = set(), {}, 0
    for row in rows:
        time, kind = _time(path, row)
        kinds.add(kind)
        found.setdefault(row["user"], []).append((time, row["item"]))
    if len(kinds) > 1:
        raise InputError(
            f"{path}: the times are numbers in some lines and dates in others. Write "
            "all of them the same way."
        )
    for user, history in found.items():
        history.sort(key=lambda visit: visit[0])
        once = {}
        for time, item in history:
            once.setdefault(item, time)
        twice += len(history) - len(once)
        found[user] = [(time, item) for item, time in once.items()]
    if twice:
        tell(
            path,
            f"{twice} visits repeat an earlier one, of the same user and item: the "
            "first is kept.",
        )
    return dict(sorted(found.items(), key=lambda pair: (pair[1][0][0], pair[0])))


def _time(path, row):
    """Return the time of a row as a number, and which kind it is."""
    cell = row["time"]
    try:
        number = float(cell)
        if math.isfinite(number):
            return number, "number"
    except ValueError:
        try:
            date = datetime.datetime.fromisoformat(cell)
            if date.tzinfo is None:
                date = date.replace(tzinfo=datetime.UTC)
            return date.timestamp(), "date"
        except ValueError:
            pass
    raise InputError(
        f"{path}, line {row['line']}: a time is a number or an ISO date such as "
        f"2025-03-14 or 2025-03-14T18:30. Received: {cell[:40]!r}"
    )


def _titles_of(path, rows):
    """Return {item: title} of a column of titles; {} if all are empty."""
    found = {}
    for row in rows:
        title = row["title"]
        if title and found.setdefault(row["item"], title) != title:
            raise InputError(
                f"{path}, line {row['line']}: the item {row['item']!r} has two titles: "
                f"{found[row['item']][:40]!r} and {title[:40]!r}"
            )
    return found


def _read_titles(path):
    """Return {item: title} of a file of tabs with a header."""
    rows = list(csv.DictReader(io.StringIO(read_text(path)), delimiter="\t", quoting=3))
    if not rows or not {"item", "title"} <= {*rows[0]}:
        raise InputError(
            f"{path}: needed is a header with the columns item and title, tabs between "
            "them."
        )
    return {row["item"]: row["title"] for row in rows}


def _groups_of(path, rows):
    """Return {user: group}."""
    found = {}
    for row in rows:
        group = found.setdefault(row["user"], row["group"])
        if group != row["group"]:
            raise InputError(
                f"{path}, line {row['line']}: the user {row['user']!r} is in two "
                f"groups: {group!r} and {row['group']!r}"
            )
    return found


def _two_groups(path, histories, group_of):
    """Return the users before, the new ones, both in order of arrival; their names."""
    users = list(histories)
    if group_of is None:
        kept = len(users) - max(2, round(LATEST * len(users)))
        names = ("before", "the last to arrive")
        tell(path, f"no column group: new are the last {len(users) - kept} users.")
        return users[:kept], users[kept:], names
    names = sorted({group_of[user] for user in users})
    if len(names) != 2:
        raise InputError(
            f"{path}: the column group must name two groups (of users with {SHORTEST} "
            f"visits or more). Received: {names[:5]}"
        )
    parts = {name: [u for u in users if group_of[u] == name] for name in names}
    arrived = {
        name: np.median([histories[user][0][0] for user in part])
        for name, part in parts.items()
    }
    first, new = sorted(names, key=lambda name: (arrived[name], name))
    if min(map(len, parts.values())) < 10:
        raise InputError(
            f"{path}: each group needs 10 users or more with {SHORTEST} visits. "
            f"Received: { {name: len(part) for name, part in parts.items()} }"
        )
    return parts[first], parts[new], (first, new)
