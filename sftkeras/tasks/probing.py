"""What a loss takes, found out by asking it: are right answers cheaper (§4.1)?"""

import keras
import numpy as np

_ASKED = 6  # classes, at most
_SAME = 1e-6  # smaller differences are rounding
_FAIR = 1e3  # no class may count so many times more than another


def prefers_right(task, loss):
    """Return whether right answers cost less than wrong ones, each class in turn.

    The loss is computed as training would, on the targets that the task makes and on
    outputs such as its head gives. A loss that takes other targets either fails, or
    compares what cannot be compared and does not care.

    Args:
        task: a `Task` with `units`, `kind` and `from_logits`.
        loss: what `keras.losses.get` returned.

    Returns:
        `(verdict, error)`: True, False, or `None` if it cannot be computed: then what
        was raised.
    """
    targets, right, wrongs = _EXAMPLES[task.kind](task)
    judge = keras.Sequential([keras.Input((task.units,)), keras.layers.Identity()])
    try:
        judge.compile(loss=loss)
        costs = [_cost(judge, targets, outputs) for outputs in (right, *wrongs)]
    except Exception as error:  # of the user's own code, or of shapes
        return None, error
    gaps = np.array(costs[1:]) - costs[0]
    least = _SAME * max(1.0, abs(costs[0]))
    fair = bool(gaps.max() <= _FAIR * max(gaps.min(), 0))
    return bool(np.all(np.isfinite(costs)) and gaps.min() > least and fair), None


def _cost(judge, targets, outputs):
    cost = judge.compute_loss(
        None, keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(outputs)
    )
    return float(np.mean(keras.ops.convert_to_numpy(cost)))


def _outputs(probabilities, task):
    """Return what a head gives for probabilities: those, or their logits."""
    p = np.asarray(probabilities, "float32")
    if not task.from_logits:
        return p
    binary = task.kind != "multiclass"
    return (np.log(p / (1 - p)) if binary else np.log(p)).astype("float32")


def _of_classes(task):
    asked = max(2, min(task.units, _ASKED))
    codes = np.tile(np.arange(asked), 3)  # more rows than classes: none fits by chance
    others = [
        np.where(np.arange(len(codes)) == code, (code + 1) % asked, codes)
        for code in range(asked)
    ]
    if task.kind == "binary":
        sure = [np.where(c[:, None] == 1, 0.9, 0.1) for c in (codes, *others)]
    else:
        rest = 0.1 / (task.units - 1)
        sure = [
            np.where(c[:, None] == np.arange(task.units), 0.9, rest)
            for c in (codes, *others)
        ]
    right, *wrongs = (_outputs(p, task) for p in sure)
    one_hot = keras.utils.to_categorical(codes, task.units) if task.one_hot else codes
    return one_hot.astype("float32" if task.one_hot else "int32"), right, wrongs


def _of_cells(task):
    rows = 2 * task.units + 1
    cells = np.indices((rows, task.units)).sum(axis=0) % 2  # a chessboard
    asked = [(0, 0), (1, 0)]  # a label that applies not, one that does
    wrongs = []
    for row, column in asked:
        wrong = cells.copy()
        wrong[row, column] = 1 - wrong[row, column]
        wrongs.append(wrong)
    right, *wrongs = (
        _outputs(np.where(c == 1, 0.9, 0.1), task) for c in (cells, *wrongs)
    )
    return cells.astype("float32"), right, wrongs


def _of_numbers(task):
    targets = np.array([1.0, 2.0, 3.0, 5.0], "float32")
    wrongs = []
    for row in range(len(targets)):
        for step in (-0.5, 0.5):
            wrong = targets[:, None].copy()
            wrong[row] += step
            wrongs.append(wrong)
    return targets, targets[:, None], wrongs


_EXAMPLES = {
    "binary": _of_classes,
    "multiclass": _of_classes,
    "multi-label": _of_cells,
    "regression": _of_numbers,
}
