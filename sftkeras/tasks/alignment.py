"""What was said beside what was heard: which unit became which (article §6.2)."""

from collections import Counter

import jiwer


def align(said, heard):
    """Return the alignment of two lists of units with the fewest differences.

    Example:

    >>> align(["one", "three", "two"], ["one", "tree", "two", "no"])
    [('one', 'one'), ('three', 'tree'), ('two', 'two'), ('', 'no')]

    Args:
        said, heard: lists of str.

    Returns:
        [(unit said, unit heard)]; `""` where one was left out or put in.
    """
    if not said or not heard:
        return [(unit, "") for unit in said] or [("", unit) for unit in heard]
    # Units as single signs, so that words and characters go the same way.
    signs = {unit: chr(0x4E00 + n) for n, unit in enumerate({*said, *heard})}
    one, other = ("".join(signs[unit] for unit in units) for units in (said, heard))
    pairs = []
    for chunk in jiwer.process_characters(one, other).alignments[0]:
        left = said[chunk.ref_start_idx : chunk.ref_end_idx]
        right = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
        if chunk.type in ("equal", "substitute"):
            pairs += zip(left, right, strict=True)
        else:
            pairs += [(unit, "") for unit in left] + [("", unit) for unit in right]
    return pairs


def confusions(task, truth, heard):
    """Return [[unit said, unit heard, times]], the most frequent first.

    Args:
        task: a `Transcription`.
        truth, heard: lists of N texts.
    """
    counts = Counter(
        pair
        for one, other in zip(truth, heard, strict=True)
        for pair in align(task.units_of(one), task.units_of(other))
        if pair[0] != pair[1]
    )
    return [[*pair, times] for pair, times in counts.most_common()]
