"""Heads: the last layer, and a new one in its place (article §3.1)."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import attach, carry, maker, sources
from sftkeras.models.forms import as_functional
from sftkeras.process import keeping_random
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.regression import Regression
from sftkeras.tasks.task import Task


def task_for(num_classes=2, label_names=None, task=None):
    """Return the task that a new head is for, as far as it is declared.

    Args:
        num_classes, label_names, task: as in `load_pretrained_model`.

    Returns:
        `(task to build the head of, whether it was declared)`. With `num_classes`
        alone, labels may still show it to be another: two whole numbers on one
        linear output are classes.
    """
    if task is not None:
        if not isinstance(task, Task):
            raise InputError(f"`task` must be a Task. Received: {task!r}")
        if label_names is not None:
            task = task.replaced(label_names=tuple(label_names))
        return task, True
    whole = isinstance(num_classes, (int, np.integer))
    if not whole or isinstance(num_classes, bool) or num_classes < 1:
        more = ""
        if whole and num_classes == 0:
            more = (
                ". Where it is len(data.label_names), the data has no labels (name "
                "their column: load_texts(…, label_column=…)), or numbers to predict, "
                "for which num_classes=1."
            )
        raise InputError(
            "`num_classes` must be 1 (regression) or the number of classes. "
            f"Received: num_classes={num_classes!r}{more}"
        )
    if label_names is not None and len(label_names) != num_classes:
        raise InputError(
            f"`label_names` has {len(label_names)} names for num_classes={num_classes}."
        )
    if num_classes == 1:
        return Regression(), False
    return Classification(label_names, num_classes=int(num_classes)), False


def output_layer(num_classes, seed=None):
    """Return the head: a `Dense` named `head`, fit for the number of classes.

    One sigmoid output for 2 classes (as the article's §5.2), a softmax for more, one
    linear output for `num_classes=1` (regression). Always float32: probabilities in
    half precision round to 0 and 1.
    """
    return task_for(num_classes)[0].head(seed)


def add_head(
    backbone,
    preprocessor,
    num_classes=2,
    label_names=None,
    task=None,
    pooling="mean",
    dropout=0.0,
    seed=0,
):
    """Return a flat model: backbone, pooling, dropout and a new head.

    Args:
        backbone: a functional `keras.Model`; its layers are shared.
        preprocessor: what makes its inputs of texts, or `None`.
        num_classes, label_names, task, pooling, dropout, seed: as in
            `load_pretrained_model`.
    """
    task, declared = task_for(num_classes, label_names, task)
    with keeping_random(seed):
        features = _pool(backbone, pooling)  # (B, width)
        if dropout:
            features = keras.layers.Dropout(dropout, name="head_dropout")(features)
        outputs = task.head(seed)(features)
    model = keras.Model(backbone.input, outputs, name=f"{backbone.name}_classifier")
    if declared:
        return attach(model, task.replaced(preprocessor=preprocessor))
    return carry(model, preprocessor, label_names)


def replace_head(model, num_classes=2, label_names=None, seed=0, task=None):
    """Return the model with its last `Dense` replaced by a new, untrained head.

    For a classifier trained on one set of classes and wanted for another. The other
    layers, with their weights, are shared with `model`.

    Args:
        model: a `keras.Model` whose output is made by a `Dense` layer.
        num_classes, label_names, seed, task: as in `load_pretrained_model`.
    """
    model = as_functional(model)
    output = model.outputs[0]
    if not isinstance(maker(output), keras.layers.Dense):
        raise InputError(
            "The model's output must come from a Dense layer. Received: "
            f"{type(maker(output)).__name__} {maker(output).name!r}"
        )
    backbone = keras.Model(model.input, sources(output)[0], name=model.name)
    preprocessor = getattr(model, "preprocessor", None)
    return add_head(backbone, preprocessor, num_classes, label_names, task, seed=seed)


def _pool(backbone, pooling):
    outputs, mask = backbone.output, None
    if isinstance(outputs, dict):
        if "sequence_output" not in outputs:
            raise InputError(
                f"The backbone {backbone.name!r} has outputs {sorted(outputs)}; one "
                "named 'sequence_output', or a single output, is needed."
            )
        outputs = outputs["sequence_output"]
    if isinstance(backbone.input, dict):
        mask = backbone.input.get("padding_mask")
    rank = len(outputs.shape)
    if rank == 2:
        return outputs
    if rank == 3 and pooling == "cls":
        return outputs[:, 0]
    layers = keras.layers
    if rank == 3:
        return layers.GlobalAveragePooling1D(name="pooling")(outputs, mask=mask)
    if rank == 4:
        return layers.GlobalAveragePooling2D(name="pooling")(outputs)
    raise InputError(
        f"The backbone's output must have rank 2, 3 or 4. Received: {outputs.shape}"
    )
