"""Names that TensorFlow refuses are told at the door, not in its traceback."""

import keras
import pytest

import sftkeras as sft
from tests import small

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow's rule"
)


def named(layer="hidden", model="net", inputs="x"):
    x = first = keras.Input((4,), name=inputs)
    x = keras.layers.Dense(4, name=layer)(x)
    return keras.Model(first, keras.layers.Dense(1, "sigmoid")(x), name=model)


@pytest.mark.parametrize("what", ["layer", "model"])
@pytest.mark.parametrize("name", ["层一", "a b", "couche_é", "a:b"])
@pytest.mark.parametrize("use", [sft.fine_tune, sft.train_model])
def test_a_name_that_is_no_scope(use, what, name):
    with pytest.raises(sft.InputError, match=f"no {what} of the name '{name}'"):
        use(named(**{what: name}), small.X, small.Y, epochs=1, verbose=0)


@pytest.mark.parametrize(
    "names", [{"layer": "_a"}, {"layer": "a.b-c>d"}, {"inputs": "输入"}]
)
def test_names_that_train(names):
    model = sft.fine_tune(named(**names), small.X, small.Y, epochs=1, verbose=0)
    assert len(sft.predict(model, small.X, batch_size=8)) == small.ROWS
