"""The language of what is printed for reading: English, unless another is chosen."""

import unicodedata

_chosen = {"language": "en"}


def choose(language):
    """Choose the language of printed reports from now on, "en" or "zh"."""
    _chosen["language"] = language


def say(text, chinese, **values):
    """Return a text in the chosen language, with its `{…}` filled in.

    Args:
        text: str, the English. One that `chinese` lacks stays English.
        chinese: {English: 中文}.
        **values: what stands for the names in braces.
    """
    if _chosen["language"] == "zh":
        text = chinese.get(text, text)
    return text.format(**values)


def width_of(text):
    """Return how many columns of a terminal a text takes: a Chinese character two."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def flush_right(text, width):
    """Return a text with blanks before it, so that it takes `width` columns."""
    return " " * (width - width_of(text)) + text
