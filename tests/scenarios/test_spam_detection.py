"""The scenario of §6.5: messages read, mistakes priced, models compared."""

import re
import warnings
from functools import partial

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras import plots
from sftkeras.scenarios import running, spam_detection
from sftkeras.scenarios.methods import lstm_from_scratch

GOOD = ["are you home", "see you at ten", "the bus is late", "mum says hello"]
SHORT = {"spam": 18, "ham": 82}
BAD = ["you won a prize", "claim your free prize now"]


@pytest.fixture(scope="module")
def trial(preset):
    """One run of every method on a few of our messages, short ones."""
    data = spam_detection.load_examples()
    short = np.array([len(text) < 80 for text in data.inputs])
    rows = [np.flatnonzero(short & (data.labels == k))[:n] for k, n in SHORT.items()]
    with pytest.MonkeyPatch.context() as patch:
        fine_tune = spam_detection.fine_tune
        patch.setattr(
            spam_detection,
            "fine_tune",
            lambda *args, **kw: fine_tune(*args, **kw | {"epochs": 2}),
        )
        patch.setitem(
            spam_detection.METHODS,
            "LSTM from scratch",
            partial(lstm_from_scratch, epochs=1),
        )
        data = data.take(np.concatenate(rows))
        scenario = spam_detection.SCENARIO
        return running.run_trial(scenario, data, labels=60, seed=1, source=preset)


# The messages.


def test_our_messages_are_many_distinct_and_one_in_seven_is_spam():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a repeated text
        data = spam_detection.load_examples()
        texts, labels = data.inputs, data.labels
    assert len(texts) == len(labels) >= 700
    assert 1 / 8 < np.mean(labels == "spam") < 1 / 6
    assert set(labels) == {"ham", "spam"}


def test_our_messages_name_no_address_or_phone_that_could_be_real():
    text = "\n".join(spam_detection.load_examples().inputs)
    links = re.findall(r"\b[\w-]+(?:\.[\w-]+)*\.([a-z]{2,})\b", text)
    assert {*links} <= {"example", "invalid"}, "a link on a name that is not reserved"
    phones = re.findall(r"(?<![\d.,])\+?0\d[\d ]{8,}\d|\b\d{3}-\d{4}\b", text)
    assert len(phones) > 20
    for phone in phones:  # reserved for fiction by Ofcom, and in North America
        assert re.match(r"07700 900\d{3}|555-01\d\d", phone), phone


@pytest.mark.parametrize("name", ["SMSSpamCollection", "x.txt"])
def test_a_file_with_the_labels_first_is_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(
        b"ham\tSee you  at TEN\r\nspam\tU won\ta prize\nham\tsee you at ten \n\n"
        b"ham\t\nspam\tCosts \xa35\n"  # not UTF-8
    )
    with pytest.warns(UserWarning, match="1 repeated texts left out"):
        data = spam_detection.load_examples(path)
    assert data.inputs == ["See you  at TEN", "U won\ta prize", "Costs \ufffd5"]
    assert data.labels.tolist() == ["ham", "spam", "spam"]


