"""What a model learned from: columns by name, as given again; pairs (§5.2)."""

from sftkeras.errors import InputError, listed
from sftkeras.graph import carried
from sftkeras.inputs.given import is_frame


def remember_columns(model, data):
    """Let a model carry the names of the columns of the frame that it learns from.

    Args:
        model: the `keras.Model` that is trained.
        data: its inputs, as in `fine_tune`. What has no names leaves those known.
    """
    if (names := _names(data)) and carried(model).columns is None:
        carried(model).columns = names


def in_known_order(model, data):
    """Return data with their columns in the order in which the model learned them.

    Args:
        model: a `keras.Model`.
        data: as in `fine_tune`. What has no names is taken as it is, by position.

    Raises:
        InputError: a frame that lacks a column, or has one more.
    """
    known, names = carried(model).columns, _names(data)
    if known is None or names is None or names == known:
        return data
    lacking = [name for name in known if name not in names]
    more = [name for name in names if name not in known]
    if lacking or more or len(names) != len(known):
        said = [f"lack the column {name!r}" for name in lacking[:1]]
        said += [f"have a column {name!r} more" for name in more[:1]]
        raise InputError(
            f"The model learned from the columns {listed(known)}. The data "
            f"{' and '.join(said) or 'have two columns of one name'}: give those "
            "columns, in any order (data.to_numpy() goes by position)."
        )
    if isinstance(data, dict):
        return {name: data[name] for name in known}
    return data[list(known)]


def remember_pairs(models, pairs):
    """Let models carry whether they learned from pairs of texts.

    Args:
        models: list of `keras.Model`.
        pairs: bool; `None`: not known, or no texts.
    """
    for model in models:
        carried(model).pairs = pairs


def _names(data):
    """Return the names of two or more columns, `None` where they are not named."""
    if not (is_frame(data) or type(data) is dict):
        return None
    names = tuple(data.columns if is_frame(data) else data)
    named = len(names) > 1 and all(isinstance(name, str) for name in names)
    return tuple(map(str, names)) if named else None
