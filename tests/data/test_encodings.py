"""`data/decoding.py`: no encoding is read wrong without a word, however short."""

import warnings

import pytest

from sftkeras.data.decoding import read_text
from sftkeras.data.texts import iterate_texts, load_texts
from sftkeras.errors import InputError

# Written for this test.
SENTENCES = {
    "gb18030": "这家餐厅很好吃，服务也不错|服务太差了，不会再来|手机用了两天就坏了",
    "cp949": "음식이 정말 맛있어요|배송이 너무 늦어서 실망했습니다|직원들이 친절합니다",
    "euc_jp": "料理がとても美味しかったです|二度と行きません|部屋が汚くて残念でした",
    "cp932": "料理がとても美味しかったです|二度と行きません|部屋が汚くて残念でした",
    "big5": "這家餐廳很好吃，服務也不錯|服務太差了|手機用了兩天就壞了",
    "cp1251": "Еда была очень вкусной|Ужасный сервис|Номер чистый и уютный",
    "koi8_r": "Еда была очень вкусной|Телефон сломался через день|Не рекомендую",
    "cp1252": "Größe passt überhaupt nicht, schade für uns|Die Tür klemmt ständig",
    "cp1253": "Το φαγητό ήταν πολύ νόστιμο|Απαίσια εξυπηρέτηση",
    "utf-16": "很好吃|très bon café|음식이 정말",
    "iso2022_jp": "料理がとても美味しかったです|二度と行きません",
}
HARD = ("GRÖÖÖÖSSE", "ÜÖÜÖÄÄ", "KÖÖNIG", "ÄÄNI", "naïve", "ÉÉN", "Möölööh")


def _read(path):
    """Return ("told", "silent" or "refused", texts)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            texts = load_texts(path).texts
        except InputError as error:
            assert "encoding" in str(error)
            return "refused", None
    told = any("read as" in str(warning.message) for warning in caught)
    return ("told" if told else "silent"), texts


@pytest.mark.parametrize("encoding", SENTENCES)
@pytest.mark.parametrize("lead", ["", "plain ascii\t1\n" * 30], ids=["alone", "mixed"])
def test_each_encoding_is_read_right_or_refused(tmp_path, encoding, lead):
    sentences, path = SENTENCES[encoding].split("|"), tmp_path / "x.txt"
    for count in range(1, len(sentences) + 1):
        rows = "".join(f"{text}\t0\n" for text in sentences[:count])
        path.write_bytes((lead + rows).encode(encoding))
        how, texts = _read(path)
        assert how == "told"
        assert [text for text in texts if text != "plain ascii"] == sentences[:count]


@pytest.mark.parametrize("text", HARD)
def test_western_words_whose_bytes_are_chinese_too_are_not_read_as_chinese(
    tmp_path, text
):
    path = tmp_path / "x.txt"
    for rows in (f"{text}\t1\n", f"{text}\t1\nplain words\t0\n"):
        path.write_bytes(rows.encode("cp1252"))
        how, texts = _read(path)
        assert how == "refused" or (how == "told" and texts[0] == text)


@pytest.mark.parametrize("text", ["café noir", "Je suis déçu", "El envío llegó tarde"])
def test_one_western_line_is_read_and_told(tmp_path, text):
    path = tmp_path / "x.txt"
    path.write_bytes(f"{text}\t1\nfine\t0\n".encode("cp1252"))
    assert _read(path) == ("told", [text, "fine"])


def test_one_line_longer_than_what_is_looked_at(tmp_path):
    path = tmp_path / "x.json"
    for lead in ("", "a"):  # the cut falls between letters, and within one
        text = lead + "这家餐厅很好吃，服务也不错" * 5000
        path.write_bytes(f'[{{"text": "{text}"}}]'.encode("gb18030"))
        with pytest.warns(UserWarning, match="read as gb18030"):
            assert read_text(path).count("餐厅") == 5000


def test_a_file_of_two_lines_in_korean(tmp_path):
    path = tmp_path / "ko.csv"
    path.write_bytes(
        "text,label\n음식이 정말 맛있어요,긍정\n별로예요,부정\n".encode("cp949")
    )
    with pytest.warns(
        UserWarning, match=r"ko\.csv: not UTF-8.*cp949.*encoding='cp949'"
    ):
        data = load_texts(path)
    assert data.texts[0] == "음식이 정말 맛있어요"
    assert data.label_names == ("긍정", "부정")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso8859-15"])
def test_a_named_encoding_is_taken_without_a_word(tmp_path, encoding):
    path = tmp_path / "x.txt"
    path.write_bytes("GRÖÖÖÖSSE\t1\nfine\t0\n".encode("cp1252"))
    assert load_texts(path, encoding=encoding).texts[0] == "GRÖÖÖÖSSE"
    rows = [*iterate_texts(path, encoding=encoding)]
    assert rows == [(None, "GRÖÖÖÖSSE"), (None, "fine")]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("cp949x", r"encoding='cp949x' is no encoding of text\. Did you mean 'cp949'"),
        ("base64", "encoding='base64' is no encoding of text"),
        ("undefined", "is no encoding of text"),
        (7, "encoding=7 is no encoding of text"),
        ("ascii", "line 2: byte 0xd6 is not ascii. Name the file's encoding"),
        ("utf-8", "line 2: byte 0xd6 is not utf-8. Name the file's encoding"),
    ],
)
def test_a_wrong_encoding_is_told(tmp_path, encoding, message):
    path = tmp_path / "x.txt"
    path.write_bytes(b"fine\t0\n" + "ÖL\t1\n".encode("cp1252"))
    with pytest.raises(InputError, match=message):
        load_texts(path, encoding=encoding)


def test_a_mark_of_utf_8_is_no_letter_whoever_names_the_encoding(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbftext,label\na,1\nb,0\n")
    for encoding in (None, "utf-8", "UTF8", "utf-8-sig"):
        assert load_texts(path, encoding=encoding).label_names == (0, 1)
    assert read_text(path).startswith("text")


def test_a_file_read_row_by_row_that_turns_out_other_than_its_beginning(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"plain\n" * 200_000 + "Öl\n".encode("cp1252"))
    rows = iterate_texts(path)
    assert next(rows) == (None, "plain")
    with pytest.raises(InputError, match="these bytes are not utf-8"):
        for _ in rows:
            pass
