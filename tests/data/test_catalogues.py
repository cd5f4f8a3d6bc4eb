"""Catalogues: read, filled, written; and what is wrong with those of users."""

import json

import pytest

from sftkeras.data.catalogues import load_pairs, read_catalogue, traditional
from sftkeras.errors import InputError

PO = r"""# A comment of the translator's
msgid ""
msgstr ""
"Language: zh_CN\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"

#: main.py:3
msgid "Open \"%s\""
msgstr "打开“%s”"

#. Shown in the menu
#: main.py:9
#, python-format
msgctxt "menu"
msgid "Delete %s"
msgstr ""

msgid "one file"
msgid_plural "%d files"
msgstr[0] ""

#, fuzzy
msgid "Quit"
msgstr "打开"
"""
TMX = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en-US"><seg>Open</seg></tuv>
<tuv xml:lang="zh-CN"><seg>打开</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Quit <ph>{x}</ph></seg></tuv></tu>
</body></tmx>
"""
JED = {
    "": {"language": "zh-CN"},
    "Open": ["打开"],
    "menu\x04Quit": [""],
    "group": {"Save": "保存", "Close": ""},
}


@pytest.fixture
def write(tmp_path):
    def written(text, name="app.po"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def sides(catalogue):
    return [(entry.source, entry.target) for entry in catalogue.entries]


def test_po(write):
    assert sides(read_catalogue(write(PO))) == [
        ('Open "%s"', "打开“%s”"),
        ("Delete %s", ""),
        ("%d files", ""),
        ("Quit", ""),
    ]


def test_po_is_filled_and_nothing_else_of_it_changes(write, tmp_path):
    catalogue = read_catalogue(write(PO))
    filled = catalogue.render({1: "删除 %s", 2: "%d 个文件", 3: "退出"})
    text = filled.decode("utf-8")
    assert text.count("fuzzy") == 3
    for kept in ("# A comment", "main.py:9", 'msgctxt "menu"', "#. Shown in the menu"):
        assert kept in text
    assert 'msgstr "打开“%s”"' in text
    assert 'msgstr[0] "%d 个文件"' in text
    again = read_catalogue(write(text, "again.po"))
    assert [entry.target for entry in again.entries] == ["打开“%s”", "", "", ""]


def test_json(write):
    path = write(json.dumps(JED), "app.json")
    catalogue = read_catalogue(path)
    assert sides(catalogue) == [
        ("Open", "打开"),
        ("Quit", ""),
        ("Save", "保存"),
        ("Close", ""),
    ]
    filled = json.loads(catalogue.render({1: "退出", 3: "关闭"}))
    assert filled["menu\x04Quit"] == ["退出"]
    assert filled["group"] == {"Save": "保存", "Close": "关闭"}
    assert filled[""] == JED[""]


def test_tmx(write):
    path = write(TMX, "app.tmx")
    catalogue = read_catalogue(path)
    assert sides(catalogue) == [("Open", "打开"), ("Quit {x}", "")]
    again = write(catalogue.render({1: "退出 {x}"}).decode("utf-8"), "again.tmx")
    open_, quit_ = read_catalogue(again).entries
    assert (open_.target, open_.draft) == ("打开", "")
    assert (quit_.target, quit_.draft) == ("", "退出 {x}")  # someone has yet to look


def test_tsv(write):
    catalogue = read_catalogue(write("Open\t打开\nQuit\n\nSave\t\n", "app.tsv"))
    assert sides(catalogue) == [("Open", "打开"), ("Quit", ""), ("Save", "")]
    filled = catalogue.render({1: "退出", 2: "保存"}).decode("utf-8")
    assert filled == "Open\t打开\nQuit\t退出\nSave\t保存\n"


def test_pairs_are_what_is_translated(write):
    pairs = load_pairs(write(PO))
    assert list(pairs.inputs) == ['Open "%s"']
    assert list(pairs.labels) == ["打开“%s”"]


def test_a_side_that_is_empty_is_refused(write):
    with pytest.raises(InputError, match=r"line 2: the Chinese side of 'Quit'"):
        load_pairs(write("Open\t打开\nQuit\t\n", "app.tsv"))
    with pytest.raises(InputError, match="line 1: the English side is empty"):
        load_pairs(write("\t打开\n", "app.tsv"))


def test_the_same_on_both_sides_is_left_out_and_told(write):
    with pytest.warns(UserWarning, match="1 entries are the same on both sides"):
        pairs = load_pairs(write("Open\t打开\nPython\tPython\n", "app.tsv"))
    assert len(pairs) == 1


def test_placeholders_that_differ_are_left_out_and_told(write):
    text = "Open\t打开\nDelete {a}\t删除 {b}\n"
    with pytest.warns(UserWarning, match=r"1 translations have other .*line 2"):
        assert len(load_pairs(write(text, "app.tsv"))) == 1


def test_traditional_characters_are_told(write):
    with pytest.warns(UserWarning, match=r"1 of 2 translations have Traditional.*開啟"):
        load_pairs(write("Open\t開啟\nQuit\t退出\n", "app.tsv"))
    assert traditional("打开 file，镕") == ""


def test_traditional_as_the_wanted_language_is_told(write):
    with pytest.warns(UserWarning, match="'zh_TW', Traditional"):
        read_catalogue(write(PO.replace("zh_CN", "zh_TW")))


def test_a_catalogue_without_translations_is_refused(write):
    with pytest.raises(InputError, match="nothing in it is translated: 1 texts"):
        load_pairs(write('msgid "Open"\nmsgstr ""\n'))


def test_a_catalogue_without_texts_is_refused(write):
    with pytest.raises(InputError, match="no text in this catalogue"):
        read_catalogue(write("{}", "app.json"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (r'msgid "Open \q"', r"line 1: a broken escape"),
        ('msgid "Open', r"line 1: a text in quotes is not closed"),
    ],
)
def test_broken_escapes_of_a_po_are_refused(write, line, said):
    with pytest.raises(InputError, match=said):
        read_catalogue(write(f'{line}\nmsgstr ""\n'))


def test_what_is_no_po_is_refused(write):
    with pytest.raises(InputError, match=r"app\.po"):
        read_catalogue(write("hello\nthere\n"))


def test_a_text_that_stands_twice_in_a_po_is_refused(write):
    one = 'msgctxt "menu"\nmsgid ""\n"Op"\n"en"\nmsgstr ""\n\n'
    two = 'msgid "Open"\nmsgid_plural "Opens"\nmsgstr[0] ""\n"打开"\n\n'
    assert len(read_catalogue(write(one + two)).entries) == 2
    with pytest.raises(InputError, match="line 12: 'Open' stands in line 1 already"):
        read_catalogue(write(one + two + one))


@pytest.mark.parametrize("charset", ["CHARSET", "ASCII", "GBK"])
def test_drafts_of_a_po_are_written_in_utf_8(write, tmp_path, charset):
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset={charset}\\n"\n'
    catalogue = read_catalogue(write(f'{header}\nmsgid "Open"\nmsgstr ""\n'))
    text = catalogue.render({0: "打开"}).decode("utf-8")
    assert 'msgstr "打开"' in text
    assert "charset=utf-8" in text


def test_another_language_is_refused(write):
    with pytest.raises(InputError, match=r"'fr'.*Simplified Chinese alone"):
        read_catalogue(write(PO.replace("zh_CN", "fr")))
    with pytest.raises(InputError, match="only 0 of 1 translations have a Chinese"):
        load_pairs(write("Open\tOuvrir\n", "app.tsv"))
    with pytest.raises(InputError, match="Received: de, en"):
        read_catalogue(write(TMX.replace("zh-CN", "de"), "app.tmx"))


def test_the_wrong_order_is_refused(write):
    with pytest.raises(InputError, match="the Chinese stands first"):
        load_pairs(write("打开\tOpen\n", "app.tsv"))


def test_a_memory_that_defines_entities_is_refused(write):
    text = TMX.replace("<tmx", '<!DOCTYPE t [<!ENTITY a "b">]><tmx')
    with pytest.raises(InputError, match="entities"):
        read_catalogue(write(text, "app.tmx"))


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("<tmx>", "app.tmx", "no XML"),
        ("{", "app.json", "no JSON"),
        ("", "app.json", r"app\.json: the file is empty"),
        ("[1]", "app.json", "Received: list"),
        ('{"a": 3}', "app.json", "'a': a translation must be a text"),
        ("a\tb\tc\n", "app.tsv", "line 1: .* 3 columns"),
        ("a", "app.xyz", "ends in .*Received: .xyz"),
    ],
)
def test_what_is_no_catalogue_is_refused(write, text, name, said):
    with pytest.raises(InputError, match=said):
        read_catalogue(write(text, name))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_catalogue(tmp_path / "app.po")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"menu": {"n": 5}}', r"app\.json, 'menu' > 'n': .* Received: 5"),
        ('{"n": [true]}', r"app\.json, 'n': .* Received: true"),
        ('{"a": {"b": {"n": [{}]}}}', r"app\.json, 'a' > 'b' > 'n': .* Received: {}"),
    ],
)
def test_what_is_no_text_in_a_json_is_told_with_its_place(write, content, said):
    with pytest.raises(InputError, match=said):
        read_catalogue(write(content, "app.json"))


def test_a_machines_draft_is_not_learned_from(write):
    catalogue = read_catalogue(write(TMX, "app.tmx"))
    text = catalogue.render({1: "退出 {x}"}).decode("utf-8")
    assert load_pairs(write(text, "again.tmx")).inputs == ["Open"]


def test_a_json_without_a_language_gets_it(write):
    catalogue = read_catalogue(write('{"": {"domain": "x"}, "a": ""}', "app.json"))
    assert json.loads(catalogue.render({}))[""]["language"] == "zh_CN"
    assert catalogue.notes == ["the header gets language: zh_CN"]
    assert not read_catalogue(write('{"a": ""}', "app.json")).notes
