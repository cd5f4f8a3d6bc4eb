"""The examples in the docstrings of the public names run and print what they say."""

import doctest

import pytest

import sftkeras
from sftkeras.files import ROOT
from sftkeras.models.encoders import directory_of
from sftkeras.models.pretrained import load_pretrained_model

FOUND = {
    name: found[0]
    for name in sftkeras.__all__
    if (found := doctest.DocTestFinder(recurse=False).find(getattr(sftkeras, name)))
    and found[0].examples
}


def test_the_examples_are_found():
    expected = {"Tokenizer", "load_texts", "load_data", "create_model", "fine_tune"}
    assert expected | {"train_model", "set_trainable", "predict"} <= set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_the_example_is_true(name, tiny_encoder, reviews, monkeypatch):
    if name == "load_pretrained_model" and not directory_of("minilm").is_dir():
        pytest.skip("the encoder is not here: python data/get_minilm.py")
    monkeypatch.chdir(ROOT)  # the examples read data/reviews
    example = FOUND[name]
    example.globs = {public: getattr(sftkeras, public) for public in sftkeras.__all__}
    # Six blocks, as in MiniLM, where an example names the last two.
    blocks = 6 if "transformer_layer_" in example.docstring else 2
    model = load_pretrained_model(tiny_encoder(num_layers=blocks))
    example.globs |= {"model": model, "train": reviews}
    report = []
    doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert not report, "".join(report)
