"""`Tokenizer` and `load_data`: ids that mean the same in every file."""

import json

import numpy as np
import pytest

from sftkeras.errors import InputError
from sftkeras.inputs.tokenizer import PADDING, UNKNOWN, Tokenizer, load_data

TEXTS = ["good food", "good room", "bad food", "good 味道"]


@pytest.fixture
def tokenizer():
    return Tokenizer().fit_on_texts(TEXTS)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's GOOD, isn’t it?", ["it's", "good", "isn’t", "it", "?"]),
        ("味道很好！", ["味", "道", "很", "好", "!"]),
        ("iPhone很好用 5星", ["iphone", "很", "好", "用", "5", "星"]),
        ("ラーメンはうまい", list("ラーメンはうまい")),
        ("อร่อย", list("อร่อย")),
        ("맛있는 음식", ["맛있는", "음식"]),
        ("Ｆｕｌｌ ｗｉｄｔｈ", ["full", "width"]),
        ("cafe\u0301 naïve", ["café", "naïve"]),
        ("अच्छी हिन्दी", ["अच्छी", "हिन्दी"]),
        ("snake_case 3.14 …", ["snake", "case", "3", "14"]),
        ("", []),
    ],
)
def test_words_for_spaced_scripts_characters_for_the_others(text, tokens):
    assert Tokenizer().split(text) == tokens


def test_lowercase_can_be_turned_off():
    assert Tokenizer(lowercase=False).split("Good") == ["Good"]


def test_ids_fall_with_frequency_and_ties_go_by_the_alphabet(tokenizer):
    assert list(tokenizer.word_index) == ["good", "food", "bad", "room", "味", "道"]
    assert list(tokenizer.word_index.values()) == [2, 3, 4, 5, 6, 7]
    again = Tokenizer().fit_on_texts(TEXTS[::-1])
    assert again.word_index == tokenizer.word_index


def test_a_word_not_seen_has_an_id_of_its_own(tokenizer):
    assert tokenizer.texts_to_sequences(["good wine"]) == [[2, UNKNOWN]]
    assert tokenizer.sequences_to_texts([[2, UNKNOWN, PADDING]]) == ["good [UNK]"]


@pytest.mark.parametrize("num_words", [3, 4, 5, 100])
def test_ids_stay_below_num_words(num_words):
    tokenizer = Tokenizer(num_words=num_words).fit_on_texts(TEXTS)
    ids = tokenizer.pad([*TEXTS, "never seen"])
    assert ids.max() == min(num_words, 8) - 1
    assert ids.max() < num_words


def test_pad_puts_zeros_at_the_end_and_cuts_at_the_end():
    tokenizer = Tokenizer(max_length=3).fit_on_texts(TEXTS)
    ids = tokenizer.pad(["bad", "good bad food good"])
    assert ids.dtype == np.int32
    assert ids.tolist() == [[4, 0, 0], [2, 4, 3]]
    assert tokenizer.truncated == 1


def test_encode_is_not_padded_and_never_empty(tokenizer):
    ragged = tokenizer.encode(["good food", "", "…"])
    assert ragged.lengths.tolist() == [2, 1, 1]
    assert ragged[1].tolist() == [UNKNOWN]
    assert tokenizer.truncated == 0


def test_json_round_trip(tmp_path):
    tokenizer = Tokenizer(50, 7, lowercase=False).fit_on_texts(["Good 味道", "l’été"])
    tokenizer.save(tmp_path / "tokenizer.json")
    assert [p.name for p in tmp_path.iterdir()] == ["tokenizer.json"]
    assert "味" in (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    assert loaded.get_config() == tokenizer.get_config()
    texts = ["Good l’été 道 good"]
    assert loaded.pad(texts).tolist() == tokenizer.pad(texts).tolist()


GOOD_CONFIG = {"num_words": 4, "max_length": 5, "lowercase": True, "words": ["a"]}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "{}",
        json.dumps({**GOOD_CONFIG, "more": 1}),
        json.dumps({**GOOD_CONFIG, "num_words": "4"}),
        json.dumps({**GOOD_CONFIG, "words": ["a", "b", "c"]}),  # an id of 4
        json.dumps({**GOOD_CONFIG, "words": ["a", "a"]}),
        json.dumps({**GOOD_CONFIG, "words": None}),
    ],
)
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"not a tokenizer's file.*Save it again") as e:
        Tokenizer.load(path)
    assert str(e.value).startswith(str(path))


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        Tokenizer.load(tmp_path / "none.json")


def test_saving_below_a_file_says_where_it_cannot_write(tmp_path, tokenizer):
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(InputError, match=r"Cannot write to .*file\.txt/sub"):
        tokenizer.save(tmp_path / "file.txt" / "sub" / "tokenizer.json")
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_words": 2}, "`num_words` must be an integer of at least 3. Received:"),
        ({"num_words": 1e4}, "Received: num_words=10000.0"),
        ({"max_length": 0}, "`max_length` must be an integer of at least 1"),
        ({"max_length": True}, "Received: max_length=True"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(InputError) as raised:
        Tokenizer(**options)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("texts", "received"),
    [
        ("good food", r"str 'good food'$"),
        (["good", None], r"NoneType 'None' in it$"),
        ([float("nan")], r"float 'nan' in it$"),
        ([b"good"], "bytes"),
    ],
)
def test_what_is_no_list_of_strings_is_refused(tokenizer, texts, received):
    expected = f"takes a list of strings. Received: {received}"
    with pytest.raises(InputError, match=expected):
        Tokenizer().fit_on_texts(texts)
    with pytest.raises(InputError, match=expected):
        tokenizer.pad(texts)


def test_use_before_fitting_and_fitting_on_nothing():
    with pytest.raises(InputError, match=r"not fitted\. Call `fit_on_texts\(train"):
        Tokenizer().texts_to_sequences(["good"])
    with pytest.raises(InputError, match="No word in the texts"):
        Tokenizer().fit_on_texts(["…", ""])


def test_load_data_needs_the_tokenizer_of_the_training_texts(tmp_path, tokenizer):
    path = tmp_path / "test_data.txt"
    path.write_text("bad room\t0\ngood\t1\n")
    for wrong in (None, "tokenizer"):
        with pytest.raises(InputError, match="fitted on the training texts") as raised:
            load_data(path, wrong)
        assert f"Received: tokenizer={wrong!r}" in str(raised.value)
    x, y = load_data(path, tokenizer)
    assert (x.shape, y.tolist()) == ((2, 100), [0, 1])
    assert x[0, :3].tolist() == [4, 5, PADDING]


def test_load_data_needs_labels(tmp_path, tokenizer):
    (tmp_path / "x.txt").write_text("good\nbad\n")
    with pytest.raises(InputError, match=r"x\.txt: no labels\. Expected text<TAB>"):
        load_data(tmp_path / "x.txt", tokenizer)
