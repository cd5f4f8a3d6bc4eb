"""EfficientNet-Lite0: its file read without PyTorch, its graph, its classes."""

import collections
import io
import pickle
import struct

import get_efficientnet_lite0 as script
import keras
import numpy as np
import pytest
import torch_file
from safetensors.numpy import load_file, save_file

import sftkeras as sft
from sftkeras.models import efficientnet
from sftkeras.models.blocks import blocks
from sftkeras.models.encoders import directory_of

here = pytest.mark.skipif(
    not directory_of("efficientnet-lite0").is_dir(),
    reason="not here: python data/get_efficientnet_lite0.py",
)


class Named:
    """Pickled as a name of a module that is not here."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Tensor:
    """Pickled as PyTorch pickles a tensor."""

    def __init__(self, storage, shape, strides, offset=0):
        self.arguments = storage, offset, shape, strides, False, None


class Pickler(pickle._Pickler):
    """Writes what PyTorch of before 1.6 wrote, without PyTorch."""

    dispatch = pickle._Pickler.dispatch.copy()

    def persistent_id(self, found):
        if isinstance(found, Named) and found.module == "storage":
            kind, key, length = found.name
            return ("storage", Named("torch", kind), key, "cpu", length, None)
        return None

    def save_name(self, found):
        self.write(pickle.GLOBAL + f"{found.module}\n{found.name}\n".encode())

    def save_tensor(self, found):
        self.save(Named("torch._utils", "_rebuild_tensor_v2"))
        self.save(found.arguments)
        self.write(pickle.REDUCE)

    dispatch[Named] = save_name
    dispatch[Tensor] = save_tensor


def old_file(contents, storages):
    """Return the bytes of an old file of `torch.save`."""
    stream = io.BytesIO()
    facts = {"protocol_version": 1001, "little_endian": True}
    keys = list(storages)
    for part in (torch_file.MAGIC, 1001, facts, contents, keys):
        Pickler(stream, 2).dump(part)
    for array in storages.values():
        stream.write(struct.pack("<q", array.size) + array.tobytes())
    return stream.getvalue()


def test_tensors_are_read_without_pytorch():
    floats, whole = np.arange(12, dtype="<f4"), np.array([7], "<i8")
    one = Named("storage", ("FloatStorage", "a", 12))
    two = Named("storage", ("LongStorage", "b", 1))
    contents = collections.OrderedDict(
        plain=Tensor(one, (2, 3), (3, 1)),
        turned=Tensor(one, (3, 2), (1, 3), 6),  # a transposed view
        number=Tensor(two, (), ()),
    )
    found = torch_file.read_tensors(old_file(contents, {"a": floats, "b": whole}))
    assert np.array_equal(found["plain"], floats[:6].reshape(2, 3))
    assert np.array_equal(found["turned"], floats[6:].reshape(2, 3).T)
    assert found["number"] == 7


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (Named("os", "system"), "os.system is no tensor"),
        (Named("torch", "load"), "torch.load is no tensor"),
        (Named("collections", "Counter"), "collections.Counter is no tensor"),
        (
            {"x": Tensor(Named("storage", ("FloatStorage", "a", 4)), (9,), (1,))},
            "reaches out of storage a",
        ),
        (
            {"x": Tensor(Named("storage", ("FloatStorage", "a", 4)), (2,), (-1,))},
            "reaches out of storage a",
        ),
    ],
)
def test_whatever_else_a_pickle_asks_for_is_refused(contents, message):
    file = old_file(contents, {"a": np.zeros(4, "<f4")})
    with pytest.raises(pickle.UnpicklingError, match=message):
        torch_file.read_tensors(file)


def test_another_file_is_no_file_of_tensors():
    with pytest.raises(pickle.UnpicklingError, match=r"before PyTorch 1\.6"):
        torch_file.read_tensors(pickle.dumps(1))


def test_names_and_axes_are_translated():
    kernel = np.arange(24.0).reshape(2, 3, 2, 2)  # (out, in, height, width)
    name, found = script.translate("_blocks.3._expand_conv.weight", kernel)
    assert name == "block_3_expand/kernel" and found.shape == (2, 2, 3, 2)
    assert found[1, 0, 2, 1] == kernel[1, 2, 1, 0]
    depthwise = np.arange(8.0).reshape(2, 1, 2, 2)
    name, found = script.translate("_blocks.0._depthwise_conv.weight", depthwise)
    assert name == "block_0_depthwise/kernel" and found.shape == (2, 2, 2, 1)
    name, _ = script.translate("_blocks.0._bn2.running_var", np.zeros(2))
    assert name == "block_0_project_bn/moving_variance"
    assert script.translate("_fc.weight", np.ones((4, 2)))[1].shape == (2, 4)


def test_the_graph_is_flat_and_has_blocks(tmp_path):
    model = efficientnet.efficientnet_lite0(32, classes=3)
    assert model.output_shape == (None, 3)
    names = [f"block_{number}_*" for number in range(17)]
    assert blocks(model) == names
    path = tmp_path / "model.safetensors"
    save_file({weight.path: weight.numpy() for weight in model.weights}, path)
    again = efficientnet.efficientnet_lite0(32, tmp_path, classes=3)
    x = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), "uint8")
    np.testing.assert_allclose(model(x), again(x), atol=1e-6)
    tensors = load_file(path)
    del tensors["stem/kernel"]
    save_file(tensors, path)
    with pytest.raises(sft.InputError, match=r"stem/kernel differs.*lite0\.py"):
        efficientnet.efficientnet_lite0(32, tmp_path)


def test_the_names_of_imagenet_are_distinct():
    names = efficientnet.imagenet_names()
    assert len(names) == len({*names}) == 1000
    assert names[442] == "bell cote" and "crane (134)" in names


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("minilm", {"image_size": 64}, "are for 'efficientnet-lite0'"),
        ("minilm", {"classes": "imagenet"}, "are for 'efficientnet-lite0'"),
        ("efficientnet-lite0", {"classes": 10}, "None or 'imagenet'. Received: 10"),
        ("efficientnet-lite0", {"image_size": 8}, "image_size=8"),
    ],
)
def test_settings_that_do_not_fit_are_refused(name, settings, message):
    with pytest.raises(sft.InputError, match=message):
        sft.load_pretrained_model(name, **settings)


@here
def test_it_knows_the_bell_cote_of_scikit_learns_photograph():
    from sklearn.datasets import load_sample_image

    model = sft.load_pretrained_model("efficientnet-lite0", classes="imagenet")
    photograph = load_sample_image("china.jpg")  # 427 x 640
    (name,), table = sft.predict(model, photograph[None], return_probabilities=True)
    assert (name, int(table.argmax())) == ("bell cote", 442)
    assert 0.75 < table.max() < 0.87


@here
def test_it_is_fine_tuned_on_images_of_any_size_and_saved(tmp_path):
    random = np.random.default_rng(0)
    model = sft.load_pretrained_model("efficientnet-lite0", image_size=32)
    x = [
        random.integers(0, 40, (30 + i, 40, 3), "uint8") + np.uint8(200 * (i % 2))
        for i in range(8)
    ]
    y = ["dark", "light"] * 4
    tuned = sft.fine_tune(model, x, y, "block_16_*", epochs=2, verbose=0)
    every = sft.fine_tune(model, x, y, batch_size=8, verbose=0)
    assert len(every.history.epoch) == 8, "its own settings, all layers"
    kernels = [m.get_layer("block_16_conv").kernel for m in (tuned, model)]
    assert not np.array_equal(*kernels)
    assert sft.evaluate_model(tuned, x, y, verbose=False)["rows"] == 8
    sft.save_classifier(tuned, tmp_path / "bundle")
    loaded = sft.load_classifier(tmp_path / "bundle")
    found = [sft.predict_probabilities(m, x) for m in (tuned, loaded)]
    np.testing.assert_allclose(*found, atol=1e-6)
    assert loaded.preprocessor.image_size == 32
    moving = sft.augment(tuned)
    assert sft.predict(moving, x) == sft.predict(tuned, x)
    maps = sft.feature_maps(tuned, x[0])
    assert "block_16_conv_relu" in maps
    assert isinstance(
        sft.load_image_model("efficientnet-lite0", (8, 8, 1)), keras.Model
    )
