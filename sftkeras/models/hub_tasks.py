"""KerasHub's tasks, `TextClassifier` and `ImageClassifier`, as plain models."""

import sys

import keras

from sftkeras.errors import InputError
from sftkeras.graph import carry
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.models.fronts import converter_steps, put_in_front


def is_hub_task(model):
    """Return whether a model is a task of KerasHub: backbone, head, preprocessor."""
    hub = sys.modules.get("keras_hub")  # without it, there can be none
    return hub is not None and isinstance(model, hub.models.Task)


def without_hub(task):
    """Return a KerasHub task as a functional model with its preprocessing.

    Layers are shared. A text preprocessor becomes a `TextPreprocessor`; resizing and
    scaling of images become layers in front.

    Args:
        task: a `keras_hub.models.Task`.

    Raises:
        InputError: a preprocessor that is neither.
    """
    hub, given = sys.modules["keras_hub"].models, task.preprocessor
    outputs = task.outputs[0] if len(task.outputs) == 1 else task.output
    model = keras.Model(task.input, outputs, name=task.name)
    if given is None:
        return carry(model)
    if isinstance(given, hub.TextClassifierPreprocessor):
        # One of its own: the task's would be given another length.
        layer = type(given)(given.tokenizer, truncate=given.truncate)
        return carry(model, TextPreprocessor(layer, given.sequence_length))
    if isinstance(given, hub.ImageClassifierPreprocessor):
        if given.image_converter is None:
            return carry(model)
        shape = (None, None, task.inputs[0].shape[-1])
        steps = converter_steps(given.image_converter)
        return carry(put_in_front(steps, shape, model))
    raise InputError(
        f"The preprocessor {type(given).__name__} of the KerasHub task {task.name!r} "
        "is for another kind of task. Set task.preprocessor = None and give arrays."
    )
