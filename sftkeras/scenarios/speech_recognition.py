"""Speech (article §6.2): a recogniser meets a voice that it has never heard.

The convolutions learned from millions of recordings at Google, the top from synthetic
voices (`data/make_speech.py`); some twenty sentences adapt it to one speaker.
"""

import dataclasses
from functools import partial

from sftkeras.data.splits import rows_of_split
from sftkeras.data.telling import tell
from sftkeras.data.transcripts import load_recordings
from sftkeras.errors import InputError, listed
from sftkeras.evaluation.predicting import evaluate_model
from sftkeras.files import ROOT
from sftkeras.graph import task_of
from sftkeras.models.pretrained import load_pretrained_model
from sftkeras.models.speech import add_words, language_of, speech_from_scratch
from sftkeras.plots.speech import plot_confused
from sftkeras.scenarios.contract import Scenario
from sftkeras.training.fine_tuning import fine_tune, train_model
from sftkeras.training.schedules import warmup_cosine

METRIC = "error rate"
FEWEST = 10  # recordings: half of them to learn from, half to test on
VOICES = ROOT / "data" / "speech"
UPPER = ["conv_1[3-9]", "top_*"]
# Chosen on another synthetic voice: the network, the rate and the copies.
SCRATCH = {"learning_rate": 5e-3, "epochs": 20, "batch_size": 8}
SEEN = 400  # recordings an epoch from scratch: each, and copies that vary


def load_examples(path=None, language="en"):
    """Load the recordings of one voice, or of several, and what was said.

    Args:
        path: a folder as in `load_recordings`. Defaults to `None`: digits said by a
            synthetic voice, which the recogniser has not heard.
        language: `"en"` or `"zh"`, of the latter. Defaults to `"en"`.

    Returns:
        `Examples`: N arrays at 16 kHz, N texts, speakers as groups if there are many.

    Raises:
        InputError: as in `load_recordings`, or fewer recordings than `FEWEST`.
    """
    found = load_recordings(VOICES / language if path is None else path)
    if len(found) < FEWEST:
        raise InputError(
            f"{path}: {len(found)} recordings. Half of them are for testing: at least "
            f"{FEWEST} are needed, and forty show more."
        )
    return found


def half(examples, seed):
    """Return row numbers `(pool, test)`, half each; a speaker is on one side."""
    return rows_of_split(dataclasses.replace(examples, labels=None), 0.5, seed)


def pretrained_model(examples, seed, source=None):
    """Return the recogniser that stage 1 made, with words of the transcripts added.

    Args:
        examples: `Examples`; their texts tell the language.
        seed: int, of what is new in the head.
        source: `"english"`, `"chinese"`, or a saved recogniser's directory. Defaults to
            `None`: by the texts.
    """
    source = source or language_of(examples.labels)
    if source in ("english", "chinese"):
        model = load_pretrained_model("speech-embedding", classes=source, seed=seed)
    else:
        from sftkeras.saving.bundle import load_classifier

        model = load_classifier(source)
    task = task_of(model)
    units = {unit for text in examples.labels for unit in task.units_of(text)}
    if new := sorted(units - {*task.label_names}):
        tell("The recordings", f"these are new to the recogniser: {listed(new)}.")
        model = add_words(model, new, seed)
    return model


def _unchanged(pretrained, train, seed):
    return pretrained


def _fine_tuned(layers, pretrained, train, seed):
    return fine_tune(
        pretrained, train.inputs, train.labels, layers, seed=seed, verbose=0
    )


def from_scratch(pretrained, train, seed, **settings):
    """Return a network of its own size, trained on these recordings and nothing else.

    Of each recording it is given copies that vary, which the fine-tuned ones are not.

    Args:
        pretrained: the recogniser; its way of cutting texts and sounds is taken.
        train: `Examples`.
        seed: int.
        settings: as in `train_model`. Defaults to those of `SCRATCH`.
    """
    task = task_of(pretrained).replaced(label_names=None).fitted_to(train.labels)
    model = speech_from_scratch(task, seed)
    copies = -(-SEEN // len(train))
    sounds = task_of(model).preprocessor.encode_varied(train.inputs, copies, seed)
    settings = {"verbose": 0, **SCRATCH, **settings}
    settings["learning_rate"] = warmup_cosine(settings["learning_rate"])
    train_model(model, sounds, [*train.labels] * copies, seed=seed, **settings)
    return model


METHODS = {
    "before fine-tuning": _unchanged,
    "fine-tuned, head": partial(_fine_tuned, None),
    "fine-tuned, top": partial(_fine_tuned, ["top_*"]),
    "fine-tuned, top and upper convolutions": partial(_fine_tuned, UPPER),
    "from scratch": from_scratch,
}


def measure(fitted, test):
    """Return the rate of words, or of Chinese characters, that are wrong.

    Args:
        fitted: a model of `METHODS`. Words that it does not know are mistakes.
        test: `Examples`.
    """
    report = report_of(fitted, test)
    kinds = ("substitutions", "deletions", "insertions")
    rate = report["cer"] if report["wer"] is None else report["wer"]
    return {METRIC: rate, **{kind: report[kind] for kind in kinds}}


def report_of(fitted, test):
    """Return `evaluate_model`'s report of a recogniser on `Examples`."""
    return evaluate_model(fitted, test.inputs, list(test.labels), verbose=False)


def figures(trial):
    """Draw which word became which, before and after."""
    names = ("before fine-tuning", "fine-tuned, top")
    reports = {name: report_of(trial.models[name], trial.test) for name in names}
    return {"confusions.png": plot_confused(reports)}


SCENARIO = Scenario(
    title="Speech recognition",
    section="6.2",
    metric=METRIC,
    higher_is_better=False,
    budgets=(5, 20),
    load=load_examples,
    pretrained=pretrained_model,
    methods=METHODS,
    fine_tuned="fine-tuned, top",
    measure=measure,
    split=half,
    figures=figures,
)
