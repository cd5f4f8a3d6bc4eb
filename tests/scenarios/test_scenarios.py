"""The contract of scenarios, and the five steps that they share (article §6)."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small import LAYERS, THREE, X, mlp

import sftkeras as sft
from sftkeras.commands.main import main
from sftkeras.data.examples import Examples
from sftkeras.models.copying import copy_model
from sftkeras.plots.figure import new_figure
from sftkeras.scenarios import NAMES, running
from sftkeras.scenarios.contract import Scenario, report_of

DATA = Examples(X, THREE)


def toy(seen=None, **changes):
    """A scenario on 40 rows of 4 numbers, three classes."""

    def pretrained(examples, seed, source=None):
        if seen is not None:
            seen.append((examples.inputs, seed, source))
        return mlp(3, "softmax")

    def fine_tuned(pretrained, train, seed):
        options = {"epochs": 1, "seed": seed, "verbose": 0}
        rows = train.inputs, train.labels
        return sft.fine_tune(pretrained, *rows, LAYERS[1:2], **options)

    def measure(fitted, test):
        table = running.probabilities(fitted, test.inputs)
        return {"recall": float(len(table)), "other": 0.5}

    parts = {
        "title": "Toy",
        "section": "6",
        "metric": "recall",
        "budgets": (6, 12),
        "methods": {
            "untrained": lambda pretrained, *_: copy_model(pretrained),
            "fine-tuned": fine_tuned,
        },
        "fine_tuned": "fine-tuned",
        "load": lambda path=None: DATA,
        "pretrained": pretrained,
        "measure": measure,
        "figures": lambda trial: {"more.png": new_figure(1, 1, 2)[0]},
    }
    return Scenario(**parts | changes)


class Steering:
    """Answers a place with a step: so much of it, back to the middle."""

    def __init__(self, gain):
        self.gain = gain

    def __call__(self, place):
        return -self.gain * place


def imitate(pretrained, train, seed):
    gain = -np.sum(train.inputs[:, 0] * train.labels) / np.sum(train.inputs**2)
    return Steering(gain)


def game():
    """Drive to the middle: drives to learn from, measured by the steps it takes."""
    random = np.random.default_rng(1)
    places = random.normal(size=(60, 1))
    steps = -0.5 * places[:, 0] + random.normal(0, 0.05, 60)
    drives = Examples(places, steps, groups=np.repeat(np.arange(12), 5))

    def steps_needed(policy, place):
        for step in range(30):
            if abs(place) < 0.05:
                return step
            place = place + policy(place)
        return 30

    def measure(fitted, test):
        starts = test.inputs[:, 0]
        return {"steps": float(np.mean([steps_needed(fitted, x) for x in starts]))}

    return Scenario(
        title="Driving",
        section="6",
        metric="steps",
        higher_is_better=False,
        budgets=(20,),
        load=lambda path=None: drives,
        pretrained=lambda examples, seed, source=None: None,
        methods={"asleep": lambda *_: Steering(0.0), "imitation": imitate},
        fine_tuned="imitation",
        measure=measure,
    )


# A trial.


def test_a_trial_trains_on_labelled_rows_of_the_pool_and_tests_on_the_others():
    trained, seen = [], []

    def method(pretrained, train, seed):
        trained.append(train)
        return pretrained

    methods = {"one": method, "two": method}
    scenario = toy(seen, methods=methods, fine_tuned="one")
    trial = running.run_trial(scenario, DATA, 12, seed=3, source="it")
    (pool, seed, source), train = seen[0], trained[0]
    assert (len(pool), seed, source) == (24, 3, "it")
    assert len(trial.test) == len(trial.test.labels) == 16

    def rows(values):
        return {tuple(row) for row in values.tolist()}

    assert rows(train.inputs) < rows(pool)
    assert not rows(pool) & rows(trial.test.inputs)
    assert len(train) == 12 and trial.train is train
    label = {tuple(row): found for row, found in zip(X.tolist(), THREE, strict=True)}
    assert [label[tuple(row)] for row in train.inputs.tolist()] == train.labels.tolist()
    counts = [np.bincount(labels, minlength=3) for labels in (train.labels, THREE)]
    assert np.abs(counts[0] / 12 - counts[1] / 40).max() < 0.1, "each by its share"
    assert trained[1] is train, "every method gets the same rows"
    assert trial.rows["model"].tolist() == ["one", "two"]


def test_a_scenario_may_split_by_itself():
    scenario = toy(split=lambda examples, seed: (np.arange(30), np.arange(30, 40)))
    trial = running.run_trial(scenario, DATA, 30, seed=0)
    assert np.array_equal(trial.test.inputs, X[30:])
    assert np.array_equal(trial.train.inputs, X[:30])


@pytest.mark.parametrize("labels", [2, 22, 25])
def test_too_few_or_too_many_labels_are_refused(labels):
    with pytest.raises(sft.InputError, match=f"between 3 and 21, or 24: .*: {labels}"):
        running.run_trial(toy(), DATA, labels, seed=0)


def test_the_probabilities_of_the_test_are_computed_once(monkeypatch):
    trial = running.run_trial(toy(), DATA, 12, seed=0)
    assert list(trial.probabilities) == ["untrained", "fine-tuned"]
    for name, model in trial.models.items():
        found = running.probabilities(model, trial.test.inputs)
        pd.testing.assert_frame_equal(found, trial.probabilities[name])
    assert list(trial.probabilities["fine-tuned"].columns) == [0, 1, 2]


def test_what_is_fine_tuned_must_be_a_method():
    with pytest.raises(sft.InputError, match=r"'untrained', 'fine-tuned'.*'tuned'"):
        toy(fine_tuned="tuned")


# A scenario that plays a game: no probabilities, no classes, groups, less is better.


def test_a_measure_may_play_a_game():
    trial = running.run_trial(game(), game().load(), 20, seed=0)
    steps = trial.rows.set_index("model")["steps"]
    assert steps["imitation"] < 8 < 20 < steps["asleep"]
    assert trial.probabilities == {} and len(trial.train) == 20
    assert not {*trial.train.groups} & {*trial.test.groups}, "a drive is on one side"
    assert len(trial.test) == 25  # 5 of the 12 drives: whole ones


def test_where_less_is_better_the_least_is_the_best(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(running, "load_scenario", lambda name: game())
    report = running.run_scenario("driving", tmp_path, seeds=2)
    assert report["best"] == "imitation" and not report["higher_is_better"]
    printed = capsys.readouterr().out
    assert "steps (the lower, the better), mean of 2 seed(s)" in printed
    assert "Examples(60 arrays 1 of float64; labels from" in printed
    found = {path.name for path in tmp_path.iterdir()}
    assert found == {"report.json", "runs.csv", "label_budget.png"}, "no Keras model"
    rows = pd.DataFrame({"model": ["a", "a", "b"], "recall": [0.1, 0.3, 0.4]})
    assert toy().best(rows) == "b"


def test_labels_that_a_model_does_not_know_are_refused():
    table = pd.DataFrame({"ham": [0.9, 0.2], "spam": [0.1, 0.8]})
    assert report_of(table, np.array(["ham", "spam"]))["accuracy"] == 1
    with pytest.raises(sft.InputError, match=r"'eggs' is not .* 'ham', 'spam'"):
        report_of(table, np.array(["ham", "eggs"]))


# Several trials, and the command.


def test_compare_keeps_every_run():
    so_far = []
    methods = dict.fromkeys(["one", "two"], lambda pretrained, *_: pretrained)
    scenario = toy(
        methods=methods,
        fine_tuned="one",
        measure=lambda fitted, test: {"recall": float(len(test))},
    )
    trial = running.compare(
        scenario, DATA, seeds=2, on_trial=lambda rows: so_far.append(len(rows))
    )
    assert so_far == [2, 4, 6, 8]
    found = trial.rows[["model", "labels", "seed"]].values.tolist()
    assert found == [
        [model, labels, seed]
        for seed in (0, 1)
        for labels in (6, 12)
        for model in ("one", "two")
    ]
    table = running.summarize(trial.rows, "recall")
    assert table.loc["one", 12] == 16.0


@pytest.mark.parametrize(
    ("budgets", "expected"),
    [((6, 12), [6, 12]), ((2, 3, 12), [3, 12]), ((6, 23, 100), [6, 24])],
)
def test_the_numbers_of_labels_follow_other_data(budgets, expected):
    found = running.budgets_for(toy(budgets=budgets), DATA)
    assert found == expected
    for labels in found:  # of 40 rows 24 are the pool
        assert len(running.draw(DATA.take(range(24)), labels, 0)) == labels


def test_pools_of_different_sizes_have_numbers_of_labels_in_common():
    groups = np.repeat(np.arange(8), [1, 2, 3, 4, 5, 6, 7, 12])
    grouped = Examples(X, THREE, groups=groups)
    scenario = toy(budgets=(6, 1000))
    sizes = {len(scenario.split(grouped, seed)[0]) for seed in range(4)}
    assert len(sizes) > 1
    few, most = running.budgets_for(scenario, grouped, seeds=4)
    assert (few, most) == (6, min(sizes) - 3)


def test_the_command_prints_and_writes_what_came_of_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(running, "load_scenario", lambda name: toy())
    command = ["scenario", "spam_detection", "--out", str(tmp_path / "it")]
    assert main([*command, "--seeds", "1", "--labels", "6"]) == 0
    printed = capsys.readouterr().out
    assert "Toy (article §6)" in printed
    assert "40 rows (0: " in printed
    assert "recall, mean of 1 seed(s)" in printed
    assert "fine-tuned: 63 of 93 parameters" in printed, "not the untrained one"
    found = {path.name for path in (tmp_path / "it").iterdir()}
    files = {"model", "label_budget.png", "more.png"}
    assert found == {*files, "report.json", "runs.csv"}
    model = sft.load_classifier(tmp_path / "it" / "model")
    assert set(sft.predict(model, X)) <= {0, 1, 2}
    report = json.loads((tmp_path / "it" / "report.json").read_text())
    assert report["metric"] == "recall"
    assert [run["labels"] for run in report["rows"]] == [6, 6]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["spam"], "There is no scenario 'spam'. There are: text_"),
        (["spam_detection", "--seeds", "0"], "--seeds and --labels must be above 0"),
        (["spam_detection", "--labels", "-1"], "--seeds and --labels must be above 0"),
        (["spam_detection", "--labels", "2"], "--labels must be between 3"),
    ],
)
def test_a_users_mistake_is_one_line_and_leaves_nothing(
    arguments, error, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(running, "load_scenario", lambda name: toy())
    assert main(["scenario", *arguments, "--out", str(tmp_path / "it")]) == 2
    assert error in capsys.readouterr().err
    assert not (tmp_path / "it").exists()


# Whole groups.


def test_the_help_names_what_data_each_takes(capsys):
    from sftkeras.data.drives import _FIRST, FACTS
    from sftkeras.scenarios import DATA as TOLD

    with pytest.raises(SystemExit):
        main(["scenario", "driving", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert {*TOLD} == {*NAMES}
    assert ",".join(_FIRST) in told and f"{len(FACTS)} numbers" in told
    for fact in FACTS:  # "3 ahead" stands there as "N ahead"
        row, name = fact.split(" ", 1)
        assert (fact if row == "0" else f"N {name}") in told
    assert max(map(len, "\n".join(TOLD.values()).split("\n"))) <= 64


def test_groups_are_drawn_and_counted_whole():
    drives = game().load()
    found = running.draw(drives, 4, seed=0, by_group=True)
    assert len(set(found.groups)) == 4 and len(found) == 20
    assert running.draw(drives, 12, 0, by_group=True) is drives
    with pytest.raises(sft.InputError, match="between 1 and 11, or 12: all groups"):
        running.draw(drives, 13, 0, by_group=True)
    scenario = replace(game(), by_group=True, budgets=(2, 40))
    assert running.budgets_for(scenario, drives) == [2, 7]
    trial = running.run_trial(scenario, drives, 2, seed=0)
    assert len(set(trial.train.groups)) == 2 and len(trial.train) == 10
