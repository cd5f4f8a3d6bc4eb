"""SmolLM2's GGUF file becomes a directory that KerasHub computes with as llama.cpp."""

import get_smollm2
import keras_hub
import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.quants import dequantize, quantize

HEADS, KEYS, WIDTH, INNER, BASE, EPSILON = 4, 2, 64, 96, 100.0, 1e-2
BYTES = [chr(c) for c in [*range(33, 127), *range(161, 173), *range(174, 256)]]
TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *BYTES, "Ġ", "Ċ", "ab"]
NUMBERS = np.random.default_rng(0)


def random_tensors(blocks=2):
    """Return {llama.cpp's name: weights} of a tiny Llama, as its file stores them."""
    shapes = {
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (WIDTH * KEYS // HEADS, WIDTH),
        "attn_v": (WIDTH * KEYS // HEADS, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_gate": (INNER, WIDTH),
        "ffn_up": (INNER, WIDTH),
        "ffn_down": (WIDTH, INNER),
        "attn_norm": (WIDTH,),
        "ffn_norm": (WIDTH,),
    }
    tensors = {
        "token_embd.weight": (len(TOKENS), WIDTH),
        "output_norm.weight": (WIDTH,),
    }
    for block in range(blocks):
        for name, shape in shapes.items():
            tensors[f"blk.{block}.{name}.weight"] = shape
    return {
        name: NUMBERS.normal(size=shape).astype("float32")
        * (0.2 if len(shape) == 2 else 1)
        for name, shape in tensors.items()
    }


def write_gguf(path, tensors):
    """Write a GGUF file; return the weights as it holds them, rounded to its bits."""
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(sum(".attn_q." in name for name in tensors))
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_rope_freq_base(BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    kinds = [TokenType.CONTROL] * 3 + [TokenType.NORMAL] * (len(TOKENS) - 3)
    writer.add_token_types(kinds)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_chat_template("{{ messages }}")
    held = {}
    for name, array in tensors.items():
        kind = GGMLQuantizationType.Q4_1
        if name == "token_embd.weight":
            kind = GGMLQuantizationType.Q8_0
        if array.ndim == 1:
            kind = GGMLQuantizationType.F32
        data = quantize(array.astype("float32"), kind)
        writer.add_tensor(name, data, raw_dtype=kind)
        held[name] = dequantize(data, kind).astype("float16").astype("float32")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return held


def logits(weights, ids, blocks=2):
    """Compute a Llama's logits as llama.cpp does: rotary pairs are neighbours."""

    def normed(x, name):
        scale = np.sqrt(np.mean(x**2, -1, keepdims=True) + EPSILON)
        return x / scale * weights[f"{name}.weight"]

    def turned(x):
        size = x.shape[-1]
        angle = np.arange(len(ids))[:, None] / BASE ** (np.arange(0, size, 2) / size)
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        even, odd = x[..., ::2], x[..., 1::2]
        out = np.empty_like(x)
        out[..., ::2] = even * cos - odd * sin
        out[..., 1::2] = even * sin + odd * cos
        return out

    x = weights["token_embd.weight"][ids]
    causal = np.tril(np.ones((len(ids), len(ids)), bool))
    for block in range(blocks):
        w = {
            name.split(".")[2]: value
            for name, value in weights.items()
            if name.startswith(f"blk.{block}.")
        }
        y = normed(x, f"blk.{block}.attn_norm")
        query, key, value = (
            (y @ w[f"attn_{n}"].T).reshape(len(ids), -1, WIDTH // HEADS) for n in "qkv"
        )
        query, key = turned(query), turned(key)
        key, value = (np.repeat(part, HEADS // KEYS, axis=1) for part in (key, value))
        scores = np.einsum("qhd,khd->hqk", query, key) / np.sqrt(WIDTH // HEADS)
        scores = np.where(causal, scores, -np.inf)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed = np.einsum("hqk,khd->qhd", shares, value).reshape(len(ids), WIDTH)
        x = x + mixed @ w["attn_output"].T
        y = normed(x, f"blk.{block}.ffn_norm")
        gate = y @ w["ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (y @ w["ffn_up"].T)) @ w["ffn_down"].T
    return normed(x, "output_norm") @ weights["token_embd.weight"].T


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smollm2")
    held = write_gguf(folder / "tiny.gguf", random_tensors())
    directory = folder / "directory"
    directory.mkdir()
    contents = {get_smollm2.FILE: (folder / "tiny.gguf").read_bytes()}
    get_smollm2.write(contents, directory)
    return directory, held


def test_keras_hub_computes_what_the_file_means(converted):
    directory, held = converted
    backbone = keras_hub.models.Llama3Backbone.from_preset(
        str(directory), layer_norm_epsilon=EPSILON
    )
    ids = np.array([1, 7, 80, 80, 12, 2, 5])
    hidden = backbone.predict(
        {"token_ids": ids[None], "padding_mask": np.ones((1, len(ids)))}, verbose=0
    )
    found = backbone.token_embedding(hidden, reverse=True)[0]
    expected = logits(held, ids)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_tokenizer_knows_turns_digits_and_merges(converted):
    tokenizer = keras_hub.models.Llama3Tokenizer.from_preset(str(converted[0]))
    assert tokenizer.start_token_id == 1 and tokenizer.end_token_id == 2
    found = [tokenizer.id_to_token(int(i)) for i in tokenizer("<|im_start|>ab 12\n")]
    assert found == ["<|im_start|>", "ab", "Ġ", "1", "2", "Ċ"]
