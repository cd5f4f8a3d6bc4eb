"""Tiny random language models in a directory each, for tests of chat."""

import json

import keras
import keras_hub
import numpy as np
from safetensors.numpy import save_file

BYTES = [chr(c) for c in [*range(33, 127), *range(161, 173), *range(174, 256)]]
BYTES += [chr(256 + n) for n in range(68)]  # the others, a blank among them
CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
OWN = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% endif %}"
)
WIDTH, INNER, HEADS, KEYS = 16, 32, 4, 2


def vocabulary(special):
    return {token: number for number, token in enumerate([*special, *BYTES, "ab"])}


def write_llama(directory, template=OWN, blocks=2):
    """Write a Llama of ChatML as Hugging Face does, as SmolLM2's directory is."""
    random, words = np.random.default_rng(3), vocabulary(CHATML)
    narrow = WIDTH * KEYS // HEADS
    shapes = {"model.embed_tokens": (len(words), WIDTH), "model.norm": (WIDTH,)}
    for block in range(blocks):
        for name, shape in {
            "input_layernorm": (WIDTH,),
            "post_attention_layernorm": (WIDTH,),
            "self_attn.q_proj": (WIDTH, WIDTH),
            "self_attn.k_proj": (narrow, WIDTH),
            "self_attn.v_proj": (narrow, WIDTH),
            "self_attn.o_proj": (WIDTH, WIDTH),
            "mlp.gate_proj": (INNER, WIDTH),
            "mlp.up_proj": (INNER, WIDTH),
            "mlp.down_proj": (WIDTH, INNER),
        }.items():
            shapes[f"model.layers.{block}.{name}"] = shape
    tensors = {
        f"{name}.weight": random.normal(size=shape).astype("float32") * 0.4
        if len(shape) > 1
        else np.ones(shape, "float32")
        for name, shape in shapes.items()
    }
    save_file(tensors, directory / "model.safetensors", {"format": "pt"})
    added = [{"id": words[token], "content": token} for token in CHATML]
    files = {
        "config.json": {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": len(words),
            "num_hidden_layers": blocks,
            "num_attention_heads": HEADS,
            "num_key_value_heads": KEYS,
            "hidden_size": WIDTH,
            "intermediate_size": INNER,
            "max_position_embeddings": 256,
            "rope_theta": 10000.0,
            "rms_norm_eps": 1e-2,
            "tie_word_embeddings": True,
        },
        "tokenizer.json": {
            "added_tokens": added,
            "model": {"type": "BPE", "vocab": words, "merges": ["a b"]},
        },
        "tokenizer_config.json": {
            "bos_token": "<|im_start|>",
            "eos_token": "<|im_end|>",
            **({"chat_template": template} if template else {}),
        },
    }
    for name, content in files.items():
        (directory / name).write_text(json.dumps(content), encoding="utf-8")
    return directory


def write_gpt2(directory):
    """Write a GPT-2, which knows no turns, as KerasHub does; return its `CausalLM`."""
    keras.utils.set_random_seed(4)
    words = vocabulary(["<|endoftext|>"])
    tokenizer = keras_hub.models.GPT2Tokenizer(vocabulary=words, merges=["a b"])
    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size=len(words),
        num_layers=2,
        num_heads=2,
        hidden_dim=WIDTH,
        intermediate_dim=INNER,
        max_sequence_length=96,
        dropout=0.0,
    )
    causal = keras_hub.models.GPT2CausalLM(
        backbone,
        keras_hub.models.GPT2CausalLMPreprocessor(tokenizer, sequence_length=64),
    )
    for weight in backbone.weights:
        weight.assign(weight * (20 if len(weight.shape) > 1 else 1))
    causal.save_to_preset(str(directory))
    return causal


def tiny_chat(directory, **options):
    """Return a tiny random language model, loaded as any local directory is."""
    import sftkeras as sft

    write_llama(directory)
    return sft.load_pretrained_model(str(directory), task=sft.Generation(), **options)


ASKED = ["one tea", "two teas please", "a beer", "three colas, no, two colas"] * 2
TOLD = ["tea=1", "tea=2", "beer=1", "cola=2"] * 2
