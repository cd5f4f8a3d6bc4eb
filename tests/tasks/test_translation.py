"""`Translation`: rows, cached decoding, placeholders, learning, saving."""

import keras
import numpy as np
import pytest
from translators import CHINESE, ENGLISH, tiny_translator

import sftkeras as sft
from sftkeras.data.placeholders import Names, placeholders
from sftkeras.errors import InputError
from sftkeras.graph import task_of
from sftkeras.inputs.translation import END, START
from sftkeras.tasks import translation
from sftkeras.tasks.steps import Steps
from sftkeras.tasks.translation import Translation, _whole


@pytest.fixture(scope="module")
def model(tiny_encoder):
    return tiny_translator(tiny_encoder)


@pytest.fixture(scope="module")
def learned(tiny_encoder):
    """A translator that learned the ten pairs by heart."""
    return sft.fine_tune(
        tiny_translator(tiny_encoder, Translation(smoothing=0)),
        ENGLISH,
        CHINESE,
        ["source_*", "decoder_*", "target_*"],
        epochs=60,
        batch_size=5,
        learning_rate=5e-3,
        verbose=0,
    )


def test_targets_are_the_inputs_moved_by_one(model):
    rows = task_of(model).encode(model, ENGLISH, CHINESE)
    before, after = rows.inputs["target_ids"], rows.targets
    for row in range(len(rows)):
        assert before[row][0] == START
        assert after[row][-1] == END
        assert before[row][1:].tolist() == after[row][:-1].tolist()
    assert rows.weights.lengths.tolist() == after.lengths.tolist()
    assert model.preprocessor.decode(after[0][:-1]) == CHINESE[0]


def test_the_graph_does_not_see_what_is_yet_to_be_written(model):
    rows = task_of(model).encode(model, ENGLISH[:1], ["好吃的好吃的"])
    inputs = rows.take(np.arange(1))
    logits = np.asarray(model(inputs))
    changed = {**inputs, "target_ids": inputs["target_ids"].copy()}
    changed["target_ids"][:, 3:] = END
    other = np.asarray(model(changed))
    np.testing.assert_allclose(logits[:, :3], other[:, :3], atol=1e-5)
    assert np.abs(logits[:, 3:] - other[:, 3:]).max() > 1e-3


def test_cached_steps_compute_what_the_graph_computes(model):
    task = task_of(model)
    rows = task.encode(model, ENGLISH, CHINESE)
    inputs = rows.take(np.arange(len(rows)))
    whole = np.asarray(model(inputs))
    steps = Steps(model)
    read = {k: v for k, v in inputs.items() if k != "target_ids"}
    state = steps.start(steps.reader(read), inputs["padding_mask"])
    for place in range(whole.shape[1]):
        logits, state = steps.step(inputs["target_ids"][:, place], state)
        real = inputs["target_ids"][:, place] > 0
        np.testing.assert_allclose(logits[real], whole[real, place], atol=1e-4)


def test_padding_of_a_batch_changes_no_answer(learned):
    alone = [sft.predict(learned, [text])[0] for text in ENGLISH]
    assert sft.predict(learned, ENGLISH, batch_size=10) == alone


def test_many_rows_are_written_at_once_unless_told(model, monkeypatch):
    counts, write = [], translation.write

    def counted(step, state, count, *rest):
        counts.append(count)
        return write(step, state, count, *rest)

    monkeypatch.setattr(translation, "write", counted)
    sft.predict(model, ENGLISH * 4)
    sft.predict(model, ENGLISH * 4, batch_size=25)
    assert counts == [40, 25, 15]


def test_it_learns(learned):
    report = sft.evaluate_model(learned, ENGLISH, CHINESE, verbose=False)
    assert report["exact"] >= 0.8
    assert report["bleu"] > 80


def test_only_what_is_named_is_trained(tiny_encoder):
    before = tiny_translator(tiny_encoder)
    after = sft.fine_tune(
        before, ENGLISH, CHINESE, ["decoder_1_*"], epochs=1, verbose=0
    )
    moved = {
        layer.name
        for layer, twin in zip(before.layers, after.layers, strict=True)
        if any(
            (a != b).any()
            for a, b in zip(layer.get_weights(), twin.get_weights(), strict=True)
        )
    }
    assert {"decoder_1_self", "decoder_1_source", "decoder_1_inner"} <= moved
    assert not {n for n in moved if n.startswith(("decoder_0", "source", "trans"))}


HARD = [
    "{a} {b} {c}",
    "%s good %d food %s",
    "<b>good</b> room",
    "%(count)d good {n, plural, one {# film} other {# films}} &nbsp; x",
    "see https://good.food/room and food@room.net",
    "good\nroom\t{x}",
    "`code` and $HOME and file.ipynb",
    "{} {} {}",
    "good food at 127.0.0.1 and mydatabase.com in 5 days",
]


@pytest.mark.parametrize("beam", [None, 3])
def test_no_placeholder_is_lost_or_invented_even_by_an_untrained_network(model, beam):
    task = task_of(model)
    for original, answer in zip(HARD, task.answer(model, HARD, beam=beam), strict=True):
        assert sorted(placeholders(answer)) == sorted(placeholders(original))


