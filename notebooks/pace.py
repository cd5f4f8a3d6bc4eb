"""How long a student reads on the short path, reckoned from the sources.

All prose, all code that is not folded, a look at what each cell shows. What cells take
to run, and what the class talks about, comes on top of it in `minutes`.
"""

import re

from assembling import cells_in

WORDS = 200  # a minute, of English prose
CHARACTERS = 350  # a minute, of Chinese prose
CODE_LINES = 10  # a minute
LOOK = 1 / 3  # of a minute, at what a cell shows
_LEFT_OUT = re.compile(r"^```mermaid.*?^```$|(?<=\])\([^)]*\)", re.M | re.S)
_HAN = "[\u4e00-\u9fff]"


def stretches(source, lang):
    """Return [(line, minutes as marked, minutes of reading)], one a short stretch.

    Args:
        source: path of a chapter's source.
        lang: "en" or "zh".
    """
    found = []
    for cell in cells_in(source, lang):
        if "short" not in cell.tags:
            continue
        if cell.minutes:
            found.append((cell.line, cell.minutes, 0))
        line, minutes, reading = found[-1]
        found[-1] = line, minutes, reading + reading_minutes(cell)
    return found


def reading_minutes(cell):
    """Return the minutes that a student needs for a cell, without running it."""
    if cell.kind == "code":
        lines = [line for line in cell.text.splitlines() if line.strip()]
        return LOOK + ("fold" not in cell.tags) * len(lines) / CODE_LINES
    text = _LEFT_OUT.sub("", cell.text)
    words = re.findall(r"[\w'’.]+", re.sub(_HAN, " ", text))
    return len(words) / WORDS + len(re.findall(_HAN, text)) / CHARACTERS
