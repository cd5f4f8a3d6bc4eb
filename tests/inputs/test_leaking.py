"""Labels that are brought as a second text are refused; pairs are not."""

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.inputs.given import given

TEXTS = ["good food", "bad food", "good staff", "bad staff"]
NAMES, NUMBERS = ["pos", "neg"] * 2, [1, 0] * 2


@pytest.mark.parametrize("labels", [NAMES, NUMBERS, np.array(NAMES)])
@pytest.mark.parametrize(
    "pack",
    [
        lambda labels: list(zip(TEXTS, labels, strict=True)),
        lambda labels: [[text, x] for text, x in zip(TEXTS, labels, strict=True)],
        lambda labels: (TEXTS, labels),
        lambda labels: {"text": TEXTS, "label": labels},
        lambda labels: np.array([*zip(TEXTS, labels, strict=True)], dtype=object),
    ],
)
def test_labels_in_the_texts(labels, pack):
    with pytest.raises(sft.InputError, match="holds the labels"):
        given(None, pack(list(labels)), labels)


def test_pairs_and_numbers_are_no_labels():
    pairs = list(zip(TEXTS, TEXTS[::-1], strict=True))
    assert given(None, pairs, NAMES).inputs == pairs
    rows = [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert given(None, rows, [0, 0, 0, 1]).inputs == rows
    assert given(None, (np.eye(4), np.array(NUMBERS)), NUMBERS).labels == NUMBERS


class ArrayOnly:
    def __array__(self, dtype=None, copy=None):
        return np.ones((4, 3))


@pytest.mark.parametrize("data", [ArrayOnly(), memoryview(np.ones((4, 3)))])
def test_what_an_array_can_be_made_of(data):
    assert given(None, data).inputs.shape == (4, 3)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_of_labels():
    labels = given(None, np.ones((4, 3)), np.matrix(NUMBERS)).labels
    assert labels.tolist() == NUMBERS
