"""Language models on the command line: prompts and answers, and conversations."""

import json
import warnings
from pathlib import Path

from sftkeras.commands.shared import bundle_directory, load_model, refuse_reading
from sftkeras.errors import InputError

RANK = 8  # of LoRA, unless told


def writes(model):
    """Return whether `--model` is a language model: before TensorFlow is waited for.

    Args:
        model: str, as it was given: an embedded one, a classifier's directory, or a
            pretrained model's, whose `config.json` says what it is.
    """
    from sftkeras.models.encoders import ENCODERS

    if model in ENCODERS:
        return ENCODERS[model].chat
    bundle = bundle_directory(model) / "preprocessor" / "preprocessor.json"
    if "chat_template" in _settings(bundle):
        return True
    kinds = _settings(Path(model, "config.json")).get("architectures") or []
    task = _settings(Path(model, "task.json")).get("class_name")
    names = [*kinds, task] if isinstance(kinds, list) else [task]
    return any(str(name).endswith(("ForCausalLM", "CausalLM")) for name in names)


def load_talks(path, arguments, require_answers=True):
    """Return the `Examples` of a file of conversations.

    Args:
        path: as in `load_conversations`.
        arguments: of the command line; options of columns are refused.
        require_answers: bool. Defaults to `True`.
    """
    from sftkeras.data.conversations import load_conversations

    encoding = getattr(arguments, "encoding", None)
    arguments.encoding = None
    refuse_reading(arguments, "prompts and answers")
    arguments.encoding = encoding
    return load_conversations(path, encoding, require_answers)


def load_talk_parts(paths, arguments):
    """Return {part: `Examples`}; prompts of a part that stand in --train are told.

    Args:
        paths: {"train", and if given "val", "test": path}.
        arguments: of `fit`.
    """
    parts = {name: load_talks(path, arguments) for name, path in paths.items()}
    known = {json.dumps(prompt) for prompt in parts["train"].inputs}
    for name in ("val", "test"):
        prompts = parts[name].inputs if name in parts else []
        if again := [p for p in prompts if json.dumps(p) in known]:
            warnings.warn(
                f"{len(again)} prompts of --{name} stand in --train too: the result "
                f"flatters. First: {again[0]!r:.60}",
                stacklevel=2,
            )
    return parts


def talker(model, verify=None):
    """Return a language model: one that `fit` saved, or a pretrained one.

    Args:
        model: str, as it was given.
        verify: as in `load_model`. Defaults to `None`.
    """
    import sftkeras as sft

    if (bundle_directory(model) / "classifier.json").is_file():
        return load_model(model, verify)
    return sft.load_pretrained_model(model, task=sft.Generation())


def techniques_of(arguments):
    """Return the techniques that `--lora` asks for: of language models it is usual.

    Args:
        arguments: of `fit`.
    """
    rank = arguments.lora
    if rank is None:
        rank = RANK if writes(arguments.model) else 0
    if rank < 0:
        raise InputError(f"--lora must be 0 or above. Received: {rank}")
    if not rank:
        return {}
    import sftkeras as sft

    return {"techniques": [sft.LoRA(rank=rank)]}


def iterate_prompts(arguments):
    """Yield (`None`, prompt) of a file of prompts, with or without answers.

    Args:
        arguments: of `predict`.
    """
    found = load_talks(arguments.file, arguments, require_answers=False)
    return ((None, prompt) for prompt in found.inputs)


def _settings(file):
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
