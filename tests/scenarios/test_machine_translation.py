"""The scenario of §6.4: the strings, the split, the control, a run on a tiny model."""

from dataclasses import replace

import numpy as np
import pytest
from translators import PAIRS, tiny_translator

from sftkeras.data.examples import Examples
from sftkeras.data.interface_strings import (
    clean,
    families,
    jupyterlab_strings,
    likeness,
)
from sftkeras.data.placeholders import placeholders
from sftkeras.saving.bundle import save_classifier
from sftkeras.scenarios import machine_translation as scenario
from sftkeras.scenarios import running
from sftkeras.tasks.texts import as_strings


def test_strings_that_are_not_fit_to_learn_from_are_left_out():
    pairs = [
        ("Open file", "打开文件"),
        ("open  FILE!", "打开"),
        ("&Save", "保存(&S)"),
        ("Open", "開啟"),
        ("Delete {a}", "删除"),
        ("Delete {b}", "删除 {b}"),
        ("Python", "Python"),
        ("Café", "咖啡馆"),
        ("word " * 30, "词"),
        ("42", "四十二"),
    ]
    assert clean(pairs) == [("Open file", "打开文件"), ("Delete {b}", "删除 {b}")]
    assert clean(pairs, {"open file"}) == [("Delete {b}", "删除 {b}")]


def test_likeness_and_families_go_by_the_spelling():
    known = ["Open the file", "Close the window"]
    found = likeness(["open the file", "Open the files", "Nothing of it"], known)
    assert found[0] == 1
    assert 0.9 < found[1] < 1
    assert found[2] < 0.6
    one, two, three = families(["Open the file", "Open the files", "Close"])
    assert one == two != three


def test_jupyterlab_is_read_where_pip_put_it():
    examples = jupyterlab_strings()
    assert len(examples) > 2000
    assert "Restart Kernel" in " ".join(examples.inputs)
    for source, target in zip(
        examples.inputs, as_strings(examples.labels), strict=True
    ):
        assert sorted(placeholders(source)) == sorted(placeholders(target))


def test_nothing_of_the_test_is_trained_on_but_for_a_letter():
    examples = scenario.load_examples()
    pool, test = (examples.take(rows) for rows in scenario.split(examples, 0))
    assert len(pool) + len(test) == len(examples)
    assert len(test) == pytest.approx(300, abs=15)
    assert likeness(list(test.inputs), list(pool.inputs)).max() < 0.9


def test_the_nearest_string_answers_with_its_translation():
    train = Examples(["Open file", "Close window"], ["打开文件", "关闭窗口"])
    control = scenario.NearestString(train)
    assert control.predict(["Open files", "close the window"]) == [
        "打开文件",
        "关闭窗口",
    ]
    assert scenario.measure(control, train)["BLEU"] == 100


def test_a_users_catalogue_is_read(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("Open\t打开\nOpens\t打开\n", encoding="utf-8")
    examples = scenario.load_examples(path)
    assert list(examples.inputs) == ["Open", "Opens"]


@pytest.fixture(scope="module")
def bundle(tiny_encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("translator") / "tiny"
    save_classifier(tiny_translator(tiny_encoder), path)
    return str(path)


@pytest.fixture
def old(tmp_path, monkeypatch):
    """A folder with strings of an old domain, in place of those that are fetched."""
    text = "".join(f"{source}\t{target}\n" for source, target in PAIRS)
    for part in ("train", "test"):
        (tmp_path / f"{part}.tsv").write_text(text, encoding="utf-8")
    for name in ("sftkeras.data.interface_strings", scenario.__name__):
        monkeypatch.setattr(f"{name}.STRINGS", tmp_path)


def _examples():
    words = ["food", "room", "film", "story", "phone", "staff", "day", "bread"]
    kinds = {"good": "好", "bad": "坏", "cold": "冷", "dull": "无聊", "old": "旧"}
    inputs = [f"{kind} {word}" for word in words for kind in kinds]
    labels = [f"{kinds[text.split()[0]]}{text.split()[1]}" for text in inputs]
    return Examples(inputs, [f"{t}的" for t in labels])


def test_a_trial_measures_each_method_on_the_same_strings(old, bundle):
    names = ("before fine-tuning", scenario.WITH_REPLAY, "top layer", "nearest string")
    few = {name: scenario.METHODS[name] for name in names}
    chosen = replace(scenario.SCENARIO, methods=few, fine_tuned="top layer")
    trial = running.run_trial(
        scenario.suited(chosen, _examples()), _examples(), 10, 0, bundle
    )
    assert trial.rows["model"].tolist() == list(names)
    assert trial.rows[["BLEU", "exact", scenario.OLD]].notna().all().all()
    assert list(scenario.figures(trial)) == ["old_and_new.png"]
    moved = _moved(trial.pretrained, trial.models["top layer"])
    assert moved == {"decoder_1"}
    moved = _moved(trial.pretrained, trial.models[scenario.WITH_REPLAY])
    assert {"decoder_0", "source_norm", "target_embedding"} <= moved


def _moved(before, after):
    found = set()
    for layer, twin in zip(before.layers, after.layers, strict=True):
        pairs = zip(layer.get_weights(), twin.get_weights(), strict=True)
        if any(not np.array_equal(a, b) for a, b in pairs):
            name = layer.name
            found.add(name[:9] if name.startswith("decoder") else name)
    return found


def test_from_scratch_knows_nothing_at_first(bundle):
    pretrained = scenario.pretrained_model(None, 0, bundle)
    train = _examples().take(range(4))
    one, two = (
        scenario.from_scratch(pretrained, train, seed, learning_rate=1e-9, epochs=1)
        for seed in (0, 1)
    )
    table = [m.get_layer("target_embedding").get_weights()[0] for m in (one, two)]
    assert np.abs(table[0] - table[1]).max() > 0.01
    before = pretrained.get_layer("target_embedding").get_weights()[0]
    assert np.abs(before - table[0]).max() > 0.01


def test_without_the_old_strings_there_is_no_replay(tmp_path, monkeypatch):
    monkeypatch.setattr(scenario, "STRINGS", tmp_path / "nowhere")
    suited = scenario.suited(scenario.SCENARIO, None)
    assert scenario.WITH_REPLAY not in suited.methods
    assert "make_translator.py" in suited.note