def test_a_file_with_the_labels_last_is_read(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("label,text\nham,hello\nspam,prize\n")
    assert spam_detection.load_examples(path).inputs == ["hello", "prize"]
    path = tmp_path / "mine.tsv"
    path.write_text("hello\tham\nspam\tham\nprize\tspam\n")
    assert spam_detection.load_examples(path).inputs == ["hello", "spam", "prize"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\t0\nprize\t1\n", r"x\.tsv: .*two labels, ham and spam.*\['0', '1'\]"),
        ("ham\thello\nham\tbye\n", r"two labels.*Received: \['ham'\]"),
        ("hello\nprize\n", "no labels"),
        ("", "the file is empty"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, content, message):
    path = tmp_path / "x.tsv"
    path.write_text(content)
    with pytest.raises(sft.InputError, match=message):
        spam_detection.load_examples(path)


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        spam_detection.load_examples(tmp_path / "messages.tsv")


# The models.


def moved(trial, name):
    """Return the names of the layers that training has changed."""
    pairs = zip(trial.pretrained.layers, trial.models[name].layers, strict=True)
    return {
        new.name
        for old, new in pairs
        if any(
            not np.array_equal(a, b)
            for a, b in zip(old.get_weights(), new.get_weights(), strict=True)
        )
    }


def test_each_method_trains_what_its_name_says(trial):
    everything = {layer.name for layer in trial.pretrained.layers if layer.weights}
    top = {"transformer_layer_1", "transformer_layer_2"}
    assert moved(trial, "fine-tuned, all layers") == everything
    assert moved(trial, "fine-tuned, all layers, mean of three") == everything
    one, mean = (
        trial.models[f"fine-tuned, all layers{more}"].get_layer("head").kernel.numpy()
        for more in ("", ", mean of three")
    )
    assert not np.allclose(one, mean, atol=1e-6)
    assert moved(trial, "fine-tuned, top two layers") == {*top, "head"}
    assert moved(trial, "frozen encoder") == {"head"}
    assert list(trial.models) == list(spam_detection.METHODS)
    assert "lstm" in [layer.name for layer in trial.models["LSTM from scratch"].layers]


def test_each_model_is_measured_on_the_rows_held_out(trial):
    assert len(trial.rows) == 7 and set(trial.rows["labels"]) == {60}
    for name, model in trial.models.items():
        found = spam_detection.measure(model, trial.test)
        row = trial.rows.set_index("model").loc[name]
        assert all(abs(row[key] - value) < 1e-6 for key, value in found.items())
        assert all(0 <= value <= 1 for value in found.values())
    assert spam_detection.METRIC in trial.rows


def test_a_local_preset_takes_the_place_of_minilm(preset):
    model = spam_detection.pretrained_model(None, 0, preset)
    assert sft.blocks(model)[-2:] == ["transformer_layer_1", "transformer_layer_2"]
    tuned = sft.fine_tune(model, GOOD + BAD, ["ham"] * 4 + ["spam"] * 2, verbose=0)
    assert tuned.label_names == ("ham", "spam")
    assert {*sft.predict(tuned, GOOD)} <= {"ham", "spam"}


def test_a_preset_that_is_none_is_refused(tmp_path):
    with pytest.raises(sft.InputError, match=r"config\.json is missing"):
        spam_detection.pretrained_model(None, 0, str(tmp_path))


def test_a_model_of_images_is_refused():
    inputs = keras.Input((8, 8, 1))
    images = keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs))
    with pytest.raises(sft.InputError, match="need a text model"):
        spam_detection.pretrained_model(None, 0, images)


# The decisions.

SPAM = np.array([False] * 100 + [True] * 4)


def test_the_measures_are_those_of_spam():
    scores = np.full(104, 0.1)
    scores[:3] = [0.9, 0.7, 0.4]  # good messages that look like spam
    scores[100:] = [0.8, 0.6, 0.95, 0.3]
    found = spam_detection.scores(SPAM, scores)
    assert found["precision"] == 3 / 5 and found["recall"] == 3 / 4
    assert abs(found["F1 of spam"] - 2 / 3) < 1e-9
    # One of the 100 good messages may be lost: all above 0.7, but not 0.7 itself.
    assert found["recall at 1% false alarms"] == 2 / 4
    by_hand = (1 / 1 + 2 / 3 + 3 / 5 + 4 / 7) / 4
    assert abs(found["average precision"] - by_hand) < 1e-9


def test_nothing_taken_for_spam_is_no_error():
    found = spam_detection.scores(SPAM, np.full(104, 0.1))
    assert found["F1 of spam"] == found["precision"] == 0.0


def test_the_figure_shows_the_models(trial):
    found = spam_detection.figures(trial)
    assert list(found) == ["decisions.png"]
    texts = found["decisions.png"].axes[1].get_legend().get_texts()
    texts = [text.get_text() for text in texts]
    assert texts == [*spam_detection.METHODS, "catch nothing"]


def test_the_figure_can_be_saved(trial, tmp_path):
    plots.save_figure(
        spam_detection.figures(trial)["decisions.png"], tmp_path / "x.png"
    )
    assert (tmp_path / "x.png").stat().st_size > 10_000
