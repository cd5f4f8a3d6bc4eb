"""What a new head keeps of an old one: the classes that both know (article §5.2)."""

import keras
import numpy as np

from sftkeras.tasks.classification import Classification
from sftkeras.tasks.multilabel import MultiLabel

_RARE = -2.0  # the first logit of a new label of several: a probability of 0.12


def keep_classes(old_head, old_task, new_head, new_task):
    """Give a new head the weights of those classes that the old one knew, by name.

    A softmax over logits `z_c = w_c·h + b_c`: columns are copied, whatever their new
    order, so that the ratio of any two old classes' probabilities stays `exp(z_a -
    z_b)`. A new class begins as the mean of the old columns; its logit is then the mean
    of theirs, which never exceeds the largest: before any training, each decision is
    the old one.

    A sigmoid of one logit z is the softmax over (-z/2, z/2), and the softmax over two
    the sigmoid of z_1 - z_0: so two classes may become three, and three two.

    With several labels a row the logits are independent: columns are copied, and that
    of a new label is zero with a bias of -2, so that it is not predicted.

    Args:
        old_head, new_head: `keras.layers.Dense`, built.
        old_task, new_task: their tasks; nothing is kept unless both are a
            `Classification` or both a `MultiLabel`, and know a name in common.

    Returns:
        The names that were kept, in their new order.
    """
    kinds = [type(task) for task in (old_task, new_task)]
    if kinds not in ([Classification] * 2, [MultiLabel] * 2):
        return []
    old, new = old_task.label_names or (), new_task.label_names or ()
    kept = [name for name in new if name in old]
    if not kept:
        return []
    columns = _columns(old_head)  # (width + 1, C)
    if kinds[0] is Classification and columns.shape[1] == 1:
        columns = np.concatenate([-columns / 2, columns / 2], axis=1)
    first = columns.mean(axis=1)
    if kinds[0] is MultiLabel:
        first = np.append(np.zeros(len(columns) - 1), _RARE)
    by_name = dict(zip(old, columns.T, strict=True))
    columns = np.stack([by_name.get(name, first) for name in new], axis=1)
    if kinds[1] is Classification and new_task.units == 1:
        columns = columns[:, 1:] - columns[:, :1]
    new_head.set_weights([columns[:-1], columns[-1]])
    return kept


def _columns(head):
    """Return kernel and bias of a head as one array `(width + 1, units)`."""
    to_numpy = keras.ops.convert_to_numpy
    kernel = np.asarray(to_numpy(head.kernel), "float64")
    bias = np.zeros(head.units) if head.bias is None else to_numpy(head.bias)
    return np.concatenate([kernel, bias[None]])
