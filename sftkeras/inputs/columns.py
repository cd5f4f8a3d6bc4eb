"""Data as a model's inputs: which column is which, its kind, its shape (§5.2)."""

import keras
import numpy as np

from sftkeras.errors import InputError, suggest
from sftkeras.graph import has_graph, maker, readers
from sftkeras.inputs.arrays import TextFound, as_numbers
from sftkeras.inputs.chat import ChatPreprocessor
from sftkeras.inputs.given import given, is_frame, is_missing, opened
from sftkeras.inputs.images import ImagePreprocessor
from sftkeras.inputs.naming import in_known_order
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.speech import SpeechPreprocessor
from sftkeras.inputs.texts import as_texts

_NO_TEXTS = (
    "This model has no preprocessor, so it takes arrays, not strings. Give it one "
    "(create_model(tokenizer=…)), or encode the texts (load_data). If it had one: a "
    "copy by pickle, deepcopy or clone_model, and a file of Keras' own, lose the "
    "preprocessor and the label names; save_classifier keeps them."
)


def as_inputs(model, data, preprocessor=None):
    """Return data in the one form that the model takes.

    What the data are is decided from the model and from all rows.

    Args:
        model: a `keras.Model`.
        data: as in `fine_tune`.
        preprocessor: what makes the model's inputs of texts, or of images of any
            size, or of recordings. Defaults to `None`: the model takes arrays.

    Returns:
        For a text model a list of N strings, or a tuple of two for pairs; for one of
        language a list of prompts; for one of images uint8 `(N, size, size, 3)`, of
        speech a `Ragged` of spectrograms. Else columns, arrays `(N, …)` or `Ragged`:
        one, or a tuple or a dictionary of them as the model's inputs.

    Raises:
        InputError: data that do not fit; what does not is named.
    """
    data = given(model, data).inputs
    if data is None:
        raise InputError("The inputs must be an array, or texts. Received: None")
    if isinstance(preprocessor, (ImagePreprocessor, SpeechPreprocessor)):
        return preprocessor.encode(data)
    if isinstance(preprocessor, ChatPreprocessor):
        return data.tolist() if hasattr(data, "tolist") else list(data)
    if preprocessor is not None and not _are_encoded(data):
        return as_texts(in_known_order(model, data))
    tensors = named_inputs(model)
    if len(tensors) == 1 and is_frame(data):
        data = in_known_order(model, data)
    if len(tensors) > 1 and is_frame(data) and {*tensors} <= {*data.columns}:
        data = {name: data[name] for name in tensors}
    try:
        columns = _columns(model, tensors, data)
    except TextFound as error:
        raise InputError(_NO_TEXTS if _are_texts(data) else str(error)) from None
    counts = {len(column) for column in columns.values()}
    if len(counts) > 1:
        raise InputError(
            f"The inputs must have one number of rows. Received: {sorted(counts)}"
        )
    if isinstance(getattr(model, "input", None), dict):
        return columns
    return next(iter(columns.values())) if len(columns) == 1 else (*columns.values(),)


def named_inputs(model):
    """Return {name: symbolic tensor} of a model's inputs, in their order.

    Of a model that does not know its inputs yet, {"inputs": None}.
    """
    structure = getattr(model, "input", None)
    if isinstance(structure, dict):
        return dict(structure)
    tensors = getattr(model, "inputs", None) or []
    return {tensor.name: tensor for tensor in tensors} or {"inputs": None}


def _are_encoded(data):
    """Return whether data for a text model are no texts, but what its network takes."""
    if isinstance(data, Ragged):
        return True
    if isinstance(data, dict):
        return not any(_holds_text(column) for column in data.values())
    if is_frame(data):
        return data.shape[1] > 1 and all(d.kind in "iufb" for d in data.dtypes)
    if isinstance(data, np.ndarray) and data.dtype != object:
        return data.ndim > 1 and data.dtype.kind in "iufb"
    if not isinstance(data, (list, tuple, np.ndarray)) or not len(data):
        return False
    rows = list(data)
    return all(
        isinstance(row, (list, tuple, np.ndarray)) and len(row) and not _holds_text(row)
        for row in rows
    )


def _are_texts(data):
    """Return whether data are texts throughout."""
    try:
        return not isinstance(data, dict) and bool(as_texts(data))
    except InputError:
        return False


def _holds_text(values):
    """Return whether there is a text or a gap among values, or no value at all."""
    if isinstance(values, Ragged):
        return False
    if isinstance(values, str) or not hasattr(values, "__len__"):
        return True
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values.dtype.kind not in "iufb"
    cells = values.tolist() if hasattr(values, "tolist") else list(values)
    if cells and all(isinstance(cell, (list, tuple, np.ndarray)) for cell in cells):
        return any(_holds_text(cell) for cell in cells)
    texts = any(isinstance(cell, (str, bytes)) for cell in cells)
    return texts or not cells or all(is_missing(cell) for cell in cells)


