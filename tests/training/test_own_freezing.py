"""The user's own freezing: kept; a layer that "all" leaves frozen is told."""

import re
import warnings

import keras
import numpy as np
import pytest
from small import X, Y, mlp

import sftkeras as sft

QUICK = {"epochs": 1, "learning_rate": 0.05, "verbose": 0}
TOLD = r"left frozen: 'block_0'.*`trainable`.*layers_to_fine_tune"


def told(call):
    """Return what a call returns and what it warned of, as one text."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        result = call()
    return result, " ".join(str(warning.message) for warning in found)


def same(one, other):
    return np.array_equal(*map(keras.ops.convert_to_numpy, (one, other)))


def test_a_layer_that_the_user_froze_stays_frozen_and_is_told(tmp_path):
    model = mlp()
    block = model.get_layer("block_0")
    block.trainable = False
    tuned, text = told(lambda: sft.fine_tune(model, X, Y, **QUICK))
    assert re.search(TOLD, text)
    assert same(tuned.get_layer("block_0").kernel, block.kernel)
    assert not same(
        tuned.get_layer("block_1").kernel, model.get_layer("block_1").kernel
    )
    named = sft.fine_tune(model, X, Y, ["block_*"], **QUICK)  # said outright: trained
    assert not same(named.get_layer("block_0").kernel, block.kernel)
    head = sft.fine_tune(model, X, Y, None, **QUICK)  # theirs, after a run of ours too
    assert re.search(TOLD, told(lambda: sft.fine_tune(head, X, Y, **QUICK))[1])


def test_what_fine_tune_froze_it_thaws(tmp_path):
    head = sft.fine_tune(mlp(), X, Y, None, **QUICK)
    sft.save_classifier(head, tmp_path / "bundle")
    for model in (head, sft.load_classifier(tmp_path / "bundle")):
        tuned = sft.fine_tune(model, X, Y, **QUICK)
        assert (sft.describe_changes(model, tuned).change > 0).all()


@pytest.mark.parametrize("name", ["kernel", "bias"])
def test_a_weight_frozen_by_itself_stays_so(name):
    model = mlp()
    layer = model.get_layer("block_0")
    getattr(layer, name).trainable = False
    other = "bias" if name == "kernel" else "kernel"
    tuned = sft.fine_tune(model, X, Y, **QUICK)
    again = sft.fine_tune(sft.fine_tune(model, X, Y, None, **QUICK), X, Y, **QUICK)
    for found in (tuned, again):
        found = found.get_layer("block_0")
        assert same(getattr(found, name), getattr(layer, name))
        assert not same(getattr(found, other), getattr(layer, other))
    before = model.get_weights()
    sft.train_model(model, X, Y, **QUICK)
    assert sft.check_frozen(model, before) == np.size(getattr(layer, name))
    getattr(layer, name).trainable = True  # and may be thawed
    tuned = sft.fine_tune(model, X, Y, **QUICK)
    assert not same(getattr(tuned.get_layer("block_0"), name), getattr(layer, name))


def test_keras_own_adapters_are_trained_and_their_kernel_is_not():
    model = mlp()
    block = model.get_layer("block_0")
    block.enable_lora(2, lora_alpha=8)
    for chosen in ("all", ["block_0"]):
        tuned = sft.fine_tune(model, X, Y, chosen, **QUICK)
        found = tuned.get_layer("block_0")
        assert found.lora_enabled and found.lora_alpha == 8
        assert same(found._kernel, block._kernel)
        assert not same(found.lora_kernel_b, block.lora_kernel_b)
        p = sft.predict_probabilities(tuned, X)
        again = sft.average_models([tuned])
        np.testing.assert_allclose(sft.predict_probabilities(again, X), p, atol=1e-6)
    sft.train_model(model, X, Y, **QUICK)
    assert same(found._kernel, block._kernel)


def test_adapters_within_a_block_are_copied(tiny_classifier, reviews):
    model = tiny_classifier()
    block = model.get_layer("transformer_layer_0")
    query = next(q for q in block._flatten_layers() if q.name == "query")
    query.enable_lora(2)
    tuned = sft.fine_tune(model, reviews.texts, reviews.labels, **QUICK)
    block = tuned.get_layer("transformer_layer_0")
    found = next(q for q in block._flatten_layers() if q.name == "query")
    assert found.lora_enabled and same(found._kernel, query._kernel)
    assert not same(found.lora_kernel_b, query.lora_kernel_b)


@pytest.mark.parametrize("how", ["layer", "weight", "adapter"])
@pytest.mark.filterwarnings("ignore:Frozen before")
def test_given_embeddings_stay_as_they_were(how):
    ids = np.random.default_rng(0).integers(1, 20, (20, 5))
    inputs = keras.Input((5,))
    layer = keras.layers.Embedding(50, 4, name="words")
    pooled = keras.layers.GlobalAveragePooling1D()(layer(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(pooled))
    if how == "layer":
        layer.trainable = False
    elif how == "weight":
        layer.embeddings.trainable = False
    else:
        layer.enable_lora(2)
    given = layer.get_weights()[0]
    tuned = sft.fine_tune(model, ids, [0, 1] * 10, **QUICK)
    assert same(tuned.get_layer("words").get_weights()[0], given)
    sft.train_model(model, ids, [0, 1] * 10, **QUICK)
    assert same(layer.get_weights()[0], given)


def test_looking_at_a_sequential_thaws_nothing():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.add(keras.layers.Dense(1, "sigmoid"))
    model.layers[0].trainable = False
    sft.predict(model, X)
    assert [layer.trainable for layer in model.layers] == [False, True]
    assert len(model.trainable_weights) == 2


def test_what_set_trainable_chose_is_chosen_anew():
    """Chapter 3 freezes all but two blocks to show them, and later trains all."""
    model = mlp()
    sft.set_trainable(model, ["block_1"])
    tuned = sft.fine_tune(model, X, Y, "all", **QUICK)
    assert all(layer.trainable for layer in tuned.layers if layer.weights)
