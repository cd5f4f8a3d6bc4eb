"""Pretrained causal language models as flat graphs of logits (article §2.2, §3.1)."""

import functools
import json

import keras

from sftkeras.data.telling import tell
from sftkeras.errors import InputError
from sftkeras.graph import attach, maker
from sftkeras.inputs.chat import ChatPreprocessor
from sftkeras.inputs.chat_template import template_for
from sftkeras.models.encoders import ENCODERS
from sftkeras.models.mending import mend_blocks
from sftkeras.models.presets import Preset
from sftkeras.models.undrawn import undrawn
from sftkeras.tasks.generation import Generation

WINDOW = 512  # tokens, unless told
_LARGEST = 2**24  # bytes of a file of settings


def language_model(name, task=None, template=None, max_length=None):
    """Return a causal language model for `fine_tune`, `answer` and `predict`.

    One flat graph, from `token_ids` and `padding_mask` `(B, T)` to logits `(B, T, V)`.

    Args:
        name: as in `load_pretrained_model`.
        task: a `Generation`. Defaults to `None`: a new one.
        template: as in `load_pretrained_model`.
        max_length: int. Defaults to `None`: 512, or less if the model takes no more.

    Raises:
        InputError: there is no such model, or it is no causal language model.
    """
    import keras_hub

    if task is not None and not isinstance(task, Generation):
        raise InputError(
            f"{name} is a language model, whose task is Generation(). "
            f"Received: {type(task).__name__}"
        )
    if isinstance(name, keras.Model):
        raise InputError("Give the name or the directory of a language model.")
    preset = Preset(name, keras_hub.models.CausalLM)
    config, known = _settings(preset, "config.json"), preset.name in ENCODERS
    read = functools.partial(_causal, preset.source, config)
    with preset.reading():
        causal = undrawn(read) if known else read()
    if causal.preprocessor is None:
        raise InputError(f"{name}: there is no tokenizer with this model.")
    tokenizer, backbone = causal.preprocessor.tokenizer, causal.backbone
    limit = getattr(backbone, "max_sequence_length", None) or config.get(
        "max_position_embeddings", 2**20
    )
    if max_length is not None and max_length > limit:
        raise InputError(
            f"`max_length`: {name} reads {limit} tokens. Received: {max_length}"
        )
    source = _template(preset, template, tokenizer)
    window = min(max_length or WINDOW, limit)
    preprocessor = ChatPreprocessor(tokenizer, source, window)
    model = flattened(causal, ENCODERS[preset.name].model_name if known else None)
    task = (task or Generation()).replaced(
        preprocessor=preprocessor, decoder=decoder_of(causal, model)
    )
    return attach(model, task)


def _causal(source, config):
    """Return KerasHub's `CausalLM`; its reader drops the epsilon of a Llama."""
    import keras_hub

    hub = keras_hub.models
    epsilon = config.get("rms_norm_eps")
    if epsilon is None or config.get("model_type") != "llama":
        return hub.CausalLM.from_preset(source)
    backbone = hub.Backbone.from_preset(source, layer_norm_epsilon=epsilon)
    llama = isinstance(backbone, hub.Llama3Backbone)
    kind = hub.Llama3CausalLM if llama else hub.LlamaCausalLM
    return kind(backbone, hub.CausalLMPreprocessor.from_preset(source))


def flattened(causal, name=None):
    """Return KerasHub's `CausalLM`, whose backbone is one layer, as one flat graph."""
    backbone = causal.backbone
    table = getattr(backbone, "token_embedding", None)
    if len(causal.outputs) != 1 or maker(causal.outputs[0]) is not table:
        raise InputError(
            f"{type(causal).__name__} does not end in the table of its tokens: such a "
            "model is not supported."
        )
    mend_blocks(backbone)
    logits = table(backbone.output, reverse=True)
    return keras.Model(backbone.input, logits, name=name or backbone.name)


def decoder_of(causal, model):
    """Return how a model writes: see `tasks.decoding.Speaker`."""
    names = {layer.name for layer in model.layers}
    layers, plain = {}, (int, float, str, bool, type(None))
    for private, value in vars(causal.backbone).items():
        name = private.removeprefix("_")  # some are read through a property
        if name == "layers" or getattr(causal.backbone, name, None) is not value:
            continue
        if isinstance(value, keras.Layer) and value.name in names:
            layers[name] = value.name
        several = isinstance(value, (list, tuple))
        if several and value and all(getattr(v, "name", None) in names for v in value):
            layers[name] = [each.name for each in value]
    settings = {
        name: value
        for name, value in causal.backbone.get_config().items()
        if isinstance(value, plain)
    }
    for name in ("head_dim",):
        if isinstance(found := getattr(causal.backbone, name, None), int):
            settings[name] = found
    return {"kind": type(causal).__name__, "settings": settings, "layers": layers}


def _template(preset, template, tokenizer):
    """Return the template that was asked for, the model's own, or one that fits it."""
    if template not in (None, "own"):
        return template
    if template is None and preset.name == "smollm2":
        return "chatml"  # its own says who it is before each conversation
    own = _settings(preset, "tokenizer_config.json").get("chat_template")
    if isinstance(own, list):  # several, by name
        own = {t.get("name"): t.get("template") for t in own}.get("default")
    if preset.directory and (file := preset.directory / "chat_template.jinja").exists():
        own = file.read_text(encoding="utf-8")
    if own:
        return own
    fits = template_for(lambda token: _is_token(tokenizer, token))
    if template == "own" or fits == "plain":
        tell(preset.name, f"no chat template with the model; {fits!r} is taken.")
    return fits


def _is_token(tokenizer, token):
    try:
        return tokenizer.id_to_token(tokenizer.token_to_id(token)) == token
    except (ValueError, KeyError, IndexError, TypeError):
        return False


def _settings(preset, name):
    """Return what a local directory's file of settings says, {} without one."""
    file = preset.directory and preset.directory / name
    if not file or not file.is_file() or file.stat().st_size > _LARGEST:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
