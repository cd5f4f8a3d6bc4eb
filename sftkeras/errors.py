"""The one exception for a mistake that the user can mend."""

import unicodedata


class InputError(ValueError):
    """A wrong argument or file. The message says what, where, and what to do.

    The command line prints it as one line and exits with 2; anything else that is
    raised is a defect of ours and keeps its traceback.
    """


def printable(text):
    """Return a text without what would steer a terminal: control characters escaped.

    Also those that turn the direction of writing, so that it reads as it is.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    text = str(text)
    if text.isprintable():
        return text
    # Zero-width joiners belong to words, of Persian and of emoji.
    kept = "\u200c\u200d\u3000\u00a0"
    return "".join(
        c
        if c.isprintable() or c in kept or unicodedata.category(c) in ("Zs", "Co")
        else c.encode("unicode_escape").decode("ascii")
        for c in text
    )


class DivergedError(InputError):
    """Training that ran into not-a-number or infinity was stopped (article §3.4).

    Attributes:
        epoch, step: int, counted from 0, where it stopped.
        learning_rate: float, there.
        model: the `keras.Model`, with the weights of the last good epoch.
        history: the Keras history of the good epochs.
    """

    def __init__(self, message, epoch, step, learning_rate):
        super().__init__(message)
        self.epoch, self.step, self.learning_rate = epoch, step, learning_rate
        self.model = self.history = None


def listed(names, most=10):
    """Return names for a message: the first ten, and how many there are."""
    more = f" … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def counted(number, noun):
    """Return how many there are of something, in words that agree.

    >>> counted(1, "file"), counted(1200, "image")
    ('1 file', '1,200 images')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def suggest(wrong, known):
    """Return " Did you mean 'x' or 'y'?" for names close to `wrong`, else ""."""
    import difflib

    near = difflib.get_close_matches(str(wrong), [str(k) for k in known], n=3)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
