"""The frozen part runs once, and nothing but the time shows it."""

import warnings

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

import sftkeras as sft
from sftkeras.graph import carried
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import make_rows
from sftkeras.models.copying import copy_model
from sftkeras.tasks.running import run
from sftkeras.training.techniques.frozen_once import run_frozen, split_at_frozen

layers = keras.layers


class CountRows(keras.layers.Layer):
    """Hands its input on and counts the rows that it has seen."""

    def build(self, shape):
        self.rows = tf.Variable(0)

    def call(self, x):
        self.rows.assign_add(tf.shape(x)[0])
        return x


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(3)


def text_model(encoder):
    """The tiny encoder without dropout inside, which caching would turn off."""
    config = {**encoder.get_config(), "dropout": 0.0}
    backbone = type(encoder).from_config(config)
    backbone.set_weights(encoder.get_weights())
    backbone.preprocessor = encoder.preprocessor
    return sft.load_pretrained_model(backbone, num_classes=2)


def image_model():
    backbone = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64],
        stackwise_num_blocks=[2],
        stackwise_num_strides=[1],
        block_type="basic_block",
        image_shape=(8, 8, 1),
    )
    return sft.load_pretrained_model(backbone, num_classes=3)


def two_input_model():
    first, second = keras.Input((4,), name="first"), keras.Input((3,), name="second")
    frozen = layers.Dense(5, activation="tanh", name="frozen")(first)
    trained = layers.Dense(5, activation="tanh", name="trained")(second)
    joined = layers.Concatenate()([frozen, trained, frozen])
    outputs = layers.Dense(2, activation="softmax", name="head")(joined)
    return keras.Model([first, second], outputs)


def recurrent_model(vocabulary=12):
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(vocabulary, 4, mask_zero=True, name="embedding")(inputs)
    x = layers.LSTM(5, name="lstm")(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="head")(x))


def random_data(shapes, classes, count=24):
    random = np.random.default_rng(0)
    arrays = [random.normal(size=(count, *shape)).astype("float32") for shape in shapes]
    return arrays if len(arrays) > 1 else arrays[0], np.arange(count) % classes


def token_data(count=24):
    """Token ids of texts of 1 to 9 tokens, zeros at the end."""
    random = np.random.default_rng(0)
    ids = random.integers(1, 12, size=(count, 9))
    lengths = random.integers(1, 10, size=count)
    return np.where(np.arange(9) < lengths[:, None], ids, 0), np.arange(count) % 2


def assert_same_with_and_without(model, x, y, chosen, **options):
    """Fine-tune with the cache on and off; compare all weights and the history."""
    options = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-2, **options}
    tuned = [
        sft.fine_tune(model, x, y, chosen, cache_frozen=on, verbose=0, **options)
        for on in (True, False)
    ]
    moved = 0
    for with_cache, without, before in zip(
        *(m.get_weights() for m in (*tuned, model)), strict=True
    ):
        np.testing.assert_allclose(with_cache, without, rtol=1e-3, atol=1e-5)
        moved = max(moved, abs(without - before).max(initial=0))
    assert moved > 5e-3  # far above the tolerance
    histories = [model.history.history for model in tuned]
    assert histories[0].keys() == histories[1].keys()
    for name, values in histories[0].items():
        np.testing.assert_allclose(values, histories[1][name], rtol=1e-3, err_msg=name)


def test_text_trains_the_same(tiny_encoder, reviews):
    model = text_model(tiny_encoder())
    chosen = ["transformer_layer_1"]
    assert_same_with_and_without(model, reviews.texts, reviews.labels, chosen)


def test_images_train_the_same():
    model = image_model()
    blocks = [layer.name for layer in model.layers if "block1" in layer.name]
    sft.set_trainable(model, blocks)
    frozen, _ = split_at_frozen(model)
    kinds = [type(layer).__name__ for layer in frozen.layers]
    assert "BatchNormalization" in kinds and "Conv2D" in kinds
    x, y = random_data([(8, 8, 1)], 3)
    assert_same_with_and_without(model, x, y, blocks)


def test_several_inputs_train_the_same():
    x, y = random_data([(4,), (3,)], 2)
    model = two_input_model()
    sft.set_trainable(model, ["trained"])
    frozen, _ = split_at_frozen(model)
    assert len(frozen.outputs) == 2  # what is computed, and the input beside it
    held = ([x[0][:10], x[1][:10]], y[:10])
    assert_same_with_and_without(model, x, y, ["trained"], validation_data=held)


@pytest.mark.parametrize("chosen", [["lstm"], None])
def test_masks_are_kept(chosen):
    model = recurrent_model()
    sft.set_trainable(model, chosen)
    # A mask that would have to cross the cut is lost on the way: no cut there.
    assert (split_at_frozen(model) is None) == (chosen == ["lstm"])
    x, y = token_data()
    assert_same_with_and_without(model, x, y, chosen)


def test_no_cut_where_there_is_nothing_to_gain():
    model = two_input_model()
    assert split_at_frozen(model) is None  # all is trained
    model.trainable = False
    assert split_at_frozen(model) is None  # nothing is
    inputs = keras.Input((3,))
    head = keras.Model(inputs, layers.Dense(1)(layers.Dropout(0.5)(inputs)))
    assert split_at_frozen(head) is None  # nothing lies below the head

    class Own(keras.Model):
        def call(self, x):
            return x

    assert split_at_frozen(Own()) is None


