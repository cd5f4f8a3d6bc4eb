"""What LoRA learned, in a file of its own: a few MB beside a large model (§8)."""

import json
from pathlib import Path

import keras
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from sftkeras.arguments import check_path
from sftkeras.errors import InputError
from sftkeras.files import write_file
from sftkeras.graph import attach, carried
from sftkeras.models.copying import copy_model
from sftkeras.models.forms import as_functional
from sftkeras.models.stored import count_safetensors
from sftkeras.tasks.infer import infer_task, task_from
from sftkeras.training.techniques.lora import Adapters, digest_of

_FORMAT = "sftkeras adapters 1"
_DAMAGES = (OSError, ValueError, LookupError, TypeError, AttributeError)
_DAMAGES += (RecursionError, SafetensorError)


def save_adapters(model, path):
    """Write what LoRA learned into a `.safetensors` file, without the model.

    Args:
        model: what `fine_tune(…, techniques=[LoRA(…)])` returned.
        path: the file.

    Raises:
        InputError: the model has learned by no LoRA, or has been changed since.
    """
    check_path("path", path)
    found = carried(as_functional(model)).adapters
    if found is None:
        raise InputError(
            "This model has no adapters. They are what fine_tune(…, "
            "techniques=[LoRA(rank=8)]) learns; save_classifier writes whole models."
        )
    if digest_of(as_functional(model)) != found.merged:
        raise InputError(
            "The model was changed since LoRA ended: the adapters alone would not "
            "give it again. Write it whole, with save_classifier."
        )
    arrays = {f"other.{n}": values for n, values in found.others.items()}
    for number, pair in found.products.items():
        arrays |= {
            f"product.{number}.{side}": values
            for side, values in zip("ab", pair, strict=True)
        }
    about = {"format": _FORMAT, "base": found.base, "merged": found.merged}
    about["alpha"] = json.dumps(float(found.alpha))
    about["pairs"] = json.dumps(carried(as_functional(model)).pairs)
    about["task"] = json.dumps(infer_task(as_functional(model)).config())
    with write_file(path) as temporary:
        save_file(
            {n: np.ascontiguousarray(a) for n, a in arrays.items()}, temporary, about
        )


def load_adapters(model, path):
    """Return a copy of a model with what LoRA learned added to it.

    Args:
        model: a `keras.Model`, as it was before `fine_tune`: loaded anew.
        path: what `save_adapters` wrote.

    Returns:
        A `keras.Model` that equals the fine-tuned one bit for bit, which is checked.

    Raises:
        InputError: no such file, a damaged one, or one of another model.
    """
    check_path("path", path)
    model = as_functional(model)
    found, task, pairs = _read(path)
    if digest_of(model) != found.base:
        raise InputError(
            f"{path}: these adapters were learned on other weights. Give the model "
            "that fine_tune was given, loaded anew."
        )
    copy = copy_model(model)
    _check_shapes(copy, found, path)
    found.added_to(copy)
    if digest_of(copy) != found.merged:
        raise InputError(
            f"{path}: what comes out differs from the model that was saved: damaged, "
            "or computed on another machine. Write the whole model there, with "
            "save_classifier."
        )
    carried(copy).adapters, carried(copy).pairs = found, pairs
    preprocessor = getattr(copy, "preprocessor", None)
    return attach(copy, task.replaced(preprocessor=preprocessor))


def _read(path):
    try:
        count_safetensors(_existing(path))
        with safe_open(path, "numpy") as file:
            about = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if about.get("format") != _FORMAT:
            raise InputError(f"{path}: no adapters of sftkeras.")
        products, others = {}, {}
        for name, values in arrays.items():
            kind, number, *side = name.split(".")
            if kind == "other":
                others[int(number)] = values
            else:
                products.setdefault(int(number), {})[side[0]] = values
        products = {n: (pair["a"], pair["b"]) for n, pair in products.items()}
        alpha = float(json.loads(about["alpha"]))
        adapters = Adapters(about["base"], about["merged"], products, others, alpha)
        pairs = {"true": True, "false": False}.get(about.get("pairs"))
        return adapters, task_from(json.loads(about["task"])), pairs
    except (InputError, FileNotFoundError):
        raise
    except _DAMAGES as error:
        raise InputError(f"{path}: no adapters, or damaged ({error!s:.80}).") from None


def _existing(path):
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of adapters.")
    return path


def _check_shapes(model, found, path):
    """Raise unless each part fits the weight that it is for."""
    weights = model.weights
    parts = {n: (*a.shape[:-1], *b.shape[1:]) for n, (a, b) in found.products.items()}
    parts |= {n: values.shape for n, values in found.others.items()}
    for number, shape in parts.items():
        known = 0 <= number < len(weights)
        if not known or tuple(keras.ops.shape(weights[number])) != tuple(shape):
            raise InputError(f"{path}: damaged: a part of it fits no weight.")
