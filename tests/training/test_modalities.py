"""The same functions on images: a ResNet with BatchNorm, on handwritten digits."""

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.scenarios import image_classification as scenario


@pytest.fixture(scope="module")
def digits():
    x, y = scenario.digits(0, 9)
    return x.repeat(2, axis=1).repeat(2, axis=2), y


@pytest.fixture(scope="module")
def pretrained(digits):
    """A small ResNet that has learned to tell 0 to 4."""
    x, y = digits
    model = scenario.toy_model("resnet", 5, seed=0)
    low = y < 5
    sft.train_model(model, x[low], y[low], epochs=6, learning_rate=0.01, verbose=0)
    return model


def batch_norms(model):
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.layers if isinstance(layer, kind)]


@pytest.mark.parametrize("layers", [None, "all"])
def test_digits_0_to_4_help_with_5_to_9(pretrained, digits, layers):
    x, y = digits
    high = np.flatnonzero(y >= 5)
    train, test = high[:150], high[150:]
    model = sft.replace_head(pretrained, num_classes=5)
    tuned = sft.fine_tune(
        model, x[train], y[train], layers, epochs=10, learning_rate=0.01, verbose=0
    )
    assert tuned.label_names == (5, 6, 7, 8, 9)
    assert set(sft.predict(tuned, x[test])) <= {5, 6, 7, 8, 9}
    assert sft.evaluate_model(tuned, x[test], y[test], verbose=False)["accuracy"] > 0.5
    norms = list(zip(batch_norms(model), batch_norms(tuned), strict=True))
    assert len(norms) > 3
    for old, new in norms:
        for a, b in zip(old.get_weights(), new.get_weights(), strict=True):
            assert a.tobytes() == b.tobytes()
    kernels = [
        np.array_equal(old.get_weights()[0], new.get_weights()[0])
        for old, new in zip(model.layers, tuned.layers, strict=True)
        if isinstance(old, keras.layers.Conv2D)
    ]
    assert all(kernels) if layers is None else not any(kernels)


def test_batch_norm_alone_is_nothing_to_train(pretrained, digits):
    x, y = digits
    low = y < 5
    name = batch_norms(pretrained)[0].name
    with pytest.raises(sft.InputError, match="Nothing is left to train"):
        sft.fine_tune(pretrained, x[low], y[low], [name], layers_to_freeze=["head"])
