"""Where a classifier errs (article §3.5)."""

import numpy as np
import pandas as pd

from sftkeras.errors import InputError
from sftkeras.evaluation.predicting import true_and_probable
from sftkeras.inputs.columns import as_inputs
from sftkeras.inputs.given import given
from sftkeras.models.forms import as_functional


def confident_mistakes(model, data, labels=None, count=10):
    """List the wrong answers of which the model was surest (article §3.5).

    Read them before anything else is tuned: they show what the model has not learned,
    and which labels are wrong.

    Args:
        model: a classifying `keras.Model`.
        data, labels: as in `evaluate_model`.
        count: int. The most rows to return. Defaults to `10`.

    Raises:
        InputError: `count` is none, or as in `evaluate_model`.

    Returns:
        A `pandas.DataFrame`, surest first, its index the row in `data`: `text` (of a
        text model; and `text_pair`), `label`, `predicted`, and `probability`, that of
        the predicted label.
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        raise InputError(
            f"`count` must be a whole number of rows, 0 or more. Received: {count!r}"
        )
    model = as_functional(model, data)
    examples = given(model, data, labels)
    inputs = as_inputs(model, examples.inputs, getattr(model, "preprocessor", None))
    task, targets, probabilities = true_and_probable(model, inputs, examples.labels)
    codes = probabilities.argmax(axis=1)
    labels = np.array(task.names)
    table = pd.DataFrame({"label": labels[targets], "predicted": labels[codes]})
    table["probability"] = probabilities.max(axis=1)
    names = ("text", "text_pair")
    texts = inputs if isinstance(inputs, tuple) else (inputs,)
    for place, (name, column) in enumerate(zip(names, texts, strict=False)):
        if isinstance(column, list):
            table.insert(place, name, column)
    wrong = table[codes != targets]
    return wrong.sort_values("probability", ascending=False, kind="stable").head(count)
