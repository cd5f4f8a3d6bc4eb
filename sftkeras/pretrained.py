"""Pretrained backbones with a new head (article §3.1)."""

import contextlib
import hashlib
import os
import socket
import urllib.parse
import urllib.request
from pathlib import Path

import keras

from sftkeras.errors import InputError, suggest
from sftkeras.graph import as_functional
from sftkeras.preprocessing import TextPreprocessor
from sftkeras.runtime import ROOT, quiet_stderr
from sftkeras.task import output_layer

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


def load_pretrained_model(
    name="minilm",
    num_classes=2,
    label_names=None,
    pooling="mean",
    dropout=0.1,
    max_length=None,
    seed=0,
):
    """Load a pretrained backbone and put a new, untrained head on it (article §3.1).

    The result is one flat functional graph: the article's
    `for layer in model.layers: layer.trainable = …` sees every transformer block.

    Example:

    >>> model = load_pretrained_model("minilm", num_classes=2)
    >>> [layer.name for layer in model.layers][-4:]
    ['transformer_layer_5', 'pooling', 'head_dropout', 'head']

    Args:
        name: one of

            - `"minilm"`: all-MiniLM-L6-v2, English, 6 layers, 384 wide, 22.7 M
              parameters, which `make quickstart` puts into `data/pretrained/minilm`;
            - a KerasHub preset (`"bert_base_en_uncased"`, `"hf://…"`), downloaded on
              first use; `"bert-base-uncased"`, the article's name, is one too;
            - a local directory in KerasHub's or Hugging Face's format;
            - a `keras.Model` without a head: any backbone, of images too.
        num_classes: int. 2 gives one sigmoid output, more give a softmax, 1 gives a
            linear output, for regression (labels with only two whole numbers are
            taken for two classes, and the output for their logit). Defaults to `2`.
        label_names: list of labels in the order of the classes. Defaults to `None`:
            `fine_tune` learns them from the labels.
        pooling: `"mean"` over the real tokens (or the image), or `"cls"`, the first
            token's vector. Defaults to `"mean"`, which MiniLM was trained for.
        dropout: float in [0, 1), before the head. Defaults to `0.1`.
        max_length: int. Texts are cut to so many tokens. Defaults to `None`: the
            backbone's limit, 512 for BERT. Batches are padded to their longest text
            only, so a high limit costs nothing on short texts.
        seed: int or None. Seed of the head's weights. Defaults to `0`.

    Returns:
        A `keras.Model`. For a text backbone it takes raw strings in `fine_tune`,
        `evaluate_model` and `predict`.

    Raises:
        InputError: the weights are not there, damaged, or out of reach; or an
            argument is out of range.
    """
    if label_names is not None:
        label_names = tuple(label_names)
        if len(label_names) != num_classes:
            raise InputError(
                f"`label_names` has {len(label_names)} names for "
                f"num_classes={num_classes}."
            )
    if not 0 <= dropout < 1:
        raise InputError(
            f"`dropout` must be at least 0 and below 1. Received: dropout={dropout}"
        )
    if pooling not in ("mean", "cls"):
        raise InputError(f"`pooling` must be 'mean' or 'cls'. Received: {pooling!r}")
    if isinstance(name, keras.Model):
        backbone = as_functional(name, "the backbone")
        preprocessor = getattr(name, "preprocessor", None)
    else:
        backbone, preprocessor = _load_backbone(name)
    if max_length is not None and isinstance(preprocessor, TextPreprocessor):
        limit = min(max_length, preprocessor.max_length)
        preprocessor = TextPreprocessor(preprocessor.layer, limit)
    features = _pool(backbone, pooling)  # (B, width)
    if dropout:
        features = keras.layers.Dropout(dropout, name="head_dropout")(features)
    outputs = output_layer(num_classes, seed)(features)
    model = keras.Model(backbone.input, outputs, name=f"{backbone.name}_classifier")
    model.preprocessor = preprocessor
    model.label_names = label_names
    return model


