"""The five steps that all scenarios share, on a toy scenario (article §6)."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from small import LAYERS, THREE, X, mlp

import sftkeras as sft
from sftkeras.commands.main import main
from sftkeras.models.copying import copy_model
from sftkeras.plots.figure import new_figure
from sftkeras.scenarios import running


def toy(**changes):
    """A scenario on 40 rows of 4 numbers, three classes."""
    seen = []

    def pretrained_model(x, seed, source=None):
        seen.append((x, seed, source))
        return mlp(3, "softmax")

    def fine_tuned(pretrained, x, y, seed):
        options = {"epochs": 1, "seed": seed, "verbose": 0}
        return sft.fine_tune(pretrained, x, y, LAYERS[1:2], **options)

    names = {
        "TITLE": "Toy",
        "SECTION": "6",
        "METRIC": "recall",
        "LABELS": (6, 12),
        "METHODS": {
            "fine-tuned": fine_tuned,
            "untrained": lambda pretrained, *_: copy_model(pretrained),
        },
        "load_data": lambda path=None: (X, THREE),
        "pretrained_model": pretrained_model,
        "measure": lambda y, p: {"recall": float(len(p)), "other": 0.5},
        "figures": lambda trial: {"more.png": new_figure(1, 1, 2)[0]},
        "seen": seen,
    }
    return SimpleNamespace(**names | changes)


def test_a_trial_trains_on_labelled_rows_of_the_pool_and_tests_on_the_others():
    trained = []

    def method(pretrained, x, y, seed):
        trained.append((x, y))
        return pretrained

    scenario = toy(METHODS={"one": method, "two": method})
    trial = running.run_trial(scenario, X, THREE, 12, seed=3, source="it")
    (pool, seed, source), (x, y) = scenario.seen[0], trained[0]
    assert (len(pool), seed, source) == (24, 3, "it")
    assert len(trial.x_test) == len(trial.y_test) == 16

    def rows(values):
        return {tuple(row) for row in values.tolist()}

    assert rows(x) < rows(pool)
    assert not rows(pool) & rows(trial.x_test)
    assert len(x) == 12
    assert {
        tuple(row): label for row, label in zip(x.tolist(), y, strict=True)
    }.items() <= {
        tuple(row): label for row, label in zip(X.tolist(), THREE, strict=True)
    }.items()
    counts = [np.bincount(labels, minlength=3) for labels in (y, THREE)]
    assert np.abs(counts[0] / 12 - counts[1] / 40).max() < 0.1, "each by its share"
    assert rows(trained[1][0]) == rows(x), "every method gets the same rows"
    assert trial.rows["model"].tolist() == ["one", "two"]


def test_a_scenario_may_split_by_itself():
    scenario = toy(split=lambda y, seed: (np.arange(30), np.arange(30, 40)))
    trial = running.run_trial(scenario, X, THREE, 30, seed=0)
    assert np.array_equal(trial.x_test, X[30:])


@pytest.mark.parametrize("labels", [2, 22, 25])
def test_too_few_or_too_many_labels_are_refused(labels):
    with pytest.raises(sft.InputError, match=f"between 3 and 21, or 24: .*: {labels}"):
        running.run_trial(toy(), X, THREE, labels, seed=0)


def test_compare_keeps_every_run():
    so_far = []
    trial = running.compare(
        toy(), X, THREE, seeds=2, on_trial=lambda rows: so_far.append(len(rows))
    )
    assert so_far == [2, 4, 6, 8]
    found = trial.rows[["model", "labels", "seed"]].values.tolist()
    assert found == [
        [model, labels, seed]
        for seed in (0, 1)
        for labels in (6, 12)
        for model in ("fine-tuned", "untrained")
    ]
    table = running.summarize(trial.rows, "recall")
    assert table.loc["untrained", 12] == 16.0


def test_texts_are_taken_too():
    assert running.take(["a", "b", "c"], np.array([2, 0])) == ["c", "a"]


def test_the_command_prints_and_writes_what_came_of_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(running, "load_scenario", lambda name: toy())
    command = ["scenario", "spam_detection", "--out", str(tmp_path / "it")]
    assert main([*command, "--seeds", "1", "--labels", "6"]) == 0
    printed = capsys.readouterr().out
    assert "Toy (article §6)" in printed
    assert "40 rows (0: " in printed
    assert "recall, mean of 1 seed(s)" in printed
    assert "fine-tuned: " in printed
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
        (["spam"], "There is no scenario 'spam'. There are: image_"),
        (["spam_detection", "--seeds", "0"], "--seeds and --labels must be above 0"),
        (["spam_detection", "--labels", "-1"], "--seeds and --labels must be above 0"),
        (["spam_detection", "--labels", "2"], "`labels` must be between 3"),
    ],
)
def test_a_users_mistake_is_one_line_and_leaves_nothing(
    arguments, error, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(running, "load_scenario", lambda name: toy())
    assert main(["scenario", *arguments, "--out", str(tmp_path / "it")]) == 2
    assert error in capsys.readouterr().err
    assert not (tmp_path / "it").exists()
