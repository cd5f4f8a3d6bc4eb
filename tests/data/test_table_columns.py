"""Tables: whether there is a header, and which column holds what."""

import pytest

import sftkeras as sft


def load(path, text, **options):
    path.write_text(text, encoding="utf-8")
    x, y = sft.load_table(path, **options)
    return x.tolist(), y.tolist()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.csv"


@pytest.mark.parametrize(
    "name", ["target", "class", "Label", "标签", "类别", "Sentiment"]
)
def test_the_labels_are_found_by_every_known_name(file, name):
    x, y = load(file, f"{name},a,b\nx,1,2\ny,3,4\n")
    assert x == [[1, 2], [3, 4]] and y == ["x", "y"]


@pytest.mark.parametrize(
    ("text", "taken", "labels"),
    [
        ("diagnosis,a,b\nM,1,2\nB,3,4\n", "'diagnosis' is taken", ["M", "B"]),
        ("a,b,ill\n1,2,0\n3,4,1\n", "'ill' is taken", [0, 1]),
        ("y,a,b\n0,1,2\n1,3,4\n", r"'b' is taken.*Or is it 'y'", [2, 4]),
    ],
)
def test_labels_without_a_known_name_are_told(file, text, taken, labels):
    with pytest.warns(UserWarning, match=taken):
        assert load(file, text)[1] == labels


def test_the_labels_can_be_named(file):
    text = "a,b,target\n1,2,0\n3,4,1\n"
    assert load(file, text, label_column="a") == ([[2, 0], [4, 1]], [1, 3])
    with pytest.raises(sft.InputError, match=r"name of one.*'targets'.*'target'"):
        load(file, text, label_column="targets")
    with pytest.raises(sft.InputError, match="name of one column"):
        load(file, text, label_column=["a", "b"])


def test_two_columns_that_may_hold_the_labels(file):
    with pytest.raises(sft.InputError, match="which column holds the labels"):
        load(file, "class,a,b,target\n1,2,3,1\n0,4,5,0\n")
    with pytest.warns(UserWarning, match=r"'label' is taken.*\['class'\] for measure"):
        assert load(file, "class,a,label\n1,2,1\n0,4,0\n")[1] == [1, 0]


@pytest.mark.parametrize(
    ("text", "first", "labels"),
    [
        ("1,2,0\n3,4,1\n5,6,0\n", [1, 2], [0, 1, 0]),
        ("5.5,3.5,setosa\n4,3,other\n5,2,setosa\n", [5.5, 3.5], ["setosa", "other"]),
        ("M,5.5,3.5\nB,4,3\nM,2,1\n", [5.5, 3.5], ["M", "B"]),
    ],
)
def test_a_table_without_a_header_keeps_its_first_row(file, text, first, labels):
    with (
        pytest.warns(UserWarning, match="read as data: no header"),
        pytest.warns(UserWarning, match="taken for the labels"),
    ):
        x, y = load(file, text)
    assert x[0] == first and len(x) == 3 and y[: len(labels)] == labels


def test_names_that_are_numbers(file):
    with pytest.raises(sft.InputError, match="names or data"):
        load(file, "0,1,2\n5,5,1\n6,6,0\n")
    with (
        pytest.warns(UserWarning, match="line 1 is taken for the names"),
        pytest.warns(UserWarning, match="'ill' is taken for the labels"),
    ):
        x, _ = load(file, "2019,2020,ill\n5,5,1\n6,6,0\n")
    assert x == [[5, 5], [6, 6]]
    assert load(file, "0,1,label\n5,5,1\n6,6,0\n")[1] == [1, 0]


@pytest.mark.parametrize("name", ["", "id", "ID", "Unnamed: 0", "序号"])
@pytest.mark.parametrize("ids", [("0", "1", "2"), ("842", "17", "5")])
def test_the_numbers_of_the_rows_are_no_measurement(file, name, ids):
    rows = [f"{i},{n},{n + 5},{n % 2}" for n, i in enumerate(ids)]
    with pytest.warns(UserWarning, match="it is left out"):
        x, y = load(file, "\n".join([f"{name},a,b,label", *rows]))
    assert x == [[0, 5], [1, 6], [2, 7]] and y == [0, 1, 0]


def test_an_id_that_recurs_is_told(file):
    with pytest.warns(UserWarning, match="'id' is taken for a measurement"):
        x, _ = load(file, "id,a,label\n7,1,0\n7,2,1\n8,3,0\n")
    assert x[0] == [7, 1]


def test_labels_keep_their_meaning(file):
    with pytest.warns(UserWarning, match="written as '1.0'"):
        assert load(file, "a,b,label\n1,2,1.0\n3,4,0.0\n")[1] == [1, 0]
    assert load(file, "a,b,label\n1,2,0.5\n3,4,1.5\n")[1] == [0.5, 1.5]
    with pytest.raises(sft.InputError, match=r"no labels.*'label'"):
        load(file, "a,b,label\n1,2,nan\n3,4,nan\n")


def test_other_delimiters(file):
    for sign in ";\t|":
        text = "a,b,label\n1,2,0\n3,4,1\n".replace(",", sign)
        with pytest.warns(UserWarning, match="read by the delimiter"):
            assert load(file, text) == ([[1, 2], [3, 4]], [0, 1])
        with pytest.warns(UserWarning, match="read by the delimiter"):
            assert load(file, f"sep={sign}\n{text}")[1] == [0, 1]
    for sign in "，:^":
        with pytest.raises(sft.InputError, match="Put commas between the columns"):
            load(file, "a,b,label\n1,2,0\n".replace(",", sign))


def test_a_comma_at_the_end_of_each_line(file):
    assert load(file, "a,b,label,\n1,2,0,\n3,4,1,\n") == ([[1, 2], [3, 4]], [0, 1])
