"""What makes two runs of training the same job, in words (article §3.4)."""

import dataclasses
import functools
import hashlib
import json
import re
import sys
import types
import weakref

import keras
import numpy as np

from sftkeras.inputs.ragged import Ragged
from sftkeras.machine import versions
from sftkeras.training.recipe import Recipe

# Settings that change nothing in the result, and those that stand in the job as what
# they came to: an optimizer for its name, the weights of the rows for class weights.
_NO_MATTER = {"log_dir", "backup_dir", "backup_minutes", "resume", "callbacks"}
_NO_MATTER |= {"verbose"}
_CAME_TO = {"epochs", "batch_size", "patience", "jit_compile", "learning_rate"}
_CAME_TO |= {"optimizer", "loss", "class_weight", "metrics"}
_SHORT = 30  # characters: what is longer is told by its name alone
_DEEP = 6
_left = weakref.WeakKeyDictionary()  # model: digests of its weights, at start and end


def describe_job(run):
    """Return {part of the job: text}; an equal text means that the part is the same.

    Architecture, start weights and data are texts of their digests. Names that Keras
    counts up (`dense_3`) do not matter.

    Args:
        run: the `Run`, before its techniques have changed it.
    """
    model, settings = run.model, run.recipe
    optimizer = run.optimizer.get_config()
    train, rows = run.train, run.validation
    came_to = ("epochs", "batch_size", "patience", "jit_compile")
    job = {name: describe(getattr(run, name)) for name in came_to}
    job |= {
        "architecture": describe_network(model),
        "start weights": start_of(model),
        "layers to train": digest([w.trainable for w in model.weights]),
        "training data": digest(train.inputs),
        "labels": digest(train.targets),
        "weights of the rows": digest(train.weights),
        "validation data": rows and digest(rows.parts),
        "label names": describe(_label_names(run.task)),
        "loss": describe(run.loss),
        "metrics": describe(list(run.metrics)),
        "learning rate": describe(optimizer.pop("learning_rate", None)),
        "optimizer": f"{type(run.optimizer).__name__} {describe(optimizer)}",
    }
    for field in dataclasses.fields(settings):
        if field.name not in _NO_MATTER | _CAME_TO:
            job[field.name] = describe(getattr(settings, field.name))
    return job


def _label_names(task):
    return list(getattr(task, "names", None) or task.label_names or ())


def differences(found, job):
    """Return in words what differs between two jobs, `""` if they are one.

    Args:
        found: the job that was begun, as `describe_job` returned it. A setting that did
            not exist then had its default.
        job: the job at hand.
    """
    told = []
    unset = {
        field.name: describe(field.default) for field in dataclasses.fields(Recipe)
    }
    for name in {**job, **found}:
        old, new = (one.get(name, unset.get(name)) for one in (found, job))
        if old != new:
            short = all(len(str(value)) <= _SHORT for value in (old, new))
            hexadecimal = any(re.fullmatch("[0-9a-f]{64}", str(v)) for v in (old, new))
            shown = f" ({old}, now {new})" if short and not hexadecimal else ""
            told.append(f"{name.replace('_', ' ')}{shown}")
    return ", ".join(told)


def relevant_versions():
    """Return {package: version} of what computes a run."""
    found = versions()
    names = ("keras", "numpy", keras.backend.backend())
    mine = {"sftkeras": sys.modules["sftkeras"].__version__}
    return mine | {name: found[name] for name in names if name in found}


def start_of(model):
    """Return the digest of the weights with which a job began, or begins now.

    A model that is trained in place, and was interrupted in this process, began with
    others than it has; it is the same job if nobody has touched it since.
    """
    now = digest(model.get_weights())
    start, left = _left.get(model, (None, None))
    return start if now == left else now


def note_end(model, start):
    """Note how a run leaves the weights of a model that it began with `start`."""
    _left[model] = (start, digest(model.get_weights()))


def describe_network(model):
    """Return a digest of a network: its layers, their settings, how they meet."""
    try:
        text = json.dumps(model.get_config(), default=describe, sort_keys=True)
    except Exception:  # a class of the user's need not have a configuration
        return digest([(type(w).__name__, *w.shape) for w in model.weights])
    names = dict.fromkeys([model.name, *_names(json.loads(text))])
    for number, name in enumerate(names):
        text = text.replace(f'"{name}"', f'"#{number}"')
    return digest(text)


def _names(config):
    """Yield the names of the layers and operations in a configuration, in its order."""
    if isinstance(config, dict):
        if "class_name" in config and isinstance(config.get("name"), str):
            yield config["name"]
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _names(part)


def digest(things):
    """Return the SHA-256 of arrays, columns of rows, or what has a `repr`."""
    found = hashlib.sha256()
    for thing in keras.tree.flatten(things):
        columns = (thing.values, thing.offsets) if _is_ragged(thing) else (thing,)
        for column in columns:
            if not isinstance(column, np.ndarray):
                found.update(repr(column).encode())
                continue
            found.update(f"{column.dtype} {column.shape}".encode())
            if column.dtype.kind in "OT":  # Python's objects, strings of any length
                found.update(repr(column.tolist()).encode())
                continue
            flat = np.ascontiguousarray(column).reshape(-1)
            found.update(flat.view("uint8").data)
    return found.hexdigest()


def _is_ragged(thing):
    return isinstance(thing, Ragged)


def describe(value, depth=0):
    """Return a text that is the same for the same setting, in any process."""
    inner = functools.partial(describe, depth=depth + 1)
    if isinstance(value, float):
        return f"{value:.6g}"  # float32 and back
    if isinstance(value, (str, int, bool, type(None))):
        return str(value)
    if isinstance(value, dict):
        found = (f"{key}={inner(each)}" for key, each in value.items() if key != "name")
        return "{" + ", ".join(found) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(map(inner, value)) + "]"
    if isinstance(value, np.ndarray):
        return digest(value)
    if isinstance(value, np.generic):
        return inner(value.item())
    if isinstance(value, keras.Model):
        return f"{describe_network(value)} {digest(value.get_weights())}"
    if isinstance(value, functools.partial):
        return inner([value.func, value.args, value.keywords])
    if isinstance(value, types.CodeType):
        return digest([value.co_code, value.co_names, inner(value.co_consts)])
    if isinstance(value, types.FunctionType):
        name = f"{value.__module__}.{value.__qualname__}"
        if name.partition(".")[0] in ("keras", "sftkeras") and "<" not in name:
            return name
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return f"{name} {inner(value.__code__)} {inner(cells)}"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return f"{type(value).__qualname__} {_settings(value, inner, depth)}"


def _settings(value, inner, depth):
    """Return the text of an object's settings, however it keeps them."""
    if depth > _DEEP:
        return ""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return inner({name: getattr(value, name) for name in names})
    if hasattr(value, "get_config") and not isinstance(value, keras.losses.Loss):
        return inner(value.get_config())  # (that of some losses is not whole)
    if hasattr(value, "__dict__"):
        return inner(vars(value))
    return re.sub("0x[0-9a-f]+", "", repr(value))
