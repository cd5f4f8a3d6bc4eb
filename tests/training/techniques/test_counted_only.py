"""Logits where the loss counts: the same training as with logits everywhere."""

import chat_models
import numpy as np
import pytest
from chat_models import ASKED, TOLD

import sftkeras as sft
from sftkeras.training import fitting
from sftkeras.training.techniques.counted_only import CountedOnly


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return chat_models.tiny_chat(tmp_path_factory.mktemp("chat"))


def tuned(model, seen=None, without=False, **settings):
    """Fine-tune; note in `seen` the shapes of targets and of inputs, batch by batch."""
    with pytest.MonkeyPatch.context() as patch:
        if without:
            of = fitting.techniques_of
            left = [CountedOnly]
            patch.setattr(
                fitting,
                "techniques_of",
                lambda recipe: [t for t in of(recipe) if type(t) not in left],
            )
        if seen is not None:
            rows = fitting.Batches

            def noted(data, *given, **named):
                seen.append((data.targets.lengths, data.inputs["token_ids"].lengths))
                return rows(data, *given, **named)

            patch.setattr(fitting, "Batches", noted)
        usual = {"epochs": 2, "learning_rate": 0.01, "verbose": 0, "batch_size": 4}
        return sft.fine_tune(model, ASKED, TOLD, **usual | settings)


SETTINGS = {
    "all layers": {},
    "LoRA": {"techniques": [sft.LoRA(2)]},
    "top block": {"layers_to_fine_tune": ["transformer_layer_1"]},
    "validation": {"validation_data": (ASKED[:3], TOLD[:3])},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_training_is_the_same(model, name):
    settings = SETTINGS[name]
    if "layers_to_fine_tune" in settings:
        settings = {"layers_to_fine_tune": sft.blocks(model)[-1:]}
    with_, without = (tuned(model, without=no, **settings) for no in (False, True))
    assert with_.history.history.keys() == without.history.history.keys()
    for key, values in with_.history.history.items():
        np.testing.assert_allclose(values, without.history.history[key], rtol=1e-4)
    moved = 0
    pairs = zip(
        model.get_weights(), with_.get_weights(), without.get_weights(), strict=True
    )
    for before, one, other in pairs:
        np.testing.assert_allclose(one, other, atol=2e-3)
        moved += not np.array_equal(before, one)
    assert moved


def test_only_what_counts_is_a_target(model):
    seen = []
    tuned(model, seen)
    targets, inputs = seen[0]
    assert (targets < inputs).all()
    read = model.preprocessor.read(TOLD)
    assert targets.tolist() == [len(ids) + len(model.preprocessor.end) for ids in read]


def test_a_row_that_counts_nothing_is_no_harm(model):
    weights = np.ones(len(ASKED))
    weights[:4] = 0
    losses = tuned(model, sample_weight=weights).history.history["loss"]
    without = tuned(model, without=True, sample_weight=weights).history.history["loss"]
    np.testing.assert_allclose(losses, without, rtol=1e-4)
    assert np.isfinite(losses).all()
