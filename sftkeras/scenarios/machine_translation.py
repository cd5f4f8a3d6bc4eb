"""Machine translation (article §6.4): a translator meets a program it never saw.

Its encoder was pretrained on 100 languages, its decoder on the texts of seven programs
(`data/make_translator.py`); some hundred strings of JupyterLab adapt it to that one.
"""

import dataclasses
from functools import partial
from pathlib import Path

import keras
import numpy as np

from sftkeras.data.catalogues import load_pairs
from sftkeras.data.examples import Examples
from sftkeras.data.interface_strings import (
    STRINGS,
    base_strings,
    families,
    jupyterlab_strings,
    nearest,
)
from sftkeras.data.splits import rows_of_split
from sftkeras.evaluation.predicting import evaluate_model
from sftkeras.models.translator import fresh_translator, load_translator
from sftkeras.plots.translation import plot_old_and_new
from sftkeras.scenarios.contract import Scenario
from sftkeras.tasks.texts import as_strings, text_scores
from sftkeras.training.fine_tuning import fine_tune

METRIC, OLD = "BLEU", "BLEU of the old domain"
DECODER = ["source_projection", "source_norm", "decoder_*", "target_*"]
TOP, OUTPUT = ["decoder_1_*"], ["target_embedding"]
TEST = 300
SCRATCH = {"learning_rate": 1e-3, "epochs": 25}  # more than fine-tuning takes
WITH_REPLAY = "whole decoder, with replay"


def load_examples(path=None):
    """Load strings and their translations.

    Args:
        path: a catalogue, as in `load_pairs`. Defaults to `None`: JupyterLab's, from
            its language pack.

    Returns:
        `Examples`: English, Chinese, and families of strings of one spelling.
    """
    if path is None:
        return jupyterlab_strings()
    pairs = load_pairs(path)
    return dataclasses.replace(pairs, groups=families(pairs.inputs))


def split(examples, seed):
    """Return row numbers `(pool, test)`: 300 for the test, or four in ten.

    A family of strings is on one side.
    """
    share = min(0.4, TEST / len(examples))
    texts = dataclasses.replace(examples, labels=None)
    return rows_of_split(texts, share, seed)


def pretrained_model(examples, seed, source=None):
    """Return the translator that ships, or a saved one.

    Args:
        examples: `Examples`; nothing of them is used.
        seed: int, of the dropout.
        source: a saved translator's directory; or a preset of KerasHub that reads a
            text and writes another. Defaults to `None`.
    """
    if source is None:
        return load_translator(seed=seed)
    if _is_bundle(source):
        from sftkeras.saving.bundle import load_classifier

        return load_classifier(source)
    from sftkeras.models.hub_translators import load_hub_translator

    return load_hub_translator(source)


def _is_bundle(source):
    return Path(source, "classifier.json").is_file()


class NearestString:
    """The honest control: the translation of the string that is spelt most like it."""

    def __init__(self, train):
        self.sources = list(train.inputs)
        self.targets = as_strings(train.labels)

    def predict(self, texts):
        """Return a translation for each text."""
        return [self.targets[row] for row in nearest(texts, self.sources)]


def _unchanged(pretrained, train, seed):
    return pretrained


def _fine_tuned(layers, pretrained, train, seed, **settings):
    return fine_tune(
        pretrained,
        list(train.inputs),
        as_strings(train.labels),
        layers,
        seed=seed,
        **{"verbose": 0, **settings},
    )


def with_replay(pretrained, train, seed, layers=DECODER, **settings):
    """Fine-tune on new pairs and as many old ones, drawn by lot.

    What was learned first is forgotten less when some of it is seen again (Robins
    1995, "Catastrophic forgetting, rehearsal and pseudorehearsal").

    Args:
        pretrained, train, seed: as in `Scenario`.
        layers: as in `fine_tune`. Defaults to the whole decoder.
        settings: as in `fine_tune`.
    """
    old = base_strings("train")
    chosen = np.random.default_rng(seed).permutation(len(old))[: len(train)]
    old = old.take(chosen)
    both = Examples(
        [*train.inputs, *old.inputs],
        [*as_strings(train.labels), *as_strings(old.labels)],
    )
    return _fine_tuned(layers, pretrained, both, seed, **settings)


def from_scratch(pretrained, train, seed, **settings):
    """Train a decoder that knows nothing, on the same encoder.

    Args:
        pretrained, train, seed: as in `Scenario`.
        settings: as in `fine_tune`. Defaults to those of `SCRATCH`.
    """
    fresh = fresh_translator(pretrained, seed)
    return _fine_tuned(DECODER, fresh, train, seed, **{**SCRATCH, **settings})


METHODS = {
    "before fine-tuning": _unchanged,
    "whole decoder": partial(_fine_tuned, DECODER),
    WITH_REPLAY: with_replay,
    "top layer": partial(_fine_tuned, TOP),
    "output only": partial(_fine_tuned, OUTPUT),
    "from scratch": from_scratch,
    "nearest string": lambda pretrained, train, seed: NearestString(train),
}


def report_of(fitted, test):
    """Return the scores of what was fitted on `Examples`; see `text_scores`."""
    references = as_strings(test.labels)
    if isinstance(fitted, keras.Model):
        return evaluate_model(fitted, list(test.inputs), references, verbose=False)
    return text_scores(references, fitted.predict(list(test.inputs)))


def measure(fitted, test):
    """Return BLEU, chrF and exact matches; and BLEU on what it was first trained for.

    Args:
        fitted: as in `METHODS`.
        test: `Examples`.
    """
    report = report_of(fitted, test)
    found = {METRIC: report["bleu"], "chrF": report["chrf"], "exact": report["exact"]}
    if Path(STRINGS, "test.tsv").is_file():
        found[OLD] = report_of(fitted, base_strings("test"))["bleu"]
    return found


def suited(scenario, examples, source=None):
    """Return the scenario without replay where the old strings are not there.

    Of a large model of KerasHub's all layers are trained.
    """
    if source is not None and not _is_bundle(source):
        names = ("before fine-tuning", "nearest string")
        methods = {name: METHODS[name] for name in names}
        methods["all layers"] = lambda pretrained, train, seed: pretrained.fit(
            list(train.inputs), as_strings(train.labels), seed
        )
        return dataclasses.replace(scenario, methods=methods, fine_tuned="all layers")
    if Path(STRINGS, "train.tsv").is_file():
        return scenario
    methods = {n: m for n, m in scenario.methods.items() if n != WITH_REPLAY}
    return dataclasses.replace(
        scenario,
        methods=methods,
        note="without the old strings, for replay and to see what is forgotten (they "
        "come by python data/make_translator.py strings)",
    )


def figures(trial):
    """Draw the new domain beside the old one."""
    if OLD not in trial.rows:
        return {}
    return {"old_and_new.png": plot_old_and_new(trial.rows, METRIC, OLD)}


SCENARIO = Scenario(
    title="Machine translation",
    section="6.4",
    metric=METRIC,
    budgets=(30, 300),
    load=load_examples,
    pretrained=pretrained_model,
    methods=METHODS,
    fine_tuned="whole decoder",
    measure=measure,
    split=split,
    figures=figures,
    suited=suited,
)
