"""What is guessed or noticed of a file is told, as a warning of the caller's line."""

import sys
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).resolve().parents[1])


def tell(path, message):
    """Warn of what a file made us guess; the warning names the caller's own line.

    Args:
        path: the file.
        message: str, one or two sentences.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(f"{path}: {message}", stacklevel=level)
