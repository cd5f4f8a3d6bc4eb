"""LoRA in the paper's form: a layer computes what its merged kernel would."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.graph import base_kernel
from sftkeras.training.techniques.low_rank import add_low_rank, merged

LAYERS = {
    "dense": (lambda: keras.layers.Dense(6, "relu"), (2, 3, 4), (4, 2), (2, 6)),
    "query": (
        lambda: keras.layers.EinsumDense("bqm,muh->bquh", (None, 3, 5)),
        (2, 7, 4),
        (4, 2),
        (2, 3, 5),
    ),
    "attention output": (
        lambda: keras.layers.EinsumDense("bquh,uhm->bqm", (None, 6), bias_axes="m"),
        (2, 7, 3, 5),
        (3, 5, 2),
        (2, 6),
    ),
    "any rank": (
        lambda: keras.layers.EinsumDense("...x,xy->...y", 6),
        (2, 3, 4),
        (4, 2),
        (2, 6),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_beside_the_kernel_is_as_in_the_kernel(name):
    make, shape, a, b = LAYERS[name]
    random = np.random.default_rng(0)
    x = random.normal(size=shape).astype("float32")
    layer = make()
    before = np.array(layer(x))
    assert add_low_rank(layer, 2, scale=0.5)
    assert layer.lora_kernel_a.shape == a and layer.lora_kernel_b.shape == b
    assert not base_kernel(layer).trainable
    np.testing.assert_allclose(layer(x), before, rtol=1e-6)  # B begins at zero
    layer.lora_kernel_b.assign(random.normal(size=b))
    found = np.array(layer(x))
    assert not np.allclose(found, before, atol=1e-2)
    plain = make()
    plain(x)
    kernel = merged(base_kernel(layer), layer.lora_kernel_a, layer.lora_kernel_b, 0.5)
    base_kernel(plain).assign(kernel)
    if layer.bias is not None:
        plain.bias.assign(layer.bias)
    np.testing.assert_allclose(plain(x), found, rtol=1e-4, atol=1e-5)


def test_what_is_no_product_with_a_kernel_is_left_to_keras():
    x = np.zeros((1, 8, 8, 3), "float32")
    conv = keras.layers.Conv2D(4, 3)
    conv(x)
    shared = keras.layers.EinsumDense("bsx,sxy->bsy", (3, 6))  # a kernel a place
    shared(np.zeros((1, 3, 4), "float32"))
    held = keras.layers.Dense(2, kernel_constraint="non_neg")
    held(x)
    assert not any(add_low_rank(layer, 2, 1.0) for layer in (conv, shared, held))


def tuned(form, techniques=None):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    body = keras.layers.Dense(6, "tanh", name="body")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(body))
    x = np.random.default_rng(1).normal(size=(32, 4)).astype("float32")
    settings = {"epochs": 8, "learning_rate": 0.05, "verbose": 0}
    techniques = techniques or [sft.LoRA(2, form=form, alpha=4)]
    y = (x.sum(1) > 0).astype(int)
    return sft.fine_tune(model, x, y, techniques=techniques, **settings)


def test_both_forms_learn_the_same_of_a_dense_layer():
    paper, own, told = tuned("paper"), tuned("keras"), tuned(None)
    losses = [model.history.history["loss"] for model in (paper, own)]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    assert losses[0][-1] < 0.7 * losses[0][0]
    for one, other in zip(paper.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    for one, other in zip(told.get_weights(), own.get_weights(), strict=True):
        assert np.array_equal(one, other)  # Keras' is a classifier's


def test_one_lora_and_a_form_that_there_is():
    with pytest.raises(InputError, match="'body' has an adapter already"):
        tuned(None, [sft.LoRA(2, form="paper"), sft.LoRA(2, form="paper")])
    with pytest.raises(InputError, match="'keras' or 'paper'"):
        sft.LoRA(form="narrow")
