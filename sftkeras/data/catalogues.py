"""Catalogues of a program's texts and their translations, in four formats.

What a localiser has (article §6.4). English to Simplified Chinese is what is learned;
a catalogue that says that it is of another language is refused.
"""

import dataclasses
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path

from sftkeras.data.decoding import read_text
from sftkeras.data.examples import Examples
from sftkeras.data.placeholders import placeholders
from sftkeras.errors import InputError

SUFFIXES = (".tsv", ".po", ".json", ".tmx")
_CONTEXT = "\x04"  # gettext's: what stands before it is not the text
_CHINESE = re.compile("[\u3400-\u9fff]")


@dataclasses.dataclass
class Entry:
    """A text of a program and its translation.

    Attributes:
        source: str, in English.
        target: str, in Chinese; `""`: not translated.
        where: str, for an error: the line or the key.
        draft: str, a translation that someone has yet to look at (gettext's fuzzy, a
            machine's in a `.tmx`); it is not learned from. Defaults to `""`: none.
    """

    source: str
    target: str
    where: str
    draft: str = ""


@dataclasses.dataclass
class Catalogue:
    """A catalogue, in the order of its file.

    Attributes:
        entries: list of `Entry`.
        render: function of {number of an entry: its translation} that returns the
            file's bytes with these put in, marked as drafts where the format can.
        notes: list of str, what else is set in the file when it is written, for people.
    """

    entries: list
    render: Callable
    notes: list = dataclasses.field(default_factory=list)


