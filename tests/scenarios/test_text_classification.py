"""The scenario of §5, which the quickstart and the benchmarks run too."""

import json
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.data.examples import Examples
from sftkeras.scenarios import quickstart, running
from sftkeras.scenarios import text_classification as scenario

SLOW = quickstart.SLOW
CHINESE = ["味道不错，下次还来", "服务太差", "房间很安静", "再也不买了"]
NETWORKS = [name for name in scenario.METHODS if "MiniLM" in name]


@pytest.fixture
def folder(reviews, tmp_path):
    """A directory with three files, 14 reviews to train on, 4 to stop by, 6 to test."""
    rows = [f"{x}\t{y}" for x, y in zip(reviews.texts, reviews.labels, strict=True)]
    rows = [row for pair in zip(rows[:12], rows[12:], strict=True) for row in pair]
    for name, part in {
        "train": rows[:14], "val": rows[14:18], "test": rows[18:]
    }.items():  # fmt: skip
        (tmp_path / f"{name}_data.txt").write_text("\n".join(part))
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """What the methods ask of `fine_tune`, which does nothing."""
    calls = []

    def fine_tune(model, data, labels, layers, **settings):
        calls.append((layers, settings))
        return model

    monkeypatch.setattr(scenario, "fine_tune", fine_tune)
    return calls


def test_our_reviews_come_split():
    data = scenario.load_examples()
    pool, test = scenario.split(data, 0)
    assert (len(pool), len(test)) == (720, 658)
    assert {*data.groups[pool]} == {"train_data.txt"}
    assert not sft.find_leaks(data.take(pool).inputs, data.take(test).inputs)
    again = scenario.split(data, 1)
    assert np.array_equal(again[0], pool) and np.array_equal(again[1], test)


def test_a_folder_or_a_file_takes_their_place(folder, tmp_path):
    data = scenario.load_examples(folder)
    assert len(data) == 20 and data.labels.tolist()[:2] == [1, 0]
    assert [len(rows) for rows in scenario.split(data, 0)] == [14, 6]
    rows = [f"text {n // 2}\t{'ab'[n // 2 % 2]}" for n in range(40)]  # each text twice
    (tmp_path / "x.txt").write_text("\n".join(rows))
    with pytest.warns(UserWarning, match="20 duplicate texts"):
        data = scenario.load_examples(tmp_path / "x.txt")
    pool, test = (data.take(part) for part in scenario.split(data, 0))
    assert len(test) == 16 and test.labels.tolist().count("a") == 8
    assert not {*pool.inputs} & {*test.inputs}, "equal texts are on one side"


def test_what_cannot_be_told_apart_is_refused(folder):
    (folder / "test_data.txt").unlink()
    with pytest.raises(
        sft.InputError, match=r"no test_data\.txt in it\. Give a folder"
    ):
        scenario.load_examples(folder)
    (folder / "one.txt").write_text("good\t1\nbad\t1\n")
    with pytest.raises(sft.InputError, match=r"one\.txt: .*two classes.*\[1\]"):
        scenario.load_examples(folder / "one.txt")
    (folder / "float.txt").write_text("good\t0.5\nbad\t1.5\n")
    with pytest.raises(sft.InputError, match=r"two classes.*\[0\.5, 1\.5\]"):
        scenario.load_examples(folder / "float.txt")


def test_each_method_trains_the_layers_that_its_name_says(preset, asked, reviews):
    model = scenario.pretrained_model(reviews, 0, preset)
    for name in NETWORKS:
        scenario.METHODS[name](model, reviews, 3)
    frozen, top, everything = asked
    assert frozen[0] is None and everything[0] == "all"
    assert top[0] == ["transformer_layer_1", "transformer_layer_2"]
    assert all(settings["seed"] == 3 for _, settings in asked)


@pytest.mark.parametrize(
    ("rows", "epochs"), [(720, [20, 4]), (160, [20, 4]), (16, [20, 40])]
)
def test_few_labels_are_seen_more_often(rows, epochs, preset, asked, reviews):
    train = reviews.take([*range(24)] * 30).take(range(rows))
    model = SimpleNamespace()
    for name in ("MiniLM, frozen", "MiniLM, all layers"):
        scenario.METHODS[name](model, train, 0)
    assert [settings["epochs"] for _, settings in asked] == epochs
    asked.clear()
    for name in ("MiniLM, frozen", "MiniLM, all layers"):
        scenario.METHODS[name](model, train, 0, validation=reviews)
    assert [settings["epochs"] for _, settings in asked] == [20, 4], "as the quickstart"
    assert asked[0][1]["validation_data"] == (reviews.inputs, reviews.labels)


