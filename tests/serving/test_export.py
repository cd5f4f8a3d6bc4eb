"""`export_model` and `load_exported`: the same answers, without TensorFlow."""

import keras
import keras_hub
import numpy as np
import pytest
from small import spread

import sftkeras as sft
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.models.lstm import create_model
from sftkeras.serving.export import export_model
from sftkeras.serving.exported import load_exported

TEXTS = [
    "the food was good",
    "never again",
    "unheard of , 味道 !",
    "great place and kind staff , not bad at all",
    "",
]
FIRST, SECOND = ["the food was good", "never again"], ["i love this", "bad book"]


def _lstm(num_classes=2):
    tokenizer = Tokenizer(max_length=20).fit_on_texts(TEXTS)
    return create_model(
        tokenizer=tokenizer, units=4, output_dim=3, num_classes=num_classes
    )


def _multi_label(encoder):
    names = ("food", "staff", "price")
    return sft.load_pretrained_model(encoder, task=sft.MultiLabel(names))


MODELS = {
    "two classes": lambda encoder: sft.load_pretrained_model(
        encoder, label_names=("bad", "好")
    ),
    "three classes": lambda encoder: sft.load_pretrained_model(encoder, num_classes=3),
    "first token": lambda encoder: sft.load_pretrained_model(encoder, pooling="cls"),
    "several labels": _multi_label,
    "a number": lambda encoder: sft.load_pretrained_model(
        encoder, task=sft.Regression()
    ),
    "LSTM": lambda encoder: _lstm(),
    "LSTM, three classes": lambda encoder: _lstm(3),
}


@pytest.mark.parametrize("name", MODELS)
def test_it_answers_as_the_model_does(name, tiny_encoder, tmp_path):
    model = spread(MODELS[name](tiny_encoder()))
    export_model(model, tmp_path / "out")
    exported = load_exported(tmp_path / "out")
    expected = sft.predict(model, TEXTS)
    if name == "a number":
        np.testing.assert_allclose(exported.predict(TEXTS), expected, rtol=1e-5)
        with pytest.raises(sft.InputError, match="no probabilities"):
            exported.predict_probabilities(TEXTS)
        assert exported.label_names == ()
        return
    found, probabilities = exported.predict(TEXTS, return_probabilities=True)
    assert found == expected
    wanted = sft.predict_probabilities(model, TEXTS)
    assert np.ptp(wanted, axis=0).max() > 0.01
    np.testing.assert_allclose(probabilities, wanted, rtol=0, atol=1e-5)
    one_by_one = [exported.predict_probabilities([text])[0] for text in TEXTS]
    np.testing.assert_allclose(one_by_one, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("engine", "near"), [("", 1e-5), ("-bfloat16", 0.02)])
def test_openvino_answers_alike(model, saved, engine, near):
    exported = load_exported(saved, engine=f"openvino{engine}")
    wanted = sft.predict_probabilities(model, TEXTS)
    found = exported.predict_probabilities(TEXTS, batch_size=2)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=near)


def test_an_engine_that_does_not_fit_is_told(model, saved, tmp_path):
    with pytest.raises(sft.InputError, match="`engine` must be one of"):
        load_exported(saved, engine="tensorrt")
    export_model(model, tmp_path / "small", quantize="int8")
    with pytest.raises(sft.InputError, match="int8 is computed by ONNX Runtime only"):
        load_exported(tmp_path / "small", engine="openvino")


def test_a_threshold_decides(model, saved):
    exported = load_exported(saved)
    for threshold in (0.0, 0.4, 1.0):
        expected = sft.predict(model, TEXTS, threshold=threshold)
        assert exported.predict(TEXTS, threshold) == expected
    with pytest.raises(sft.InputError, match="between 0 and 1"):
        exported.predict(TEXTS, 2)


def test_pairs_and_windows(model, saved):
    exported = load_exported(saved)
    pairs = (FIRST, SECOND)
    found = exported.predict_probabilities(pairs)
    wanted = sft.predict_probabilities(model, pairs)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    long = ["the food was good and " * 20, "never again"]
    found = exported.predict_probabilities(long, long_texts="windows")
    wanted = sft.predict_probabilities(model, long, long_texts="windows")
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    with pytest.warns(UserWarning, match="1 of 2 texts are longer than 32 tokens"):
        cut = exported.predict_probabilities(long)
    assert abs(cut - wanted).max() > 1e-4


def test_it_is_evaluated_as_the_model_is(model, saved, reviews):
    found = load_exported(saved).evaluate(reviews, verbose=False)
    expected = sft.evaluate_model(model, reviews, verbose=False)
    assert found.pop("loss") == pytest.approx(expected.pop("loss"), abs=1e-5)
    assert found == expected


