"""Images: a folder of files, augmentation, large pretrained models."""

import keras
import keras_hub
import numpy as np
import pytest
from PIL import Image

import sftkeras as sft
from sftkeras import images
from sftkeras.models.copying import copy_model
from sftkeras.training.techniques.frozen_once import split_at_frozen

SHAPE = (8, 8, 1)


@pytest.fixture(scope="module")
def digits():
    """Forty random grey images of 8 x 8, and labels 5 to 9."""
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (40, 8, 8, 1)).astype("uint8")
    return x, np.tile(np.arange(5, 10), 8)


def write_images(folder, x, y):
    for row, (image, label) in enumerate(zip(x, y, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze()).save(folder / str(label) / f"{row:03}.png")
    return folder


# Data.


def test_a_folder_of_digits_is_read_as_it_was_written(digits, tmp_path):
    x, y = digits
    x_read, y_read = images.load_images(write_images(tmp_path, x[:40], y[:40]))
    order = np.argsort(y[:40], kind="stable")
    assert np.array_equal(x_read, x[:40][order])
    assert y_read.tolist() == y[:40][order].astype(str).tolist()


def test_sizes_are_made_equal_and_one_colour_makes_all_colour(tmp_path):
    grey = np.full((30, 50), 200, "uint8")
    colour = np.zeros((40, 20, 3), "uint8")
    colour[..., 0] = 250
    write_images(tmp_path, [grey, grey], ["grey", "grey"])
    write_images(tmp_path, [colour], ["red"])
    Image.fromarray(colour).save(tmp_path / "red" / "b.JPG", quality=95)
    deep = np.full((30, 30), 51400, "uint16")  # 16 bits: 200 of 255
    Image.fromarray(deep).save(tmp_path / "grey" / "deep.png")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    x, y = images.load_images(tmp_path)
    assert x.shape == (5, 30, 30, 3) and x.dtype == "uint8"
    assert y.tolist() == ["grey"] * 3 + ["red"] * 2
    assert (x[:3] == 200).all()
    assert np.abs(x[3:].mean(axis=(0, 1, 2)) - (250, 0, 0)).max() < 5
    big = np.zeros((300, 400), "uint8")
    x, _ = images.load_images(write_images(tmp_path / "big", [big, big], "ab"))
    assert x.shape == (2, 224, 224, 1)


def test_a_photograph_stands_as_the_camera_was_held(tmp_path):
    image = np.zeros((8, 8, 3), "uint8")
    image[0] = 255
    turned = Image.Exif()
    turned[0x0112] = 3  # upside down
    write_images(tmp_path, [image, image], "ab")
    Image.fromarray(image).save(tmp_path / "a" / "turned.png", exif=turned)
    x, _ = images.load_images(tmp_path)
    assert x[1, 7].min() == 255 and x[1, 0].max() == 0


def test_damaged_images_are_named_and_skipped(digits, tmp_path):
    x, y = digits
    write_images(tmp_path, x[:20], y[:20])
    name = next((tmp_path / "5").iterdir())
    (tmp_path / "6" / "empty.png").write_bytes(b"")
    (tmp_path / "7" / "cut.png").write_bytes(name.read_bytes()[:60])
    (tmp_path / "8" / "text.jpg").write_text("not an image")
    with pytest.warns(UserWarning) as found:
        x_read, _ = images.load_images(tmp_path)
    told = str(found[0].message)
    assert len(x_read) == 20 and "3 of 23 image files" in told
    assert all(part in told for part in ("empty.png", "cut.png", "text.jpg"))


def test_a_folder_that_is_none(digits, tmp_path):
    with pytest.raises(sft.InputError, match="no such folder"):
        images.load_images(tmp_path / "missing")
    with pytest.raises(sft.InputError, match="Received: 0 folder"):
        images.load_images(tmp_path)
    write_images(tmp_path, digits[0][:2], ["a", "a"])
    with pytest.raises(sft.InputError, match="Received: 1 folder"):
        images.load_images(tmp_path)
    (tmp_path / "void").mkdir()
    with pytest.raises(sft.InputError, match="without an image: void"):
        images.load_images(tmp_path)
    (tmp_path / "void" / "a.png").write_text("damaged")
    with (
        pytest.warns(UserWarning, match="1 of 3"),
        pytest.raises(sft.InputError, match="without an image: void"),
    ):
        images.load_images(tmp_path)


# Augmentation.


def test_augmentation_moves_images_in_training_only_and_forbids_the_cut(digits):
    x, _ = digits
    inputs = keras.Input((8, 8, 1))
    pooled = keras.layers.Flatten()(keras.layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(5, "softmax")(pooled))
    moving = images.augment(model)
    x = x[:8].astype("float32") / 255
    still = np.asarray(model(x, training=False))
    assert np.allclose(np.asarray(moving(x, training=False)), still)
    first, second = (np.asarray(moving(x, training=True)) for _ in range(2))
    assert not np.allclose(first, second)
    for network in (model, moving):
        sft.set_trainable(network, None)
        assert (split_at_frozen(network) is None) == (network is moving)


# Large pretrained models: the loading code, on small ones of the same architecture.


@pytest.fixture
def preset(tmp_path):
    """A directory with a tiny colour ResNet and what prepares images for it."""
    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.ResNetBackbone(
        [64], [7], [64, 64], [1, 1], [1, 2], "basic_block", image_shape=(None, None, 3)
    )
    backbone.save_to_preset(str(tmp_path / "resnet"))
    return tmp_path / "resnet"


def test_a_preset_with_its_preprocessing_in_the_graph(preset, digits):
    x, y = digits
    with pytest.raises(sft.InputError, match="how images are prepared"):
        images.load_image_model(str(preset), SHAPE)
    scale, offset = [0.01, 0.02, 0.03], [-1.0, 0.0, 1.0]
    converter = keras_hub.layers.ResNetImageConverter(
        image_size=(32, 32), scale=scale, offset=offset
    )
    converter.save_to_preset(str(preset))
    model = images.load_image_model(str(preset), SHAPE)
    backbone = keras_hub.models.Backbone.from_preset(str(preset))
    colour = np.repeat(x[:4], 3, axis=-1).astype("float32")
    expected = np.asarray(backbone(converter(colour))).mean(axis=(1, 2))
    copy = copy_model(model)  # the layers of `model` stand in two graphs
    features = keras.Model(copy.input, copy.layers[-1].input)
    found = np.asarray(features(x[:4], training=False))
    assert np.allclose(found, expected, atol=1e-4)
    assert model.get_layer("stack1_block0_1_conv"), "one flat graph"
    tuned = sft.fine_tune(
        sft.replace_head(model, 5), x[:30], y[:30], ["stack1*"], epochs=1, verbose=0
    )
    assert set(sft.predict(tuned, x[:9])) <= {5, 6, 7, 8, 9}


@pytest.mark.parametrize("name", ["MobileNet", "ResNet50"])
def test_a_function_of_keras_applications(name, tmp_path, monkeypatch):
    monkeypatch.setattr("sftkeras.models.images.SIDE", 32)
    build = getattr(keras.applications, name)
    options = {"include_top": False, "weights": None, "input_shape": (32, 32, 3)}
    keras.utils.set_random_seed(1)
    backbone = build(**options)
    file = tmp_path / "mine.weights.h5"
    backbone.save_weights(file)
    x = np.random.default_rng(0).integers(0, 255, (3, 40, 40, 3)).astype("uint8")
    model = images.load_image_model(f"{name}:{file}", x.shape[1:])
    module = getattr(keras.applications, {"MobileNet": "mobilenet"}.get(name, "resnet"))
    small = np.array(keras.layers.Resizing(32, 32)(x.astype("float32")))
    expected = np.asarray(backbone(module.preprocess_input(small))).mean(axis=(1, 2))
    copy = copy_model(model)  # the layers of `model` stand in two graphs
    features = keras.Model(copy.input, copy.layers[-1].input)
    assert np.allclose(np.asarray(features(x, training=False)), expected, atol=1e-4)
    y = np.array(["cat", "dog", "dog"])
    tuned = sft.fine_tune(model, x, y, None, epochs=1, verbose=0)
    assert tuned.label_names == ("cat", "dog")


def test_what_cannot_be_loaded_says_what_to_do(tmp_path, monkeypatch):
    def no_network(*args, **kwargs):
        raise OSError("URL fetch failure")

    monkeypatch.setattr(keras.applications, "ResNet50", no_network)
    monkeypatch.setattr(images.inspect, "isfunction", callable)
    with pytest.raises(sft.InputError, match=r"need a network.*'ResNet50:FILE'"):
        images.load_image_model("ResNet50", SHAPE)
    with pytest.raises(sft.InputError, match="Cannot load 'MobileNet'"):
        images.load_image_model(f"MobileNet:{tmp_path / 'none.h5'}", SHAPE)
    with pytest.raises(sft.InputError, match="no pretrained model 'resnet_5o_imagenet"):
        images.load_image_model("resnet_5o_imagenet", SHAPE)


def test_a_text_model_is_refused(digits, tiny_encoder, tmp_path):
    encoder = tiny_encoder()
    encoder.save_to_preset(str(tmp_path / "bert"))
    encoder.preprocessor.layer.save_to_preset(str(tmp_path / "bert"))
    with pytest.raises(sft.InputError, match="does not take images"):
        images.load_image_model(str(tmp_path / "bert"), SHAPE)


def test_feature_maps_are_those_of_the_last_layer_of_each_size():
    inputs = keras.Input((8, 8, 1))
    first = keras.layers.Conv2D(3, 3, padding="same", name="first")(inputs)
    second = keras.layers.Conv2D(4, 3, padding="same", name="second")(first)
    third = keras.layers.MaxPooling2D(name="third")(second)
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(third))
    model = keras.Model(inputs, outputs)
    image = np.random.default_rng(0).random((8, 8, 1)).astype("float32")
    maps = images.feature_maps(model, image)
    assert {name: found.shape for name, found in maps.items()} == {
        "second": (8, 8, 4),
        "third": (4, 4, 4),
    }
    expected = keras.Model(inputs, third)(image[None])[0]
    assert np.allclose(maps["third"], np.asarray(expected))


def test_a_small_network_takes_images_of_any_size():
    from sftkeras.models.images import small_network

    models = [small_network(3, side=32, seed=seed) for seed in (0, 0, 1)]
    first, again, other = (model.get_weights()[0] for model in models)
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    x = [np.full((20, 30 + n), 40 * n, "uint8") for n in range(6)]
    sft.train_model(models[0], x, ["a", "b", "c"] * 2, epochs=1, verbose=0)
    assert set(sft.predict(models[0], x)) <= {"a", "b", "c"}
