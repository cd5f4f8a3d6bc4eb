"""Heads: the last layer, and a new one in its place (article §3.1)."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import as_functional, maker, sources


def output_layer(num_classes, seed=None):
    """Return the head: a `Dense` named `head`, fit for the number of classes.

    One sigmoid output for 2 classes (as the article's §5.2), a softmax for more, one
    linear output for `num_classes=1` (regression). Always float32: probabilities in
    half precision round to 0 and 1.
    """
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 1:
        raise InputError(
            "`num_classes` must be 1 (regression) or the number of classes. "
            f"Received: num_classes={num_classes!r}"
        )
    units, activation = {1: (1, None), 2: (1, "sigmoid")}.get(
        num_classes, (num_classes, "softmax")
    )
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        dtype="float32",
        name="head",
    )


def check_names(num_classes, label_names):
    """Return the names as a tuple, or `None`; raise if there are more or fewer."""
    if label_names is None:
        return None
    label_names = tuple(label_names)
    if len(label_names) != num_classes:
        raise InputError(
            f"`label_names` has {len(label_names)} names for num_classes={num_classes}."
        )
    return label_names


def add_head(
    backbone,
    preprocessor,
    num_classes=2,
    label_names=None,
    pooling="mean",
    dropout=0.0,
    seed=0,
):
    """Return a flat model: backbone, pooling, dropout and a new head.

    Args:
        backbone: a functional `keras.Model`; its layers are shared.
        preprocessor: what makes its inputs of texts, or `None`.
        num_classes, label_names, pooling, dropout, seed: as in
            `load_pretrained_model`.
    """
    features = _pool(backbone, pooling)  # (B, width)
    if dropout:
        features = keras.layers.Dropout(dropout, name="head_dropout")(features)
    outputs = output_layer(num_classes, seed)(features)
    model = keras.Model(backbone.input, outputs, name=f"{backbone.name}_classifier")
    model.preprocessor = preprocessor
    model.label_names = label_names
    return model


def replace_head(model, num_classes=2, label_names=None, seed=0):
    """Return the model with its last `Dense` replaced by a new, untrained head.

    For a classifier trained on one set of classes and wanted for another. The other
    layers, with their weights, are shared with `model`.

    Args:
        model: a `keras.Model` whose output is made by a `Dense` layer.
        num_classes, label_names, seed: as in `load_pretrained_model`.
    """
    model = as_functional(model)
    output = model.outputs[0]
    if not isinstance(maker(output), keras.layers.Dense):
        raise InputError(
            "The model's output must come from a Dense layer. Received: "
            f"{type(maker(output)).__name__} {maker(output).name!r}"
        )
    backbone = keras.Model(model.input, sources(output)[0], name=model.name)
    label_names = check_names(num_classes, label_names)
    preprocessor = getattr(model, "preprocessor", None)
    return add_head(backbone, preprocessor, num_classes, label_names, seed=seed)


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
