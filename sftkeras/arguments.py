"""Checks of arguments that several folders take."""

import numbers
import os

from sftkeras.errors import InputError


def check_whole(name, value, least=1):
    """Raise `InputError` unless a value is a whole number from `least` up."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise InputError(
            f"`{name}` must be a whole number from {least}. Received: {name}={value!r}"
        )


def check_dropout(name, value):
    """Raise `InputError` unless a value is a share that may be dropped."""
    if not isinstance(value, numbers.Real) or not 0 <= value < 1:
        raise InputError(
            f"`{name}` must be at least 0 and below 1. Received: {name}={value!r}"
        )


def check_path(name, value):
    """Raise `InputError` unless a value is a path."""
    if not isinstance(value, (str, os.PathLike)):
        raise InputError(
            f"`{name}` must be a path. Received: {type(value).__name__} {value!r:.60}"
        )
    if not str(value).strip():  # `Path` would take it for the folder one is in
        raise InputError(f"`{name}` is empty. Give a path ('.': the current folder).")
