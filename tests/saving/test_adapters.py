"""Adapters alone: a small file that makes the tuned model again, bit for bit."""

import subprocess
import sys

import chat_models
import numpy as np
import pytest
from chat_models import ASKED, TOLD

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.graph import task_of


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="module")
def model(home):
    return chat_models.tiny_chat(home)


@pytest.fixture(scope="module")
def tuned(model):
    technique = sft.LoRA(rank=2, kernels=("query", "value"))
    return sft.fine_tune(
        model,
        ASKED,
        TOLD,
        techniques=[technique],
        epochs=3,
        learning_rate=0.05,
        verbose=0,
    )


def same(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return [np.array_equal(a, b) for a, b in pairs]


def test_lora_trains_adapters_and_nothing_else(model, tuned):
    # Of two blocks, in the paper's form: A is (16, 2), B (2, 4, 4) and (2, 2, 4).
    assert tuned.history.trainable_params == 2 * (32 + 32 + 32 + 16)
    moved = {
        weight.path.split("/")[-2]
        for weight, equal in zip(tuned.weights, same(model, tuned), strict=True)
        if not equal
    }
    assert moved == {"query", "value"}
    assert tuned.history.history["loss"][-1] < tuned.history.history["loss"][0]


def test_adapters_give_the_model_again_bit_for_bit(home, model, tuned, tmp_path):
    file = tmp_path / "orders.safetensors"
    sft.save_adapters(tuned, file)
    assert file.stat().st_size < 6000
    fresh = sft.load_pretrained_model(str(home), task=sft.Generation())
    again = sft.load_adapters(fresh, file)
    assert all(same(tuned, again)) and all(same(fresh, model))
    assert sft.predict(again, ASKED[:2]) == sft.predict(tuned, ASKED[:2])
    sft.save_adapters(again, tmp_path / "again.safetensors")
    assert all(same(tuned, sft.load_adapters(fresh, tmp_path / "again.safetensors")))


def test_adapters_of_another_model_are_refused(tuned, tmp_path):
    file = tmp_path / "orders.safetensors"
    sft.save_adapters(tuned, file)
    with pytest.raises(InputError, match="learned on other weights"):
        sft.load_adapters(tuned, file)
    with pytest.raises(FileNotFoundError, match="no such file of adapters"):
        sft.load_adapters(tuned, tmp_path / "none.safetensors")
    (tmp_path / "half.safetensors").write_bytes(file.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"cut off|damaged"):
        sft.load_adapters(tuned, tmp_path / "half.safetensors")


def test_a_model_without_adapters_has_none_to_save(model, tmp_path):
    with pytest.raises(InputError, match="This model has no adapters"):
        sft.save_adapters(model, tmp_path / "x.safetensors")


def test_lora_that_finds_nothing_is_an_error(model):
    with pytest.raises(InputError, match=r"kernels=\('q_proj',\).*none of the layers"):
        sft.fine_tune(
            model, ASKED, TOLD, techniques=[sft.LoRA(kernels=("q_proj",))], verbose=0
        )


def test_top_blocks_alone_are_trained_in_half_precision(model):
    top = sft.blocks(model)[-1:]
    talks = [[{"role": "user", "content": text}] for text in ASKED[:4]]
    tuned = sft.fine_tune(
        model,
        sft.Examples(talks + ASKED[4:], TOLD),
        None,
        top,
        epochs=1,
        mixed_precision=True,
        validation_split=0.25,
        verbose=0,
    )
    assert np.isfinite(tuned.history.history["val_loss"]).all()
    moved = {
        weight.path.split("/")[0]
        for weight, equal in zip(tuned.weights, same(model, tuned), strict=True)
        if not equal
    }
    assert moved == {*top}
    assert {str(w.dtype) for w in tuned.weights} == {"float32"}


SCRIPT = """
import sys
import sftkeras as sft
model = sft.load_classifier(sys.argv[1])
print(repr(sft.predict(model, ["one tea", "a beer"])))
"""


def test_a_bundle_answers_in_a_fresh_process(tuned, tmp_path):
    sft.save_classifier(tuned, tmp_path / "bundle", {"exact_match": 0.5, "rows": 2})
    assert "exact_match | 0.5" in (tmp_path / "bundle" / "README.md").read_text()
    run = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path / "bundle")]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == repr(sft.predict(tuned, ["one tea", "a beer"]))
    again = sft.load_classifier(tmp_path / "bundle")
    assert task_of(again).max_new_tokens == task_of(tuned).max_new_tokens
    more = sft.fine_tune(again, ASKED, TOLD, epochs=1, verbose=0)
    assert not all(same(again, more))
