"""Tables: what is read, and what is refused with line and column."""

import pytest

import sftkeras as sft
from sftkeras.data.tables import load_table


def write_table(path, rows, header="a,b,label"):
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


GOOD = [f"{i},{i / 2},{'yes' if i % 2 else 'no'}" for i in range(30)]


def test_numbers_and_labels(tmp_path):
    x, y = load_table(write_table(tmp_path / "a.csv", [*GOOD, "", ""]))
    assert x.tolist() == [[i, i / 2] for i in range(30)]
    assert y[:3].tolist() == ["no", "yes", "no"]
    first = [f"{i % 2},{i}, {i / 2}" for i in range(30)]
    x, y = load_table(write_table(tmp_path / "b.csv", first, "label,a,b"))
    assert x[3].tolist() == [3, 1.5] and y.dtype.kind == "i" and y[3] == 1
    with pytest.warns(UserWarning, match="'ill' is taken for the labels"):
        x, y = load_table(write_table(tmp_path / "c.csv", GOOD, "a,b,ill"))
    assert x.shape == (30, 2) and y[1] == "yes"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,,no", "line 32, column 'b': not a number. Received: ''. Fill a missing"),
        ("NaN,2,no", "line 32, column 'a': not a number. Received: 'NaN'"),
        ("1_0,2,no", "line 32, column 'a': not a number. Received: '1_0'"),
        ("１,2,no", "line 32, column 'a': not a number"),
        ("1,2,nan", "line 32: the label 'nan' stands for a missing value"),
        ("1,high,no", "line 32, column 'b': not a number. Received: 'high'"),
        ("1,1e400,no", "line 32, column 'b'"),
        ("1,2,3,no", "line 32: needed are 3 columns"),
        ("1,2, ", "line 32: .* a label in column 'label'"),
        ('"1,2,no', "line 32: needed are 3 columns"),
        ("1", "line 32: needed are 3 columns"),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, message):
    with pytest.raises(sft.InputError, match=message):
        load_table(write_table(tmp_path / "a.csv", [*GOOD, row]))


def test_tables_that_cannot_be_learned_from(tmp_path):
    with pytest.raises(sft.InputError, match="no rows below"):
        load_table(write_table(tmp_path / "a.csv", []))
    only = [row.split(",", 1)[1] for row in GOOD]
    with pytest.raises(sft.InputError, match="two columns of numbers"):
        load_table(write_table(tmp_path / "a.csv", only, "b,label"))
    with pytest.raises(sft.InputError, match="name of its own"):
        load_table(write_table(tmp_path / "a.csv", GOOD, "a,a,label"))
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_table(tmp_path / "none.csv")
