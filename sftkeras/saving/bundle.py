"""Save and load a trained classifier: raw text in, labels out, in any process."""

import datetime
import hashlib
import importlib
import json
from pathlib import Path

import keras

from sftkeras.directories import (
    check_replaceable,
    mend_directory,
    sha256,
    write_directory,
)
from sftkeras.errors import InputError
from sftkeras.graph import attach, carry, iterate_layers
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.machine import versions
from sftkeras.models.copying import rebuild
from sftkeras.models.forms import as_functional
from sftkeras.process import keeping_random
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.infer import infer_task, task_from
from sftkeras.tasks.multilabel import MultiLabel
from sftkeras.tasks.regression import Regression

FORMAT = 2  # 1 had no task


# Layers of KerasHub 0.32 that write settings which their constructors refuse.
_REFUSED = {"ViTPatchingAndEmbedding": "keras_hub.src.models.vit.vit_layers"}
_CARD = """# A classifier made with sftkeras

| | |
|---|---|
| made | {created} |
| model | {model}, {params:,} parameters |
| labels | {labels} |
{results}
Load it: `model = sftkeras.load_classifier("this directory")`, then
{use}.
"""


_USE_TEXT = """`sftkeras.predict(model, ["some text"])`, or
`python -m sftkeras predict --model DIR "some text"`"""


_USE_ARRAY = "`sftkeras.predict(model, x)`, with `x` an array shaped `{shape}`"


def save_classifier(model, path, report=None):
    """Write a model as a directory that needs nothing else to predict (article §5.2).

    `model.keras` (architecture and weights, no optimizer state), the preprocessing
    (`tokenizer.json` or `preprocessor/`), `classifier.json` (label names, versions,
    SHA-256 of each file) and a card, `README.md`. No pickle. It is written beside
    `path` and takes its place: an earlier classifier stays until all is well, and what
    others put into its directory, or changed there, is carried over.

    Args:
        model: a `keras.Model` that `fine_tune`, `train_model` or `load_classifier`
            returned.
        path: the directory.
        report: dictionary of results for the card, as `evaluate_model` returns.
            Defaults to `None`.

    Raises:
        InputError: nothing can be written there, or the model has a Lambda layer.
    """
    model = as_functional(model)
    task = infer_task(model)
    if type(task) not in (Classification, MultiLabel, Regression):
        raise InputError(
            f"A bundle cannot hold the task {type(task).__name__}: load_classifier "
            "would not know it. Save the network with model.save(…)."
        )
    preprocessor = task.preprocessor
    for name, layer in iterate_layers(model):
        if isinstance(layer, keras.layers.Lambda):
            raise InputError(
                f"The layer {name!r} is a Lambda: its code would be pickled, and Keras "
                "refuses to load that. Write it with keras.ops or as a layer class."
            )
    with write_directory(path, written) as directory:
        # The same graph, not compiled: Keras would save the optimizer's state too,
        # twice the size of the weights. (`clone_model` would compile its copy.)
        bare = keras.Model(model.input, model.output, name=model.name)
        bare.save(directory / "model.keras")
        if isinstance(preprocessor, Tokenizer):
            preprocessor.save(directory / "tokenizer.json")
        elif preprocessor is not None:
            preprocessor.save(directory / "preprocessor")
        created = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        results = "".join(
            f"| {name} | {report[name]:.4f} |\n"
            for name in ("accuracy", "precision", "recall", "f1", "mse", "mae")
            if report and name in report
        )
        shape = model.input_shape
        card = _CARD.format(
            created=created,
            model=model.name,
            params=model.count_params(),
            labels=", ".join(map(str, _names(task))) or "numbers (regression)",
            results=results,
            use=_USE_ARRAY.format(shape=shape) if preprocessor is None else _USE_TEXT,
        )
        uses_hub = any(
            type(layer).__module__.startswith("keras_hub")
            for _, layer in iterate_layers(model)
        )
        files = [file for file in sorted(directory.rglob("*")) if file.is_file()]
        contents = {
            "format": FORMAT,
            "created": created,
            "label_names": list(_names(task)),
            "task": task.config(),
            "keras_hub": uses_hub,
            "report": report,
            "versions": versions(),
            "files": {f.relative_to(directory).as_posix(): sha256(f) for f in files},
            # The card is for people, who may edit it: it is not among `files`.
            "card": hashlib.sha256(card.encode()).hexdigest(),
        }
        # `default`: label names given as a numpy array are numpy's numbers.
        text = json.dumps(
            contents, indent=1, ensure_ascii=False, default=lambda value: value.item()
        )
        (directory / "classifier.json").write_text(text, encoding="utf-8")
        (directory / "README.md").write_bytes(card.encode())


