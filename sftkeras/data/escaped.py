"""Encodings that hide in plain bytes: HZ, UTF-7, and UTF-16 without its mark."""

import re
import unicodedata

_UTF7 = re.compile(rb"\+([A-Za-z0-9+/]{3,})")
_LIKELY = 0.8  # share of characters that are letters, digits, blanks or punctuation


def is_hz(content):
    """Return whether bytes are HZ: ASCII, with Chinese between `~{` and `~}`."""
    if b"~{" not in content or not content.isascii():
        return False
    try:
        text = content.decode("hz")
    except UnicodeDecodeError:
        return False
    return not text.isascii()


def is_utf7(content):
    """Return whether most lines that are not blank are UTF-7 with foreign letters."""
    lines = [line for line in content.splitlines() if line.strip()]
    if not content.isascii() or not lines:
        return False
    found = [part for line in lines for part in _UTF7.findall(line)]
    if sum(bool(_UTF7.search(line)) for line in lines) * 2 < len(lines):
        return False
    try:
        content.decode("utf-7")
        text = b"".join(b"+%b-" % part for part in found).decode("utf-7")
    except UnicodeDecodeError:
        return False
    foreign = [sign for sign in text if not sign.isascii()]
    return len(foreign) * 2 > len(text) and _readable(foreign)


def wide(content):
    """Return which UTF-16 bytes with NULs may be, `"utf-16-le"` or `"-be"`, or None."""
    found = {}
    for name in ("utf-16-le", "utf-16-be"):
        try:
            text = content[: len(content) // 2 * 2].decode(name)
        except UnicodeDecodeError:
            continue
        if text and _readable(text):
            # Wrong bytes give rare letters of many scripts, right ones of a few.
            found[name] = sum(s.isascii() or "一" <= s <= "鿿" for s in text)
    return max(found, key=found.get) if found else None


def _readable(text):
    """Return whether most of a text is letters, marks, digits, blanks, punctuation."""
    kinds = [unicodedata.category(s)[0] in "LMNPZ" or s in "\t\r\n" for s in text]
    return sum(kinds) >= _LIKELY * len(kinds)
