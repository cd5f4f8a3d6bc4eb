"""The embedded encoders: where their files lie, their digests, the article's names."""

import dataclasses
import os
from pathlib import Path

from sftkeras.directories import sha256
from sftkeras.errors import InputError
from sftkeras.files import ROOT
from sftkeras.inputs.writing import is_latin

SUMS = "SHA256SUMS"  # what a set-up script wrote; `sha256sum --check` reads it too


@dataclasses.dataclass(frozen=True)
class Encoder:
    """An encoder that a script of `data/` fetches once, for use without a network.

    Args:
        name: str, what `load_pretrained_model` calls it.
        about: str, one line: what it is and for what.
        script: str, the script of `data/` that fetches it.
        files: tuple of the files that it needs.
        digests: {file: SHA-256} of files that are the same everywhere. Defaults to
            none: they are converted, and their digests lie beside them, in `SUMS`.
        writing: str, the only script it reads: `"Latin"`. Defaults to `None`: many.
        images: bool. It takes images. Defaults to `False`: texts.
        sound: bool. It takes recordings of speech. Defaults to `False`.
        chat: bool. It is a language model, which answers. Defaults to `False`.
        notice: str, what must stand beside each copy and each model made of it, as its
            licence asks; it is fetched by those only who accept that. Defaults to `""`.
        training: {what is trained, as in `fine_tune`'s table: (learning rate, epochs,
            batch size)}, where others than the usual ones were measured to be better.
            Defaults to none.
    """

    name: str
    about: str
    script: str
    files: tuple
    digests: dict = dataclasses.field(default_factory=dict)
    writing: str | None = None
    images: bool = False
    sound: bool = False
    chat: bool = False
    notice: str = ""
    training: dict = dataclasses.field(default_factory=dict)

    @property
    def model_name(self):
        """What its Keras model is called, and those made of it begin with."""
        return self.name.replace("-", "_")


ENCODERS = {
    encoder.name: encoder
    for encoder in (
        Encoder(
            "minilm",
            "all-MiniLM-L6-v2: English text, 6 layers, the fastest",
            "get_minilm.py",
            ("config.json", "tokenizer_config.json", "vocab.txt", "model.safetensors"),
            {
                "config.json": (
                    "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"
                ),
                "tokenizer_config.json": (
                    "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"
                ),
                "vocab.txt": (
                    "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
                ),
                "model.safetensors": (
                    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
                ),
            },
            writing="Latin",
        ),
        Encoder(
            "e5-small",
            "multilingual-e5-small: Chinese and English text, 12 layers",
            "get_e5_small.py",
            (
                "config.json",
                "tokenizer_config.json",
                "sentencepiece.bpe.model",
                "model.safetensors",
                SUMS,
            ),
            training={"head": (1e-2, 20, 32), "all": (1e-4, 4, 16)},
        ),
        Encoder(
            "efficientnet-lite0",
            "EfficientNet-Lite0: photographs, 16 blocks, ImageNet's 1,000 classes",
            "get_efficientnet_lite0.py",
            ("model.safetensors", SUMS),
            images=True,
            training={"all": (2e-4, 8, 16)},
        ),
        Encoder(
            "speech-embedding",
            "Google's speech_embedding: speech, 20 convolutions, spoken words",
            "get_speech_embedding.py",
            ("model.safetensors", SUMS),
            sound=True,
        ),
        Encoder(
            "smollm2",
            "SmolLM2-135M-Instruct: a chat model of English, 30 layers",
            "get_smollm2.py",
            (
                "config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "model.safetensors",
                SUMS,
            ),
            chat=True,
        ),
        Encoder(
            "gemma3-270m",
            "Gemma 3 270M: a language model of many languages, untuned, 18 layers",
            "get_gemma3.py",
            (
                "config.json",
                "tokenizer.model",
                "tokenizer_config.json",
                "model.safetensors",
                "GEMMA_TERMS.html",
                "NOTICE",
                SUMS,
            ),
            chat=True,
            notice=(
                "Gemma is provided under and subject to the Gemma Terms of Use found "
                "at ai.google.dev/gemma/terms"
            ),
        ),
    )
}


# The article's names, and what KerasHub calls them.
ALIASES = {
    "bert-base-uncased": "bert_base_en_uncased",
    "bert-base-cased": "bert_base_en",
    "bert-large-uncased": "bert_large_en_uncased",
    "bert-base-chinese": "bert_base_zh",
    "bert-base-multilingual-cased": "bert_base_multi",
    "roberta-base": "roberta_base_en",
    "distilbert-base-uncased": "distil_bert_base_en_uncased",
}


def directory_of(name):
    """Return where an encoder's files are: `data/pretrained/NAME`.

    The environment's `SFTKERAS_NAME` (`SFTKERAS_E5_SMALL`) moves it.
    """
    variable = f"SFTKERAS_{name.upper().replace('-', '_')}"
    return Path(os.environ.get(variable, ROOT / "data" / "pretrained" / name))


def encoder_of(model):
    """Return the `Encoder` that a model was made of; `None`: of another, or MiniLM."""
    for encoder in ENCODERS.values():
        if encoder.training and model.name.startswith(encoder.model_name):
            return encoder
    return None


def notice_of(model):
    """Return what must stand beside a model because of what it was made of, or `""`."""
    found = (e.notice for e in ENCODERS.values() if model.name.startswith(e.model_name))
    return next(filter(None, found), "")


def encoder_for(texts):
    """Return the name of the embedded encoder that knows the language of some texts.

    `"minilm"` where most letters are Latin ones, as English has, else `"e5-small"`.

    Args:
        texts: list of str, or of pairs of them.
    """
    return "minilm" if is_latin(texts) else "e5-small"


def minilm_directory():
    """Return where MiniLM's files are, as chapter 6.5 asks for it."""
    return directory_of("minilm")


def checked(name):
    """Return an encoder's directory, its files checked by SHA-256.

    Raises:
        InputError: files are missing or damaged; it names the command that mends it.
    """
    encoder, directory = ENCODERS[name], directory_of(name)
    command = f"python data/{encoder.script}"
    missing = [file for file in encoder.files if not (directory / file).is_file()]
    if missing:
        raise InputError(
            f"The encoder {name!r} is not in {directory} ({', '.join(missing)} "
            f"missing). Run: {command}"
        )
    digests = encoder.digests or read_sums(directory / SUMS)
    for file in encoder.files:
        if file == SUMS:
            continue
        found, expected = sha256(directory / file), digests.get(file, "unknown")
        if found != expected:
            raise InputError(
                f"{directory / file} is damaged or was changed (its SHA-256 is "
                f"{found[:12]}…, not {expected[:12]}…). Delete it and run: {command}"
            )
    return directory


def read_sums(path):
    """Return {file: SHA-256} of a file of `sha256sum`; lines of another form: none."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    parts = (line.partition("  ") for line in lines)
    return {name: digest for digest, _, name in parts}
