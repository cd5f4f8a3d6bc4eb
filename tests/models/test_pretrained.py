"""Backbones from KerasHub, Hugging Face and memory, with a head (article §3.1)."""

import socket

import keras
import keras_hub
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.models import presets
from sftkeras.models.copying import copy_model

BLOCKS = ["transformer_layer_0", "transformer_layer_1"]


@pytest.fixture
def no_network(monkeypatch):
    """What KerasHub does without a network, without trying one."""

    def fail(source, **_):
        raise ConnectionError(f"Max retries exceeded: {source}\nand forty more lines")

    monkeypatch.setattr(keras_hub.models.Backbone, "from_preset", fail)


def test_the_graph_is_flat_for_the_articles_loop(tiny_encoder):
    model = sft.load_pretrained_model(tiny_encoder(), num_classes=2)
    names = [layer.name for layer in model.layers]
    assert names[-5:] == [*BLOCKS, "pooling", "head_dropout", "head"]
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    for layer in model.layers:
        layer.trainable = layer.name in [BLOCKS[1], "head"]
    trained = {weight.path.split("/")[0] for weight in model.trainable_weights}
    assert trained == {BLOCKS[1], "head"}


@pytest.mark.parametrize(
    ("classes", "shape", "name"),
    [(1, (None, 1), "linear"), (2, (None, 1), "sigmoid"), (3, (None, 3), "softmax")],
)
def test_the_head_follows_the_number_of_classes(tiny_encoder, classes, shape, name):
    backbone = tiny_encoder()
    model = sft.load_pretrained_model(backbone, classes, dropout=0.0)
    assert model.output_shape == shape
    assert model.layers[-1].activation.__name__ == name
    assert "head_dropout" not in [layer.name for layer in model.layers]
    assert model.preprocessor is backbone.preprocessor
    again = sft.load_pretrained_model(backbone, classes, seed=0)
    other = sft.load_pretrained_model(backbone, classes, seed=1)
    heads = [m.get_layer("head").get_weights()[0] for m in (model, again, other)]
    assert np.array_equal(heads[0], heads[1]) and not np.array_equal(*heads[1:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 0}, "num_classes"),
        ({"label_names": ["a", "b", "c"]}, "3 names for num_classes=2"),
        ({"dropout": 1}, "dropout=1"),
        ({"pooling": "max"}, r"'mean' or 'cls'. Received: 'max'"),
        ({"max_length": 0}, "max_length=0"),
    ],
)
def test_an_argument_out_of_range_is_refused(tiny_encoder, arguments, message):
    with pytest.raises(sft.InputError, match=message):
        sft.load_pretrained_model(tiny_encoder(), **arguments)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pooling_is_over_the_real_tokens(tiny_encoder, pooling):
    model = copy_model(sft.load_pretrained_model(tiny_encoder(), pooling=pooling))
    rows = model.preprocessor.encode(["not bad at all"])
    inputs = {name: column.take([0], 20) for name, column in rows.items()}
    count = int(inputs["padding_mask"].sum())
    sequence = keras.Model(model.input, model.get_layer(BLOCKS[1]).output)(inputs)[0]
    expected = sequence[:count].numpy().mean(0) if pooling == "mean" else sequence[0]
    kernel, bias = model.get_layer("head").get_weights()
    logit = np.asarray(expected) @ kernel + bias
    np.testing.assert_allclose(model(inputs)[0], 1 / (1 + np.exp(-logit)), rtol=1e-5)


def test_longer_texts_are_cut_and_counted(tiny_encoder):
    model = sft.load_pretrained_model(tiny_encoder(), max_length=6)  # 4 words
    texts = ["the food was good", "the food was good and cold", "i love this old phone"]
    with pytest.warns(UserWarning, match="2 of 3 texts are longer than 6 tokens"):
        cut = sft.predict_probabilities(model, texts)
    np.testing.assert_allclose(cut[0], cut[1], atol=1e-6)
    whole = sft.predict_probabilities(model, texts[:1])  # no warning
    np.testing.assert_allclose(cut[0], whole[0], atol=1e-6)