def test_unnamed_placeholders_keep_their_order_and_tags_close_after_they_open(model):
    for answer in sft.predict(model, ["%s %d %i", "<b>good</b> <i>food</i>"] * 3):
        found = placeholders(answer)
        if "%s" in found:
            assert found == ["%s", "%d", "%i"]
        else:
            assert found.index("<b>") < found.index("</b>")
            assert found.index("<i>") < found.index("</i>")


def test_what_grows_together_is_put_apart():
    kept = ["room.net", "127"]
    assert _whole("good room.net 127", "<1>.<2>", kept) == "room.net . 127"


def test_what_the_network_spelt_like_a_placeholder_is_left_out():
    original = "Open %s by inspect.getsourcefile"
    assert _whole(original, "用inspect.get打开<1>", ["%s"]) == "用 打开 %s"
    assert _whole("Open it", "打开{it}。", []) == "打开 。"


def test_blanks_around_a_text_stay(learned):
    bare, edged = sft.predict(learned, ["good food", "  good food\n"])
    assert edged == f"  {bare}\n"


def test_an_empty_text_stays_empty(model):
    assert sft.predict(model, ["", "  "]) == ["", ""]


def test_what_is_longer_than_the_window_is_left_and_told(model, tiny_encoder):
    many = " ".join(f"{{{n}}}" for n in range(13))
    with pytest.warns(UserWarning, match=r"1 of 2 texts .* not translated.*row 1"):
        answers = sft.predict(model, ["good food", many])
    assert answers[1] == ""


def test_texts_in_another_language_than_english_are_told(tiny_encoder):
    words = frozenset(" ".join(ENGLISH).split())
    model = tiny_translator(tiny_encoder, names=Names(frozenset(), words))
    assert len(sft.predict(model, ["good food, cold room", "Dull story"])) == 2
    for text in (
        "Ouvrir le fichier et fermer la porte",
        "打开文件，保存文件，关闭文件，然后退出，再见",
    ):
        with pytest.warns(UserWarning, match="only 0% of the . words"):
            sft.predict(model, [text])


def test_an_empty_side_is_refused(model):
    with pytest.raises(InputError, match="row 1: the translation is empty"):
        sft.fine_tune(model, ["good", "bad"], ["好", " "], epochs=1)


def test_placeholders_that_differ_are_refused(model):
    with pytest.raises(InputError, match=r"row 0: the placeholders differ.*\{a\}"):
        sft.fine_tune(model, ["good {a}", "bad"], ["好", "坏"], epochs=1)


def test_a_translation_longer_than_the_window_is_refused(model):
    with pytest.raises(InputError, match=r"row 0: the translation has .* window"):
        sft.fine_tune(model, ["good", "bad"], ["好" * 80, "坏"], epochs=1)


def test_labels_that_are_no_texts_are_refused(model):
    with pytest.raises(InputError, match=r"must be texts.*row 1"):
        task_of(model).encode(model, ["good", "bad"], ["好", 3])


def test_pairs_of_texts_are_refused(model):
    with pytest.raises(InputError, match="translations as labels"):
        sft.predict(model, (["good"], ["bad"]))


def test_characters_that_never_occurred_are_written_in_bytes(model):
    front = model.preprocessor
    assert front.decode(front.encode_target("龘𠮷", "here")) == "龘𠮷"


def test_a_bundle_translates_in_the_same_way(learned, tmp_path):
    report = sft.evaluate_model(learned, ENGLISH, CHINESE, verbose=False)
    sft.save_classifier(learned, tmp_path / "translator", report)
    again = sft.load_classifier(tmp_path / "translator")
    texts = [*ENGLISH, *HARD]
    assert sft.predict(again, texts) == sft.predict(learned, texts)
    assert task_of(again).smoothing == 0
    card = (tmp_path / "translator" / "README.md").read_text("utf-8")
    assert "translate --model" in card
    assert "bleu" in card


def test_a_bundle_with_other_units_is_refused(learned, tmp_path):
    from sftkeras.inputs.translation import make_units
    from sftkeras.saving.manifest import read_manifest, write_manifest

    path = tmp_path / "translator"
    sft.save_classifier(learned, path)
    contents = read_manifest(path)
    other = make_units(["打开文件"] * 20, 300)
    (path / "preprocessor" / "assets" / "target.model").write_bytes(other)
    for name in ("files", "format", "digest"):
        contents.pop(name)
    (path / "classifier.json").unlink()
    (path / "README.md").unlink()
    write_manifest(path, contents)
    with pytest.raises(InputError, match="not of one translator"):
        sft.load_classifier(path)


def test_a_bundle_whose_network_is_none_is_refused(learned, tmp_path):
    from sftkeras.models.translator import check_translator

    front = learned.preprocessor
    other = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(InputError, match="not that of a translator"):
        check_translator(keras.Model(other.inputs, other.outputs), front)
