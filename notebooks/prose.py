"""What the build writes into prose: times, terms, joined lines, marks, links."""

import math
import re

RUN_TIME = re.compile(r"\{\{run_time(?::(\w+))?\}\}")
CELL_TIME = "{{cell_time}}"
TERM = re.compile(r"\{\{term:([^{}]+)\}\}")
_WIDE = "\u3001-\u301f\uff01-\uff5e\u2018-\u201d\u2014\u2026"  # full-width punctuation
_CJK = "\u4e00-\u9fff" + _WIDE
# A line that begins something of its own: a list, a heading, a table, a quotation …
_BEGINS = re.compile(r"\s*(?:[-*+] |\d+[.)] |#|\||>|```|\$\$|<|$)")
_BLOCK = re.compile(
    r"(^ *```.*?^ *```$|^ *\$\$.*?\$\$$|^\|[^\n]*$|^#[^\n]*$)", re.M | re.S
)
MARKS = {
    "en": ("▶ *Short path: {minutes} minute{s}.*", "▷ *Not on the short path.*"),
    "zh": ("▶ *精简路线：{minutes} 分钟。*", "▷ *以下不在精简路线上。*"),
}


def join_lines(text):
    """Return Chinese prose with its wrapped lines joined without a blank."""
    parts = _BLOCK.split(text)
    for place in range(0, len(parts), 2):  # those between are blocks
        lines = parts[place].split("\n")
        for n in range(len(lines) - 1, 0, -1):
            before, after = lines[n - 1], lines[n]
            if before.strip() and not _BEGINS.match(after) and _joins(before, after):
                lines[n - 1 : n + 1] = [before + after.lstrip()]
        parts[place] = "\n".join(lines)
    return "".join(parts)


def _joins(before, after):
    left, right = before[-1], after.lstrip()[0]
    both = re.match(f"[{_CJK}]", left) and re.match(f"[{_CJK}]", right)
    return bool(both or re.match(f"[{_WIDE}]", left) or re.match(f"[{_WIDE}]", right))


def mark_terms(text, english=None):
    """Return prose with `{{term:…}}` in bold, and `english` names behind, if given."""
    names = iter(english or TERM.findall(text))

    def bold(match):
        name, same = next(names), f"**{match[1]}**"
        glossed = english and name.lower() != match[1].lower()  # "Transformer": no
        return f"{same}（{name}）" if glossed else same

    return TERM.sub(bold, text)


def in_words(seconds, lang):
    """Return a run time in words, rounded up to ten seconds or half a minute."""
    if seconds is None:
        return {"en": "not measured yet", "zh": "尚未测量"}[lang]
    if seconds <= 50:
        count = max(10, 10 * math.ceil(seconds / 10))
        return {"en": f"about {count} seconds", "zh": f"约 {count} 秒"}[lang]
    whole, half = divmod(math.ceil(seconds / 30), 2)
    if lang == "zh":
        return f"约 {whole} 分{'半' if half else ''}钟"
    return f"about {whole}{'½' * half} minute{'s' if whole + half > 1 else ''}"


def cell_time(seconds, lang):
    """Return the sentence that `{{cell_time}}` becomes; 0 is for few seconds."""
    if seconds is None:
        return {"en": "This cell is not timed yet.", "zh": "这一格尚未计时。"}[lang]
    if not seconds:
        return {"en": "This cell takes a few seconds.", "zh": "这一格只需几秒。"}[lang]
    said = in_words(seconds, lang)
    if lang == "zh":
        return f"这一格{said.replace('约', '约需', 1)}。"
    return f"This cell takes {said}."


def start_mark(minutes, lang):
    """Return the line that opens a stretch of the short path."""
    s = "" if minutes == 1 else "s"
    return MARKS[lang][0].format(minutes=f"{minutes:g}", s=s)


def below_heading(text, line):
    """Return prose with a line set below its heading, or above it if it has none."""
    head, _, rest = text.partition("\n")
    if not head.startswith("#"):
        return f"{line}\n\n{text}"
    return f"{head}\n\n{line}\n\n{rest.lstrip()}".rstrip()


# {up}: the language's folder from where the notebook lies.
CONTENTS = {"en": "[Contents]({up}00_index.ipynb)", "zh": "[目录]({up}00_index.ipynb)"}
COMPANIONS = {
    "solutions": {
        "en": "[The chapter]({up}{name}) · [Unsolved]({up}exercises/{name})",
        "zh": "[回到本章]({up}{name}) · [不带答案的练习]({up}exercises/{name})",
    },
    "exercises": {
        "en": "[The chapter]({up}{name}) · [Solutions]({up}solutions/{name})",
        "zh": "[回到本章]({up}{name}) · [参考答案]({up}solutions/{name})",
    },
}