def test_a_kerashub_directory_loads(tiny_encoder, reviews, tmp_path):
    backbone = tiny_encoder()
    backbone.save_to_preset(tmp_path)
    with pytest.raises(sft.InputError, match=r"tokenizer.json"):
        sft.load_pretrained_model(str(tmp_path))
    backbone.preprocessor.layer.save_to_preset(tmp_path)
    model = sft.load_pretrained_model(str(tmp_path))
    source = sft.load_pretrained_model(backbone)
    assert model.preprocessor.max_length == 32
    found = [sft.predict_probabilities(m, reviews.texts[:4]) for m in (model, source)]
    np.testing.assert_allclose(*found, atol=1e-6)
    (tmp_path / "model.weights.h5").write_bytes(b"junk")
    with pytest.raises(sft.InputError, match="the files are damaged"):
        sft.load_pretrained_model(str(tmp_path))


def test_a_preset_out_of_reach_says_the_way_out(no_network):
    with pytest.raises(sft.InputError, match=r"needs a network.*'minilm'") as error:
        sft.load_pretrained_model("bert-base-uncased")  # the article's name
    message = str(error.value)
    assert "'bert-base-uncased'" in message and "bert_base_en_uncased" in message
    assert "\n" not in message


@pytest.mark.parametrize("online", [True, False])
def test_hugging_face_is_not_waited_for(monkeypatch, online):
    from huggingface_hub import constants

    seen = []

    def look_up(host, port):
        seen.append(host)
        if not online:
            raise socket.gaierror

    def from_preset(source):
        seen.append(constants.HF_HUB_OFFLINE)
        raise ConnectionError

    monkeypatch.setattr(presets.urllib.request, "getproxies", dict)
    monkeypatch.setattr(constants, "ENDPOINT", "https://mirror.example/api")
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(keras_hub.models.Backbone, "from_preset", from_preset)
    with pytest.raises(sft.InputError, match=r"hf://some/model.*needs a network"):
        sft.load_pretrained_model("hf://some/model")
    assert seen == ["mirror.example", not online]
    assert not constants.HF_HUB_OFFLINE


def test_a_name_that_is_none_is_refused_at_once(no_network, tmp_path):
    with pytest.raises(sft.InputError, match=r"Did you mean 'bert_base_en_unc"):
        sft.load_pretrained_model("bert_base_en_uncase")
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(sft.InputError, match=r"config.json is missing"):
            sft.load_pretrained_model(str(path))


def test_backbones_of_every_rank_get_a_head():
    for shape in [(5,), (4, 5), (4, 4, 5)]:
        inputs = keras.Input(shape)
        backbone = keras.Model(inputs, keras.layers.Dense(6)(inputs))
        model = sft.load_pretrained_model(backbone, num_classes=3)
        x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
        pooled = backbone(x).numpy().reshape(2, -1, 6).mean(axis=1)  # (2, 6)
        kernel, bias = model.get_layer("head").get_weights()
        expected = keras.ops.softmax(pooled @ kernel + bias)
        np.testing.assert_allclose(model(x), expected, rtol=1e-4)
    inputs = keras.Input((2, 2, 2, 2))
    with pytest.raises(sft.InputError, match="rank 2, 3 or 4"):
        sft.load_pretrained_model(keras.Model(inputs, inputs + 1))
    named = keras.Model(inputs, {"a": inputs + 1, "b": inputs + 2})
    with pytest.raises(sft.InputError, match=r"outputs \['a', 'b'\]"):
        sft.load_pretrained_model(named)


def test_replace_head_keeps_all_but_the_head(tiny_classifier, reviews):
    model = tiny_classifier(2)
    new = sft.replace_head(model, num_classes=3, label_names=["a", "b", "c"])
    assert new.output_shape == (None, 3)
    assert new.label_names == ("a", "b", "c")
    assert new.preprocessor is model.preprocessor
    pairs = list(zip(new.layers, model.layers, strict=True))
    assert all(one is other for one, other in pairs[:-1])
    assert pairs[-1][0].name == pairs[-1][1].name == "head"
    assert set(sft.predict(new, reviews.texts)) <= {"a", "b", "c"}
    backbone = keras.Model(model.input, model.get_layer("pooling").output)
    with pytest.raises(sft.InputError, match=r"from a Dense layer.*'pooling'"):
        sft.replace_head(backbone)
