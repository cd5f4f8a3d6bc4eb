"""Heads: the last layer, and a new one in its place (article §3.1)."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import (
    activation_of,
    attach,
    carry,
    maker,
    run_from,
    sources,
    task_of,
)
from sftkeras.models.classes import keep_classes
from sftkeras.models.forms import as_functional
from sftkeras.process import keeping_random
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.infer import infer_task
from sftkeras.tasks.regression import Regression
from sftkeras.tasks.task import Task

CLASSIFYING = ("sigmoid", "softmax")
_HEADS = ("head", "logits", "predictions")  # ours, KerasHub's, keras.applications'


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
        head = task.head(seed)
        while head.name in {layer.name for layer in backbone.layers}:
            head.name += "_new"
        outputs = head(features)
    model = keras.Model(backbone.input, outputs, name=f"{backbone.name}_classifier")
    if declared:
        return attach(model, task.replaced(preprocessor=preprocessor))
    return carry(model, preprocessor, label_names)


def replace_head(model, num_classes=None, label_names=None, seed=0, task=None):
    """Return the model with a new head in place of the `Dense` layer at its end.

    For a classifier trained on one set of classes and wanted for another. The other
    layers, with their weights, are shared with `model`.

    The new head is untrained, but for the classes that stay: those of `label_names`
    that the model knows keep their weights, in any order, and each decision is the
    old one until it is trained (`models.classes.keep_classes` has the mathematics).
    So this adds a class to a trained model, and `fine_tune` then teaches it::

        model = replace_head(model, label_names=(*model.label_names, "new"))

    Args:
        model: a `keras.Model` whose output is made by a `Dense` layer, with or without
            a softmax or sigmoid layer after it.
        num_classes: int. Defaults to `None`: as many as there are `label_names`, else
            2.
        label_names, seed, task: as in `load_pretrained_model`.

    Raises:
        InputError: the model has no such head, or an argument is out of range.
    """
    model = as_functional(model)
    old, features = find_head(model)
    if old is None:
        layer = maker(model.outputs[0])
        raise InputError(
            "The model's output must come from a Dense layer. Received: "
            f"{type(layer).__name__} {layer.name!r}. A model without a head gets one "
            "by load_pretrained_model(model, num_classes=…)."
        )
    if num_classes is None:
        num_classes = 2 if label_names is None else len(label_names)
    backbone = keras.Model(model.input, features, name=model.name)
    preprocessor = getattr(model, "preprocessor", None)
    new = add_head(backbone, preprocessor, num_classes, label_names, task, seed=seed)
    known, wanted = infer_task(model), task_for(num_classes, label_names, task)[0]
    keep_classes(old, known, maker(new.outputs[0]), wanted)
    return new


def find_head(model):
    """Return the `Dense` at the end of a functional model, and the tensor it reads.

    Behind a softmax or sigmoid of its own, and in a model within the model.

    Returns:
        `(None, None)` if there is none.
    """
    tensor = model.outputs[0]
    if len(model.outputs) > 1:
        return None, None
    while True:
        layer = maker(tensor)
        if isinstance(layer, keras.layers.Dense):
            return layer, sources(tensor)[0]
        if isinstance(layer, keras.Model) and len(layer.inputs) == 1:
            inner = as_functional(layer)
            tensor = keras.tree.flatten(run_from(inner, sources(tensor)[0]))[0]
        elif _only_activates(layer) and activation_of(tensor) in CLASSIFYING:
            tensor = sources(tensor)[0]
        else:
            return None, None


def check_headless(model, name, num_classes=2):
    """Raise `InputError` if a model to be a backbone ends in a classifying head.

    A new head would stand on its answers: 8 features, 3 probabilities, 5 classes.
    """
    if len(model.outputs) > 1 and not isinstance(model.output, dict):
        raise InputError(
            f"{name} {model.name!r} has {len(model.outputs)} outputs. Choose one: "
            "keras.Model(model.input, model.outputs[0])."
        )
    layer, _ = find_head(model)
    activation = activation_of(model.outputs[0])
    carries = task_of(model) or getattr(model, "label_names", None) is not None
    if layer is None or not (
        carries or activation in CLASSIFYING or layer.name in _HEADS
    ):
        return
    raise InputError(
        f"{name} {model.name!r} has a head already, the {activation} layer "
        f"{layer.name!r}: a new one would stand on its answers. Put one in its place, "
        f"replace_head(model, num_classes={num_classes}), or give the model without "
        "it (of keras.applications: include_top=False)."
    )


def _only_activates(layer):
    kinds = (keras.layers.Activation, keras.layers.Softmax)
    return isinstance(layer, kinds) or type(layer).__name__ in ("Sigmoid", "Softmax")


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