@pytest.mark.parametrize("kind", ["mask", "augmentation"])
def test_no_cut_where_every_layer_with_weights_is_trained(kind):
    model = recurrent_model()
    if kind == "augmentation":  # which a cut would turn off
        inputs = keras.Input((8, 8, 1))
        x = layers.Rescaling(2.0)(layers.RandomFlip()(inputs))
        model = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(x)))
    assert split_at_frozen(model) is None


@pytest.mark.parametrize("nested", [False, True])
def test_the_two_halves_make_the_whole(nested):
    inputs = keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh", name="hidden")(inputs)
    if nested:
        hidden = keras.Model(inputs, hidden, name="backbone")(inputs)
    dropped = layers.Dropout(0.5, name="dropout")(hidden)
    model = keras.Model(inputs, layers.Dense(2, name="head")(dropped))
    sft.set_trainable(model, None)
    frozen, trained = split_at_frozen(model)
    # A dropout right at the cut goes up: below it would be off.
    assert "dropout" in [layer.name for layer in trained.layers]
    assert "dropout" not in [layer.name for layer in frozen.layers]
    assert not frozen.trainable_weights
    assert trained.trainable_weights == model.trainable_weights
    x = random_data([(4,)], 2)[0]
    np.testing.assert_allclose(trained(frozen(x)), model(x), rtol=1e-6)


def test_cached_rows_are_those_of_each_text_alone(tiny_encoder, reviews, monkeypatch):
    model = copy_model(sft.load_pretrained_model(tiny_encoder(), num_classes=2))
    sft.set_trainable(model, ["transformer_layer_1"])
    frozen, _ = split_at_frozen(model)
    rows = make_rows(model, reviews.texts)
    in_memory = run_frozen(frozen, rows, batch_size=5).inputs
    monkeypatch.setattr("sftkeras.tasks.running.MEMORY_LIMIT", 0)
    on_disk = run_frozen(frozen, rows, batch_size=7).inputs
    alone = [frozen(rows.take(np.array([row]))) for row in range(len(rows))]
    assert in_memory.keys() == on_disk.keys() == alone[0].keys()
    for name, column in in_memory.items():
        assert isinstance(column, Ragged) and len(column) == 24
        assert isinstance(on_disk[name].values, np.memmap)
        assert not isinstance(column.values, np.memmap)
        for row, outputs in enumerate(alone):
            for cached in (column, on_disk[name]):
                np.testing.assert_allclose(cached[row], outputs[name][0], atol=1e-5)


def test_training_from_disk_is_training_from_memory(monkeypatch):
    x, y = random_data([(4,), (3,)], 2)
    model = two_input_model()
    options = {"epochs": 2, "batch_size": 8, "seed": 1, "verbose": 0}
    in_memory = sft.fine_tune(model, x, y, ["trained"], **options)
    monkeypatch.setattr("sftkeras.tasks.running.MEMORY_LIMIT", 0)
    on_disk = sft.fine_tune(model, x, y, ["trained"], **options)
    for one, other in zip(in_memory.get_weights(), on_disk.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_temporary_file_is_closed(monkeypatch, recwarn):
    monkeypatch.setattr("sftkeras.tasks.running.MEMORY_LIMIT", 0)
    warnings.simplefilter("always")
    model = two_input_model()
    sft.set_trainable(model, ["trained"])
    x, _ = random_data([(4,), (3,)], 2)
    run_frozen(split_at_frozen(model)[0], make_rows(model, x))
    assert not [str(w.message) for w in recwarn if w.category is ResourceWarning]


@pytest.mark.parametrize(("cache", "passes"), [(True, 1), (False, 3)])
def test_the_frozen_part_sees_each_row_once(cache, passes):
    inputs = keras.Input((4,))
    x = CountRows(name="count")(layers.Dense(5, name="frozen")(inputs))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="head")(x))
    x, y = random_data([(4,)], 2)
    options = {"epochs": 3, "validation_data": (x[:10], y[:10]), "verbose": 0}
    tuned = sft.fine_tune(model, x, y, None, cache_frozen=cache, **options)
    assert int(tuned.get_layer("count").rows) == passes * (24 + 10)


@pytest.mark.parametrize("chosen", [None, ["transformer_layer_1"]])
def test_predictions_go_through_the_halves(tiny_classifier, reviews, chosen):
    model = tiny_classifier()
    options = {"epochs": 1, "learning_rate": 1e-2, "verbose": 0}
    texts, labels = reviews.texts * 2, [*reviews.labels] * 2  # more than one batch
    tuned = sft.fine_tune(model, texts, labels, chosen, **options)
    joined = carried(tuned).inference
    outputs = batches_run(tuned, reviews.texts)
    assert carried(tuned).inference is joined  # nothing was traced anew
    whole = copy_model(tuned)
    np.testing.assert_allclose(outputs, batches_run(whole, reviews.texts), atol=1e-6)
    # Weights changed since are seen, below the cut too.
    for model in (tuned, whole):
        model.set_weights([1.1 * weight for weight in model.get_weights()])
    changed = batches_run(tuned, reviews.texts)
    assert np.abs(changed - outputs).max() > 1e-3
    np.testing.assert_allclose(changed, batches_run(whole, reviews.texts), atol=1e-6)


def batches_run(model, texts):
    return run(model, make_rows(model, texts), batch_size=8)
