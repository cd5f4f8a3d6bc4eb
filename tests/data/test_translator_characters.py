"""Characters that are added to a decoder's units: what changes, and what does not."""

import base64

import numpy as np
import pytest
import translator_characters as script
from safetensors.numpy import load_file, save_file
from sentencepiece import SentencePieceProcessor

from sftkeras.inputs.translation import make_units
from sftkeras.models.translator import DECODER


@pytest.fixture(scope="module")
def units():
    return make_units(["打开文件", "打开本记"] * 20, 300)


def piece_of(units, number):
    return SentencePieceProcessor(model_proto=units).id_to_piece(number)


def test_a_character_that_is_added_is_written_whole(units):
    wider, count = script.more_units(units, "笔本")
    assert count == 1  # 本 is there
    before, after = (SentencePieceProcessor(model_proto=u) for u in (units, wider))
    assert after.get_piece_size() == before.get_piece_size() + 1
    assert len(before.encode("笔记本")) == len(after.encode("笔记本")) + 2
    assert after.decode(after.encode("笔记本")) == "笔记本"
    assert after.encode("打开文件") == before.encode("打开文件")


def test_a_row_is_added_and_the_others_stay(units, tmp_path):
    file = tmp_path / "decoder.safetensors"
    count = SentencePieceProcessor(model_proto=units).get_piece_size()
    table = np.random.default_rng(0).normal(size=(count, 8)).astype("float16")
    rare = script.rare_of(units)
    assert {piece_of(units, n) for n in rare} <= {*"打开文件本记"}
    table[rare] = 0.25
    told = {"units": base64.b64encode(units).decode(), "pairs": "2"}
    save_file({script.TABLE: table, "other": table[:2]}, file, told)
    assert script.add_characters(file, "笔墨") == 2
    assert script.add_characters(file, "笔墨") == 0
    weights = load_file(file)
    assert np.array_equal(weights[script.TABLE][:count], table)
    assert weights[script.TABLE].shape == (count + 2, 8)
    assert np.allclose(weights[script.TABLE][count:], 0.25)
    assert np.array_equal(weights["other"], table[:2])


def test_everyday_characters_are_units_of_the_decoder_that_ships():
    from safetensors import safe_open

    with safe_open(DECODER, "numpy") as stored:
        units = base64.b64decode(stored.metadata()["units"])
    characters = script.everyday_characters()
    assert "笔" in characters
    assert script.more_units(units, characters)[1] == 0
    assert DECODER.stat().st_size <= 8e6
