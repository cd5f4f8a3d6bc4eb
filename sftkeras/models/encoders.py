"""The embedded encoders: where their files lie, their digests, the article's names."""

import hashlib
import os
from pathlib import Path

from sftkeras.errors import InputError
from sftkeras.files import ROOT

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


MINILM_FILES = ("config.json", "tokenizer_config.json", "vocab.txt")
MINILM_FILES += ("model.safetensors",)


# The article's names, and what KerasHub calls them.
_ALIASES = {
    "bert-base-uncased": "bert_base_en_uncased",
    "bert-base-cased": "bert_base_en",
    "bert-large-uncased": "bert_large_en_uncased",
    "bert-base-chinese": "bert_base_zh",
    "bert-base-multilingual-cased": "bert_base_multi",
    "roberta-base": "roberta_base_en",
    "distilbert-base-uncased": "distil_bert_base_en_uncased",
}


def minilm_directory():
    """Return where the embedded encoder's files are; `SFTKERAS_MINILM` moves it."""
    default = ROOT / "data" / "pretrained" / "minilm"
    return Path(os.environ.get("SFTKERAS_MINILM", default))


def checked_minilm():
    """Return the embedded encoder's directory, its weights checked by SHA-256."""
    directory = minilm_directory()
    missing = [name for name in MINILM_FILES if not (directory / name).is_file()]
    if missing:
        raise InputError(
            f"The encoder 'minilm' is not in {directory} ({', '.join(missing)} "
            "missing). Run: python data/get_minilm.py"
        )
    with (directory / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != MINILM_SHA256:
        raise InputError(
            f"{directory / 'model.safetensors'} is damaged or was changed (its SHA-256 "
            f"is {found[:12]}…, not {MINILM_SHA256[:12]}…). Delete it and run: "
            "python data/get_minilm.py"
        )
    return directory
