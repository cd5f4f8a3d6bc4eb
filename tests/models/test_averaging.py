"""Means of models; what is asked of copies is in the tests of those who copy."""

import numpy as np
import pytest

import sftkeras as sft


def tuned(model, seed):
    labels = ["no", "yes"] * 8
    return sft.fine_tune(
        model, ["bad", "good"] * 8, labels, epochs=1, seed=seed, verbose=0
    )


def test_the_mean_has_the_mean_of_the_weights_and_reads_texts(tiny_classifier):
    model = tiny_classifier()
    models = [tuned(model, seed) for seed in range(3)]
    before = [m.get_weights() for m in models]
    average = sft.average_models(iter(models))
    for found, *given in zip(average.get_weights(), *before, strict=True):
        if np.issubdtype(found.dtype, np.floating):
            assert np.allclose(found, sum(given) / 3, atol=1e-7)
        else:
            assert np.array_equal(found, given[0])
    assert any(not np.array_equal(a, b) for a, b in zip(*before[:2], strict=True))
    for kept, m in zip(before, models, strict=True):
        for a, b in zip(kept, m.get_weights(), strict=True):
            assert np.array_equal(a, b)
    assert {*sft.predict(average, ["good", "bad"])} <= {"no", "yes"}


def test_the_mean_of_one_is_that_one(tiny_classifier):
    model = tuned(tiny_classifier(), 0)
    p = sft.predict_probabilities(model, ["good", "bad"])
    one = sft.predict_probabilities(sft.average_models([model]), ["good", "bad"])
    assert np.array_equal(p, one)


def test_the_mean_can_be_saved_and_trained_on(tiny_classifier, tmp_path):
    model = tiny_classifier()
    average = sft.average_models([tuned(model, seed) for seed in range(2)])
    p = sft.predict_probabilities(average, ["good", "bad"])
    sft.save_classifier(average, tmp_path / "mean")
    loaded = sft.load_classifier(tmp_path / "mean")
    assert np.allclose(p, sft.predict_probabilities(loaded, ["good", "bad"]), atol=1e-6)
    assert tuned(loaded, 5).compiled


def test_models_that_do_not_fit_together_are_refused(tiny_classifier):
    model = tuned(tiny_classifier(), 0)
    other = sft.replace_head(tiny_classifier(), 3)
    with pytest.raises(sft.InputError, match="2 models, 2 sets of shapes"):
        sft.average_models([model, other])
    again = tuned(tiny_classifier(), 0)
    again.label_names = ("yes", "no")
    with pytest.raises(sft.InputError, match="1 sets of shapes, 2 sets of labels"):
        sft.average_models([model, again])
    with pytest.raises(
        sft.InputError, match=r"each of `models` must be a keras.Model. R"
    ):
        sft.average_models([model, "runs/mine"])
    with pytest.raises(sft.InputError, match="0 models"):
        sft.average_models([])
