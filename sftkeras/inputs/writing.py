"""In which script texts are written: what tells an encoder that cannot read them."""

LATIN_ENDS = "\u0250"  # the first letter after the extended Latin ones
ENOUGH = 1000  # texts that are looked at


def is_latin(texts):
    """Return whether most letters of some texts are Latin ones, as English has.

    Texts without a letter count as Latin.

    Args:
        texts: list of str, or of pairs of them.
    """
    pairs = [(text,) if isinstance(text, str) else text for text in texts[:ENOUGH]]
    letters = [c for pair in pairs for text in pair for c in text if c.isalpha()]
    latin = sum(c < LATIN_ENDS for c in letters)
    return 2 * latin >= len(letters)
