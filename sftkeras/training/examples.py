"""What is trained on, and what is held out for validation (article §3.2, §3.4)."""

import dataclasses

from sftkeras.data.splits import normalise, split_rows
from sftkeras.errors import InputError
from sftkeras.inputs.columns import as_inputs
from sftkeras.inputs.given import given, pick
from sftkeras.tasks.labels import check_labels


def training_data(model, data, labels=None, sample_weight=None):
    """Return `Given` training data; raise `InputError` if there are no labels."""
    found = given(model, data, labels, sample_weight)
    check_labels(found.labels)
    return found


def validation_data_of(model, data):
    """Return `Given` validation data, or `None` if there are none.

    Args:
        model: the `keras.Model`.
        data: as in `fine_tune`.
    """
    if data is None:
        return None
    name = "validation labels"
    if isinstance(data, (tuple, list)):
        if len(data) not in (2, 3):
            raise _no_validation(f"{type(data).__name__} of {len(data)}")
        inputs, labels, weights = (*data, None)[:3]
        found = given(model, inputs, labels, weights, name)
    else:
        found = given(model, data, name=name)
        if found.inputs is data:  # neither a dataset nor examples
            raise _no_validation(type(data).__name__)
    check_labels(found.labels, name)
    return found


def split_off(model, task, data, validation, recipe):
    """Hold a share of the training data out: `recipe.validation_split`.

    Stratified for classes; equal texts, and the rows of a group, stay on one side.

    Args:
        model, task: as in `prepare`.
        data: `Given` training data.
        validation: `None`, or an error is raised.
        recipe: a `Recipe`; its seed is the split's.

    Returns:
        Two `Given`: for training and for validation.
    """
    if validation is not None:
        raise InputError("Give validation data or `validation_split`, not both.")
    inputs = as_inputs(model, data.inputs, task.preprocessor)
    labels, weights = map(_in_rows, (data.labels, data.weights))
    count, groups = len(labels), data.groups
    texts = inputs if isinstance(inputs, list) else None
    if isinstance(inputs, tuple) and isinstance(inputs[0], list):
        texts = list(zip(*inputs, strict=True))
    if groups is None and texts is not None:
        plain = (str, tuple)
        groups = [normalise(t if isinstance(t, plain) else str(t)) for t in texts]
    strata = task.codes(labels) if hasattr(task, "codes") else None
    groups = range(count) if groups is None else groups
    parts = split_rows(
        groups,
        strata,
        recipe.validation_split,
        recipe.seed,
        argument="validation_split",
    )
    return tuple(
        dataclasses.replace(
            data,
            inputs=pick(inputs, rows),
            labels=pick(labels, rows),
            weights=None if weights is None else pick(weights, rows),
            groups=None,
        )
        for rows in (sorted(part) for part in parts)
    )


def _in_rows(values):
    return list(values) if isinstance(values, tuple) else values


def _no_validation(received):
    return InputError(
        "`validation_data` must be (data, labels), (data, labels, weights), a dataset "
        f"with labels, or examples. Received: {received}"
    )
