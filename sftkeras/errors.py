"""The one exception for a mistake that the user can mend."""


class InputError(ValueError):
    """A wrong argument or file. The message says what, where, and what to do.

    The command line prints it as one line and exits with 2; anything else that is
    raised is a defect of ours and keeps its traceback.
    """


def suggest(wrong, known):
    """Return " Did you mean 'x' or 'y'?" for names close to `wrong`, else ""."""
    import difflib

    near = difflib.get_close_matches(str(wrong), [str(k) for k in known], n=3)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
