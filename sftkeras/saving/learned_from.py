"""What a manifest says of the data that a model learned from: columns, pairs."""

from sftkeras.errors import InputError
from sftkeras.saving.manifest import BUNDLE


def read_columns(path, contents):
    """Return the names of the columns that the model learned from, or `None`."""
    names = contents.get("columns")
    if names is None:
        return None
    whole = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not whole or len(names) < 2:
        raise InputError(f"{path / BUNDLE.name}: {BUNDLE.damaged}")
    return tuple(names)


def read_pairs(path, contents, kind=BUNDLE):
    """Return whether the model learned from pairs of texts, `None`: it is not said."""
    found = contents.get("pairs")
    if found is not None and not isinstance(found, bool):
        raise InputError(f"{path / kind.name}: {kind.damaged}")
    return found
