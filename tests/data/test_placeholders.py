"""What is carried over, found in a text, and the masks in its place."""

import pytest

from sftkeras.data.placeholders import (
    Names,
    follows,
    learn_names,
    mask,
    mask_pair,
    placeholders,
    unmask,
)

FOUND = {
    "Delete {name}?": ["{name}"],
    "%s of %d": ["%s", "%d"],
    "%(count)d items, %1$s, %2": ["%(count)d", "%1$s", "%2"],
    "100% done, 5%": [],
    "<a href='x'>all</a><br/>": ["<a href='x'>", "</a>", "<br/>"],
    "<0>open</0> {{count}}": ["<0>", "</0>", "{{count}}"],
    "{n, plural, one {# item} other {# items}} left": [
        "{n, plural, one {# item} other {# items}}"
    ],
    "Save&nbsp;as…": ["&nbsp;"],
    "Open file.ipynb at https://a.b/c.d.": ["file.ipynb", "https://a.b/c.d"],
    "e.g. this. And that.": [],
    "run `pip install x`": ["`pip install x`"],
    "one\n\ntwo": ["\n", "\n"],
    "mail me@there.org": ["me@there.org"],
    "Visit mydatabase.com.": ["mydatabase.com"],
    "${user} and $HOME": ["${user}", "$HOME"],
    "the --no-deps option": ["--no-deps"],
    "a well-known thing": [],
    "为_离开_或_经济_": [],
    "打开{x}，见https://a.b/c，谢谢": ["{x}", "https://a.b/c"],
}


@pytest.mark.parametrize("text", FOUND)
def test_placeholders_are_found(text):
    assert placeholders(text) == FOUND[text]


@pytest.mark.parametrize("text", [*FOUND, "HTML and JupyterLab in 12 GB"])
def test_masks_are_undone(text):
    masked, kept = mask(text, Names())
    assert unmask(masked, kept) == text
    assert all(piece not in masked for piece in placeholders(text))


def test_two_addresses_side_by_side_are_kept_apart():
    kept = ["https://a.b/c", "me@there.org", "{x}"]
    assert unmask("<1><2><3>见", kept, apart=True) == (
        "https://a.b/c me@there.org{x}见"
    )


def test_a_number_with_points_is_one():
    assert mask("from 127.0.0.1 at 3.5", Names())[1] == ["127.0.0.1", "3.5"]


def test_what_looks_like_a_name_is_carried_but_not_ordinary_words():
    names = Names(words=frozenset(["you"]))
    assert mask("AS YOU said, JSONLines", names)[1] == ["AS", "JSONLines"]


def test_pairs_are_masked_alike():
    pair = mask_pair("Copy %s to HTML as PDF", "将%s复制为 PDF", Names())
    assert pair == ("Copy <1> to HTML as <2>", "将<1>复制为 <2>")


@pytest.mark.parametrize("target", ["删除", "删除{b}", "删除{a}{a}"])
def test_a_pair_whose_placeholders_differ_is_none(target):
    assert mask_pair("Delete {a}", target, Names()) is None


def test_a_number_is_not_found_inside_another():
    assert mask_pair("in 5 days", "15天", Names()) == ("in 5 days", "15天")


def test_a_repeated_placeholder_is_masked_twice():
    assert mask_pair("{a} {a}", "{a}和{a}", Names()) == ("<1> <2>", "<1>和<2>")


def test_which_must_stand_before_which():
    assert follows(["%s", "{a}", "%d"]) == [0, 0, 1]
    assert follows(["<b>", "<i>", "</i>", "</b>"]) == [0, 0, 2, 1]
    assert follows(["</b>", "<br/>"]) == [0, 0]


def test_names_are_learned_from_what_translations_leave():
    pairs = [
        ("Open Django", "打开 Django"),
        ("Close Django", "关闭 Django"),
        ("Scan QR code", "扫描二维码"),
        ("QR code found", "找到二维码"),
        ("Open file", "打开文件"),
    ]
    names = learn_names(pairs)
    assert names.carries("Django")
    assert not names.carries("QR")
    assert not names.carries("Open")
    assert names.carries("JSONLines")
    assert names.carries("42")
