"""Labels that hardly differ, and shares where labels belong."""

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.names import positions


@pytest.mark.parametrize("twin", ["pos ", "Pos", "ｐｏｓ", "p\xa0os"])
def test_labels_alike_are_told(twin):
    with pytest.warns(UserWarning, match="alike but for case, width or blanks"):
        Classification().fitted_to(["pos", twin] * 20)
    with pytest.warns(UserWarning, match="alike but for case, width or blanks"):
        sft.MultiLabel(num_classes=2).fitted_to([["pos"], [twin], []])


def test_other_labels_are_not_told_of():
    assert Classification().fitted_to(["pos", "neg"] * 20).names == ("neg", "pos")


@pytest.mark.parametrize("kind", [list, np.array])
def test_soft_labels_are_no_names(kind):
    task = sft.MultiLabel(num_classes=2)
    with pytest.raises(sft.InputError, match=r"0 and 1 only\. Received: 0\.3"):
        task.fitted_to(kind([[0.3, 0.7]] * 12))


def test_lists_of_0_and_1_are_no_names():
    with pytest.raises(sft.InputError, match="Row 1 names a label twice"):
        sft.MultiLabel(num_classes=2).fitted_to([[0, 1], [1, 1], [0, 0]])


def test_numbers_can_be_names():
    task = sft.MultiLabel(num_classes=2).fitted_to([[0], [1], [0, 1], []])
    assert task.targets([[0], [0, 1]]).tolist() == [[1, 0], [1, 1]]
    assert sft.MultiLabel((0.5, 1.5)).targets([[0.5]]).tolist() == [[1, 0]]


def test_an_infinite_number_is_no_label_of_names():
    labels = [float("inf"), 1]
    assert positions(labels, ("neg", "pos")) == labels
