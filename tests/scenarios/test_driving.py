"""The scenario of §6.8: who is tested on what, what is measured, a run."""

import sys
from dataclasses import replace

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.commands.main import main
from sftkeras.data.drives import load_drives, write_drives
from sftkeras.data.driving import always, as_advised
from sftkeras.data.examples import Examples
from sftkeras.data.roads import ACTIONS
from sftkeras.models.driving import create_driver
from sftkeras.scenarios import driving, running

FEW = range(700, 706)


@pytest.fixture(scope="module")
def examples():
    return driving.load_examples()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Six drives in place of sixty, an epoch in place of thirty."""
    monkeypatch.setattr(driving, "PRETRAINING", {"learning_rate": 2e-3, "epochs": 1})
    for name in ("TUNING", "SCRATCH"):
        settings = {**getattr(driving, name), "epochs": 3}
        monkeypatch.setattr(driving, name, settings)
    monkeypatch.setattr(driving, "LEAST", 1)
    tested = driving.tested
    monkeypatch.setattr(
        driving, "tested", lambda who, road, _=0: tested(who, road, FEW)
    )
    driving._on_the_highway.cache_clear()
    yield
    driving._on_the_highway.cache_clear()


def test_a_drive_is_on_one_side_and_none_is_a_tested_one(examples):
    pool, test = (examples.take(rows) for rows in driving.SCENARIO.split(examples, 0))
    assert not {*pool.groups} & {*test.groups}
    assert len({*pool.groups}) == 48 and len({*test.groups}) == 32
    seeds = {int(name.split()[1]) for name in examples.groups}
    assert not seeds & {*driving.TESTED} and len(driving.TESTED) == 60


def test_a_trial_drives_each_of_them_on_the_same_seeds(examples, monkeypatch):
    trial = running.run_trial(driving.SCENARIO, examples, 2, seed=0)
    rows = trial.rows.set_index("model")
    assert list(rows.index) == [*driving.METHODS]
    assert len(set(trial.train.groups)) == 2
    assert rows["crash rate"]["always IDLE"] > 0.5 > rows["crash rate"]["the teacher"]
    assert rows["accuracy"]["the teacher"] == 1
    idle = np.mean(trial.test.labels == "IDLE")
    assert rows["accuracy"]["always IDLE"] == pytest.approx(idle) and idle > 0.7
    assert rows["speed"]["always SLOWER"] < 13 and rows["crash high"].max() <= 1
    weights = [trial.pretrained.get_weights()[0]]
    names = ("pretrained, untouched", "fine-tuned", "from scratch")
    weights += [trial.models[name].get_weights()[0] for name in names]
    moved = [np.abs(found - weights[0]).mean() for found in weights[1:]]
    assert moved[0] == 0 < moved[1] < 0.2 * moved[2]
    assert "drivers.png" in driving.figures(trial)


def test_two_drives_from_scratch_have_steps_enough_and_many_rows_epochs(
    examples, monkeypatch
):
    given = []

    def train(model, x, *_, **settings):
        given.append((len(x), settings["epochs"]))
        return model

    monkeypatch.setattr(driving, "train_model", train)
    monkeypatch.setattr(driving, "fine_tune", train)
    monkeypatch.setattr(driving, "LEAST", 300)
    monkeypatch.setattr(driving, "MANY", 500)
    model = create_driver((8, 7), ACTIONS)
    for rows in (33, 640):  # 2 and 20 steps an epoch; 3 epochs are the test's
        few = examples.take(range(rows))
        driving.from_scratch(model, few, seed=0)
        driving.fine_tuned(model, few, seed=0)
    driving.from_scratch(model, few, seed=0, epochs=7)
    assert given == [(33, 150), (33, 3), (640, 15), (640, 60), (640, 7)]


def test_without_the_simulator_nothing_is_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "highway_env", None)
    monkeypatch.setattr(driving, "pretrained_model", None)
    assert main(["scenario", "driving", "--out", str(tmp_path / "out")]) == 2
    assert "pip install -r requirements.txt" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_same_driver_has_the_same_crashes_twice(examples):
    model = create_driver((8, 7), ACTIONS, seed=1)
    first, again = (driving.tested(model, "dense") for _ in range(2))
    assert first.equals(again) and len(first) == len(FEW)
    one = driving.tested(always("IDLE"), "dense")
    one["crashed"] = False  # a copy: the next one is as it was
    assert driving.tested(always("IDLE"), "dense")["crashed"].any()


def test_pretraining_is_done_once_a_seed_and_handed_out_as_copies(examples):
    first, again = (driving.pretrained_model(examples, 0) for _ in range(2))
    other = driving.pretrained_model(examples, 1)
    assert first is not again and first.label_names == ACTIONS
    kernels = [model.get_weights()[0] for model in (first, again, other)]
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], kernels[2])
    accuracy = np.mean(driving.answers(first, examples) == examples.labels)
    assert accuracy > 0.5


def test_recall_is_told_by_action():
    labels = np.array(["IDLE", "IDLE", "SLOWER", "FASTER"])
    few = Examples(np.zeros((4, 8, 7), "float32"), labels, ["dense 1"] * 4)
    expected = {"IDLE": 1.0, "FASTER": 0.0, "SLOWER": 0.0}
    assert driving.recalls(always("IDLE"), few) == expected
    assert set(driving.recalls(as_advised, few).values()) == {1.0}


def test_the_first_crash_is_filmed():
    film = driving.first_crash(always("IDLE"), "merge")
    assert film.crashed and len(film.pictures) == len(film.advised) + 1
    assert driving.first_crash(always("SLOWER"), "merge") is None


def test_a_saved_driver_is_taken_and_another_model_refused(examples, tmp_path):
    model = create_driver((8, 7), ACTIONS, seed=1)
    sft.save_classifier(model, tmp_path / "mine")
    found = driving.pretrained_model(examples, 0, str(tmp_path / "mine"))
    assert np.array_equal(found.get_weights()[0], model.get_weights()[0])
    sft.save_classifier(create_driver((8, 7), ("GO", "STOP", "TURN")), tmp_path / "b")
    with pytest.raises(sft.InputError, match=r"answers LANE_LEFT.*'GO', 'STOP'"):
        driving.pretrained_model(examples, 0, str(tmp_path / "b"))


def test_ones_own_drives_tell_their_road_or_are_told_of(tmp_path, examples):
    few = examples.take(range(200))
    write_drives(tmp_path / "named.csv", few)
    driving.load_examples(tmp_path / "named.csv")
    write_drives(tmp_path / "a.csv", replace(few, groups=np.arange(200) // 20))
    with pytest.warns(UserWarning, match=r"a\.csv: no road is named.*'dense'"):
        driving.load_examples(tmp_path / "a.csv")


def test_the_command_runs_on_ones_own_drives(tmp_path, capsys, monkeypatch):
    merge = load_drives(driving.DRIVES / "merge.npz")
    kept = ["merge 0", "merge 1", "merge 2", "merge 3"]
    write_drives(tmp_path / "a.csv", merge.take(np.isin(merge.groups, kept)))
    command = ["scenario", "driving", "--data", str(tmp_path / "a.csv")]
    command += ["--labels", "1", "--seeds", "1", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert "Driving (article §6.8)" in capsys.readouterr().out
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"report.json", "model", "drivers.png", "label_budget.png"} <= found
    assert sft.load_classifier(tmp_path / "out" / "model").label_names == ACTIONS
