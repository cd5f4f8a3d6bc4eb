"""The main job: classifiers trained on the same labels, compared (article §5)."""

import dataclasses
from pathlib import Path

import numpy as np

from sftkeras import plots
from sftkeras.data.examples import Examples, classes_of
from sftkeras.data.splits import normalise
from sftkeras.data.texts import check_one_label, load_texts
from sftkeras.errors import InputError
from sftkeras.files import ROOT
from sftkeras.models.blocks import blocks
from sftkeras.models.encoders import encoder_for
from sftkeras.scenarios import contract
from sftkeras.scenarios.contract import Scenario, probabilities, report_of
from sftkeras.scenarios.methods import lstm_from_scratch, majority, text_model, tfidf
from sftkeras.training.fine_tuning import fine_tune

REVIEWS = ROOT / "data" / "reviews"
TRAIN, TEST = "train_data.txt", "test_data.txt"
NOTE = "Most letters are not Latin ones: {}, which knows Chinese, is fine-tuned."
# {encoder: (what tables call it, how many upper layers are trained)}
TITLES = {"minilm": ("MiniLM", 2), "e5-small": ("e5-small", 4)}


def load_examples(path=None):
    """Read labelled texts, which come split or in one file.

    Args:
        path: a directory with `train_data.txt` and `test_data.txt`, or a file as in
            `load_texts`. Defaults to `None`: `data/reviews`.

    Returns:
        `Examples`: strings and their classes. The groups are the names of the two
        files, or, of one file, what makes texts equal.
    """
    path = Path(path or REVIEWS)
    if path.is_dir():
        check_folder(path, (TRAIN, TEST), "; or one file of texts and labels")
        parts = [load_texts(path / name, require_labels=True) for name in (TRAIN, TEST)]
        groups = np.repeat([TRAIN, TEST], [len(part) for part in parts])
    else:
        parts = [load_texts(path, require_labels=True)]
        groups = [normalise(text) for text in parts[0].texts]
    for part in parts:
        check_one_label(part)
    labels = np.concatenate([part.labels for part in parts])
    if len(classes_of(labels)) < 2:
        raise InputError(
            f"{path}: there must be two classes or more. Received: the labels "
            f"{np.unique(labels)[:5].tolist()}"
        )
    return Examples([text for part in parts for text in part.texts], labels, groups)


def check_folder(path, names, more=""):
    """Raise `InputError` unless a folder holds the parts of labelled data.

    Args:
        path: a `pathlib.Path`.
        names: of the files that must be in it.
        more: str, what may be given instead. Defaults to `""`: nothing.
    """
    missing = [name for name in names if not (path / name).is_file()]
    if missing:
        found = f"there is no {' and no '.join(missing)} in it"
        if not path.is_dir():
            found = "a file" if path.exists() else "no such folder"
        raise InputError(
            f"{path}: {found}. Give a folder with {', '.join(names)}, "
            f"text<TAB>label on each line{more}."
        )


def split(examples, seed):
    """Return row numbers `(pool, test)`: the files', or else by lot."""
    files = np.array(examples.groups, dtype=object)
    if {*files} == {TRAIN, TEST}:
        return np.flatnonzero(files == TRAIN), np.flatnonzero(files == TEST)
    return contract.split(examples, seed)


def pretrained_model(examples, seed, source=None):
    """Return a pretrained text model with a new head (§3.1).

    Args:
        examples: `Examples`, or a `TextData`: how many classes are there?
        seed: int, of the head's weights.
        source: `load_pretrained_model`'s `name`. Defaults to `None`: MiniLM, or for
            texts that it cannot read, e5-small.
    """
    source = source or encoder_for(examples.inputs)
    return text_model(source, len(np.unique(examples.labels)), seed)


