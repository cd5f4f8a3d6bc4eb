"""Directories of pretrained weights from strangers: promises against what is held."""

import json
import struct

import keras
import numpy as np
import pytest
from hostile.tools import write_bases

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.models.promised import check_weights
from sftkeras.models.stored import count_hdf5, count_safetensors


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """Honest bundles and presets, {name: path}; for reading only."""
    return write_bases(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def copy(bases, tmp_path):
    """A function that returns a copy of an honest preset, to be spoiled."""
    import shutil

    return lambda name: shutil.copytree(bases[name], tmp_path / name)


def change(path, **changes):
    config = json.loads((path / "config.json").read_text())
    inner = config.get("config", config)
    inner.update(changes)
    (path / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("name", ["face", "hub"])
def test_an_honest_preset_is_loaded_with_its_tokenizer(bases, name):
    model = sft.load_pretrained_model(str(bases[name]), 2)
    assert model.preprocessor is not None
    assert len(sft.predict(model, ["good"])) == 1


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "face",
            {"num_hidden_layers": 10**6},
            "asks for 1,000,000 layers",
        ),
        ("hub", {"num_layers": 10**5}, "asks for 100,000 layers"),
        ("face", {"hidden_size": 10**6}, "describes more weights than there are"),
        ("hub", {"hidden_dim": 10**6}, "describes more weights than there are"),
        ("face", {"vocab_size": 10**9}, r"asks for 1e\+09 of 'vocab_size'"),
    ],
)
def test_more_than_the_weights_hold_is_refused(copy, name, changes, message):
    path = copy(name)
    change(path, **changes)
    with pytest.raises(InputError, match=message):
        sft.load_pretrained_model(str(path))


@pytest.mark.parametrize("content", [b"", bytes(range(256)), b"[PAD]\ngood\n"])
def test_a_broken_tokenizer_is_told(copy, content):
    path = copy("face")
    (path / "vocab.txt").write_bytes(content)
    with pytest.raises(InputError, match="Cannot load the pretrained model"):
        sft.load_pretrained_model(str(path))


@pytest.mark.parametrize("name", ["../x.safetensors", "/etc/passwd", "a/b", ".."])
def test_shards_stay_in_their_directory(copy, name):
    path = copy("face")
    index = {"weight_map": {"embeddings.word_embeddings.weight": name}}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="names the file"):
        sft.load_pretrained_model(str(path))


def test_numbers_are_counted_without_reading_them(bases, tmp_path):
    arrays, numbers = count_safetensors(bases["face"] / "model.safetensors")
    assert arrays == 39 and numbers == 1_448
    file = bases["hub"] / "model.weights.h5"
    backbone = sft.load_pretrained_model(str(bases["hub"]), 2)
    head = backbone.get_layer("head").count_params()
    counted = count_hdf5(file, file.stat().st_size)[1]
    assert counted >= backbone.count_params() - head
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((bases["face"] / "model.safetensors").read_bytes()[:-1])
    with pytest.raises(InputError, match="cut off"):
        count_safetensors(cut)
    cut.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    with pytest.raises(InputError, match="no file of safetensors"):
        count_safetensors(cut)


def test_counting_makes_no_weight_and_leaves_keras_as_it_was():
    import random

    before, made = random.getstate(), []

    def build(units):
        inputs = keras.Input((4,))
        made.append(keras.layers.Dense(units)(inputs))

    check_weights(lambda: build(3), most=2, elements=15)
    with pytest.raises(InputError, match="more weights than there are: 2 arrays of 14"):
        check_weights(lambda: build(3), most=2, elements=14)
    with pytest.raises(InputError, match="more weights"):
        check_weights(lambda: build(3), most=1, elements=15)
    with pytest.raises(InputError, match="more weights"):
        check_weights(lambda: build(10**12), most=2, elements=10**9)
    with pytest.raises(ZeroDivisionError):
        check_weights(lambda: 1 / 0, most=2, elements=15)
    assert random.getstate() == before
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    assert np.asarray(layer.kernel).any()
