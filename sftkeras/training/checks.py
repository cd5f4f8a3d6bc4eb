"""What a setting of training may be: the checks of `Recipe`'s fields."""

import numbers

from sftkeras.arguments import check_path
from sftkeras.errors import InputError

WHOLE, REAL = (numbers.Integral, "a whole number"), (numbers.Real, "a number")


def above_zero(kind, *words):
    """Return a check for a number above 0, `None`, or one of some words."""
    kinds, what = kind

    def check(name, value):
        if value is None or (isinstance(value, str) and value in words):
            return
        fits = isinstance(value, kinds) and not isinstance(value, bool) and value > 0
        if not fits:
            raise InputError(f"`{name}` must be {what} above 0. Received: {value!r}")

    return check


def check_batch(recipe):
    """Raise if the size of a batch is given in texts and in tokens."""
    if recipe.batch_size is not None and recipe.batch_tokens is not None:
        raise InputError(
            "Give `batch_size` or `batch_tokens`, not both. "
            f"Received: {recipe.batch_size} and {recipe.batch_tokens}"
        )


def one_of(*choices):
    """Return a check for one of some values."""

    def check(name, value):
        if not any(value is choice or value == choice for choice in choices):
            listed = ", ".join(map(repr, choices[:-1])) + f" or {choices[-1]!r}"
            raise InputError(f"`{name}` must be {listed}. Received: {name}={value!r}")

    return check


def share(name, value):
    """Raise unless it is a number between 0 and 1, neither of them, or `None`."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if value is not None and not (real and 0 < value < 1):
        raise InputError(
            f"`{name}` must be a number between 0 and 1. Received: {name}={value!r}"
        )


def check_rate(name, value):
    """Raise unless it is a number above 0, a schedule or a function."""
    if not callable(value) and not hasattr(value, "get_config"):
        above_zero(REAL)(name, value)


def check_seed(name, value):
    """Raise unless it is a whole number that seeds may be."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value < 2**32:
        raise InputError(
            "`seed` must be an integer from 0 to 4294967295 (2**32 - 1). "
            f"Received: seed={value!r}"
        )


def check_techniques(name, value):
    """Raise unless each is a technique."""
    for technique in value:
        if isinstance(technique, type) or not hasattr(technique, "applied_to"):
            raise InputError(
                f"`{name}` must hold techniques, such as LoRA(rank=8). "
                f"Received: {technique!r}"
            )


def as_tuple(name, value):
    """Return one, none, a list or a generator of things as a tuple."""
    if value is None:
        return ()
    if hasattr(value, "applied_to") or hasattr(value, "on_epoch_end"):
        return (value,)
    if name == "metrics" and (isinstance(value, str) or callable(value)):
        return (value,)
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise InputError(f"`{name}` must be a list. Received: {value!r}")
    return tuple(value)


def check_callbacks(name, value):
    """Raise unless each is a Keras callback."""
    for callback in value:
        hooks = ("set_model", "set_params", "on_train_begin", "on_epoch_end")
        if isinstance(callback, type) or not all(hasattr(callback, h) for h in hooks):
            raise InputError(
                f"`{name}` must hold Keras callbacks. Received: {callback!r}"
            )


def check_metrics(name, value):
    """Raise unless each may be a metric."""
    for metric in value:
        if not isinstance(metric, str) and not callable(metric):
            raise InputError(
                f"`{name}` must hold Keras metrics or their names. Received: {metric!r}"
            )


def check_monitor(name, value):
    """Raise unless it is the name of something measured."""
    if not isinstance(value, str) or not value:
        raise InputError(
            f"`{name}` must be a name such as 'val_loss'. Received: {value!r}"
        )


def check_directory(name, value):
    """Raise unless it is a path or `None`."""
    if value is not None:
        check_path(name, value)
