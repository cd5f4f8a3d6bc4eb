"""Files that cannot be used (data.py): one clear sentence, with file and line."""

import re

import pytest

from sftkeras.data.texts import load_texts
from sftkeras.errors import InputError

BAD = {
    "empty": ("x.txt", b"", "the file is empty"),
    "only blank lines": ("x.txt", b"\n \n", "the file is empty"),
    "only a mark": ("x.txt", b"\xef\xbb\xbf", "no text in the file"),
    "only a header": ("x.tsv", b"text\tlabel\n", "no text in the file"),
    "row without a label": (
        "x.txt",
        b"good\t1\nbad\nfine\t1\n",
        "line 2: the row has no label. Add one, or take the row out",
    ),
    "json row without a label": (
        "x.jsonl",
        b'{"text": "a", "label": 1}\n{"text": "b"}\n',
        "line 2: the row has no label",
    ),
    "binary junk": (
        "x.txt",
        b"\x7fELF\x02\x01\n\x00\xff\xfe\x00",
        "line 2: NUL byte. This is not a text file; save it as UTF-8",
    ),
    "NUL in a text": ("x.csv", b"text,label\na\x00b,1\n", "line 2: NUL byte"),
    "UTF-16 without a mark": (
        "x.txt",
        "good\t1\n".encode("utf-16-le"),
        "line 1: NUL byte. This is not a text file; save it as UTF-8 text, or name its "
        "encoding, which may be 'utf-16-le' (encoding=…)",
    ),
    "Latin-1 whose bytes are Chinese too": (
        "x.txt",
        "good\t1\nGRÖÖÖÖSSE\t0\n".encode("latin-1"),
        "line 2: invalid UTF-8 (byte 0xd6). Save the file as UTF-8, or name its encod",
    ),
    "Latin-1 whose bytes are GB18030 too": (
        "x.txt",
        "für créée\t1\nÖlig\t0\n".encode("latin-1"),
        "line 1: invalid UTF-8 (byte 0xfc)",
    ),
    "UTF-8 with one line in GB18030": (
        "x.txt",
        "\ufffd\ufffd\t1\n\ufffd\ufffd\t0\n".encode() + "好\t1\n".encode("gb18030"),
        "line 3: invalid UTF-8 (byte 0xba)",
    ),
    "one bad byte in Chinese": (
        "x.txt",
        "很好\t1\n很差\t0\n不错\t1\n".encode() + b"\xff\t0\n",
        "line 4: invalid UTF-8 (byte 0xff)",
    ),
    "quote not closed": (
        "x.csv",
        b'text,label\n"good,1\nbad,0\n',
        "line 2: a quote is opened and never closed. Close it, or double",
    ),
    "quote not closed over 1 MB": (
        "x.csv",
        b'text\ngood\n"' + b"long\n" * 200_000,
        "line 3: a quote is opened and never closed",
    ),
    "quote closed after 100,000 characters of rows": (
        "x.csv",
        b'text,label\n"good,1\n' + b"bad,0\n" * 30_000 + b'end",1\nfine,0\n',
        "line 2: the text has 180,010 characters and holds 30001 rows of the file, "
        "such as 'good,1'. A closing quote is missing",
    ),
    "tab in a text": (
        "x.txt",
        b"good\t1\nbad\tfood\t0\n",
        "line 2: 3 columns where 2 are expected (text<TAB>label). Take the tabs out",
    ),
    "comma in a text": (
        "x.csv",
        b"text,label\nbad, cold,0\n",
        "line 2: 3 columns where the header has 2. Put quotes around",
    ),
    "header not known": (
        "x.txt",
        b"comment\tstars\ngood\t1\nbad\t0\n",
        "line 1: the label 'stars' is a word, all others are numbers. If this is a "
        "header, name its columns (text_column=",
    ),
    "a column too few": (
        "x.csv",
        b"text,label\ngood,1\nbad\n",
        "line 3: 1 columns where the header has 2. Is a delimiter or a closing quote",
    ),
    "csv without text": (
        "x.csv",
        b"comment,stars\ngood,1\n",
        "no text column. The columns are ['comment', 'stars']. Say which one",
    ),
    "not JSON": ("x.jsonl", b'{"text": "a"}\n{"text": \n', "line 2: not JSON"),
    "JSON too deep": ("x.jsonl", b"[" * 1_000_000, "line 1: not JSON"),
    "JSON, another key": (
        "x.jsonl",
        b'{"body": "good"}\n',
        "no text column. The columns are ['body']. Say which one holds the text (",
    ),
    "JSON, no object": ("x.jsonl", b"[1, 2]\n", "line 1: expected an object"),
    "JSON, text a number": (
        "x.jsonl",
        b'{"text": 7}\n',
        "line 1: expected an object with a string under 'text'. Received: {",
    ),
    "JSON, label an object": (
        "x.jsonl",
        b'{"text": "good", "label": {"a": 1}}\n',
        "line 1: the label must be a name or a number, or a list of them. Received: {",
    ),
    "JSON, label a list in a list": (
        "x.jsonl",
        b'{"text": "good", "label": [[1, 0]]}\n',
        "line 1: the label must be a name or a number, or a list of them.",
    ),
    "JSON, one label among lists": (
        "x.jsonl",
        b'{"text": "a", "label": ["x"]}\n{"text": "b", "label": "y"}\n',
        "line 2: one label, where other rows have a list of them. Write ['y']",
    ),
    "JSON, NaN for a label": (
        "x.jsonl",
        b'{"text": "a", "label": 1}\n{"text": "b", "label": NaN}\n',
        "line 2: the label 'nan' stands for a missing value. Add a label, or take",
    ),
    "NULL for a label": (
        "x.csv",
        b"text,label\na,pos\nb,NULL\nc,neg\n",
        "line 3: the label 'NULL' stands for a missing value.",
    ),
    "None for a label, once": (
        "x.csv",
        b"text,label\na,pos\nb,None\nc,neg\n",
        "line 3: the label 'None' stands for a missing value.",
    ),
    "an escape in a label": (
        "x.csv",
        b"text,label\na,pos\x1b[2J\nb,neg\n",
        "line 2: the label 'pos\\x1b[2J' holds the control character '\\x1b'",
    ),
    "half a surrogate pair": (
        "x.jsonl",
        b'{"text": "good \\ud83d"}\n',
        "line 1: the text is not valid Unicode at character 6",
    ),
    "an old workbook": ("x.xls", b"\xd0\xcf", "Received: '.xls'. Save it as .xlsx"),
    "packed": ("x.csv.gz", b"\x1f\x8b\0", "Received: '.gz'. Unpack it."),
    "a header of names that are not known": (
        "x.tsv",
        b"Phrase\tPart\tMood\nA series\t1\t2\nof escapades\t1\t3\n",
        "no text column. The columns are ['Phrase', 'Part', 'Mood']. Say which one",
    ),
    "ending": ("x.pdf", b"good", "must end in .txt, .tsv, .csv, .json, .jsonl or .xls"),
    "no Excel workbook": ("x.xlsx", b"PK", "not an Excel workbook that can be read"),
    ".json of numbers": ("x.json", b"[1, 2]", "row 1: expected an object. Received: 1"),
    ".json of one number": (
        "x.json",
        b"7",
        'expected [{"text": "…", "label": …}, …] or',
    ),
    ".json, columns of two lengths": (
        "x.json",
        b'{"text": ["a", "b"], "label": [1]}',
        "the columns must be equally long. Received: {'text': 2, 'label': 1}",
    ),
    "columns swapped": (
        "x.csv",
        b"text,label\npos,good food here\nneg,bad food there\npos,nice stuff\n",
        "3 different labels and 2 different texts in 3 rows: the columns are swapped",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_content_names_file_line_and_remedy(tmp_path, case):
    name, content, message = BAD[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        load_texts(path)
    assert isinstance(raised.value, ValueError)
    assert str(raised.value).startswith(str(path))
    assert message in str(raised.value)
    assert len(str(raised.value)) - len(str(path)) < 250


def test_a_missing_file_is_not_found_and_a_near_name_is_suggested(tmp_path):
    (tmp_path / "train_data.txt").write_text("good\t1\n")
    path = tmp_path / "train_date.txt"
    expected = re.escape(f"{path}: no such file. Did you mean 'train_data.txt'?")
    with pytest.raises(FileNotFoundError, match=expected):
        load_texts(path)
    with pytest.raises(FileNotFoundError, match=r"x\.txt: no such file\.$"):
        load_texts(tmp_path / "nowhere" / "x.txt")


def test_a_directory_is_not_a_file(tmp_path):
    expected = re.escape(f"{tmp_path} is a directory; give a file in it.")
    with pytest.raises(InputError, match=expected):
        load_texts(tmp_path)


@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
def test_an_unknown_column_is_named_with_the_near_ones(tmp_path, name):
    path = tmp_path / name
    separator = "," if name == "x.csv" else "\t"
    path.write_text(f"review{separator}stars\ngood{separator}5\n")
    for options in ({"text_column": "reviews"}, {"label_column": "star"}):
        (wanted,) = options.values()
        with pytest.raises(InputError, match=f"no column '{wanted}'.*Did you mean"):
            load_texts(path, **options)
