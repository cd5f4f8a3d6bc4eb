"""The mean of several fine-tuned models, as one model."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.models.copying import copy_model, fill
from sftkeras.models.forms import as_functional


def average_models(models):
    """Return one model with the mean of the weights of several (a model soup).

    Models fine-tuned from the same pretrained weights and the same head, with other
    orders of the rows, err on other rows; their mean often errs on fewer, and costs no
    more to keep and to use than one (Wortsman et al. 2022). Measure it: the gain is
    small, and not always there. The mean of models that did not start from the same
    weights means nothing.

    Example:

    >>> tuned = [
    ...     fine_tune(model, ["good", "bad"] * 8, [1, 0] * 8, seed=seed, verbose=0)
    ...     for seed in range(3)
    ... ]
    >>> len(predict(average_models(tuned), ["good"]))
    1

    Args:
        models: list of built `keras.Model` of one architecture. They are not changed.

    Returns:
        A `keras.Model`, not compiled; preprocessor and label names are the first's.

    Raises:
        InputError: no models, or models of different weights or labels.
    """
    models = [models] if isinstance(models, keras.Model) else list(models)
    models = [as_functional(model, name="each of `models`") for model in models]
    shapes = {tuple(weight.shape for weight in model.weights) for model in models}
    names = {tuple(getattr(m, "label_names", None) or ()) for m in models}
    if len(shapes) != 1 or len(names) != 1:
        raise InputError(
            "`models` must be one model or more, of the same layers and labels. "
            f"Received: {len(models)} models, {len(shapes)} sets of shapes, "
            f"{len(names)} sets of labels"
        )
    average = copy_model(models[0])
    weights = zip(*(model.get_weights() for model in models), strict=True)
    fill(
        average,
        [  # whole numbers: the states of random numbers
            w[0] if np.issubdtype(w[0].dtype, np.integer) else np.mean(w, axis=0)
            for w in weights
        ],
    )
    return average
