"""`compress`: a smaller archive that plain Keras loads."""

import zipfile

import keras
import numpy as np

from sftkeras.saving.archive import compress


def saved(path, weights):
    """Save a model of one table; return it."""
    inputs = keras.Input((4,))
    layers = [keras.layers.Embedding(*weights.shape, name="table")]
    layers += [keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    x = inputs
    for layer in layers:
        x = layer(x)
    model = keras.Model(inputs, x)
    model.get_layer("table").set_weights([weights])
    model.save(path)
    return model


def test_weights_of_16_bits_shrink_and_come_back(tmp_path):
    path = tmp_path / "model.keras"
    random = np.random.default_rng(0)
    weights = random.normal(size=(4000, 64)).astype("float16").astype("float32")
    weights[:100] += 1e-5  # trained
    model = saved(path, weights)
    before, names = path.stat().st_size, zipfile.ZipFile(path).namelist()
    compress(path)
    assert path.stat().st_size < 0.7 * before
    assert zipfile.ZipFile(path).namelist() == names
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]
    loaded = keras.saving.load_model(path, compile=False)
    for one, other in zip(model.weights, loaded.weights, strict=True):
        assert np.array_equal(one, other)


def test_others_are_left_as_they_are(tmp_path):
    path = tmp_path / "model.keras"
    saved(path, np.random.default_rng(0).normal(size=(4000, 64)).astype("float32"))
    before = path.read_bytes()
    compress(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]
