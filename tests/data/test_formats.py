"""Every layout that people's files of texts have, read to the same rows."""

import csv
import io
import json

import openpyxl
import pytest

from sftkeras.data.texts import iterate_texts, load_texts
from sftkeras.errors import InputError

ROWS = [("good food", 1), ("bad, cold soup", 0), ('a "fine" place', 1)]


@pytest.fixture
def write(tmp_path):
    """A function that writes a file and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def _csv(delimiter=",", header=("text", "label"), rows=ROWS):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows([header, *rows] if header else rows)
    return file.getvalue()


def _excel(rows, sheets=1):
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Reviews"
    for row in rows:
        book.active.append(row)
    for number in range(1, sheets):
        book.create_sheet(f"more {number}").append(["x"])
    book.save(file)
    return file.getvalue()


OBJECTS = [{"text": text, "label": label} for text, label in ROWS]
COLUMNS = {"text": [t for t, _ in ROWS], "label": [n for _, n in ROWS]}
QUIET = {
    "list.json": json.dumps(OBJECTS),
    "data.json": json.dumps({"data": OBJECTS, "version": 2}),
    "columns.json": json.dumps(COLUMNS),
    "pandas.json": json.dumps(
        {name: dict(enumerate(cells)) for name, cells in COLUMNS.items()}
    ),
    "lines.json": "\n".join(map(json.dumps, OBJECTS)),
    "lines.ndjson": "\n".join(map(json.dumps, OBJECTS)),
    "book.xlsx": _excel([("text", "label"), *ROWS]),
    "edge.xlsx": _excel([(), ("text", "label"), *ROWS, (), (None, " ")]),
    "without_ending": "".join(f"{text}\t{label}\n" for text, label in ROWS),
    "fast.txt": "".join(f"__label__{n} {text}\n" for text, n in ROWS),
    "fast.train": "".join(f"__label__{n} {text}\n" for text, n in ROWS),
    "fast_tab.txt": "".join(f"__label__{n}\t{text}\n" for text, n in ROWS),
    "old_mac.txt": "".join(f"{text}\t{label}\r" for text, label in ROWS),
    "old_mac.csv": _csv().replace("\r\n", "\r"),
    "sep.csv": "sep=;\r\n" + _csv(";"),
    "upper.CSV": _csv(header=("TEXT", "Label")),
    "blanks.csv": 'text, label\ngood food, 1\n\n"bad, cold soup", 0\n'
    '"a ""fine"" place", 1\n\n',
    "trailing.csv": "".join(f"{line},\n" for line in _csv().split("\r\n")[:-1]),
    "index.csv": _csv(header=("", "text", "label"), rows=[(9, *row) for row in ROWS]),
}
TOLD = {
    "semicolon.csv": (_csv(";"), r"delimiter ';' \(delimiter=';' to agree\)"),
    "tab.csv": (_csv("\t"), "delimiter='tab'"),
    "pipe.csv": (_csv("|"), r"delimiter='\|'"),
    "comma.txt": (_csv(), "the header shows the delimiter ','"),
    "no_header.csv": (
        _csv(header=None),
        "no header; column 1 is taken for the text, column 2 the labels. To agree: "
        "header=False, text_column='1', label_column='2'; else header=True",
    ),
    "turned.csv": (
        _csv(header=None, rows=[row[::-1] for row in ROWS]),
        "column 2 is taken for the text, column 1 the labels",
    ),
    "turned.txt": (
        "".join(f"{label}\t{text}\n" for text, label in ROWS),
        "column 2 is taken for the text, column 1 the labels",
    ),
    "two.xlsx": (_excel([("text", "label"), *ROWS], 2), "'Reviews' is read; there are"),
    "no_header.xlsx": (_excel(ROWS), "no header; column 1 is taken for the text"),
}


@pytest.mark.parametrize("name", QUIET)
def test_layouts_that_say_what_they_are(write, name):
    data = load_texts(write(name, QUIET[name]))
    assert data.texts == [text for text, _ in ROWS]
    assert (data.labels.tolist(), data.label_names) == ([1, 0, 1], (0, 1))
    assert len(data.lines) == 3
    assert [text for _, text in iterate_texts(data.path)] == data.texts


@pytest.mark.parametrize("name", TOLD)
def test_layouts_that_are_guessed_are_told(write, name):
    content, message = TOLD[name]
    path = write(name, content)
    with pytest.warns(UserWarning, match=message) as caught:
        data = load_texts(path)
    assert caught[0].filename == __file__
    assert data.texts == [text for text, _ in ROWS]
    assert (data.labels.tolist(), data.label_names) == ([1, 0, 1], (0, 1))


SMS = (
    "ham\tGo to the shop\nham\tOk lar\nspam\tFree entry in a competition\nham\tOk lar\n"
)


@pytest.mark.parametrize("rows", [SMS, "ham\tsee you\nspam\twin now\nham\tok\n"])
def test_the_uci_sms_file_as_distributed(write, rows):
    path = write("SMSSpamCollection", rows)
    with pytest.warns(UserWarning) as caught:
        data = load_texts(path)
    assert any("column 1 the labels" in str(warning.message) for warning in caught)
    assert data.label_names == ("ham", "spam")
    agreed = {"header": False, "text_column": "2", "label_column": "1"}
    if rows != SMS:  # no duplicate, so not a word
        assert load_texts(path, **agreed).labels.tolist() == ["ham", "spam", "ham"]


def test_the_uci_sentences_as_distributed(write):
    rows = "So there is no way for me to plug it in here.\t0\nGood case.\t1\n"
    rows += "A very slow-moving, aimless movie.  \t0\n"
    data = load_texts(write("imdb_labelled.txt", rows))
    assert data.labels.tolist() == [0, 1, 0]
    assert data.texts[2] == "A very slow-moving, aimless movie."


NEWS = '"3","Stocks fall","Short-sellers are seeing green again, they say."\n'
NEWS += '"4","New phone","It has two lenses, and a battery for a week."\n'
NEWS += '"3","Oil climbs","Soaring prices plus worries about the economy."\n'


def test_ag_news_as_distributed(write):
    path = write("train.csv", NEWS)
    with pytest.warns(UserWarning, match="column 2 and 3 is taken for the text"):
        data = load_texts(path)
    assert data.labels.tolist() == [3, 4, 3]
    assert data.texts[1] == "New phone It has two lenses, and a battery for a week."
    named = load_texts(path, text_column="3", label_column=1, header=False)
    assert named.texts[2] == "Soaring prices plus worries about the economy."


def test_a_column_of_gaps_or_of_one_value_holds_no_labels(write):
    rows = "gj04\t1\t\tOur friends will not buy it.\ngj04\t0\t*\tThe book was write.\n"
    with pytest.warns(UserWarning, match="column 4 is taken for the text, column 2"):
        data = load_texts(write("cola.tsv", rows + "gj04\t1\t\tI like it, too.\n"))
    assert data.labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize("sign", [",", ";", "|"])
def test_labels_behind_another_sign_than_a_tab_are_told(write, sign):
    path = write("x.txt", f"good{sign}1\nso bad{sign}0\n")
    with pytest.warns(UserWarning, match="read without labels; each text ends in"):
        assert load_texts(path).labels is None
    assert load_texts(path, delimiter=sign, header=False).label_names == (0, 1)


def test_numbers_of_rows_are_no_labels(write):
    path = write("x.txt", "1\tgood food\n2\tbad food\n3\tfine\n")
    with pytest.warns(UserWarning, match="column 2 is taken for the text, no labels"):
        data = load_texts(path)
    assert (data.texts[2], data.labels) == ("fine", None)


def test_a_header_is_forced_either_way(write):
    path = write("x.csv", "text,label\ngood,1\nbad,0\n")
    assert load_texts(path, header=True).label_names == (0, 1)
    with pytest.warns(UserWarning, match="numbers .* and names"):
        data = load_texts(path, header=False, text_column="1", label_column="2")
    assert data.texts == ["text", "good", "bad"]


def test_a_delimiter_is_forced(write):
    path = write("x.csv", "text:label\ngood, really:1\nbad; so bad:0\n")
    assert load_texts(path, delimiter=":").texts == ["good, really", "bad; so bad"]
    path = write("x.txt", 'text|label\n"good | really"|1\nbad|0\n')
    assert load_texts(path, delimiter="|").texts == ["good | really", "bad"]
    for wrong in ("", ",,", '"', "\n", 7, "a"):
        with pytest.raises(InputError, match="`delimiter` must be one sign"):
            load_texts(path, delimiter=wrong)


def test_a_folder_with_a_folder_a_class(write, tmp_path):
    for name, text in [
        ("pos/1.txt", "good"),
        ("neg/2.txt", "bad\nso bad"),
        ("neg/3", "x"),
    ]:
        write(name, text)
    write("pos/notes.md", "no text")
    data = load_texts(tmp_path)
    assert data.texts == ["bad\nso bad", "x", "good"]
    assert data.labels.tolist() == ["neg", "neg", "pos"]


def test_a_folder_in_another_encoding_is_told_once(write, tmp_path):
    for number, text in enumerate(
        ["이 음식이 정말 맛있어요", "다시는 주문하지 않을 거예요"]
    ):
        write(f"{number}/a.txt", text.encode("cp949"))
    with pytest.warns(UserWarning, match="read as cp949") as caught:
        data = load_texts(tmp_path)
    assert len(caught) == 1
    assert data.texts == ["이 음식이 정말 맛있어요", "다시는 주문하지 않을 거예요"]


def test_several_text_columns_are_joined(write):
    rows = [("Good", "really", 1), ("Bad", "", 0)]
    path = write("x.csv", _csv(header=("title", "body", "label"), rows=rows))
    data = load_texts(path, text_column=["title", "body"])
    assert data.texts == ["Good really", "Bad"]
    with pytest.raises(InputError, match=r"no column 'boddy'.*Did you mean 'body'"):
        load_texts(path, text_column=["title", "boddy"])
    for wrong in ([], [None], 1.5, True):
        with pytest.raises(InputError, match=r"column"):
            load_texts(path, text_column=wrong)


def test_pairs(write):
    rows = [("a man", "a person", 1), ("a man", "a dog", 0), ("", "", 0)]
    path = write("x.csv", _csv(header=("one", "two", "label"), rows=rows))
    with pytest.warns(UserWarning, match="1 empty rows left out"):
        data = load_texts(path, text_column="one", pair_column="two")
    assert data.texts == [("a man", "a person"), ("a man", "a dog")]
    assert data.report["duplicates"] == []
    assert data.take([1]).texts == [("a man", "a dog")]
    assert "2 texts from" in repr(data)


def test_columns_that_look_like_labels_are_told_by_name(write):
    path = write("x.csv", "review,stars\ngood,5\nbad,1\n")
    with pytest.warns(UserWarning, match="without labels; 'stars' look"):
        assert load_texts(path).labels is None
    with pytest.raises(InputError, match=r"no label column.*'stars'"):
        load_texts(path, require_labels=True)
    assert load_texts(path, label_column="stars").label_names == (1, 5)


def test_of_several_known_columns_the_plain_name_is_taken(write):
    path = write("x.csv", "category,review,text,label\nc,r,good,1\nc,r,bad,0\n")
    with pytest.warns(UserWarning, match="taken") as told:
        data = load_texts(path)
    assert "['text', 'review'] may hold it; 'text'" in str(told[0].message)
    assert "['label', 'category'] may hold it; 'label'" in str(told[1].message)
    assert (data.texts, data.label_names) == (["good", "bad"], (0, 1))
    path = write("x.csv", "review,message,label\na,b,1\nc,d,0\n")
    with pytest.warns(UserWarning, match=r"\['review', 'message'\] may hold it"):
        assert load_texts(path).texts == ["a", "c"]


def test_a_very_long_text_is_read_and_told_once(write):
    long = '"' + "word " * 30_000 + '"'
    path = write("x.csv", f"text,label\n{long},1\nshort,0\nx{long[1:-1]},0\n")
    with pytest.warns(UserWarning, match="line 2: the text has 149,999 char") as caught:
        data = load_texts(path)
    assert len(caught) == 1
    assert len(data.texts[0]) == 149_999


def test_rows_that_a_missing_quote_swallowed_are_told(write):
    path = write("x.csv", 'text,label\n"good,1\nbad,0\n"fine",1\nx,0\n')
    with pytest.warns(UserWarning, match=r"line 2 holds rows of the file, .* 'good,1'"):
        load_texts(path)
    poem = 'text,label\n"roses are red,\nviolets are blue,\nso",1\nx,0\n'
    assert load_texts(write("y.csv", poem)).labels.tolist() == [1, 0]


def test_an_empty_row_of_a_worksheet_keeps_its_place(write):
    path = write("x.xlsx", _excel([("id", "text"), (7, "good"), (), (9, "bad")]))
    assert [*iterate_texts(path)] == [("7", "good"), ("", ""), ("9", "bad")]
    with pytest.warns(UserWarning, match=r"1 empty rows left out \(first: line 3\)"):
        assert load_texts(path).texts == ["good", "bad"]


def test_rows_are_read_one_by_one_and_none_is_left_out(write):
    path = write("x.csv", "id,text\na1,good\na2,\na3,bad\n")
    assert [*iterate_texts(path)] == [("a1", "good"), ("a2", ""), ("a3", "bad")]
    assert [*iterate_texts(path, id_name="text")][1] == ("", "")
    path = write("x.txt", "good\n\nbad\n")
    assert [*iterate_texts(path)] == [(None, "good"), (None, ""), (None, "bad")]
    path = write("x.jsonl", '{"id": 7, "text": "good"}\n{"id": 8, "text": null}\n')
    assert [*iterate_texts(path)] == [(7, "good"), (8, "")]
    rows = iterate_texts(write("x.csv", "text,label\n" + "good,1\n" * 2000))
    assert next(rows) == (None, "good")
    rows.close()


def test_an_empty_text_in_quotes_keeps_its_row(tmp_path):
    file = tmp_path / "new.csv"  # as pandas writes a frame of one column
    file.write_text('text\ngood\n\n""\n  \nbad\n')
    assert [text for _, text in iterate_texts(file)] == ["good", "", "bad"]
