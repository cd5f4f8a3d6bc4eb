"""Every form of Keras model enters here, and becomes a functional one (article §3.1).

Each public function that is given a model calls `as_functional` first, once.
"""

import inspect
import re
from collections.abc import Iterator

import keras

from sftkeras.errors import InputError
from sftkeras.graph import (
    all_layers,
    built_shape,
    carried,
    carry,
    give_flag,
    hand_on,
    has_graph,
)
from sftkeras.inputs.arrays import as_numbers
from sftkeras.models.hub_tasks import is_hub_task, without_hub


def as_functional(model, data=None, name="the model"):
    """Return a model as a functional one; layers, and so weights, are shared.

    - A functional model is returned as it is; one whose single output stands in a list
      or a dictionary, with that output itself.
    - `keras.Sequential` has neither `input` nor `output` in Keras 3.15, and no graph
      that could be cut.
    - A subclass of `keras.Model` is followed through its `call`, if that is made of
      layers and `keras.ops`.
    - A KerasHub task (`TextClassifier`, `ImageClassifier`): its preprocessor becomes
      one of ours, or part of the graph.

    Args:
        model: a `keras.Model`.
        data: arrays that it will be given, by which one that has not been built is.
            Defaults to `None`.
        name: str, what it is called in an error. Defaults to `"the model"`.

    Returns:
        A functional `keras.Model` that computes the same; the same object each time.

    Raises:
        InputError: it is no Keras model, its graph cannot be seen, or it has not been
            built.
    """
    check_model(model, name)
    _check_preprocessor(model)
    _check_names(model)
    if is_hub_task(model):
        return _hub_task(model)
    if not has_graph(model):
        _build(model, data, name)
    elif isinstance(model.output, keras.KerasTensor) or len(model.outputs) > 1:
        return model
    key = None if _is_subclass(model) else model.outputs[0]  # `add` makes another
    return hand_on(model, _remembered(model, key, lambda: _functional(model, name)))


def hand_back(functional, model):
    """Let the user's own model carry what its functional form has learned to carry."""
    if functional is model:
        return
    if is_hub_task(model):  # its preprocessor stays KerasHub's, for its own methods
        model.label_names = functional.label_names
    else:
        hand_on(functional, model)


def check_model(model, name="the model"):
    """Raise `InputError` unless it is a Keras model."""
    if not isinstance(model, keras.Model):
        kind = model.__name__ if isinstance(model, type) else type(model).__name__
        advice = getattr(model, "no_keras_model", "")  # of an `Exported`
        raise InputError(f"{name} must be a keras.Model. Received: {kind}{advice}")


def _check_preprocessor(model):
    found = getattr(model, "preprocessor", None)
    if found is None or hasattr(found, "encode") or is_hub_task(model):
        return
    raise InputError(
        "The model's `preprocessor` must have `encode(texts)`, as Tokenizer has. "
        f"Received: {type(found).__name__}"
    )


def _check_names(model):
    """Raise for a name that TensorFlow refuses, in training, as the scope of a layer.

    (It may begin with `_` within a model, but not as that of the model itself.)
    """
    if keras.backend.backend() != "tensorflow":
        return
    for part in (model, *all_layers(model)):
        first = "[A-Za-z0-9.]" if part is model else ""
        if isinstance(part, keras.layers.InputLayer) or re.fullmatch(
            first + r"[A-Za-z0-9_.\\/>-]*", part.name
        ):
            continue
        what = "model" if part is model else "layer"
        raise InputError(
            f"TensorFlow takes no {what} of the name {part.name!r}. Build the model "
            f'with a name of letters A to z, digits and "_", such as "{what}_1".'
        )


def _hub_task(model):
    known = _remembered(model, model.preprocessor, lambda: without_hub(model))
    if (names := getattr(model, "label_names", None)) is not None:
        carry(known, known.preprocessor, names)
    return known


def _remembered(model, key, make):
    """Return what was made of a model before, as long as the key is the same object."""
    found, known = carried(model).functional or (None, None)
    if known is None or found is not key:
        known = make()
        carried(model).functional = (key, known)
    give_flag(known, model.trainable)
    return known


def _is_subclass(model):
    return not has_graph(model) and not isinstance(model, keras.Sequential)


def _functional(model, name):
    if _is_subclass(model):
        return _follow(model, name)
    if has_graph(model):
        return keras.Model(model.input, model.outputs[0], name=model.name)
    inputs, outputs = model.inputs[0], model.outputs[0]
    if inputs.shape[0] is not None:  # built by a call: for batches of that size
        inputs = keras.Input(inputs.shape[1:], dtype=inputs.dtype)
        outputs = model.call(inputs)
    return keras.Model(inputs, outputs, name=model.name)


def _build(model, data, name):
    """Build a Sequential or a subclass by the shape of the data, if it is not yet."""
    known = model.built if isinstance(model, keras.Sequential) else built_shape(model)
    if not known and model.layers:
        _build_by(model, data)
    if not model.built or not model.layers:
        raise InputError(
            f"{name} {model.name!r} has not been built: it does not know the shape of "
            "its inputs. Begin it with keras.Input((…)), or call it on a batch."
        )


def _build_by(model, data):
    if isinstance(data, Iterator):
        return  # what is read once is not read for this
    try:
        column = as_numbers(getattr(data, "inputs", data))
        shape, dtype = column.shape[1:], str(column.dtype)
        if data is None or None in shape or not shape or dtype.startswith("<U"):
            return
        model(keras.Input(shape, dtype="float32" if "float" in dtype else dtype))
    except (TypeError, ValueError, AttributeError, NotImplementedError):
        return  # what is no array builds nothing


def _follow(model, name):
    """Return the graph that a subclass's `call` draws with its layers."""
    reason, shape = _own_training(model), built_shape(model)
    if reason is None:
        try:
            inputs = keras.Input(shape[1:])
            graphs = [_called(model, inputs, training) for training in (True, False)]
        except Exception:
            reason = "its `call` is not made of layers and keras.ops alone"
        else:
            drawn = [[*map(_mark, keras.Model(inputs, g).operations)] for g in graphs]
            graph = keras.Model(inputs, graphs[1], name=model.name)
            if drawn[0] != drawn[1]:
                reason = "its `call` takes another way in training"
            elif {*map(id, graph.weights)} != {*map(id, model.weights)}:
                reason = "it has weights of its own, outside of its layers"
    if reason is not None:
        raise InputError(
            f"{name} {model.name!r} is a subclass of keras.Model whose layers cannot "
            f"be seen from outside: {reason}. Build it as a functional model: "
            "keras.Model(inputs, outputs)."
        )
    if len(graph.outputs) == 1:
        graph = keras.Model(inputs, graph.outputs[0], name=model.name)
    return graph


def _called(model, inputs, training):
    """Return what `call` makes of a symbolic input; `training` stays to be said."""
    known = inspect.signature(model.call).parameters
    if "training" not in known:
        return model.call(inputs)
    return model.call(inputs, training=training)


def _mark(operation):
    """Return what tells an operation from another: a layer itself, else its kind."""
    is_layer = isinstance(operation, keras.Layer)
    return id(operation) if is_layer else type(operation).__name__


def _own_training(model):
    for method in ("train_step", "compute_loss"):
        if getattr(type(model), method) is not getattr(keras.Model, method):
            return f"it has a `{method}` of its own, which only its own `fit` runs"
    return None
