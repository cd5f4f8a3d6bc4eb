"""The scenario of §6.3: digits, a folder of image files, large pretrained models."""

import re

import numpy as np
import pytest
from PIL import Image

import sftkeras as sft
from sftkeras.data.examples import Examples
from sftkeras.models.copying import clone
from sftkeras.scenarios import image_classification as scenario
from sftkeras.scenarios import running

EVERY_THIRD = np.arange(0, 896, 3)


def shorten(patch, name, epochs):
    """Let a training function of the scenario run for so many epochs at most."""
    original = getattr(scenario, name)

    def short(*args, **settings):
        settings["epochs"] = min(epochs, settings["epochs"])
        return original(*args, **settings)

    patch.setattr(scenario, name, short)


def accuracy(model, test):
    return scenario.measure(model, test)["accuracy"]


@pytest.fixture(scope="module")
def digits():
    return scenario.load_examples()


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Pretrain on a quarter of the views, not as long, once for this file."""
    with pytest.MonkeyPatch.context() as patch:
        views = scenario.eight_views
        patch.setattr(scenario, "eight_views", lambda x, y: views(x[::4], y[::4]))
        shorten(patch, "train_falling", 10)
        scenario._pretrain.cache_clear()
        yield
        scenario._pretrain.cache_clear()


def test_the_digits_5_to_9_stand_anywhere_on_their_pages(digits):
    x, y = digits.inputs, digits.labels
    assert x.shape == (896, 16, 16, 1) and x.dtype == "uint8"
    assert np.unique(y).tolist() == [5, 6, 7, 8, 9]
    assert (x.min(), x.max()) == (0, 255)
    small, labels = scenario.digits(5, 9)
    assert np.array_equal(labels, y)
    assert np.array_equal(x.sum(axis=(1, 2), dtype=int), small.sum((1, 2), dtype=int))
    assert (x > 0).any(axis=0)[:, 1:-1].all()  # the first column of a digit is empty
    assert not np.array_equal(x, scenario.put_on_pages(small, seed=1))
    middle = scenario.put_on_pages(small)
    assert np.array_equal(middle[:, 4:12, 4:12], small)


def test_a_folder_takes_their_place(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.new("RGB", (9, 9)).save(tmp_path / name / "1.png")
    data = scenario.load_examples(tmp_path)
    assert data.inputs.shape == (2, 9, 9, 3) and data.labels.tolist() == ["a", "b"]


def test_pretraining_helps_and_leaves_the_pretrained_model_as_it_was(digits):
    pretrained = scenario.pretrained_model(digits, 0)
    again = scenario.pretrained_model(digits, 1)
    assert again.layers[1] is pretrained.layers[1], "cached"
    before = pretrained.get_weights()
    train, test = digits.take(np.arange(60)), digits.take(np.arange(400, 896, 2))
    found = {}
    for name, model in [("pretrained", pretrained), ("random", clone(pretrained))]:
        model.preprocessor = None
        found[name] = accuracy(scenario.head_only(model, train, 0), test)
    assert found["pretrained"] > found["random"] + 0.1, found
    for old, new in zip(before, pretrained.get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_a_trial_runs_and_is_drawn(digits, tmp_path, monkeypatch):
    scenario.pretrained_model(digits, 0)  # not as short
    for name in ("train_falling", "fine_tune"):
        shorten(monkeypatch, name, 1)
    trial = running.run_trial(scenario.SCENARIO, digits.take(EVERY_THIRD), 25, seed=0)
    assert trial.rows["model"].tolist() == list(scenario.METHODS)
    assert trial.rows["accuracy"].between(0, 1).all()
    last = trial.rows.iloc[-1]
    assert last["model"] == "logistic regression on pixels" and last["accuracy"] < 0.4
    drawn = scenario.figures(trial)
    assert set(drawn) == {"confusion_matrix.png", "mistakes.png", "feature_maps.png"}
    titles = [a.get_title(loc="left") for a in drawn["feature_maps.png"].axes]
    sizes = [title.partition(": ")[2] for title in titles if title]
    assert sizes == ["16 × 16", "8 × 8", "4 × 4", "2 × 2"]
    first = drawn["mistakes.png"].axes[0].get_title()
    assert re.match(r"[5-9], not [5-9]\n", first), first


@pytest.mark.parametrize("kind", scenario.TOYS)
def test_what_is_saved_predicts_the_same(kind, digits, tmp_path):
    x = digits.inputs
    model = scenario.moved(scenario.toy_model(kind, 5))
    model.label_names = (5, 6, 7, 8, 9)
    sft.save_classifier(model, tmp_path / kind)
    loaded = sft.load_classifier(tmp_path / kind)
    expected, found = (sft.predict_probabilities(m, x[:9]) for m in (model, loaded))
    assert np.allclose(found, expected, atol=1e-5)
    card = (tmp_path / kind / "README.md").read_text(encoding="utf-8")
    assert "an array shaped `(None, 16, 16, 1)`" in card


@pytest.mark.parametrize("kind", ["vgg", "vit"])
def test_the_same_code_holds_for(kind, digits):
    pretrained = scenario.pretrained_model(digits, 0, kind)
    seen = digits.take(np.arange(60))
    model = scenario.head_only(pretrained, seen, 0)
    views, classes = scenario.eight_views(*scenario.digits(0, 4))
    pages = scenario.put_on_pages(views[::8], seed=1)
    told = scenario._pretrain(kind).predict(pages, verbose=0).argmax(axis=1)
    assert np.mean(told == classes[::8]) > 3 / 40, "three times as often as by chance"
    assert accuracy(model, seen) > 0.6  # chance: 0.2
    if kind == "vgg":  # so short a pretraining teaches the ViT little for other rows
        assert accuracy(model, digits.take(np.arange(400, 896, 3))) > 0.3


def test_the_views_are_eight_and_different():
    x = np.arange(9).reshape(1, 3, 3, 1)
    views, labels = scenario.eight_views(x, np.array([2]))
    assert labels.tolist() == list(range(16, 24))
    assert len({view.tobytes() for view in views}) == 8


def test_the_small_models_take_small_grey_images_only():
    with pytest.raises(sft.InputError, match=r"'vit' takes grey images of 16 x 16"):
        large = Examples(np.zeros((2, 32, 32, 3), "uint8"))
        scenario.pretrained_model(large, 0, "vit")
