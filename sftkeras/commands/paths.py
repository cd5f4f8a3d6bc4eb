"""Paths on the command line: none is empty, and none is taken for a text."""

import argparse
import os
import shlex
from pathlib import Path

from sftkeras.data.telling import tell
from sftkeras.errors import InputError

# Of files that hold texts, by which one that is given as a text is known.
_SUFFIXES = (".txt", ".tsv", ".csv", ".json", ".jsonl", ".xlsx", ".po", ".tmx", ".ft")


def a_path(text):
    """Return the path in `text`, the type of what names one: "" would be "." to it."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty; give a path, or leave it out")
    return text


def check_no_files(texts):
    """Raise, or warn, of TEXT arguments that are names of files: what is meant is it.

    Args:
        texts: list of str, of the command line.
    """
    for text in texts:
        path, what = Path(text), "folder" if os.path.isdir(text) else "file"
        there, named = os.path.exists(text), path.suffix.lower() in _SUFFIXES
        if there and (named or len(path.parts) > 1):
            file = "one of its files" if what == "folder" else shlex.quote(text)
            raise InputError(
                f"{text} is the name of a {what}, and was given as a text. To read it "
                f"give --file {file}"
            )
        if there or (named and not any(map(str.isspace, text))):
            told = f"is the name of a {what} here too" if there else "looks like a file"
            tell(text, f"this {told}, and is taken as a text. --file reads a file.")