def written(directory):
    """Return {file: SHA-256} of what `save_classifier` wrote, `None` if nothing."""
    file = directory / "classifier.json"
    try:
        contents = json.loads(file.read_text(encoding="utf-8"))
        known = dict(contents["files"]) | {"README.md": contents.get("card")}
        contents["format"], contents["label_names"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return known | {"classifier.json": sha256(file)}


def check_bundle_path(path):
    """Raise `InputError` if `save_classifier` would refuse to write to a path.

    Args:
        path: directory, asked for before the training and not after it.
    """
    check_replaceable(path, written)


def load_classifier(path):
    """Load what `save_classifier` wrote, after checking every file (article §5.2).

    Args:
        path: the directory.

    Returns:
        A `keras.Model` for `predict`, `evaluate_model`, `fine_tune` and `train_model`.

    Raises:
        FileNotFoundError: the directory, or a file in it, is missing.
        InputError: a file is damaged.
    """
    path = Path(path)
    if not path.exists():  # a process that was killed may have left it beside
        mend_directory(path, written)
    contents = _read_contents(path)
    for name, expected in contents["files"].items():
        file = path / name
        if not file.is_file():
            raise FileNotFoundError(
                f"{path}: the classifier's file {name} is missing. Save it again."
            )
        if sha256(file) != expected:
            raise InputError(
                f"{file}: the file is damaged or was changed after it was saved (its "
                "SHA-256 differs). Save the classifier again."
            )
    if contents["keras_hub"]:
        import keras_hub  # noqa: F401  registers its layers
    mended = {name: _mend(name, module) for name, module in _REFUSED.items()}
    with keeping_random():
        model = keras.saving.load_model(path / "model.keras", mended, compile=False)
    names, units = contents["label_names"], model.outputs[0].shape[-1]
    if len(names) not in ([0, 2] if units == 1 else [units]):
        raise InputError(
            f"{path / 'classifier.json'}: {len(names)} label names for a model with "
            f"{units} output(s). Save the classifier again."
        )
    preprocessor = None
    if "tokenizer.json" in contents["files"]:
        preprocessor = Tokenizer.load(path / "tokenizer.json")
    elif "preprocessor/preprocessor.json" in contents["files"]:
        preprocessor = TextPreprocessor.load(path / "preprocessor")
    carry(model, preprocessor, names)
    if "task" in contents:
        attach(model, _read_task(path, contents).replaced(preprocessor=preprocessor))
    return model


def _names(task):
    return getattr(task, "names", task.label_names or ())


def _read_task(path, contents):
    names = contents["label_names"]
    try:
        return task_from({**contents["task"], "label_names": names})
    except (TypeError, KeyError, AttributeError, ValueError):
        raise InputError(
            f"{path / 'classifier.json'}: damaged. Save the classifier again."
        ) from None


def _mend(name, module):
    """Return a stand-in that is only asked for the layer that a file describes."""

    def from_config(config):
        return rebuild(getattr(importlib.import_module(module), name), config)

    return type(name, (), {"from_config": staticmethod(from_config)})


def _read_contents(path):
    file = path / "classifier.json"
    if not path.is_dir():
        raise FileNotFoundError(
            f"{path}: no such directory. Give the one that `save_classifier`, or "
            "`fit --out`, wrote."
        )
    if not file.is_file():
        raise FileNotFoundError(
            f"{path}: no saved classifier here: classifier.json is missing. Give the "
            "directory that `save_classifier`, or `fit --out`, wrote."
        )
    try:
        contents = json.loads(file.read_text(encoding="utf-8"))
        number = contents["format"]
        contents["files"]["model.keras"], contents["keras_hub"]
        tuple(contents["label_names"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{file}: damaged. Save the classifier again.") from None
    if number not in range(1, FORMAT + 1):
        raise InputError(
            f"{file}: format {number}, this version reads {FORMAT}. Use the version "
            f"that wrote it: {contents.get('versions')}"
        )
    return contents
