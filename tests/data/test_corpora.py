"""The texts that ship: balanced, none twice, none in two files (data/README.md)."""

from pathlib import Path

import numpy as np
import pytest

import sftkeras as sft

DATA = Path(__file__).resolve().parents[2] / "data"
# Folder -> number of labels, rows of each file, as the card says.
CORPORA = {
    "reviews": (2, {"train": 720, "val": 200, "test": 658}),
    "reviews_zh": (2, {"train": 720, "val": 200, "test": 600}),
    "news": (8, {"train": 720, "test": 480}),
    "news_zh": (8, {"train": 480, "test": 320}),
}


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_is_what_its_card_says(name):
    classes, sizes = CORPORA[name]
    files = {
        part: sft.load_texts(DATA / name / f"{part}_data.txt", require_labels=True)
        for part in sizes
    }
    assert {part: len(data) for part, data in files.items()} == sizes
    for data in files.values():
        assert not any(data.report.values())
        counts = np.unique(data.labels, return_counts=True)[1]
        assert len(counts) == classes and len(set(counts.tolist())) == 1
    parts = list(files.values())
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            assert len(sft.find_leaks(one, other)) == 0


@pytest.mark.parametrize("name", [name for name in CORPORA if name.endswith("_zh")])
def test_chinese_texts_are_chinese(name):
    for file in (DATA / name).glob("*_data.txt"):
        for text in sft.load_texts(file).texts:
            han = sum("\u4e00" <= character <= "\u9fff" for character in text)
            assert han > len(text) / 3, text
