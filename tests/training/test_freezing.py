"""What is trained, what is frozen, and the proof of it (article §3.3)."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.training.freezing import freeze_batch_norm


@pytest.fixture
def flat():
    """A flat model with a BatchNormalization: 3 → 4 → 5 → 2."""
    layers = keras.layers
    inputs = keras.Input((3,), name="features")
    x = layers.Dense(4, activation="relu", name="block_0")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dense(5, activation="relu", name="block_1")(x)
    x = layers.Dropout(0.1, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax", name="head")(x))


@pytest.fixture
def nested():
    """A backbone of two blocks that is one layer of the model, and a head."""
    layers = keras.layers
    inputs = keras.Input((3,))
    x = layers.Dense(4, name="block_0")(inputs)
    backbone = keras.Model(inputs, layers.Dense(4, name="block_1")(x), name="backbone")
    inputs = keras.Input((3,))
    outputs = layers.Dense(1, activation="sigmoid", name="head")(backbone(inputs))
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize(
    ("chosen", "frozen", "trained"),
    [
        ("all", (), ["block_0", "norm", "block_1", "head"]),
        (None, (), ["head"]),
        ("none", (), ["head"]),
        ([], (), ["head"]),
        ("block_1", (), ["block_1", "head"]),
        (["block_1"], (), ["block_1", "head"]),
        (["head"], (), ["head"]),
        (["block_*"], (), ["block_0", "block_1", "head"]),
        (["block_[1-9]", "n*m"], (), ["norm", "block_1", "head"]),
        (["block_*"], ["block_0"], ["block_1", "head"]),
        ("all", ["head", "*_0"], ["norm", "block_1"]),
    ],
)
def test_names_and_globs_choose_the_layers(flat, chosen, frozen, trained):
    assert sft.set_trainable(flat, chosen, frozen) == trained
    weighted = [layer for layer in flat.layers if layer.weights]
    assert [layer.name for layer in weighted if layer.trainable] == trained
    expected = sum(len(flat.get_layer(n).trainable_weights) for n in trained)
    assert len(flat.trainable_weights) == expected > 0


@pytest.mark.parametrize(
    ("chosen", "trained"),
    [
        (None, ["head"]),
        (["block_1"], ["backbone/block_1", "head"]),
        (["backbone/block_0"], ["backbone/block_0", "head"]),
        (["backbone"], ["backbone/block_0", "backbone/block_1", "head"]),
        (["backbone/*"], ["backbone/block_0", "backbone/block_1", "head"]),
    ],
)
def test_a_nested_backbone_is_seen_into(nested, chosen, trained):
    nested.trainable = False  # as an earlier run left it
    assert sft.set_trainable(nested, chosen) == trained
    assert len(nested.trainable_weights) == 2 * len(trained)
    backbone = nested.get_layer("backbone")
    assert len(backbone.trainable_weights) == 2 * (len(trained) - 1)


def test_freezing_is_undone_by_the_next_call(flat):
    sft.set_trainable(flat, None)
    sft.set_trainable(flat, "all")
    assert all(layer.trainable for layer in flat.layers)


def test_a_misspelt_name_is_an_error_with_the_near_misses(flat):
    sft.set_trainable(flat, ["block_0"])
    with pytest.raises(sft.InputError, match=r"layers_to_fine_tune.*'blok_1'.*block_1"):
        sft.set_trainable(flat, ["block_0", "blok_1"])
    with pytest.raises(sft.InputError, match=r"'zzz'.* block_0, norm, block_1, head"):
        sft.set_trainable(flat, ["zzz"])
    with pytest.raises(sft.InputError, match="layers_to_freeze"):
        sft.set_trainable(flat, "all", ["heed"])
    trained = {layer.name for layer in flat.layers if layer.trainable}
    assert trained == {"block_0", "head"}  # as it was: an error changes nothing


def test_nothing_left_to_train_is_an_error(flat):
    with pytest.raises(sft.InputError, match="Nothing is left to train"):
        sft.set_trainable(flat, None, ["head"])
    with pytest.raises(sft.InputError, match="Nothing is left to train"):
        sft.set_trainable(flat, "all", ["*"])
    inputs = keras.Input((3,))
    empty = keras.Model(inputs, keras.layers.ReLU()(inputs))
    with pytest.raises(sft.InputError, match="no weights"):
        sft.set_trainable(empty)


def test_describe_layers_counts_what_is_trained(flat, nested):
    sft.set_trainable(flat, ["norm"])
    table = sft.describe_layers(flat)
    assert list(table.columns) == [
        "layer", "type", "trainable", "params", "trainable_params"
    ]  # fmt: skip
    rows = {row.layer: row for row in table.itertuples()}
    assert list(rows) == ["features", "block_0", "norm", "block_1", "dropout", "head"]
    assert rows["norm"].type == "BatchNormalization"
    numbers = {name: (row.params, row.trainable_params) for name, row in rows.items()}
    assert numbers["block_0"] == (3 * 4 + 4, 0)
    assert numbers["norm"] == (16, 8)  # gamma, beta; the statistics are not trained
    assert numbers["head"] == (5 * 2 + 2, 12)
    assert numbers["dropout"] == (0, 0)
    assert [row.trainable for row in rows.values()] == [
        False, False, True, False, False, True
    ]  # fmt: skip
    assert table.params.sum() == flat.count_params()
    paths = sft.describe_layers(nested).layer.tolist()
    assert {"backbone/block_0", "backbone/block_1", "head"} < set(paths)


def test_freeze_batch_norm_reaches_every_batch_norm(flat):
    assert freeze_batch_norm(flat) == 1
    assert not flat.get_layer("norm").trainable
    outer = keras.Sequential([keras.Input((3,)), flat])
    flat.get_layer("norm").trainable = True
    assert freeze_batch_norm(outer) == 1
    assert not flat.get_layer("norm").trainable


@pytest.mark.parametrize("moved", ["block_0", "norm"])
def test_check_frozen_finds_a_frozen_weight_that_moved(flat, moved):
    sft.set_trainable(flat, None)
    before = flat.get_weights()
    head = flat.get_layer("head")
    head.set_weights([weight + 1 for weight in head.get_weights()])
    assert sft.check_frozen(flat, before) == flat.count_params() - 12
    layer = flat.get_layer(moved)
    changed = layer.get_weights()
    changed[-1] = np.nextafter(changed[-1], np.float32(9))  # the smallest step there is
    layer.set_weights(changed)
    with pytest.raises(RuntimeError, match=f"frozen weight {moved}/.* changed"):
        sft.check_frozen(flat, before)


def test_check_frozen_takes_the_source_model(flat):
    copy = keras.models.clone_model(flat)
    copy.set_weights(flat.get_weights())
    sft.set_trainable(copy, None)
    assert sft.check_frozen(copy, flat) > 0


def test_describe_changes_measures_each_layer(flat, nested):
    copy = keras.models.clone_model(flat)
    copy.set_weights(flat.get_weights())
    table = sft.describe_changes(flat, copy)
    assert table.layer.tolist() == ["block_0", "norm", "block_1", "head"]
    assert (table.changed == 0).all() and (table.change == 0).all()
    head = copy.get_layer("head")  # 5 × 2 weights and 2 biases
    kernel, bias = head.get_weights()
    moved = kernel.copy()
    moved[0, 0] += 3
    head.set_weights([moved, bias])
    row = sft.describe_changes(flat, copy).set_index("layer").loc["head"]
    length = np.sqrt((kernel**2).sum() + (bias**2).sum())
    assert (row.params, row.changed) == (12, 1 / 12)
    assert row.change == pytest.approx(3 / length, rel=1e-5)
    with pytest.raises(sft.InputError, match="the same layers"):
        sft.describe_changes(flat, nested)


@pytest.mark.parametrize("chosen", [None, "transformer_layer_1"])
def test_blocks_frozen_before_a_copy_are_frozen_in_it(tiny_classifier, reviews, chosen):
    model = tiny_classifier()
    sft.set_trainable(model, None)
    # Keras' own copy: the blocks are marked frozen, the layers in them are trained.
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    assert not copy.get_layer("transformer_layer_0").trainable
    assert len(copy.trainable_weights) > 2

    trained = sft.set_trainable(copy, chosen)
    expected = sum(len(copy.get_layer(name).weights) for name in trained)
    assert len(copy.trainable_weights) == expected
    options = {"epochs": 1, "cache_frozen": False, "verbose": 0}
    tuned = sft.fine_tune(model, reviews.texts, reviews.labels, chosen, **options)
    old, new = (
        m.get_layer("transformer_layer_0").get_weights() for m in (model, tuned)
    )
    assert all(map(np.array_equal, old, new))


def test_check_frozen_looks_into_blocks_marked_frozen(tiny_classifier):
    model = tiny_classifier()
    sft.set_trainable(model, None)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    block = copy.get_layer("transformer_layer_0")
    block.set_weights([weight + 1 for weight in block.get_weights()])
    with pytest.raises(RuntimeError, match="frozen weight transformer_layer_0/"):
        sft.check_frozen(copy, model)
