"""The table of words of a source: which string literals the Chinese edition changes.

A left side is matched as Python sees it, so the kind of quotes does not matter; an
f-string is one literal.
"""

import ast
import io
import re
import tokenize
from typing import NamedTuple

# Python 3.12 and newer take f-strings apart.
_START = getattr(tokenize, "FSTRING_START", None)
_END = getattr(tokenize, "FSTRING_END", None)
_MAGIC = re.compile(r"^\s*[%!].*$", re.M)


class Word(NamedTuple):
    """One line of the table: the two literals as they are written, and where."""

    english: str
    chinese: str
    line: int


def literals(code):
    """Return the string literals of code: [(start, end, text)], offsets into it.

    A string inside an f-string belongs to the f-string.
    """
    blank = _MAGIC.sub(lambda match: " " * len(match[0]), code)
    lengths = [len(line) for line in blank.splitlines(keepends=True)]
    begins = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
    found, open_at, depth = [], 0, 0
    for token in tokenize.generate_tokens(io.StringIO(blank).readline):
        start = begins[token.start[0] - 1] + token.start[1]
        end = start + len(token.string)  # 3.12.1 counts bytes at the end of some
        if token.type == tokenize.STRING and not depth:
            found.append((start, end))
        elif _START is not None and token.type == _START:
            open_at, depth = (open_at if depth else start), depth + 1
        elif _END is not None and token.type == _END:
            depth -= 1
            if not depth:
                found.append((open_at, end))
    return [(start, end, code[start:end]) for start, end in found]


def key(literal):
    """Return what two spellings of the same literal have in common."""
    return ast.dump(ast.parse(literal.strip(), mode="eval").body)


def read_words(text):
    """Return {key of the English: `Word`} of a table's lines.

    Raises:
        ValueError: `(line, message)` for a line that is not `"…" = "…"`.
    """
    table = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = literals(line)
        except (tokenize.TokenError, SyntaxError):
            found = []
        between = line[found[0][1] : found[1][0]] if len(found) == 2 else ""
        if between.strip() != "=":
            raise ValueError(number, f'a line is "English" = "中文". Found: {line}')
        word = Word(found[0][2], found[1][2], number)
        name = key(word.english)
        if name in table:
            raise ValueError(number, f"{word.english} stands there twice.")
        table[name] = word
    return table


def translate(code, table, used=None):
    """Return code with the literals of a table replaced; `used` collects their keys."""
    for start, end, text in reversed(literals(code)) if table else ():
        name = key(text)
        if name in table:
            code = code[:start] + table[name].chinese + code[end:]
            if used is not None:
                used.add(name)
    return code
