"""Targets that are sequences, beside inputs that are (article §4.1)."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import has_graph
from sftkeras.inputs.ragged import Ragged


def check_lengths(model, rows, targets, task, name="labels"):
    """Raise for the first row whose targets are not as long as its outputs.

    Only where the model answers place by place: its output's time axis is its
    input's. Losses that align by themselves, such as CTC, take any lengths.

    Args:
        model: a `keras.Model`.
        rows: `Rows` of its inputs.
        targets: N targets; only a `Ragged` is looked at.
        task: the `Task`; its loss compares them.
        name: str, what the targets are called. Defaults to `"labels"`.
    """
    columns = keras.tree.flatten(rows.inputs)
    sequences = [column for column in columns if isinstance(column, Ragged)]
    if not isinstance(targets, Ragged) or not sequences:
        return
    if isinstance(task.loss, keras.losses.CTC):
        return
    if len(columns) > 1 or not has_graph(model) or not _place_by_place(model):
        return
    lengths = sequences[0].lengths
    wrong = np.flatnonzero(lengths != targets.lengths)
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"Row {row} has {lengths[row]} places and {targets.lengths[row]} {name}: "
            "each place needs one."
        )


def _place_by_place(model):
    """Return whether the output has a place for each of the input's."""
    tensor = model.inputs[0]
    if len(model.outputs) != 1 or len(tensor.shape) < 2 or tensor.shape[1] is not None:
        return False
    found = [
        model.compute_output_spec(keras.KerasTensor((2, size, *tensor.shape[2:])))
        for size in (64, 96)
    ]
    return [keras.tree.flatten(f)[0].shape[1:2] for f in found] == [(64,), (96,)]
