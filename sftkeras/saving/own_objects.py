"""The user's own layers and functions in a model, found when it is saved (§5.2)."""

import warnings

import keras

from sftkeras.errors import InputError

_KNOWN = ("keras", "keras_hub", "builtins", "sftkeras")  # what a fresh process has


def check_own_objects(model, custom_objects=None):
    """Raise `InputError` for a layer that `load_classifier` could not make again.

    A layer with a class or function of the user's own is made from its settings, once,
    without weights; those of Keras and KerasHub are not.

    Args:
        model: a functional `keras.Model`.
        custom_objects: {name: class or function}, what loading will be given. Defaults
            to `None`.
    """
    check_custom_objects(custom_objects)
    for layer in model.layers:
        if isinstance(layer, keras.Model) and hasattr(layer, "layers"):
            check_own_objects(layer, custom_objects)
        _check_layer(layer, custom_objects)


def check_custom_objects(custom_objects):
    """Raise `InputError` unless it is `None` or {name: class or function}."""
    fits = custom_objects is None or (
        isinstance(custom_objects, dict)
        and all(isinstance(name, str) for name in custom_objects)
        and all(map(callable, custom_objects.values()))
    )
    if not fits:
        raise InputError(
            "`custom_objects` must be {name: class or function}. "
            f"Received: {custom_objects!r:.80}"
        )


def _check_layer(layer, custom_objects):
    kind = type(layer).__name__
    if isinstance(layer, keras.layers.Lambda):
        raise InputError(
            f"The layer {layer.name!r} is a Lambda: its code would be pickled, and "
            "Keras refuses to load that. Write it with keras.ops or as a layer class."
        )
    try:
        with warnings.catch_warnings():  # Keras warns of a lambda, and so do we
            warnings.simplefilter("ignore")
            config = keras.saving.serialize_keras_object(layer)
        own = _own(config)
        if "__lambda__" in repr(config):
            raise TypeError("a lambda")
        missing = [n for n in own if not _is_registered(*n, custom_objects)]
        if own and not missing:
            config.pop("build_config", None)  # nothing is built: settings alone
            keras.saving.deserialize_keras_object(config, custom_objects=custom_objects)
    except Exception:
        raise InputError(
            f"The layer {layer.name!r} ({kind}) could not be loaded again: its "
            "`get_config` must give back, ready for JSON and without a lambda, all "
            "that its constructor takes."
        ) from None
    if missing:
        name = missing[0][0]
        raise InputError(
            f"The layer {layer.name!r} could not be loaded again: Keras does not know "
            f"{name!r}. Write @keras.saving.register_keras_serializable() above it, or "
            f"give custom_objects={{{name!r}: {name}}}, here and in load_classifier."
        )


def _own(config):
    """Return the (name, registered name) of what is neither Keras' nor KerasHub's."""
    found, left = {}, [config]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            left += part.values()
            # Keras writes no module of a class that a script or a notebook defines.
            unknown = "own" if part.get("registered_name") else "keras"
            module = str(part.get("module") or unknown).split(".")[0]
            is_function = part.get("class_name") == "function"
            if is_function or ("class_name" in part and module not in _KNOWN):
                name = part["config" if is_function else "class_name"]
                found[name] = name if is_function else part.get("registered_name")
        elif isinstance(part, (list, tuple)):
            left += part
    return list(found.items())


def _is_registered(name, registered, custom_objects):
    known = {**keras.saving.get_custom_objects(), **(custom_objects or {})}
    return name in known or registered in known