def test_int8_is_smaller_and_near(tiny_encoder, tmp_path):
    encoder = tiny_encoder()
    model = sft.load_pretrained_model(encoder)
    export_model(model, tmp_path / "whole")
    export_model(model, tmp_path / "small", quantize="int8")
    whole, small = load_exported(tmp_path / "whole"), load_exported(tmp_path / "small")
    difference = abs(
        whole.predict_probabilities(TEXTS) - small.predict_probabilities(TEXTS)
    )
    assert 0 < difference.max() < 0.02
    content = (tmp_path / "small" / "model.onnx").read_bytes()
    assert b"MatMulInteger" in content and b"QuantizeLinear" in content


def test_large_tables_take_a_byte_a_number(tmp_path):
    words = [f"w{number}" for number in range(3000)]
    tokenizer = Tokenizer().fit_on_texts([" ".join(words)])
    model = create_model(tokenizer=tokenizer, units=4, output_dim=32)
    sizes = []
    for quantize in (None, "int8"):
        export_model(model, tmp_path / "out", quantize)  # the second replaces the first
        sizes.append((tmp_path / "out" / "model.onnx").stat().st_size)
        found = load_exported(tmp_path / "out").predict_probabilities(words[:5])
        wanted = sft.predict_probabilities(model, words[:5])
        np.testing.assert_allclose(found, wanted, rtol=0, atol=0.01)
    assert sizes[1] < 0.4 * sizes[0]


def test_a_graph_that_answers_otherwise_is_refused(tiny_classifier, tmp_path):
    class Dropout(keras.layers.Dropout):
        def call(self, inputs, training=False):
            return 2 * inputs

    Dropout.__module__ = "keras.src.layers"  # as a changed library would have it
    base = tiny_classifier()
    features = Dropout(0.1)(base.layers[-2].output)
    outputs = keras.layers.Dense(1, "sigmoid", name="head")(features)
    model = spread(keras.Model(base.input, outputs))
    model.preprocessor, model.label_names = base.preprocessor, (0, 1)
    with pytest.raises(sft.InputError, match="would answer otherwise than the model"):
        export_model(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_is_named(tiny_classifier, tmp_path):
    base = tiny_classifier()
    features = keras.layers.UnitNormalization(name="mine")(base.layers[-2].output)
    model = keras.Model(base.input, keras.layers.Dense(1, "sigmoid")(features))
    model.preprocessor, model.label_names = base.preprocessor, (0, 1)
    with pytest.raises(sft.InputError, match="'mine', UnitNormalization, cannot be"):
        export_model(model, tmp_path / "out")
    activated = keras.layers.Dense(4, "hard_tanh", name="odd")(base.layers[-2].output)
    model = keras.Model(base.input, keras.layers.Dense(1, "sigmoid")(activated))
    model.preprocessor, model.label_names = base.preprocessor, (0, 1)
    with pytest.raises(sft.InputError, match=r"'odd', Dense, .* for its 'hard_tanh'"):
        export_model(model, tmp_path / "out")
    arrays = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    with pytest.raises(sft.InputError, match="Only classifiers of texts"):
        export_model(arrays, tmp_path / "out")
    with pytest.raises(sft.InputError, match="`quantize` must be None or 'int8'"):
        export_model(base, tmp_path / "out", quantize="int4")
    words = keras_hub.models.BertTokenizer(
        base.preprocessor.layer.tokenizer.vocabulary, special_tokens_in_strings=True
    )
    layer = keras_hub.models.BertTextClassifierPreprocessor(words, 32)
    base.preprocessor = TextPreprocessor(layer, 32)
    with pytest.raises(sft.InputError, match="special_tokens_in_strings=True cannot"):
        export_model(base, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_package_is_named(saved, model, monkeypatch, tmp_path):
    import importlib

    known = importlib.import_module

    def gone(name, *rest):
        if name in ("onnx", "onnxruntime", "openvino"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return known(name, *rest)

    monkeypatch.setattr(importlib, "import_module", gone)
    with pytest.raises(sft.InputError, match="onnxruntime, which is missing: pip inst"):
        load_exported(saved)
    with pytest.raises(sft.InputError, match="openvino, which is missing: pip install"):
        load_exported(saved, engine="openvino")
    with pytest.raises(sft.InputError, match="package onnx, which is missing: pip ins"):
        export_model(model, tmp_path / "out")


def test_rows_that_are_no_texts_are_told(saved):
    exported = load_exported(saved)
    with pytest.raises(sft.InputError, match="text of row 1 is missing"):
        exported.predict(["good", None])
    with pytest.raises(sft.InputError, match="There are no labels"):
        exported.evaluate(["good"])
    with pytest.raises(sft.InputError, match="1 rows, 2 labels"):
        exported.evaluate(["good"], [0, 1])
    with pytest.raises(sft.InputError, match="`batch_size` must be a whole number"):
        exported.predict(["good"], batch_size=0)
