"""`sftkeras.embeddings`: the vectors are the model's own, whatever is beside them."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.evaluation.inside import embed, find_neighbours, trace
from sftkeras.inputs.rows import make_rows

TEXTS = ["the food was good", "rude staff", "i love this phone , i love it"]
BLOCKS = ["transformer_layer_0", "transformer_layer_1"]


@pytest.fixture(scope="module")
def model(tiny_classifier):
    return tiny_classifier()


def forward(model, layer, text):
    """Return the output of a layer for one text, without its batch axis, by Keras."""
    inputs = make_rows(model, [text]).take([0])
    part = keras.Model(model.input, model.get_layer(layer).output)
    return part.predict(inputs, verbose=0)[0]


def test_the_vectors_are_what_the_head_sees(model):
    found = embed(model, TEXTS)
    assert found.shape == (3, 8)
    logits = found @ model.get_layer("head").kernel + model.get_layer("head").bias
    expected = sft.predict_probabilities(model, TEXTS)[:, 1:]
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), expected, atol=1e-6)


def test_a_layer_of_tokens_gives_the_mean_over_the_texts_own_tokens(model):
    found = embed(model, TEXTS, BLOCKS[0])
    for vector, text in zip(found, TEXTS, strict=True):
        tokens = forward(model, BLOCKS[0], text)  # alone, so without padding
        assert tokens.shape == (len(text.split()) + 2, 8)
        np.testing.assert_allclose(vector, tokens.mean(axis=0), atol=1e-5)


def test_several_layers_come_in_one_pass_and_in_order(model):
    found = embed(model, TEXTS, [*BLOCKS[::-1], "pooling"])
    assert found.shape == (3, 3, 8)
    for place, name in enumerate([*BLOCKS[::-1], "pooling"]):
        np.testing.assert_allclose(
            found[:, place], embed(model, TEXTS, name), atol=1e-6
        )
    assert not np.allclose(found[:, 0], found[:, 1])
    np.testing.assert_allclose(found[:, 0], found[:, 2], atol=1e-6)  # pooled last block


def test_the_model_is_left_as_it_was(model):
    names = [layer.name for layer in model.layers]
    weights = model.get_weights()
    embed(model, TEXTS, BLOCKS)
    assert [layer.name for layer in model.layers] == names
    assert all(map(np.array_equal, weights, model.get_weights()))


def test_trace_shows_each_layer_of_one_text(model):
    states = trace(model, TEXTS[1])
    assert list(states) == [layer.name for layer in model.layers]
    shapes = {name: state.shape for name, state in states.items()}
    assert (
        shapes["token_ids"] == shapes["padding_mask"] == (4,)
    )  # [CLS] rude staff [SEP]
    assert shapes["token_embedding"] == shapes[BLOCKS[1]] == (4, 8)
    assert (shapes["pooling"], shapes["head"]) == ((8,), (1,))
    for name in ("embeddings_layer_norm", *BLOCKS, "pooling", "head"):
        np.testing.assert_allclose(
            states[name], forward(model, name, TEXTS[1]), atol=1e-6
        )
    expected = sft.predict_probabilities(model, TEXTS)[1, 1]
    np.testing.assert_allclose(states["head"], expected, atol=1e-6)


def test_neighbours_are_by_angle_and_never_oneself():
    vectors = np.array([[1, 0], [50, 1], [0, 1], [-1, 0.1], [1, 0]], "float32")
    assert find_neighbours(vectors, k=2).tolist() == [
        [4, 1], [0, 4], [3, 1], [2, 1], [0, 1]
    ]  # fmt: skip
    assert find_neighbours(vectors, k=4).shape == (5, 4)
    assert all(row not in near for row, near in enumerate(find_neighbours(vectors, 4)))


@pytest.mark.parametrize("k", [0, 3])
def test_the_number_of_neighbours_is_checked(k):
    with pytest.raises(sft.InputError, match=f"from 1 to 2. Received: k={k}"):
        find_neighbours(np.eye(3), k)


def test_a_wrong_layer_is_named(model):
    with pytest.raises(sft.InputError, match="Did you mean 'transformer_layer_1'"):
        embed(model, TEXTS, "transformer_layer1")
    with pytest.raises(sft.InputError, match=r"one width\. Received: \[8, 1\]"):
        embed(model, TEXTS, ["pooling", "head"])
