"""`translate`: a catalogue in, a draft out, and what is wrong with what was given."""

import pytest
from translators import CHINESE, ENGLISH, tiny_translator

import sftkeras as sft
from sftkeras.data.catalogues import read_catalogue
from sftkeras.data.placeholders import placeholders

PO = r"""msgid ""
msgstr ""
"Language: zh_CN\n"
"Content-Type: text/plain; charset=UTF-8\n"

msgid "good food"
msgstr "美食"

msgid "rude staff with %s and {name}"
msgstr ""

#, c-format
msgid "<b>dirty</b> room"
msgstr ""
"""


@pytest.fixture(scope="module")
def bundle(tiny_encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("translator") / "model"
    model = sft.fine_tune(
        tiny_translator(tiny_encoder),
        ENGLISH,
        CHINESE,
        ["decoder_*", "target_*"],
        epochs=1,
        verbose=0,
    )
    sft.save_classifier(model, path)
    return path


def test_drafts_of_what_is_missing_and_nothing_else(run, labelled, bundle, tmp_path):
    source, target = labelled(PO, "app.po"), tmp_path / "app.zh.po"
    status, out, _ = run(
        "translate", "--model", bundle, "--file", source, "--out", target
    )
    assert status == 0
    assert "drafts: 2; translated before: 1." in out
    text = target.read_text("utf-8")
    assert text.count("fuzzy") == 2
    assert 'msgstr "美食"' in text
    assert source.read_text("utf-8") == PO
    filled = sft.predict(sft.load_classifier(bundle), ["rude staff with %s and {name}"])
    assert filled[0] in text


FUZZY = """
#, fuzzy
msgid "cold food"
msgstr "冷的食物"
"""


def test_what_a_person_wrote_and_flagged_fuzzy_stays(run, labelled, bundle, tmp_path):
    source, target = labelled(PO + FUZZY, "app.po"), tmp_path / "app.zh.po"
    words = ["translate", "--model", bundle, "--file", source, "--out"]
    status, out, _ = run(*words, target)
    assert status == 0
    assert "drafts: 2; translated before: 1; fuzzy before, left as they are" in out
    assert FUZZY in target.read_text("utf-8")
    assert "the header gets Plural-Forms: nplurals=1; plural=0;." in out
    status, out, _ = run(*words, tmp_path / "anew.po", "--fuzzy")
    assert "drafts: 3; translated before: 1; fuzzy before, drafted anew: 1." in out
    assert "冷的食物" not in (tmp_path / "anew.po").read_text("utf-8")


def test_only_fuzzy_ones_are_nothing_to_do(fails, labelled, tmp_path):
    source = labelled(FUZZY, "app.po")
    line = fails("translate", "--file", source, "--out", tmp_path / "zh.po")
    assert "have a translation: 0; fuzzy, which --fuzzy drafts anew: 1." in line


def test_a_file_is_no_text(fails, labelled):
    source = labelled(PO, "app.po")
    assert f"To read it give --file {source}" in fails("translate", source)


def test_placeholders_are_all_there(run, labelled, bundle, tmp_path):
    lines = [f"item {n} of {{name{n}}}, %s and %d <b>x</b>\n" for n in range(0, 100, 7)]
    source, target = labelled("".join(lines), "app.tsv"), tmp_path / "out.tsv"
    run("translate", "--model", bundle, "--file", source, "--out", target)
    entries = read_catalogue(target).entries
    assert len(entries) == len(lines)
    for entry in entries:
        assert sorted(placeholders(entry.target)) == sorted(placeholders(entry.source))


def test_texts_are_printed(run, bundle):
    status, out, _ = run("translate", "--model", bundle, "good food", "cold {x}")
    assert status == 0
    assert len(out.splitlines()) == 2
    assert "{x}" in out.splitlines()[1]


def test_nothing_to_do(fails, labelled, bundle, tmp_path):
    source = labelled("Open\t打开\n", "app.tsv")
    line = fails(
        "translate", "--model", bundle, "--file", source, "--out", tmp_path / "o.tsv"
    )
    assert "nothing to do: all texts have a translation: 1." in line


def test_a_file_that_is_there_is_not_replaced(fails, labelled, bundle):
    source = labelled(PO, "app.po")
    assert "is there already" in fails("translate", "--file", source, "--out", source)


def test_the_two_must_be_of_one_kind(fails, labelled, tmp_path):
    source = labelled(PO, "app.po")
    line = fails("translate", "--file", source, "--out", tmp_path / "app.json")
    assert "must end in .po" in line


def test_a_folder_that_is_not_there(fails, labelled, tmp_path):
    source = labelled(PO, "app.po")
    line = fails("translate", "--file", source, "--out", tmp_path / "no" / "app.po")
    assert "there is no folder" in line


def test_a_folder_that_may_not_be_written_to(fails, labelled, tmp_path, monkeypatch):
    source = labelled(PO, "app.po")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    line = fails("translate", "--file", source, "--out", tmp_path / "zh.po")
    assert "may not be written to" in line


def test_a_folder_is_no_catalogue(fails, tmp_path):
    line = fails("translate", "--file", tmp_path, "--out", tmp_path / "zh.po")
    assert "no such file" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "either TEXT arguments or --file"),
        (["Open", "--file", "a.po"], "either TEXT arguments or --file"),
        (["--file", "a.po"], "go together"),
        (["Open", "--out", "a.po"], "go together"),
        (["Open", "--beam", "0"], "--beam must be from 1 to 20"),
        (["Open", "--verify", "key.pub"], "give --model DIR"),
        (["Open", "--fuzzy"], "--fuzzy is for a catalogue"),
    ],
)
def test_what_does_not_go_together(fails, words, said):
    assert said in fails("translate", *words)


def test_a_classifier_is_no_translator(fails, bundles):
    line = fails("translate", "--model", bundles["names"], "Open")
    assert "this is no translator" in line
