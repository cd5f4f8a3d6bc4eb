"""`Scenario`: what an application of article §6 consists of, and what they share."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sftkeras.data.examples import Examples
from sftkeras.data.splits import rows_of_split
from sftkeras.errors import InputError
from sftkeras.evaluation.predicting import predict_probabilities, score

TEST_SHARE = 0.4


def split(examples, seed, test_share=TEST_SHARE):
    """Return row numbers `(pool, test)`: each class by its share, each group whole.

    Args:
        examples: `Examples`.
        seed: int.
        test_share: float. Defaults to `0.4`.
    """
    return rows_of_split(examples, test_share, seed)


def no_figures(trial):
    """Draw nothing."""
    return {}


def as_it_is(scenario, examples, source=None):
    """Return the scenario itself: its methods fit any data."""
    return scenario


@dataclass(frozen=True)
class Scenario:
    """An application: its data, its methods and its measure.

    A module of `sftkeras.scenarios` ends in `SCENARIO = Scenario(…)`;
    `scenarios.running` runs any of them.

    Attributes:
        title: str, for people.
        section: str, of the article.
        metric: str, the measure that the comparison is about.
        budgets: ints, the numbers of labelled examples to train on; with `by_group`, of
            groups.
        load: function of `(path=None)` that returns `Examples`.
        pretrained: function of `(examples, seed, source=None)` that returns a
            `keras.Model`. The examples are all that may be used, the pool. Of their
            labels it may see which there are, and train on none. `source` names another
            backbone.
        methods: {name: function of `(pretrained, train, seed)`, of that model and
            `Examples`, that returns what it has fitted, and leaves the model alone}.
        fine_tuned: the method that the scenario is about; its model is saved.
        measure: function of `(fitted, test)` that returns {measure: number}. It may ask
            for `probabilities`, or play a game.
        higher_is_better: bool, of `metric`. Defaults to `True`.
        split: function of `(examples, seed)` that returns row numbers `(pool, test)`.
            Defaults to `split`.
        figures: function of a `Trial` that returns {file name: matplotlib figure}.
            Defaults to none.
        suited: function of `(scenario, examples, source=None)` that returns the
            scenario as it is run on those examples, with the methods that fit them.
            Defaults to `as_it_is`.
        note: str, what is said of the choice. Defaults to `""`: nothing.
        by_group: bool. Whole groups are drawn and counted, as one asks for drives, or
            for users, not for single rows of them. Defaults to `False`.

    Raises:
        InputError: `fine_tuned` is no method.
    """

    title: str
    section: str
    metric: str
    budgets: tuple
    load: Callable
    pretrained: Callable
    methods: dict
    fine_tuned: str
    measure: Callable
    higher_is_better: bool = True
    split: Callable = split
    figures: Callable = no_figures
    suited: Callable = as_it_is
    note: str = ""
    by_group: bool = False

    def __post_init__(self):
        if self.fine_tuned not in self.methods:
            raise InputError(
                f"`fine_tuned` must be one of the methods {[*self.methods]}. "
                f"Received: fine_tuned={self.fine_tuned!r}"
            )

    def best(self, rows):
        """Return the method with the best mean of `metric`, of a `Trial`'s `rows`."""
        means = rows.groupby("model", sort=False)[self.metric].mean()
        return means.idxmax() if self.higher_is_better else means.idxmin()


@dataclass
class Trial:
    """One split of the data, and what each method made of the same labelled rows.

    Attributes:
        models: {method: what it has fitted}.
        train: the `Examples` that all were trained on.
        test: the `Examples` that no model has been trained on.
        probabilities: {method: what `probabilities` returned for the test inputs};
            without those whose measure never asked.
        pretrained: the model that the fine-tuned ones started from.
        rows: `pandas.DataFrame`, one row a model: `model`, `labels`, `seed`,
            `seconds`, and the scenario's measures.
    """

    models: dict
    train: Examples
    test: Examples
    probabilities: dict
    pretrained: object
    rows: pd.DataFrame


_records = []  # of the trial under way: lists of (inputs, table)


@contextlib.contextmanager
def recorded():
    """Yield a list that gets `(inputs, table)` of each call of `probabilities`.

    A trial keeps the tables for the figures, that no model need run twice.
    """
    found = []
    _records.append(found)
    try:
        yield found
    finally:
        _records.remove(found)


def probabilities(fitted, inputs):
    """Return the probabilities of a Keras or a scikit-learn model as a table.

    Args:
        fitted: a classifying `keras.Model`, or anything with `predict_proba`.
        inputs: as in `Examples`.

    Returns:
        A `pandas.DataFrame`: N rows, a column a class, named by its label, or by its
        number if the labels are not known.
    """
    if hasattr(fitted, "predict_proba"):
        table = pd.DataFrame(fitted.predict_proba(inputs), columns=fitted.classes_)
    else:
        names = getattr(fitted, "label_names", None)
        table = pd.DataFrame(predict_probabilities(fitted, inputs), columns=names)
    if _records:
        _records[-1].append((inputs, table))
    return table


def report_of(table, labels):
    """Return `evaluate_model`'s report from a table of probabilities.

    Args:
        table: as `probabilities` returns it.
        labels: array `(N,)`.

    Raises:
        InputError: a label is none of the table's.
    """
    codes = table.columns.get_indexer(labels)
    if (codes < 0).any():
        unknown = np.asarray(labels)[codes.argmin()].item()
        raise InputError(
            f"The label {unknown!r} is not one of the model's: "
            f"{', '.join(map(repr, table.columns.tolist()))}"
        )
    return score(table.columns.tolist(), codes, table.to_numpy())