def _schedule(epochs, batch_size, least_steps, rows, validation):
    """Return the usual epochs and batch size; of few rows, more epochs.

    A few labels make few batches, and four epochs of those leave an encoder much as it
    was. The least steps were chosen by a few runs on the validation split (those of
    the top two layers are those of all). A run that has rows to stop by keeps to the
    usual epochs, `fine_tune`'s and the article's: so the quickstart always did.
    """
    if validation is None:
        epochs = max(epochs, -(-least_steps // -(-rows // batch_size)))
    return {"epochs": epochs, "batch_size": batch_size, "verbose": 0}


def _lstm(pretrained, train, seed, validation=None, **settings):
    """The article's network, mended, from scratch."""
    usual = _schedule(10, 32, 60, len(train), validation) | {"patience": 5}
    return lstm_from_scratch(pretrained, train, seed, validation, **usual | settings)


def _encoder(layers, epochs, batch_size, least_steps):
    """Return a method that fine-tunes the pretrained encoder.

    Args:
        layers: `None`, `"all"`, or int, how many upper ones.
        epochs, batch_size, least_steps: as in `_schedule`.
    """
    usual = epochs, batch_size, least_steps

    def method(pretrained, train, seed, validation=None, **settings):
        top = isinstance(layers, int)
        chosen = blocks(pretrained)[-layers:] if top else layers
        if validation is not None:
            settings["validation_data"] = validation.inputs, validation.labels
        settings = _schedule(*usual, len(train), validation) | settings
        rows = train.inputs, train.labels
        return fine_tune(pretrained, *rows, chosen, seed=seed, **settings)

    return method


# Each takes, beside the rows to train on, `validation=…` (`Examples` to stop by) and
# settings of `fine_tune`.
CONTROLS = {
    "majority class": majority,
    "TF-IDF + logistic": tfidf,
    "LSTM from scratch": _lstm,
}


def methods_of(source):
    """Return {name: method}: an encoder frozen, its upper layers, all of it trained.

    Args:
        source: str, `load_pretrained_model`'s `name`.
    """
    name, top = TITLES.get(source, (Path(source).name, 2))
    return {
        f"{name}, frozen": _encoder(None, 20, 32, 20),
        f"{name}, top {top} layers": _encoder(top, 3, 16, 40),
        f"{name}, all layers": _encoder("all", 4, 16, 40),
    }


METHODS = CONTROLS | methods_of("minilm")


def compared(texts):
    """Return {name: (encoder or `None`, method)}: all that suit the texts' language.

    Args:
        texts: list of str.
    """
    methods = {name: (None, method) for name, method in CONTROLS.items()}
    for source in dict.fromkeys((encoder_for(texts), "e5-small")):
        methods |= {name: (source, m) for name, m in methods_of(source).items()}
    return methods


def suited(scenario, examples, source=None):
    """Return the scenario with the methods of the encoder that is fine-tuned.

    Args:
        scenario: a `Scenario`.
        examples: `Examples`, whose language is looked at.
        source: as in `pretrained_model`.
    """
    chosen = source or encoder_for(examples.inputs)
    methods = methods_of(chosen)
    note = "" if source or chosen == "minilm" else NOTE.format(chosen)
    return dataclasses.replace(
        scenario, methods=CONTROLS | methods, fine_tuned=[*methods][-1], note=note
    )


def report_on(fitted, test):
    """Return `evaluate_model`'s report of a model of `METHODS`.

    Args:
        fitted: the model, Keras' or scikit-learn's.
        test: `Examples`, or a `TextData`.
    """
    return report_of(probabilities(fitted, test.inputs), test.labels)


def measure(fitted, test):
    """Return accuracy, precision, recall and F1, as means over the classes."""
    report = report_on(fitted, test)
    return {name: report[name] for name in ("accuracy", "precision", "recall", "f1")}


def figures(trial):
    """Draw the confusion matrix of the fine-tuned model."""
    name = [*trial.models][-1]
    report = report_of(trial.probabilities[name], trial.test.labels)
    return {"confusion_matrix.png": plots.plot_confusion_matrix(report, name)}


SCENARIO = Scenario(
    title="Text classification",
    section="6.1",
    metric="accuracy",
    budgets=(32, 128, 512),
    load=load_examples,
    pretrained=pretrained_model,
    methods=METHODS,
    fine_tuned="MiniLM, all layers",
    split=split,
    measure=measure,
    figures=figures,
    suited=suited,
)
