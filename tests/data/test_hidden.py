"""What plain files hide: labels within lines, escapes, signs that are not seen."""

import re
import warnings

import pytest

from sftkeras.data.splits import find_leaks
from sftkeras.data.texts import load_texts
from sftkeras.errors import InputError


@pytest.fixture
def load(tmp_path):
    """A function that reads content under a name, and returns (data, warnings)."""

    def load(name, content, **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            data = load_texts(path, **options)
        return data, " ".join(str(warning.message) for warning in caught)

    return load


def test_labels_of_fasttext_anywhere_in_a_line(load):
    content = "good food __label__pos\n__label__neg bad\nso __label__neg so\n"
    data, told = load("x.txt", content)
    assert data.texts == ["good food", "bad", "so so"]
    assert (data.labels.tolist(), told) == (["pos", "neg", "neg"], "")
    data, _ = load("x.txt", "good\t__label__pos\nbad\t__label__neg\n")
    assert data.labels.tolist() == ["pos", "neg"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.txt", "good\nbad __label__neg\n", "ome texts hold '__label__'"),
        ("x.txt", "good 1\nbad 0\n", "ends in a number such as '1'.*a tab between"),
        ("x.txt", "1 good\n0 bad\n", "begins with a number such as '1'"),
        ("x.txt", "good/pos\nbad/neg\nso/neg\nno/neg\n", "delimiter='/'"),
        ("x.txt", "好吃，1\n难吃，0\n", "delimiter='，'"),
        ("x.txt", "好吃:1\n难吃:0\n", "delimiter=':'"),
    ],
)
def test_texts_that_hold_labels_are_told(load, name, content, message):
    with pytest.raises(InputError, match=message):
        load(name, content, require_labels=True)
    data, told = load(name, content)
    assert data.labels is None
    assert re.search(message, told)


def test_texts_that_end_in_numbers_of_their_own_are_not_told(load):
    assert load("x.txt", "room 12\nroom 13\nfloor 4\nhouse 7\n")[1] == ""


@pytest.mark.parametrize("sign", "，:：^")
@pytest.mark.parametrize("name", ["x.csv", "x.txt"])
def test_a_header_shows_a_rare_delimiter(load, name, sign):
    data, told = load(name, f"text{sign}label\n好吃{sign}1\n难吃{sign}0\n")
    assert (data.texts, data.labels.tolist()) == (["好吃", "难吃"], [1, 0])
    assert f"delimiter {sign!r}" in told


def test_hz_is_read_and_told(load):
    data, told = load("x.txt", "很好吃 ok\t1\n难吃\t0\n".encode("hz"))
    assert data.texts == ["很好吃 ok", "难吃"]
    assert "read as hz" in told
    assert load("x.txt", "a ~{ b\t1\nc ~} d\t0\n")[1] == ""  # not HZ: no such bytes


def test_utf7_is_told(load):
    content = "很好吃\t1\n难吃\t0\n".encode("utf-7")
    assert "encoding='utf-7'" in load("x.txt", content)[1]
    assert load("x.txt", content, encoding="utf-7")[0].texts == ["很好吃", "难吃"]
    assert load("x.txt", "a+bcd- b\t1\nC++ and more-\t0\nx\t1\n")[1] == ""


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["很好吃，一个字\t1\n难吃\t0\n", "good food\t1\nbad\t0\n"]
)
def test_utf16_without_a_mark(load, encoding, text):
    with pytest.raises(InputError, match=f"NUL byte.*may be '{encoding}'"):
        load("x.txt", text.encode(encoding))


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u2060", "\ufe0f"])
def test_labels_that_differ_by_a_sign_that_is_not_seen(load, sign):
    data, told = load("x.txt", f"so good\tpos\nwell done\tpos{sign}\nnot so\tneg\n")
    assert len(data.label_names) == 3
    assert "blanks, seen or not" in told
    assert "(1), 'pos'" in told or "'pos' (1)" in told


def test_labels_that_differ_by_a_mark_are_two(load):
    assert load("x.txt", "so good\tดี\nnot so\tดู\n")[1] == ""


def test_whole_numbers_one_a_row_are_told(load):
    data, told = load("x.txt", "".join(f"text {n} x\t{7 * n}\n" for n in range(30)))
    assert len(data.label_names) == 30
    assert "30 different whole numbers in 30 rows" in told and "num_classes=1" in told
    assert load("x.txt", "".join(f"text {n} x\t{n % 15}\n" for n in range(30)))[1] == ""


def test_the_file_of_a_folder_that_is_no_utf8_is_named(tmp_path):
    for name in ("pos", "neg"):
        (tmp_path / name).mkdir()
        for number in range(4):
            path = tmp_path / name / f"{number}.txt"
            path.write_text(f"très bon café à {name} {number}", encoding="utf-8")
    (tmp_path / "pos" / "2.txt").write_bytes("très bon café".encode("cp1252"))
    with (
        warnings.catch_warnings(),
        pytest.raises(InputError, match=r"pos.2\.txt.*cp1252"),
    ):
        warnings.simplefilter("ignore")
        load_texts(tmp_path)


@pytest.mark.parametrize(
    "given", ["good food", [None], [1], None, {"a": 1}, [("a", None)], [[]]]
)
def test_leaks_are_looked_for_in_texts(given):
    for pair in ((["a"], given), (given, ["a"])):
        with pytest.raises(InputError, match=r"must be a `TextData` or a list of text"):
            find_leaks(*pair)
    assert find_leaks([("a", "b")], [("A", "b")]) == [(0, 0, ("A", "b"))]
