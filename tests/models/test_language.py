"""Language models of KerasHub become flat graphs that write as theirs do."""

from pathlib import Path

import chat_models
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.errors import InputError
from sftkeras.graph import task_of
from sftkeras.models.encoders import directory_of

PROMPTS = ["one tea", "two teas and, if there is any left, a cola"]


def test_a_local_llama_keeps_its_epsilon_and_its_own_template(tmp_path):
    model = chat_models.tiny_chat(tmp_path)
    norm = model.get_layer("sequence_output_layernorm")
    assert norm.epsilon == pytest.approx(1e-2)
    assert task_of(model).preprocessor.template.source == chat_models.OWN
    assert sft.blocks(model) == ["transformer_layer_0", "transformer_layer_1"]
    assert model.output_shape == (
        None,
        None,
        len(chat_models.vocabulary(chat_models.CHATML)),
    )


def test_the_flat_graph_computes_what_kerashub_does(tmp_path):
    causal = chat_models.write_gpt2(tmp_path)
    with pytest.warns(UserWarning, match="no chat template with the model; 'plain'"):
        model = sft.load_pretrained_model(str(tmp_path), task=sft.Generation())
    inputs = {
        "token_ids": np.random.default_rng(0).integers(1, 200, (2, 9)),
        "padding_mask": np.ones((2, 9), "int32"),
    }
    causal.preprocessor = None
    one, other = (m.predict_on_batch(inputs) for m in (causal, model))
    assert np.ptp(one) > 0.1
    np.testing.assert_array_equal(one, other)
    # … and writes what KerasHub's own loop writes, prompt by prompt and together.
    task = task_of(model)
    together = task.answer(model, PROMPTS, max_new_tokens=6)
    causal.compile(sampler="greedy", jit_compile=False)
    for prompt, answer in zip(PROMPTS, together, strict=True):
        (ids, _), *_ = task.preprocessor.encode([prompt])
        padded = np.zeros((1, len(ids) + 6), "int32")
        padded[0, : len(ids)] = ids
        there = np.arange(padded.shape[1])[None] < len(ids)
        found = causal.generate(
            {"token_ids": padded, "padding_mask": there}, stop_token_ids=None
        )["token_ids"][0, len(ids) :].tolist()
        ends = [n for n, i in enumerate(found) if i in task.preprocessor.ends]
        assert answer == task.preprocessor.write(found[: (ends or [6])[0]])


def test_without_its_files_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SFTKERAS_SMOLLM2", str(tmp_path))
    with pytest.raises(InputError, match=r"Run: python data/get_smollm2\.py"):
        sft.load_pretrained_model("smollm2")


def test_arguments_of_other_kinds_are_refused(tmp_path):
    with pytest.raises(InputError, match="whose task is Generation"):
        sft.load_pretrained_model("smollm2", task=sft.Regression())
    with pytest.raises(InputError, match="`template` is for language models"):
        sft.load_pretrained_model("minilm", template="chatml")
    with pytest.raises(InputError, match="no pretrained model 'gpt3'"):
        sft.load_pretrained_model("gpt3", task=sft.Generation())
    with pytest.raises(InputError, match=r"reads 256 tokens\. Received: 300"):
        chat_models.tiny_chat(tmp_path, max_length=300)


# SmolLM2-135M-Instruct's, by Hugging Face's transformers 5.17 on the same directory: at
# each place of a prompt the likeliest token, and at five the logits of 256 tokens.
REFERENCE = Path(__file__).with_name("smollm2_logits.npz")


@pytest.mark.skipif(not directory_of("smollm2").is_dir(), reason="make smollm2 first")
def test_smollm2_computes_what_transformers_does():
    model = sft.load_pretrained_model("smollm2")
    known = np.load(REFERENCE)
    ids = known["ids"]
    prompt = "What is the capital of France?"
    ((found, _),) = task_of(model).preprocessor.encode([prompt])
    assert found.tolist() == ids[-len(found) :].tolist()  # after a system message
    logits = model.predict_on_batch(
        {"token_ids": ids[None], "padding_mask": np.ones((1, len(ids)), "int32")}
    )[0]
    np.testing.assert_array_equal(logits.argmax(-1), known["likeliest"])
    some = logits[known["places"]][:, known["tokens"]]
    assert np.abs(some - known["logits"]).max() < 1e-3
    answer = sft.answer(model, prompt, max_new_tokens=12)
    assert answer == "The capital of France is Paris."


# Gemma 3 270M's, by transformers 5.23 on the same directory: an option that is seldom
# here, since its terms must be accepted. (What it computes is no part of it.)
GEMMA = Path(__file__).with_name("gemma3_logits.npz")
GEMMAS_TEXT = (
    "The capital of France is Paris, and the capital of China is Beijing. "
    "今天天气很好，我们决定去公园散步。"
)


@pytest.mark.skipif(not directory_of("gemma3-270m").is_dir(), reason="make gemma first")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_gemma_computes_what_transformers_does():
    model = sft.load_pretrained_model("gemma3-270m")
    known, read = np.load(GEMMA), task_of(model).preprocessor
    ids = known["ids"]
    assert [2, *read.read([GEMMAS_TEXT])[0]] == ids.tolist()
    logits = model.predict_on_batch(
        {"token_ids": ids[None], "padding_mask": np.ones((1, len(ids)), "int32")}
    )[0]
    np.testing.assert_array_equal(logits.argmax(-1), known["likeliest"])
    some = logits[known["places"]][:, known["tokens"]]
    assert np.abs(some - known["logits"]).max() < 1e-3
