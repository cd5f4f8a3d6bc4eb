"""Pairs of texts: framed and cut as KerasHub does it, learned, saved."""

import numpy as np
import pandas as pd
import pytest

import sftkeras as sft

FIRST = ["the food was good", "great place and kind staff", "never again"] * 4
SECOND = [
    "i love this",
    "bad book , dull story",
    "not good at all and old and cold",
] * 4
LABELS = [0, 1, 0] * 4
PAIRS = list(zip(FIRST, SECOND, strict=True))


@pytest.mark.parametrize("max_length", [32, 12, 9, 6])
def test_token_ids_are_those_of_keras_hub(tiny_encoder, max_length):
    known = tiny_encoder().preprocessor
    ours = type(known)(known.layer, max_length)
    found = ours.encode_pairs(FIRST, SECOND)
    assert ours.truncated == {32: 0, 12: 8, 9: 12, 6: 12}[max_length]
    known.layer.sequence_length = max_length
    expected = known.layer((FIRST, SECOND), y=None)  # a lone tuple would be (x, y)
    assert set(found) == set(expected)
    for name, column in found.items():
        wanted = np.asarray(expected[name]).astype(int)
        np.testing.assert_array_equal(column.take(np.arange(12), max_length), wanted)
    assert found["segment_ids"].values.max() == 1


def test_pairs_are_learned_from_and_saved(tiny_classifier, tmp_path):
    options = {"epochs": 1, "verbose": 0}
    model = sft.fine_tune(tiny_classifier(), (FIRST, SECOND), LABELS, **options)
    expected = sft.predict_probabilities(model, (FIRST, SECOND))
    other = sft.predict_probabilities(model, (SECOND, FIRST))
    assert abs(expected - other).max() > 1e-5  # which is first matters
    frame = pd.DataFrame({"premise": FIRST, "claim": SECOND})
    rows = list(zip(FIRST, SECOND, strict=True))
    for data in (frame, rows, np.array(rows), (pd.Series(FIRST), pd.Series(SECOND))):
        np.testing.assert_array_equal(sft.predict_probabilities(model, data), expected)
    again = sft.fine_tune(tiny_classifier(), frame, LABELS, **options)
    np.testing.assert_array_equal(sft.predict_probabilities(again, rows), expected)
    report = sft.evaluate_model(model, rows, LABELS, verbose=False)
    assert report["rows"] == 12
    mistakes = sft.confident_mistakes(model, frame, LABELS)
    assert list(mistakes.columns)[:2] == ["text", "text_pair"]
    sft.save_classifier(model, tmp_path / "pairs")
    loaded = sft.load_classifier(tmp_path / "pairs")
    np.testing.assert_array_equal(sft.predict_probabilities(loaded, rows), expected)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((FIRST, SECOND[:-1]), "12 first texts, 11 second ones"),
        ([FIRST, SECOND], "columns or rows. Write pairs as a tuple"),
        ([("a", "b"), ("a", None)], "row 1 is missing"),
        ([("a", "b", "c")] * 3, "two that make a pair. Received: 3 columns"),
    ],
)
def test_pairs_that_are_none_are_refused(tiny_classifier, data, message):
    with pytest.raises(sft.InputError, match=message):
        sft.predict(tiny_classifier(), data)


def _answers(model):
    """The ways to ask a model, each of texts as they are given."""
    return [
        lambda texts: sft.predict(model, texts),
        lambda texts: sft.predict_probabilities(model, texts),
        lambda texts: sft.evaluate_model(model, texts, [0] * 12, verbose=False),
        lambda texts: sft.predict(model, texts, long_texts="windows"),
    ]


@pytest.fixture(scope="module")
def taught(tiny_classifier):
    """{of what it learned: a model}."""
    options = {"epochs": 1, "verbose": 0}
    return {
        "pairs": sft.fine_tune(tiny_classifier(), (FIRST, SECOND), LABELS, **options),
        "texts": sft.fine_tune(tiny_classifier(), FIRST, LABELS, **options),
    }


def test_a_model_of_pairs_takes_no_single_texts(taught, tmp_path):
    sft.save_classifier(taught["pairs"], tmp_path / "saved")
    sft.export_model(taught["pairs"], tmp_path / "exported")
    exported = sft.load_exported(tmp_path / "exported")
    for folder in ("saved", "exported"):  # what their cards tell
        card = (tmp_path / folder / "README.md").read_text()
        assert "--pair-column NAME" in card and '("some text", "another")' in card
    ways = _answers(taught["pairs"])
    ways += _answers(sft.load_classifier(tmp_path / "saved"))
    ways += [exported.predict, lambda texts: exported.evaluate(texts, [0] * 12)]
    for ask in ways:
        with pytest.raises(
            sft.InputError, match="pairs of texts, and was given single"
        ):
            ask(FIRST)
    assert len(exported.predict((FIRST, SECOND))) == 12


def test_a_model_of_single_texts_takes_no_pairs(taught, tmp_path):
    sft.export_model(taught["texts"], tmp_path / "exported")
    exported = sft.load_exported(tmp_path / "exported")
    for ask in [*_answers(taught["texts"])[:3], exported.predict]:
        with pytest.raises(
            sft.InputError, match="from single texts, and was given pai"
        ):
            ask((FIRST, SECOND))
    assert len(exported.predict(FIRST)) == 12


def test_validation_data_must_be_of_the_same_kind(tiny_classifier):
    with pytest.raises(sft.InputError, match="pairs of texts, and was given single"):
        sft.fine_tune(
            tiny_classifier(), (FIRST, SECOND), LABELS, validation_data=(FIRST, LABELS)
        )


def test_what_it_learned_from_last_counts(taught, tiny_classifier):
    untrained = tiny_classifier()  # takes either: nobody has told it
    assert len(sft.predict(untrained, FIRST)) == len(sft.predict(untrained, [*PAIRS]))
    for kind, texts in (("pairs", FIRST), ("texts", (FIRST, SECOND))):
        again = sft.fine_tune(taught[kind], texts, LABELS, epochs=1, verbose=0)
        assert len(sft.predict(again, texts)) == 12
    model = tiny_classifier()
    for texts in (FIRST, (FIRST, SECOND)):
        sft.train_model(model, texts, LABELS, epochs=1, verbose=0)
        assert len(sft.predict(model, texts)) == 12


def test_adapters_know_it_too(tiny_classifier, tmp_path):
    base = tiny_classifier()
    options = {"epochs": 1, "verbose": 0, "techniques": [sft.LoRA(2)]}
    tuned = sft.fine_tune(base, (FIRST, SECOND), LABELS, **options)
    sft.save_adapters(tuned, tmp_path / "learned.safetensors")
    again = sft.load_adapters(base, tmp_path / "learned.safetensors")
    with pytest.raises(sft.InputError, match="learned from pairs of texts"):
        sft.predict(again, FIRST)


def test_a_terminal_is_told_of_its_option(taught, tmp_path, capsys):
    from sftkeras.commands.main import main

    sft.save_classifier(taught["pairs"], tmp_path / "saved")
    assert main(["predict", "--model", str(tmp_path / "saved"), "never again"]) == 2
    assert "of a file --pair-column names the second" in capsys.readouterr().err
    words = ["export", "--model", str(tmp_path / "saved"), "--out", str(tmp_path / "x")]
    assert main(words) == 0
    assert "--file FILE --pair-column NAME" in capsys.readouterr().out
