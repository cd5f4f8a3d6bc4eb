"""What stands in front of a network of images: resizing, scaling (article §6.3)."""

import keras
import numpy as np

from sftkeras.graph import run_from


def put_in_front(steps, shape, model):
    """Return a model that takes other inputs, as one flat graph; layers are shared.

    Args:
        steps: layers, or functions of a tensor, that lead from the new inputs to
            those of `model`.
        shape: of a row of the new inputs.
        model: a functional `keras.Model` with one input.
    """
    tensor = inputs = keras.Input(shape)
    for step in steps:
        tensor = step(tensor)
    outputs = run_from(model, tensor)  # with the same layers
    return keras.Model(inputs, outputs, name=model.name)


def converter_steps(converter):
    """Return the layers that do what a KerasHub `ImageConverter` does."""
    scale, offset = (
        usual if given is None else np.asarray(given).tolist()
        for given, usual in [(converter.scale, 1.0), (converter.offset, 0.0)]
    )
    steps = [keras.layers.Rescaling(scale, offset)]
    if converter.image_size:
        how = ("interpolation", "antialias")
        how += ("crop_to_aspect_ratio", "pad_to_aspect_ratio")
        options = {name: getattr(converter, name) for name in how}
        steps.insert(0, keras.layers.Resizing(*converter.image_size, **options))
    return steps
