"""Reports of tasks other than classification, in both languages."""

import re
import string

import pytest

from sftkeras import language
from sftkeras.tasks.text_reports import (
    CHINESE,
    format_answers,
    format_numbers,
    format_transcripts,
    format_translations,
)

HEARD = {
    "wer": 0.25,
    "cer": 0.125,
    "substitutions": 1,
    "deletions": 2,
    "insertions": 3,
    "units": 24,
    "confusions": [["three", "tree", 4], ["four", "", 2], ["", "five", 1]],
}
TRANSLATED = {
    "bleu": 31.25,
    "bleu_interval": (28.0, 34.5),
    "chrf": 29.5,
    "exact": 0.125,
    "rows": 300,
}
ANSWERED = {"exact_match": 0.5, "f1": 0.75, "ended": 1.0, "rows": 24}


@pytest.fixture
def in_chinese():
    """Print reports in Chinese."""
    language.choose("zh")
    yield
    language.choose("en")


def reports():
    """Return a report of each kind as text."""
    return [
        format_numbers({"mse": 0.25, "mae": 0.5}),
        format_transcripts(HEARD, "words"),
        format_transcripts(HEARD | {"wer": None}, "characters"),
        format_answers(ANSWERED),
        format_translations(TRANSLATED),
    ]


def test_what_a_report_says():
    numbers, words, characters, answers, translations = reports()
    assert numbers == "MSE: 0.2500\nMAE: 0.5000"
    assert "1 substitutions, 2 deletions, 3 insertions in 24 words" in words
    assert words.endswith("  three -> tree: 4\n  four left out: 2\n  five put in: 1")
    assert "word error rate" not in characters
    assert "ended by itself: 1.000" in answers
    assert "28.0 to 34.5" in translations and "12.5% of 300" in translations


def test_in_chinese_no_english_word_is_left(in_chinese):
    for report in reports():
        words = set(re.findall("[A-Za-z]+", report))
        names = {"MSE", "MAE", "WER", "CER", "F", "BLEU", "chrF"}
        assert words <= names | {"three", "tree", "four", "five"}
    assert "24 个词中：替换 1，删除 2，插入 3" in format_transcripts(HEARD, "words")


def test_both_languages_say_the_same_numbers():
    for english, chinese in CHINESE.items():
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, chinese)
        ]
        assert fields[0] == fields[1], english
