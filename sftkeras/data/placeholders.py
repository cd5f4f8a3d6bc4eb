"""What a translator must not touch: placeholders, tags, names (article §6.4).

`{name}`, `%s` and `<b>` stand for something that the program puts there: one that is
lost or invented breaks the program. They are taken out before a text is translated,
`<1>`, `<2>` … in their place, and put back after it.
"""

import dataclasses
import re
from collections import Counter

MOST = 12  # in one string
MASK = re.compile(r"<(\d{1,2})>")
_BRACES = r"\$?\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"  # of ICU too, one in another
_NAMED = r"%\(\w+\)[-+#0]*\d*(?:\.\d+)?[sdifgxXur]|%\d+\$[sdifgxXur@]|%\d"
_UNNAMED = r"%[-+#0]*\d*(?:\.\d+)?[sdifgxXur@](?![a-z]{2})|\{\}"
_TAGS = r"</?[A-Za-z][^<>]*>|</?\d+/?>"
_FIXED = (
    r"`[^`]+`|https?://[!#-;=?-~]*[\w/=&#]|www\.[\w./-]+\w|[\w.-]+@[\w-]+\.\w+"
    r"|&#?\w+;|\\[ntr\"'\\]|%%|[\n\r\t]|\[%[^%]+%\]"
    r"|(?<![\w-])--?[a-z][\w-]+\b"
    r"|[\w-]{2,}\.[a-z]{2,6}\b(?!\w|\.\w)|(?<!\w)\.[a-z]{2,6}\b|\w+_\w+|\$\w+"
)
_PLACEHOLDER = re.compile(f"{_UNNAMED}|{_NAMED}|{_BRACES}|{_TAGS}|{_FIXED}", re.ASCII)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"\d+(?:[.,:]\d+)+|[A-Za-z0-9]+(?:[-+#][A-Za-z0-9]+|\+\+|#)*")
# A name looks like code: a capital behind another letter, or letters with digits.
_LIKE_NAME = re.compile(r"\w[\w-]*[A-Z]|[A-Za-z]+\d|\d+[A-Za-z]", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Names:
    """Which words are carried over as they are; learned by `learn_names`.

    Args:
        names: frozenset of words that stand in translations as in the originals.
        words: frozenset of ordinary words, in lower case, which are translated even
            where they are written like names, as `YOU`.
    """

    names: frozenset = frozenset()
    words: frozenset = frozenset()

    def carries(self, word):
        """Return whether a word is carried over."""
        if word in self.names or _NUMBER.fullmatch(word):
            return True
        return bool(_LIKE_NAME.match(word)) and word.lower() not in self.words


def placeholders(text):
    """Return what a program replaces in a text, tags, addresses and line breaks.

    Example:

    >>> placeholders("%s of {total} in <b>all</b>")
    ['%s', '{total}', '<b>', '</b>']
    """
    return [found.group() for found in _PLACEHOLDER.finditer(text)]


def spans(text, names):
    """Return [(start, end)] of all that is carried over, in order.

    Args:
        text: str.
        names: `Names`.
    """
    found, place = [], 0
    for match in [*_PLACEHOLDER.finditer(text), None]:
        end = len(text) if match is None else match.start()
        found += [
            word.span()
            for word in _WORD.finditer(text, place, end)
            if names.carries(word.group())
        ]
        if match is not None:
            found.append(match.span())
            place = match.end()
    return found


def mask(text, names, given=None):
    """Return a text with `<1>`, `<2>` … in it, and the list of what they stand for.

    Args:
        text: str.
        names: `Names`.
        given: the spans to mask. Defaults to `None`: those of `spans`.
    """
    parts, kept, place = [], [], 0
    for start, end in spans(text, names) if given is None else given:
        kept.append(text[start:end])
        parts += [text[place:start], f"<{len(kept)}>"]
        place = end
    return "".join([*parts, text[place:]]), kept


def unmask(text, kept, apart=False):
    """Return a text with what its masks stand for; see `mask`.

    Args:
        text: str.
        kept: list of str.
        apart: bool. Put a blank between two that would make one word, as two addresses
            side by side. Defaults to `False`.
    """
    parts, place = [], 0
    for found in MASK.finditer(text):
        parts += [text[place : found.start()], kept[int(found[1]) - 1]]
        place = found.end()
    parts.append(text[place:])
    if not apart:
        return "".join(parts)
    joined = ""  # whose pieces are kept from growing together
    for part in parts:
        both = joined[-1:] + part[:1]
        joined += " " * (len(both) == 2 and both.isascii() and both.isalnum()) + part
    return joined


def mask_pair(source, target, names):
    """Return both sides of a pair masked alike, or `None` where they do not agree.

    What the translation does not carry over, stays in the original, to be translated;
    but a placeholder that is lost or invented is a mistake, not to be learned.

    Example:

    >>> mask_pair("Delete {name} in HTML", "在 HTML 中删除 {name}", Names())
    ('Delete <1> in <2>', '在 <2> 中删除 <1>')
    """
    if Counter(placeholders(source)) != Counter(placeholders(target)):
        return None
    left, given, taken = target, [], []
    for start, end in spans(source, names):
        piece = source[start:end]
        place = _place(left, piece)
        if place is None:
            continue
        given.append((start, end))
        taken.append(place)
        left = left[:place] + "\0" * len(piece) + left[place + len(piece) :]
    if len(given) > MOST:
        return None
    masked, kept = mask(source, names, given)
    parts, end = [], 0
    for place, number in sorted(zip(taken, range(1, len(kept) + 1), strict=True)):
        parts += [target[end:place], f"<{number}>"]
        end = place + len(kept[number - 1])
    return masked, "".join([*parts, target[end:]])


def follows(kept):
    """Return for each mask which must stand before it, from 1; 0 for none.

    Unnamed ones, `%s`, are filled in order; a tag is closed after it was opened.
    """
    before, last, opened = [], 0, {}
    for number, piece in enumerate(kept, 1):
        needed = 0
        if re.fullmatch(_UNNAMED, piece):
            needed, last = last, number
        elif piece.startswith("</"):
            stack = opened.get(piece[2:].strip("> "), [])
            needed = stack.pop() if stack else 0
        elif piece.startswith("<") and not piece.endswith("/>"):
            opened.setdefault(re.split(r"[\s>]", piece[1:])[0], []).append(number)
        before.append(needed)
    return before


def learn_names(pairs, share=0.8):
    """Return the `Names` of pairs: which words translations leave as they are.

    Args:
        pairs: list of (original, translation).
        share: float, of a word's pairs in which it must stay. Defaults to `0.8`.
    """
    seen, stayed, ordinary = Counter(), Counter(), Counter()
    for source, target in pairs:
        words = {word.group() for word in _WORD.finditer(source)}
        there = {word.group() for word in _WORD.finditer(target)}
        seen.update(words)
        stayed.update(words & there)
        ordinary.update({word.lower() for word in words - there})
    names = {
        word
        for word, times in stayed.items()
        if times >= max(2, share * seen[word])
        and not word.islower()
        and (_LIKE_NAME.match(word) or not ordinary[word.lower()])
    }
    return Names(
        frozenset(names), frozenset({*ordinary} - {name.lower() for name in names})
    )


def _place(text, piece):
    """Return where a piece stands in a text, as a word if it is one, or `None`."""
    edge = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])" if piece[0].isalnum() else "{}"
    found = re.search(edge.format(re.escape(piece)), text)
    return found.start() if found else None
