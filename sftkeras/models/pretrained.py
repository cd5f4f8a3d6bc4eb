"""Pretrained backbones with a new head (article §3.1)."""

import functools
from pathlib import Path

import keras

from sftkeras.arguments import check_dropout
from sftkeras.errors import InputError
from sftkeras.graph import attach
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.models.efficientnet import image_encoder
from sftkeras.models.encoders import ENCODERS
from sftkeras.models.forms import as_functional
from sftkeras.models.heads import add_head, check_headless, task_for
from sftkeras.models.language import language_model
from sftkeras.models.presets import Preset
from sftkeras.models.speech import LANGUAGES, speech_model
from sftkeras.models.strangers import has_tokenizer
from sftkeras.models.undrawn import undrawn
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.generation import Generation


def load_pretrained_model(
    name="minilm",
    num_classes=2,
    label_names=None,
    pooling="mean",
    dropout=0.1,
    max_length=None,
    seed=0,
    task=None,
    image_size=None,
    classes=None,
    frame_ms=None,
    template=None,
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

            - `"minilm"`, for English text: all-MiniLM-L6-v2, 6 layers, 384 wide, 22.7 M
              parameters, the fastest;
            - `"e5-small"`, for Chinese, and for English in more time:
              multilingual-e5-small, 12 layers, 384 wide, 21.6 M parameters and a
              vocabulary of Chinese and English; its upper four layers
              (`blocks(model)[-4:]`) take less time than all of MiniLM's;
            - `"efficientnet-lite0"`, for photographs: 17 blocks, 4.7 M parameters;
            - `"speech-embedding"`, for speech: Google's 20 convolutions, 0.33 M
              parameters, and a top of ours, 0.1 M, over time;
            - `"smollm2"`, a chat model of English that answers: SmolLM2-135M-Instruct,
              30 layers, 134.5 M parameters (`make smollm2` fetches it, 93 MB);
            - `"gemma3-270m"`, Gemma 3 270M of many languages, Chinese among them,
              before any tuning: 18 layers, 268 M parameters. An option, under terms
              that must be accepted: `make gemma` shows them;
            - a KerasHub preset (`"bert_base_en_uncased"`, `"hf://…"`), downloaded on
              first use; `"bert-base-uncased"`, the article's name, is one too;
            - a local directory in KerasHub's or Hugging Face's format;
            - a `keras.Model` without a head: any backbone, of images too. (One with a
              head gets another by `replace_head`.)

            The first five need no network once `make pretrained` has fetched them into
            `data/pretrained`.
        num_classes: int. 2 gives one sigmoid output, more give a softmax, 1 gives a
            linear output, for regression (labels with only two whole numbers are
            taken for two classes, and the output for their logit). Defaults to `2`.
        label_names: list of labels in the order of the classes. Defaults to `None`:
            `fine_tune` learns them from the labels.
        pooling: `"mean"` over the real tokens (or the image), or `"cls"`, the first
            token's vector. Defaults to `"mean"`, which MiniLM was trained for.
        dropout: float in [0, 1), before the head. Defaults to `0.1`.
        max_length: int. Texts are cut to so many tokens. Defaults to `None`: the
            backbone's limit, 512 for BERT (of language models 512; longer conversations
            are refused, not cut). Batches are padded to their longest text
            only, so a high limit costs nothing on short texts; long ones cost time in
            proportion, so that 128 is enough for most reviews.
        seed: int or None. Seed of the head's weights. Defaults to `0`.
        task: what is learned, instead of `num_classes`: `Classification(…)`,
            `MultiLabel(("food", "price"))` for several labels a row, `Regression()`,
            `Transcription(("yes", "no"))` for speech; `Generation()` for answers of
            any causal language model (Llama, Gemma, Qwen, GPT-2). Defaults to `None`:
            by `num_classes`, and by the labels.
        image_size: int, for `"efficientnet-lite0"`: images are scaled to so many pixels
            either way. Defaults to `None`: 160, in half the time of 224, which it was
            trained on.
        classes: `"imagenet"`: `"efficientnet-lite0"` keeps its head of ImageNet's 1,000
            classes, with their names, and can predict at once. `"english"` or
            `"chinese"`: `"speech-embedding"` gets the top that was trained on synthetic
            voices, and knows some sixty words; with a `task`, those of them that it
            names. Defaults to `None`: a new head; for speech without a `task`,
            `"english"`.
        frame_ms: int, for `"speech-embedding"`: it answers every 80, 40 or 20
            milliseconds. Defaults to `None`: 40.
        template: for language models, what stands around messages: `"own"`, the
            model's; `"chatml"`, `"llama3"`, `"gemma"`, `"plain"`; or Jinja. Defaults
            to `None`: its own; for `"smollm2"` `"chatml"`, without the sentence on
            itself that its own begins with.

    Returns:
        A `keras.Model`. In `fine_tune`, `evaluate_model` and `predict` a text backbone
        takes raw strings, `"efficientnet-lite0"` images of any size (uint8 arrays of
        one or three channels, or paths of files), `"speech-embedding"` recordings
        (arrays of samples at 16 kHz, pairs `(samples, rate)`, or paths of files).

    Raises:
        InputError: the weights are not there, damaged, or out of reach; or an
            argument is out of range.
    """
    if not isinstance(task, Generation):
        task_for(num_classes, label_names, task)
    check_dropout("dropout", dropout)
    if pooling not in ("mean", "cls"):
        raise InputError(f"`pooling` must be 'mean' or 'cls'. Received: {pooling!r}")
    known = ENCODERS.get(str(name))
    if (known and known.chat) or isinstance(task, Generation):
        return language_model(name, task, template, max_length)
    if template is not None:
        raise InputError(
            "`template` is for language models: 'smollm2', or task=Generation(). "
            f"Received: name={name!r}"
        )
    if known is None or not known.sound:
        if frame_ms is not None or classes in LANGUAGES:
            raise InputError(
                "`frame_ms`, and `classes` of a language, are for 'speech-embedding'. "
                f"Received: name={name!r}"
            )
    elif image_size is None:
        return speech_model(str(name), task, classes, frame_ms, dropout, seed)
    if known is not None and known.images:
        backbone, preprocessor, names = image_encoder(str(name), image_size, classes)
        if names:
            return attach(backbone, Classification(names, preprocessor, len(names)))
    elif image_size is not None or classes is not None:
        raise InputError(
            "`image_size` and `classes` are for 'efficientnet-lite0'. "
            f"Received: name={name!r}"
        )
    elif isinstance(name, keras.Model):
        backbone = as_functional(name, name="the backbone")
        check_headless(backbone, "the backbone", num_classes)
        preprocessor = getattr(backbone, "preprocessor", None)
    else:
        backbone, preprocessor = load_backbone(name)
    if max_length is not None and isinstance(preprocessor, TextPreprocessor):
        limit = min(max_length, preprocessor.max_length)
        preprocessor = TextPreprocessor(preprocessor.layer, limit)
    return add_head(
        backbone, preprocessor, num_classes, label_names, task, pooling, dropout, seed
    )


def load_backbone(name):
    """Return `(backbone, preprocessor)` of a name: see `load_pretrained_model`."""
    import keras_hub

    preset = Preset(name, keras_hub.models.Backbone)
    with preset.reading():
        read = functools.partial(keras_hub.models.Backbone.from_preset, preset.source)
        # Ours have all weights in their file; what is downloaded may take its time.
        backbone = undrawn(read) if preset.name in ENCODERS else read()
        layer = _text_layer(backbone, preset.source)
    if preset.name in ENCODERS and ENCODERS[preset.name].training:
        backbone.name = ENCODERS[preset.name].model_name  # `fine_tune` asks for it
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
    kind = keras_hub.models.TextClassifierPreprocessor
    try:
        return kind.from_preset(source)
    except ValueError:
        # KerasHub has none for this backbone, or there is no vocabulary: token ids in.
        known = any(
            issubclass(type(backbone), k.backbone_cls or ()) for k in _all(kind)
        )
        if known and Path(source).is_dir() and has_tokenizer(Path(source)):
            raise  # there is one, and it is broken
        return None


def _all(kind):
    """Yield all classes derived from a class."""
    for inner in kind.__subclasses__():
        yield inner
        yield from _all(inner)