def replace_head(model, num_classes=2, label_names=None, seed=0):
    """Return the model with its last `Dense` replaced by a new, untrained head.

    For a classifier trained on one set of classes and wanted for another. The other
    layers, with their weights, are shared with `model`.

    Args:
        model: a `keras.Model` whose output is made by a `Dense` layer.
        num_classes, label_names, seed: as in `load_pretrained_model`.
    """
    model = as_functional(model)
    history = model.outputs[0]._keras_history
    if not isinstance(history.operation, keras.layers.Dense):
        raise InputError(
            "The model's output must come from a Dense layer. Received: "
            f"{type(history.operation).__name__} {history.operation.name!r}"
        )
    features = history.operation._inbound_nodes[history.node_index].input_tensors[0]
    backbone = keras.Model(model.input, features, name=model.name)
    backbone.preprocessor = getattr(model, "preprocessor", None)
    return load_pretrained_model(
        backbone, num_classes, label_names, dropout=0.0, seed=seed
    )


def _load_backbone(name):
    preset = source = _ALIASES.get(str(name), str(name))
    if preset == "minilm":
        source = str(checked_minilm())
    elif _is_path(preset) and not Path(preset, "config.json").is_file():
        raise InputError(
            f"{preset}: no pretrained model here: config.json is missing. Give a "
            "directory in KerasHub's or Hugging Face's format; a model of the Hugging "
            "Face hub is 'hf://…'."
        )
    import keras_hub

    known = keras_hub.models.Backbone.presets
    if "://" not in preset and not Path(source).exists() and preset not in known:
        raise InputError(
            f"There is no pretrained model {name!r}.{suggest(preset, known)} Give "
            "'minilm', a KerasHub preset, 'hf://…' or a local directory."
        )
    try:
        with quiet_stderr(), _no_waiting_for_the_network(source):
            backbone = keras_hub.models.Backbone.from_preset(source)
            layer = _text_layer(backbone, source)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        if preset == "minilm" or Path(source).exists():
            advice = "the files are damaged or of a kind that KerasHub cannot read."
        else:
            advice = (
                "it must be a KerasHub preset, and its first use needs a network. "
                "Without one use 'minilm', or a directory that holds a downloaded "
                "model."
            )
        raise InputError(
            f"Cannot load the pretrained model {name!r}: {advice} "
            f"({type(error).__name__}: {_first_line(error)})"
        ) from error
    if layer is None:
        return backbone, None
    limit = getattr(backbone, "max_sequence_length", None) or 512
    return backbone, TextPreprocessor(layer, limit)


def _text_layer(backbone, source):
    """Return KerasHub's preprocessor of a text backbone; `None` for other ones."""
    import keras_hub

    inputs = backbone.input
    if not isinstance(inputs, dict) or "token_ids" not in inputs:
        return None  # images or audio: arrays in
    try:
        return keras_hub.models.TextClassifierPreprocessor.from_preset(source)
    except ValueError:  # KerasHub has none for this backbone: token ids in
        return None


@contextlib.contextmanager
def _no_waiting_for_the_network(source):
    """Without a network, look into Hugging Face's local cache only.

    Its library would try again for 20 seconds.
    """
    if not source.startswith("hf://") or urllib.request.getproxies():
        yield
        return
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    try:
        socket.getaddrinfo(urllib.parse.urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _is_path(preset):
    return (os.sep in preset and "://" not in preset) or Path(preset).exists()


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


def _pool(backbone, pooling):
    outputs, mask = backbone.output, None
    if isinstance(outputs, dict):
        if "sequence_output" not in outputs:
            raise InputError(
                f"The backbone {backbone.name!r} has outputs {sorted(outputs)}; one "
                "named 'sequence_output', or a single output, is needed."
            )
        outputs = outputs["sequence_output"]
    if isinstance(backbone.input, dict):
        mask = backbone.input.get("padding_mask")
    rank = len(outputs.shape)
    if rank == 2:
        return outputs
    if rank == 3 and pooling == "cls":
        return outputs[:, 0]
    layers = keras.layers
    if rank == 3:
        return layers.GlobalAveragePooling1D(name="pooling")(outputs, mask=mask)
    if rank == 4:
        return layers.GlobalAveragePooling2D(name="pooling")(outputs)
    raise InputError(
        f"The backbone's output must have rank 2, 3 or 4. Received: {outputs.shape}"
    )


def _first_line(error):
    lines = str(error).strip().splitlines() or [""]
    return lines[0][:200]