def _columns(model, tensors, data):
    """Return {name: column} of a model's inputs."""
    names = list(tensors)
    if isinstance(data, dict):
        for name in data:
            if name not in names:
                raise InputError(
                    f"The model has no input {name!r}.{suggest(str(name), names)} Its "
                    f"inputs are: {', '.join(map(repr, names))}."
                )
        optional = [n for n, t in tensors.items() if getattr(maker(t), "optional", 0)]
        if missing := [n for n in names if n not in data and n not in optional]:
            raise InputError(
                f"The data lack the model's input {missing[0]!r}. Received: "
                f"{', '.join(map(repr, data))}"
            )
        parts = {name: data[name] for name in names if name in data}
        return {n: _one(model, tensors[n], v, f"Input {n!r}") for n, v in parts.items()}
    if len(names) > 1:
        if not isinstance(data, (list, tuple)) or len(data) != len(names):
            known = getattr(model, "preprocessor", None) is not None
            texts = "N strings, or " if known else ""
            raise InputError(
                f"The model takes {texts}{len(names)} inputs, {', '.join(names)}: give "
                f"a dictionary or a tuple of them. Received: {type(data).__name__}"
            )
        parts = zip(names, data, strict=True)
        return {n: _one(model, tensors[n], v, f"Input {n!r}") for n, v in parts}
    tensor = tensors[names[0]]
    if isinstance(data, (list, tuple)) and len(data) == 1 and tensor is not None:
        inside = opened(data[0])
        if hasattr(inside, "shape") and len(inside.shape) == len(tensor.shape):
            data = inside  # [x], as Keras takes it
    return {names[0]: _one(model, tensor, data, "The inputs")}


def _one(model, tensor, values, what):
    """Return values as the column of one input."""
    if tensor is None:
        return as_numbers(values, what)
    if tensor.dtype == "string":
        texts = as_texts(values)
        if isinstance(texts, tuple):
            raise InputError(f"{what} must hold one text a row. Received: two a row")
        column = np.empty(len(texts), dtype=object)
        column[:] = texts
        return column if len(tensor.shape) == 1 else column[:, None]
    column = _shaped(tensor, as_numbers(values, what), what)
    cells = column.values if isinstance(column, Ragged) else column
    if cells.dtype == bool and tensor.dtype != "bool":
        cells = cells.astype("int32" if "int" in tensor.dtype else "float32")
    elif cells.dtype.kind == "f" and "int" in tensor.dtype:
        if np.any(cells != np.round(cells)):
            raise InputError(
                f"{what} must be whole numbers: the model looks them up. Received: "
                f"{cells[cells != np.round(cells)][0]:g}"
            )
    elif cells.dtype.kind in "iu":
        _check_ids(model, tensor, column, what)
    return Ragged(cells, column.offsets) if isinstance(column, Ragged) else cells


def _shaped(tensor, column, what):
    """Return a column with as many axes as the model's input; raise if it cannot be.

    As Keras does, an axis of length 1 is added or taken away at the end.
    """
    wanted, found = tensor.shape[1:], column.shape[1:]
    if len(found) == len(wanted) - 1 and wanted[-1] in (1, None):
        fits, column = True, _with_cells(column, lambda cells: cells[..., None])
    elif len(found) == len(wanted) + 1 and found[-1] == 1:
        fits, column = True, _with_cells(column, lambda cells: cells[..., 0])
    else:
        fits = len(found) == len(wanted)
    found = column.shape[1:]
    if None in found and wanted and wanted[0] is not None:
        raise InputError(
            f"The model takes rows of shape {tuple(wanted)}. Received: rows of "
            f"{len({*column.lengths.tolist()})} different lengths"
        )
    if not fits or any(
        None not in (size, given) and size != given
        for size, given in zip(wanted, found, strict=True)
    ):
        one = column.shape == tuple(wanted) and None not in column.shape
        raise InputError(
            f"{what}: the model takes rows of shape {tuple(wanted)}. Received: rows of "
            f"shape {found}" + (". For one row give data[None]." if one else "")
        )
    return column


def _with_cells(column, change):
    if isinstance(column, Ragged):
        return Ragged(change(column.values), column.offsets)
    return change(column)


def _check_ids(model, tensor, column, what):
    """Refuse ids that an embedding which reads them has no row for."""
    sizes = [
        layer.input_dim
        for layer in (readers(model, tensor) if has_graph(model) else [])
        if isinstance(layer, keras.layers.Embedding)
    ]
    cells = column.values if isinstance(column, Ragged) else column
    if not sizes or not cells.size:
        return
    if cells.min() < 0 or cells.max() >= min(sizes):
        worst = cells.min() if cells.min() < 0 else cells.max()
        raise InputError(
            f"{what} must be ids from 0 to {min(sizes) - 1}, the rows of the model's "
            f"embedding. Received: {worst}"
        )
