"""Strings of programs' interfaces: which are fit to learn from, which are alike (§6.4).

JupyterLab's are read from its language pack, where pip installed it; those that the
translator was trained on from where `data/make_translator.py` put them. Nothing of
either is in this repository.
"""

import importlib.util
import re
from pathlib import Path

import numpy as np

from sftkeras.data.catalogues import read_catalogue, traditional
from sftkeras.data.examples import Examples
from sftkeras.data.placeholders import placeholders
from sftkeras.errors import InputError
from sftkeras.files import ROOT

PACK = "jupyterlab_language_pack_zh_CN"
STRINGS = ROOT / "data" / "pretrained" / "interface-strings"
MOST_WORDS, MOST_CHARACTERS, MOST_CHINESE = 24, 160, 60
NEAR, FAR = 0.9, 0.7  # of spelling: one string in two forms; no string like it
_MNEMONIC = re.compile(r"&[A-Za-z](?!\w*;)|\(&")  # keys of menus, as in "&Open"
_CHINESE = re.compile("[\u4e00-\u9fff]")


def key_of(source):
    """Return what two spellings of a string share: letters and digits, lower case."""
    return re.sub(r"[^a-z0-9]+", " ", source.lower()).strip()


def clean(pairs, known=()):
    """Return the pairs that are fit to learn from, each string once.

    English of at most 24 words, Chinese of at most 60 characters, a sixth of them or
    more Chinese; no keys of menus; nothing but Simplified characters.

    Args:
        pairs: list of (English, Chinese).
        known: keys of strings to leave out; see `key_of`. Defaults to none.
    """
    found, seen = [], {*known}
    for source, target in pairs:
        source, target = source.strip(), target.strip()
        key = key_of(source)
        if key in seen or not re.search("[a-z]", key) or not source.isascii():
            continue
        if len(source.split()) > MOST_WORDS or len(source) > MOST_CHARACTERS:
            continue
        chinese = len(_CHINESE.findall(target))
        if len(target) > MOST_CHINESE or chinese < max(1, len(target) / 6):
            continue
        if _MNEMONIC.search(source + target) or traditional(target):
            continue
        if sorted(placeholders(source)) != sorted(placeholders(target)):
            continue
        seen.add(key)
        found.append((source, target))
    return found


def likeness(sources, others):
    """Return float `(N,)`, how like the most similar of other strings each is.

    1 is the same; spellings are compared without case (by RapidFuzz).
    """
    return _nearest(sources, others)[1]


def nearest(sources, others):
    """Return int `(N,)`, which of the other strings is spelt most like each.

    Args:
        sources, others: lists of str.
    """
    return _nearest(sources, others)[0]


def _nearest(sources, others):
    from rapidfuzz import fuzz, process

    others = [key_of(text) for text in others]
    rows, ratios = np.zeros(len(sources), int), np.zeros(len(sources))
    for start in range(0, len(sources), 256):  # 256 x 20,000 numbers at a time
        part = [key_of(text) for text in sources[start : start + 256]]
        table = process.cdist(part, others, scorer=fuzz.ratio, dtype=np.uint8)
        rows[start : start + 256] = table.argmax(axis=1)
        ratios[start : start + 256] = table.max(axis=1) / 100
    return rows, ratios


def families(sources):
    """Return int `(N,)`: strings of one spelling but for a letter or two share one.

    A split that keeps a family on one side does not test on what it trained on.
    """
    from rapidfuzz import fuzz, process
    from scipy.sparse.csgraph import connected_components

    keys = [key_of(text) for text in sources]
    table = process.cdist(keys, keys, scorer=fuzz.ratio, dtype=np.uint8)
    return connected_components(table >= NEAR * 100)[1]


def jupyterlab_strings(known=()):
    """Return the strings of JupyterLab and its extensions, with families as groups.

    Args:
        known: as in `clean`. Defaults to none.

    Raises:
        InputError: the language pack is not installed.
    """
    spec = importlib.util.find_spec(PACK)
    if spec is None:
        raise InputError(
            "JupyterLab's Chinese strings are not installed. Run: pip install "
            f"{PACK.replace('_', '-')}"
        )
    folder = Path(spec.submodule_search_locations[0], "locale", "zh_CN", "LC_MESSAGES")
    pairs = []
    for file in sorted(folder.glob("*.json")):
        entries = read_catalogue(file).entries
        pairs += [(entry.source, entry.target) for entry in entries]
    pairs = clean(pairs, known)
    sources = [source for source, _ in pairs]
    return Examples(sources, [target for _, target in pairs], families(sources))


def base_strings(part):
    """Return strings of the programs that the translator was trained on.

    Args:
        part: `"train"`, or `"test"`: strings kept aside, which it was not trained on.

    Raises:
        InputError: they have not been fetched.
    """
    file = STRINGS / f"{part}.tsv"
    if not file.is_file():
        raise InputError(
            f"{file}: the strings are not there. Run: python data/make_translator.py "
            "strings"
        )
    entries = read_catalogue(file).entries
    return Examples([e.source for e in entries], [e.target for e in entries])
