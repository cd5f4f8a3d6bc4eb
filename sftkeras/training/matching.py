"""Names, paths and globs of layers, and the layers that they match (article §3.3)."""

import fnmatch

import keras

from sftkeras.errors import InputError, suggest


def match(layers, patterns, argument):
    """Return the paths of the layers that names, paths or globs stand for.

    Args:
        layers: list of `(path, layer)`.
        patterns: as in `set_trainable`. A name that is one wins over its glob.
        argument: str, what it is called in an error.
    """
    found = set()
    for pattern in _as_patterns(patterns, argument):
        hits = {
            path
            for path, layer in layers
            if pattern in (path, layer.name) or path.startswith(pattern + "/")
        } or {
            path
            for path, layer in layers
            if fnmatch.fnmatchcase(path, pattern)
            or fnmatch.fnmatchcase(layer.name, pattern)
        }
        if not hits:
            paths = [path for path, layer in layers if layer.weights]
            raise InputError(
                f"`{argument}`: no layer matches {pattern!r}."
                + (suggest(pattern, paths) or f" The layers are: {', '.join(paths)}.")
            )
        found |= hits
    return found


def _as_patterns(given, argument):
    """Return names, paths and globs as a list; a layer stands for its name."""
    if given is None:
        return []
    one = isinstance(given, (str, keras.Layer)) or not hasattr(given, "__iter__")
    patterns = []
    for part in [given] if one else given:
        if not isinstance(part, (str, keras.Layer)):
            raise InputError(
                f"`{argument}` must hold names of layers, as describe_layers(model) "
                f"lists them. Received: {type(part).__name__} {part!r:.60}"
            )
        patterns.append(part if isinstance(part, str) else part.name)
    return patterns
