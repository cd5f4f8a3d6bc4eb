"""Keras' graph of layers and tensors: the only file that knows its private side."""

import keras

from sftkeras.errors import InputError


def as_functional(model, name="the model"):
    """Return a model as a functional one; layers, and so weights, are shared.

    `keras.Sequential` has neither `input` nor `output` in Keras 3.15, and no graph
    that could be cut. The functional model computes the same.

    Args:
        model: a `keras.Model`.
        name: str, what it is called in an error. Defaults to `"the model"`.

    Raises:
        InputError: it is no Keras model, a subclass with Python code for a graph, or
            it has not been built.
    """
    if not isinstance(model, keras.Model):
        raise InputError(
            f"{name} must be a keras.Model. Received: {type(model).__name__}"
        )
    if not isinstance(model, keras.Sequential):
        if not hasattr(model, "_nodes_by_depth"):
            raise InputError(
                f"{name} {model.name!r} is a subclass of keras.Model whose layers meet "
                "in Python code: they cannot be seen from outside. Build it as a "
                "functional model: keras.Model(inputs, outputs)."
            )
        return model
    if not model.built or not model.layers:
        raise InputError(
            f"{name} {model.name!r} has not been built: it does not know the shape of "
            "its inputs. Begin it with keras.Input((…)), or call it on a batch."
        )
    outputs = model.outputs[0] if len(model.outputs) == 1 else model.outputs
    inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
    functional = keras.Model(inputs, outputs, name=model.name)
    functional.trainable = model.trainable
    for attribute in ("preprocessor", "label_names"):
        if hasattr(model, attribute):
            setattr(functional, attribute, getattr(model, attribute))
    return functional
