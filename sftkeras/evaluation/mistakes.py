"""Where a classifier errs (article §3.5)."""

import numpy as np
import pandas as pd

from sftkeras.evaluation.predicting import true_and_probable
from sftkeras.models.forms import as_functional


def confident_mistakes(model, data, labels, count=10):
    """List the wrong answers of which the model was surest (article §3.5).

    Read them before anything else is tuned: they show what the model has not learned,
    and which labels are wrong.

    Args:
        model: a classifying `keras.Model`.
        data: list of N strings for a text model, else arrays `(N, …)`.
        labels: N labels of the same kind as in training.
        count: int. The most rows to return. Defaults to `10`.

    Returns:
        A `pandas.DataFrame`, surest first, its index the row in `data`: `text` (of a
        text model), `label`, `predicted`, and `probability`, that of the predicted
        label.
    """
    model = as_functional(model, data)
    task, targets, probabilities = true_and_probable(model, data, labels)
    codes = probabilities.argmax(axis=1)
    names = np.array(task.names)
    table = pd.DataFrame({"label": names[targets], "predicted": names[codes]})
    table["probability"] = probabilities.max(axis=1)
    if getattr(model, "preprocessor", None) is not None:
        table.insert(0, "text", list(data))
    wrong = table[codes != targets]
    return wrong.sort_values("probability", ascending=False, kind="stable").head(count)
