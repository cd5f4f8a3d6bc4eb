"""Save and load a trained classifier: raw text in, labels out, in any process."""

import datetime
import hashlib
import importlib
from pathlib import Path

import keras

from sftkeras.arguments import check_path
from sftkeras.directories import check_replaceable, mend_directory, write_directory
from sftkeras.errors import InputError
from sftkeras.graph import attach, carried, carry, iterate_layers
from sftkeras.inputs.chat import ChatPreprocessor
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.machine import versions
from sftkeras.models.attention import Attention  # noqa: F401  known when loading
from sftkeras.models.copying import rebuild
from sftkeras.models.encoders import notice_of
from sftkeras.models.forms import as_functional
from sftkeras.models.mending import mend_blocks
from sftkeras.models.speech_embedding import DilatedMax, FlooredLeaky  # noqa: F401
from sftkeras.models.undrawn import undrawn
from sftkeras.process import keeping_random
from sftkeras.saving.archive import compress
from sftkeras.saving.card import card_of, check_report, names_of, short
from sftkeras.saving.inspecting import inspect_archive
from sftkeras.saving.learned_from import read_columns, read_pairs
from sftkeras.saving.manifest import (
    NAME,
    read_manifest,
    write_manifest,
    written,
)
from sftkeras.saving.own_objects import check_custom_objects, check_own_objects
from sftkeras.saving.sense import check_fit, load_preprocessor, not_loadable
from sftkeras.saving.signing import read_private_key
from sftkeras.tasks.decoding import Speaker
from sftkeras.tasks.finite import check_weights
from sftkeras.tasks.generation import Generation
from sftkeras.tasks.infer import SAVED, infer_task, task_from
from sftkeras.tasks.transcription import Transcription
from sftkeras.tasks.translation import Translation
from sftkeras.training.own_freezing import remember_frozen

# Layers of KerasHub 0.32 that write settings which their constructors refuse.
_REFUSED = {"ViTPatchingAndEmbedding": "keras_hub.src.models.vit.vit_layers"}


def save_classifier(model, path, report=None, custom_objects=None, sign=None):
    """Write a model as a directory that needs nothing else to predict (article §5.2).

    `model.keras` (architecture and weights, no optimizer state), the preprocessing
    (`tokenizer.json` or `preprocessor/`), `classifier.json` (label names, versions,
    SHA-256 of each file and of itself) and a card, `README.md`. No pickle. SECURITY.md
    says what a bundle can do, and what it reveals of the training texts. It is written
    beside `path` and takes its place: an earlier classifier stays until all is well,
    and what others put into its directory, or changed there, is carried over.

    Args:
        model: a `keras.Model` that `fine_tune`, `train_model` or `load_classifier`
            returned.
        path: the directory.
        report: dictionary of results for the card, as `evaluate_model` returns.
            Defaults to `None`.
        custom_objects: {name: class or function} of layers of your own that
            `load_classifier` will be given; those registered with Keras
            (`@keras.saving.register_keras_serializable()`) need none. Defaults to
            `None`.
        sign: path of a private Ed25519 key, as `ssh-keygen -t ed25519` makes it; the
            bundle gets a signature, `classifier.sig`. Defaults to `None`.

    Raises:
        InputError: nothing can be written there; or a layer could not be loaded again:
            a Lambda, one of your own that Keras does not know; or the model is beyond
            what `load_classifier` takes.
    """
    check_path("path", path)
    if report is not None:
        check_report(report)
    if sign is not None:
        read_private_key(sign)
    model = as_functional(model)
    task = infer_task(model)
    if type(task) not in SAVED:
        raise InputError(
            f"A bundle cannot hold the task {type(task).__name__}: load_classifier "
            "would not know it. Save the network with model.save(…)."
        )
    check_weights(model, "be saved")
    preprocessor = task.preprocessor
    check_own_objects(model, custom_objects)
    with write_directory(path, written) as directory:
        # The same graph, not compiled: Keras would save the optimizer's state too,
        # twice the size of the weights. (`clone_model` would compile its copy.)
        bare = keras.Model(model.input, model.output, name=model.name)
        bare.save(directory / "model.keras")
        compress(directory / "model.keras")
        _check_loadable(directory / "model.keras", model, custom_objects)
        if isinstance(preprocessor, Tokenizer):
            preprocessor.save(directory / "tokenizer.json")
        elif preprocessor is not None:
            preprocessor.save(directory / "preprocessor")
        if notice := notice_of(model):
            (directory / "NOTICE").write_text(notice + "\n")
        created = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        card = card_of(model, task, created, report)
        uses_hub = any(
            type(layer).__module__.startswith("keras_hub")
            for _, layer in iterate_layers(model)
        )
        contents = {
            "created": created,
            "label_names": list(names_of(task)),
            "columns": carried(model).columns,
            "pairs": carried(model).pairs,
            "task": task.config(),
            "keras_hub": uses_hub,
            "report": short(report),
            "versions": versions(),
            # The card is for people, who may edit it: it is not among `files`.
            "card": hashlib.sha256(card.encode()).hexdigest(),
        }
        write_manifest(directory, contents, sign)
        (directory / "README.md").write_bytes(card.encode())


