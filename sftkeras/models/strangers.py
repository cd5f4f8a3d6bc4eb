"""A stranger's directory of pretrained weights, checked before anything is made."""

import json
import re

from sftkeras.errors import InputError
from sftkeras.models.promised import check_layers, check_weights
from sftkeras.models.stored import count_hdf5, count_safetensors

LARGEST_CONFIG = 2**20  # bytes
LARGEST_PART = 64 * 2**20  # bytes of a vocabulary; XLM-R's has 17 MB
_TOKENIZER = re.compile(r"tokenizer|vocab|merges|spiece|sentencepiece|\.model$")


def check_preset(directory):
    """Raise `InputError` if a preset promises more than its files hold.

    Index files may name files of the directory only; layers and sizes in `config.json`
    must be those of the weights. Nothing is allocated, whatever it says.

    Args:
        directory: path, with `config.json` in Hugging Face's or KerasHub's format.
    """
    import keras_hub

    config = _read(directory / "config.json", LARGEST_CONFIG)
    _check_parts(directory)
    arrays, numbers = _held(directory)
    check_layers(config, arrays)
    # Fused arrays become several weights; a little of what is made is not stored.
    check_weights(
        lambda: keras_hub.models.Backbone.from_preset(
            str(directory), load_weights=False
        ),
        most=10 * arrays + 1000,
        elements=numbers + numbers // 4 + 1_000_000,
    )


def has_tokenizer(directory):
    """Return whether a directory holds files of a tokenizer."""
    return any(_TOKENIZER.search(file.name) for file in directory.rglob("*"))


def _read(file, largest):
    if file.stat().st_size > largest:
        raise InputError(f"{file.name} has {file.stat().st_size:,} bytes")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise InputError(f"{file.name} is not JSON") from None
    if not isinstance(content, dict):
        raise InputError(f"{file.name} is no object of JSON")
    return content


def _check_parts(directory):
    """Raise for parts of odd size, and for indices that lead out of the directory."""
    for file in directory.rglob("*"):
        weights = file.suffix in (".safetensors", ".h5", ".bin", ".pt", ".onnx")
        part = file.is_file() and not weights and _TOKENIZER.search(file.name)
        if part and file.stat().st_size > LARGEST_PART:
            raise InputError(f"{file.name} has {file.stat().st_size:,} bytes")
        if file.name.endswith((".index.json", ".weights.json")):
            for name in _named(_read(file, LARGEST_PART).get("weight_map")):
                if not re.fullmatch(r"[\w.-]+", str(name)) or ".." in str(name):
                    raise InputError(f"{file.name} names the file {str(name)[:80]!r}")


def _named(found):
    """Yield the names in a map of weights, of whichever format."""
    left = [found]
    while left:
        found = left.pop()
        if isinstance(found, dict):
            left += found.values()
        elif isinstance(found, list):
            left += found
        elif found is not None:
            yield found


def _held(directory):
    """Return (arrays, numbers) of all files of weights in a directory."""
    counts = [(0, 0)]
    for file in directory.iterdir():
        if not file.is_file():
            continue
        if file.suffix == ".safetensors":
            counts.append(count_safetensors(file))
        elif file.suffix == ".h5":
            counts.append(count_hdf5(file, file.stat().st_size))
    return tuple(map(sum, zip(*counts, strict=True)))
