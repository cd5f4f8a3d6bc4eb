"""Arguments that are wrong are refused where they are given, in a sentence."""

import keras
import pytest

import sftkeras as sft
from sftkeras.training.freezing import check_frozen
from tests import small

X, Y = small.X, small.Y


@pytest.fixture(scope="module")
def model():
    return small.tune(epochs=1)


@pytest.mark.parametrize("size", [0, -1, "32", 2.5, True])
@pytest.mark.parametrize("use", ["predict", "evaluate_model"])
def test_batch_size(model, use, size):
    more = {"labels": Y} if use == "evaluate_model" else {}
    with pytest.raises(sft.InputError, match="`batch_size` must be a whole number"):
        getattr(sft, use)(model, X, batch_size=size, **more)


def test_without_a_batch_size_the_tasks_is_taken(model):
    assert sft.predict(model, X, batch_size=None) == sft.predict(model, X)


@pytest.mark.parametrize("threshold", ["0.5", [0.5], float("nan"), 2, 1j])
def test_threshold(model, threshold):
    with pytest.raises(sft.InputError, match="`threshold` must be a number between"):
        sft.predict(model, X, threshold=threshold)


@pytest.mark.parametrize("count", [-1, 2.5, "3"])
def test_count_of_mistakes(model, count):
    with pytest.raises(sft.InputError, match="`count` must be a whole number"):
        sft.confident_mistakes(model, X, Y, count=count)


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"units": 0}, "`units`"),
        ({"units": 2.5}, "`units`"),
        ({"input_dim": 0}, "`input_dim`"),
        ({"output_dim": 0}, "`output_dim`"),
        ({"learning_rate": 0}, "`learning_rate`"),
        ({"learning_rate": "1e-3"}, "`learning_rate`"),
        ({"tokenizer": "x"}, "`tokenizer` must be a fitted Tokenizer"),
        ({"dropout": "x"}, "`dropout`"),
    ],
)
def test_create_model(settings, said):
    with pytest.raises(sft.InputError, match=said):
        sft.create_model(**settings)


def test_load_pretrained_model():
    with pytest.raises(sft.InputError, match="`dropout` must be at least 0"):
        sft.load_pretrained_model(small.mlp(), dropout="x")


@pytest.mark.parametrize("report", ["x", {"a": {1, 2}}, {"accuracy": "high"}, [1]])
def test_report_of_a_bundle(model, tmp_path, report):
    with pytest.raises(sft.InputError, match="`report` must be a dictionary"):
        sft.save_classifier(model, tmp_path / "bundle", report=report)
    assert not (tmp_path / "bundle").exists()


def test_path_of_a_bundle(model):
    with pytest.raises(sft.InputError, match="`path` must be a path"):
        sft.load_classifier(None)
    with pytest.raises(sft.InputError, match="`path` must be a path"):
        sft.save_classifier(model, None)
    for write in (sft.save_classifier, sft.export_model):
        with pytest.raises(sft.InputError, match=r"`path` is empty\. Give a path"):
            write(model, "")


@pytest.mark.parametrize("setting", ["log_dir", "backup_dir"])
def test_directories_of_training(setting):
    with pytest.raises(sft.InputError, match=f"`{setting}` is empty"):
        sft.Recipe(**{setting: ""})


def test_path_of_data():
    for read in (sft.load_texts, sft.load_table):
        with pytest.raises(sft.InputError, match="`path` is empty"):
            read("")


def test_seed_has_a_limit():
    with pytest.raises(sft.InputError, match="from 0 to 4294967295"):
        small.tune(seed=2**40)


@pytest.mark.parametrize("layers", [[0], 5, [None], ["head", 1.5]])
def test_layers_that_are_none(layers):
    with pytest.raises(sft.InputError, match="must hold names of layers"):
        sft.set_trainable(small.mlp(), layers)


def test_layers_stand_for_their_names():
    model = small.mlp()
    by_layer = sft.set_trainable(model, [model.get_layer("block_1")])
    assert by_layer == ["block_1", "head"]
    assert sft.set_trainable(model, model.get_layer("block_1"), None) == by_layer


def test_a_name_wins_over_its_glob():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, name="d[1]")(inputs)
    x = keras.layers.Dense(4, name="d1")(x)
    model = keras.Model(inputs, keras.layers.Dense(1, name="head")(x))
    assert sft.set_trainable(model, ["d[1]"]) == ["d[1]", "head"]


def test_frozen_weights_of_another_model(model):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(sft.InputError, match="`before` must be the model"):
        check_frozen(model, other)