def read_catalogue(path):
    """Return the `Catalogue` of a file, by the end of its name.

    - `.tsv`: `English⇥中文` lines, or `English` alone where it is to be translated;
    - `.po`: gettext's;
    - `.json`: `{English: 中文}`, `{English: [中文]}` or of the two in groups, as
      JupyterLab's language packs;
    - `.tmx`: a translation memory.

    Args:
        path: the file.

    Raises:
        InputError: it cannot be read, has no entries, or is of other languages.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: a catalogue ends in {', '.join(SUFFIXES[:-1])} or "
            f"{SUFFIXES[-1]}. Received: {path.suffix or 'no ending'}"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file.")
    if path.suffix.lower() == ".po":
        from sftkeras.data.gettext_files import read_po as read
    elif path.suffix.lower() == ".tmx":
        from sftkeras.data.memories import read_tmx as read
    else:
        read = _read_json if path.suffix.lower() == ".json" else _read_tsv
    catalogue = read(path)
    if not catalogue.entries:
        raise InputError(f"{path}: there is no text in this catalogue.")
    return catalogue


def load_pairs(path):
    """Return the translated entries of a catalogue, to learn from them.

    Each pair once; what is odd is told. A text with two translations keeps the first.

    Args:
        path: as in `read_catalogue`.

    Returns:
        `Examples`: N texts in English, N in Chinese.

    Raises:
        InputError: as `read_catalogue`; or nothing is translated in it, or a line of a
            `.tsv` has an empty side.
    """
    path = Path(path)
    catalogue = read_catalogue(path)
    pairs, same, broken = {}, 0, []
    for entry in catalogue.entries:
        if not entry.source.strip():
            raise InputError(f"{path}, {entry.where}: the English side is empty.")
        if not entry.target.strip():
            if path.suffix.lower() == ".tsv":
                raise InputError(
                    f"{path}, {entry.where}: the Chinese side of {entry.source[:40]!r} "
                    "is empty. Leave the line out of what is learned from."
                )
            continue
        if entry.source == entry.target:
            same += 1
            continue
        if sorted(placeholders(entry.source)) != sorted(placeholders(entry.target)):
            broken.append(entry)
            continue
        pairs.setdefault(entry.source, entry.target)
    if not pairs:
        raise InputError(
            f"{path}: nothing in it is translated: {len(catalogue.entries)} texts, "
            f"{same} of them the same on both sides, {len(broken)} with other "
            "placeholders. Give a catalogue to learn from."
        )
    if same:
        warnings.warn(
            f"{path}: {same} entries are the same on both sides, and were left out.",
            stacklevel=2,
        )
    if broken:
        warnings.warn(
            f"{path}: {len(broken)} translations have other placeholders than their "
            f"originals, and were left out; the first is {broken[0].where}: "
            f"{broken[0].source[:40]!r}, {broken[0].target[:40]!r}",
            stacklevel=2,
        )
    check_languages(path, pairs)
    return Examples(list(pairs), list(pairs.values()))


def check_languages(path, pairs):
    """Raise if texts are not Chinese; warn of Traditional characters.

    Args:
        path: for the message.
        pairs: {English: Chinese}.
    """
    turned = sum(bool(_CHINESE.search(source)) for source in pairs)
    if turned > len(pairs) / 2:
        raise InputError(
            f"{path}: the Chinese stands first. Write English⇥中文: this translates "
            "from English."
        )
    chinese = sum(bool(_CHINESE.search(target)) for target in pairs.values())
    if chinese < len(pairs) / 2:
        example = next(t for t in pairs.values() if not _CHINESE.search(t))
        raise InputError(
            f"{path}: only {chinese} of {len(pairs)} translations have a Chinese "
            f"character in them ({example[:30]!r} has none). The decoder writes "
            "Chinese; e5-small with its full vocabulary (get_e5_small.py --keep all) "
            "reads 100 languages, but a decoder for another has to be trained."
        )
    found = [target for target in pairs.values() if traditional(target)]
    if len(found) > len(pairs) / 50:
        warnings.warn(
            f"{path}: {len(found)} of {len(pairs)} translations have Traditional "
            f"characters ({traditional(found[0])} in {found[0][:20]!r}); the decoder "
            "learned Simplified ones and would learn a mixture.",
            stacklevel=3,
        )


def traditional(text):
    """Return the Traditional characters of a text, as a string.

    Those that the Simplified standard GB 2312 of 1980 lacks and Big5 has.

    Example:

    >>> traditional("開啟文件")
    '開啟'
    """
    return "".join(c for c in text if not _in(c, "gb2312") and _in(c, "big5"))


def _in(character, standard):
    if not _CHINESE.match(character):
        return standard == "gb2312"
    try:
        return bool(character.encode(standard))
    except UnicodeEncodeError:
        return False


def check_language(path, name, where="Language"):
    """Raise unless a catalogue's target language is Simplified Chinese, or not said.

    Args:
        path: for the message.
        name: str, as `zh_CN`; may be empty.
        where: str, where the file says it. Defaults to `"Language"`.
    """
    parts = re.split(r"[-_.@]", name.strip().lower())
    if not parts[0]:
        return
    if parts[0] not in ("zh", "cmn", "chinese"):
        raise InputError(
            f"{path}: {where} is {name!r}. The decoder writes Simplified Chinese "
            "alone. (e5-small with its full vocabulary, get_e5_small.py --keep all, "
            "reads 100 languages; a decoder for another has to be trained.)"
        )
    if {*parts[1:]} & {"tw", "hk", "mo", "hant"}:
        warnings.warn(
            f"{path}: {where} is {name!r}, Traditional; the decoder writes Simplified.",
            stacklevel=4,
        )


def _read_tsv(path):
    entries = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) > 2:
            raise InputError(
                f"{path}, line {number}: a line is English⇥中文. Received: "
                f"{len(cells)} columns"
            )
        entries.append(Entry(cells[0], cells[1] if cells[1:] else "", f"line {number}"))

    def render(drafts):
        lines = [
            f"{entry.source}\t{drafts.get(number, entry.target)}\n"
            for number, entry in enumerate(entries)
        ]
        return "".join(lines).encode("utf-8")

    return Catalogue(entries, render)


def _read_json(path):
    text = read_text(path)
    try:
        contents = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no JSON: {error}") from None
    if not isinstance(contents, dict):
        raise InputError(
            f"{path}: must hold {{English: 中文}}. Received: {type(contents).__name__}"
        )
    header, notes = contents.get(""), []
    if isinstance(header, dict):
        check_language(path, str(header.get("language") or ""), "language")
        if not header.get("language"):
            header["language"] = "zh_CN"
            notes.append("the header gets language: zh_CN")
    entries, places = [], []
    left = [(contents, ())]
    while left:
        group, trail = left.pop(0)
        for key, value in group.items():
            if key == "" and not trail:
                continue
            if isinstance(value, dict):
                left.append((value, (*trail, key)))
                continue
            first = value[0] if isinstance(value, list) and value else value
            where = " > ".join(repr(name[:60]) for name in (*trail, key))
            if first is not None and first != [] and not isinstance(first, str):
                raise InputError(
                    f"{path}, {where}: a translation must be a text. Received: "
                    f"{json.dumps(first, ensure_ascii=False):.60}"
                )
            source = key.rpartition(_CONTEXT)[2]
            entries.append(Entry(source, first or "", where))
            places.append((group, key))

    def render(drafts):
        for number, text in drafts.items():
            group, key = places[number]
            group[key] = [text] if isinstance(group[key], list) else text
        text = json.dumps(contents, ensure_ascii=False, indent=4)
        return f"{text}\n".encode()

    return Catalogue(entries, render, notes)