def check_bundle_path(path):
    """Raise `InputError` if `save_classifier` would refuse to write to a path.

    Args:
        path: directory, asked for before the training and not after it.
    """
    check_replaceable(path, written)


def load_classifier(path, custom_objects=None, verify=None):
    """Load what `save_classifier` wrote, after checking every file (article §5.2).

    Args:
        path: the directory.
        custom_objects: {name: class or function} of layers of your own that are not
            registered with Keras. Defaults to `None`.
        verify: path of a public Ed25519 key; the bundle must have been signed with its
            other half. Defaults to `None`: its digests tell damage, but not who made
            it.

    Returns:
        A `keras.Model` for `predict`, `evaluate_model`, `fine_tune` and `train_model`.

    Raises:
        FileNotFoundError: the directory, or a file in it, is missing.
        InputError: a file is damaged, asks for more than it holds, or makes no sense;
            or the signature is not by the key. Nothing of it has been run.
    """
    check_path("path", path)
    path = Path(path)
    if not path.exists():  # a process that was killed may have left it beside
        mend_directory(path, written)
    contents = read_manifest(path, verify)
    if contents["keras_hub"]:
        import keras_hub  # noqa: F401  registers its layers
    check_custom_objects(custom_objects)
    known = {**_mended(), **(custom_objects or {})}
    file = path / "model.keras"
    with not_loadable(file), keeping_random():
        inspect_archive(file, known)
        model = undrawn(lambda: keras.saving.load_model(file, known, compile=False))
        (output,) = model.outputs
    mend_blocks(model)
    names, units = contents["label_names"], output.shape[-1]
    kind = contents.get("task", {}).get("kind")
    writes = kind in (Generation.kind, Translation.kind)  # any text: no names
    fits = [0, 2] if units == 1 else [0 if writes else units]
    if len(names) + (kind == Transcription.kind) not in fits:
        raise InputError(
            f"{path / NAME}: {len(names)} label names for a model with {units} "
            "output(s). Save the classifier again."
        )
    preprocessor = load_preprocessor(path, contents["files"])
    check_fit(path, model, preprocessor)
    carry(model, preprocessor, names)
    if "task" in contents:
        task = _read_task(path, contents).replaced(preprocessor=preprocessor)
        if getattr(task, "units", units if kind == Generation.kind else 1) != units:
            raise InputError(
                f"{path / NAME}: a task of other outputs than the model's."
            )
        attach(model, task)
        if kind == Generation.kind:
            _check_speaker(path, model, task, preprocessor)
    carried(model).columns = read_columns(path, contents)
    carried(model).pairs = read_pairs(path, contents)
    remember_frozen(model, ())  # by an earlier `fine_tune`: the next one may thaw it
    return model


def _check_speaker(path, model, task, preprocessor):
    """Raise unless a bundle's language model has a template, and can write."""
    with not_loadable(path / NAME):
        if not isinstance(preprocessor, ChatPreprocessor):
            raise InputError("a language model without a chat template")
        Speaker(model, task.decoder)


def _read_task(path, contents):
    names = contents["label_names"]
    try:
        return task_from({**contents["task"], "label_names": names})
    except (TypeError, KeyError, AttributeError, ValueError):
        raise InputError(
            f"{path / NAME}: damaged. Save the classifier again."
        ) from None


def _check_loadable(file, model, custom_objects):
    """Raise now, not when it is loaded, if the model is beyond what we would load."""
    try:
        inspect_archive(file, {**_mended(), **(custom_objects or {})})
    except InputError as error:
        raise InputError(
            f"The model {model.name!r} would be refused by load_classifier: {error}. "
            "Save the network with model.save(…)."
        ) from None
    except Exception:  # Keras says more when it is loaded
        pass


def _mended():
    return {name: _mend(name, module) for name, module in _REFUSED.items()}


def _mend(name, module):
    """Return a stand-in that is only asked for the layer that a file describes."""

    def from_config(config):
        return rebuild(getattr(importlib.import_module(module), name), config)

    return type(name, (), {"from_config": staticmethod(from_config)})