def test_a_trial_compares_the_six_on_one_split(folder, preset, asked, monkeypatch):
    lstm = partial(scenario.METHODS["LSTM from scratch"], epochs=1)
    monkeypatch.setitem(scenario.METHODS, "LSTM from scratch", lstm)
    data = scenario.load_examples(folder)
    trial = running.run_trial(scenario.SCENARIO, data, 14, seed=0, source=preset)
    assert trial.rows["model"].tolist() == [*scenario.METHODS]
    assert len(trial.train) == 14 and len(trial.test) == 6
    rows = trial.rows.set_index("model")
    assert rows.loc["majority class", "accuracy"] == 0.5
    for name in ("TF-IDF + logistic", "LSTM from scratch"):
        found = trial.probabilities[name].idxmax(axis=1) == trial.test.labels
        assert rows.loc[name, "accuracy"] == found.mean()


def test_the_language_of_the_texts_chooses_the_encoder(reviews):
    english, chinese = map(scenario.compared, (reviews.texts, CHINESE))
    sources = [source for source, _ in english.values()]
    assert sources == [None] * 3 + ["minilm"] * 3 + ["e5-small"] * 3
    assert {source for source, _ in chinese.values()} == {None, "e5-small"}
    assert list(english)[:6] == [*scenario.METHODS] and SLOW in english
    as_it_is = scenario.suited(scenario.SCENARIO, reviews)
    assert [*as_it_is.methods] == [*scenario.METHODS] and as_it_is.note == ""
    data = Examples(CHINESE, np.array([1, 0, 1, 0]))
    found = scenario.suited(scenario.SCENARIO, data)
    assert [*found.methods] == [*chinese] and found.fine_tuned == SLOW
    assert "e5-small, which knows Chinese" in found.note
    named = scenario.suited(scenario.SCENARIO, data, "some/directory")
    assert named.fine_tuned == "directory, all layers" and named.note == ""


@pytest.mark.filterwarnings("ignore:.*unknown to the model")  # the tiny one
def test_chinese_texts_run_with_the_encoder_that_knows_them(
    folder, preset, monkeypatch, capsys
):
    asked = []

    def load(source, classes, seed):
        asked.append(source)
        return real(preset, classes, seed)

    real = scenario.text_model
    monkeypatch.setattr(scenario, "text_model", load)
    rows = [f"{text}{n}\t{n % 2}" for n in range(8) for text in CHINESE]
    for name in ("train", "val", "test"):
        (folder / f"{name}_data.txt").write_text("\n".join(rows))
    names = ("majority class", "e5-small, frozen")
    compared = scenario.compared
    monkeypatch.setattr(
        scenario, "compared", lambda texts: {n: compared(texts)[n] for n in names}
    )
    report = quickstart.run_quickstart(folder, folder / "out")
    assert asked == ["e5-small"] and list(report["results"]) == [*names]
    printed = capsys.readouterr().out
    assert "e5-small, which knows Chinese, is fine-tuned" in printed
    assert all(text in printed for text in quickstart.EXAMPLES["e5-small"])
    assert "--model e5-small" in printed


def test_the_quickstart_runs_the_same_methods(folder, preset, monkeypatch, capsys):
    load = scenario.text_model
    monkeypatch.setattr(scenario, "text_model", lambda _, *rest: load(preset, *rest))
    few = ("majority class", "TF-IDF + logistic", "MiniLM, frozen")
    compared = scenario.compared

    def some(texts):
        return {n: way for n, way in compared(texts).items() if n in (*few, SLOW)}

    monkeypatch.setattr(scenario, "compared", some)
    out = folder / "out"
    report = quickstart.run_quickstart(folder, out, seed=1)
    assert json.loads((out / "report.json").read_text()) == report
    assert report["rows"] == {"train": 14, "val": 4, "test": 6}
    assert list(report["results"]) == [*few] and report["best"] == few[-1]
    assert report["results"][few[-1]]["trainable_params"] == 9  # 8 weights and a bias
    written = {path.name for path in out.iterdir()}
    figures = {f"{name}.png" for name in ("comparison", "confusion_matrix", "history")}
    assert written == {"report.json", "logs", "classifier", *figures}
    assert [path.name for path in (out / "logs").iterdir()] == ["MiniLM-frozen"]
    train, val, test = (
        sft.load_texts(folder / f"{name}_data.txt") for name in ("train", "val", "test")
    )
    model = scenario.pretrained_model(train, 1)
    fitted = scenario.METHODS["MiniLM, frozen"](model, train, 1, validation=val)
    expected = sft.evaluate_model(fitted, test.texts, test.labels, verbose=False)
    assert expected.items() <= report["results"]["MiniLM, frozen"].items()
    printed = capsys.readouterr().out
    assert "14 labelled texts to train on, 4 to stop by" in printed
    assert "The same labels, 3 ways" in printed and "majority class" in printed
