"""Translators: a pretrained encoder that reads, a decoder of ours that writes (§6.4).

The encoder is e5-small, of Microsoft, in 100 languages; what its embeddings, its sixth
and its last block make of a text, side by side, is what the decoder looks at. The
decoder was trained by `data/make_translator.py` on the texts of seven programs.
"""

import base64
import json

import keras
import numpy as np
from keras import layers
from safetensors import safe_open

from sftkeras.data.placeholders import Names
from sftkeras.errors import InputError
from sftkeras.files import ROOT
from sftkeras.graph import attach, output_in
from sftkeras.inputs.translation import TARGET, TranslationPreprocessor
from sftkeras.models.attention import Attention
from sftkeras.models.speech_embedding import fill
from sftkeras.process import keeping_random
from sftkeras.tasks.steps import EMBEDDING, LAST, POSITION, SOURCE, block_names
from sftkeras.tasks.translation import Translation

DECODER = ROOT / "data" / "pretrained_tops" / "translator-zh.safetensors"
STATES = ("embeddings_layer_norm", "transformer_layer_5", "transformer_layer_11")
_WIDTH, _HEADS, _INNER, _BLOCKS = 256, 4, 1024, 2


def load_translator(task=None, dropout=0.1, seed=0, file=DECODER):
    """Load the translator of programs' texts, English to Simplified Chinese (§6.4).

    It is one flat graph: `"source_*"` brings the encoder's states to the decoder's
    width; `"decoder_0_*"` and `"decoder_1_*"` are its blocks; `"target_embedding"` is
    the table of its units, which is both what it reads and what it answers with.

    It knows texts of interfaces. Of sentences it makes nonsense.

    Example:

    >>> model = load_translator()  # doctest: +SKIP
    >>> predict(model, ["Delete {name}?"])  # doctest: +SKIP
    ['删除{name}？']

    Args:
        task: a `Translation`, for another smoothing or beam. Defaults to `None`.
        dropout: float in [0, 1), in the decoder, in training. Defaults to `0.1`.
        seed: int, of the dropout. Defaults to `0`.
        file: path of the decoder. Defaults to that which ships.

    Returns:
        A `keras.Model`, for `fine_tune(model, english, chinese, layers)`, `predict`,
        `evaluate_model` and `save_classifier`.

    Raises:
        InputError: the encoder's files or the decoder's are missing or damaged.
    """
    if not file.is_file():
        raise InputError(f"{file} is missing. Check out the project's files again.")
    with safe_open(file, "numpy") as stored:
        told = stored.metadata()
    names = json.loads(told["names"])
    names = Names(frozenset(names["names"]), frozenset(names["words"]))
    units = base64.b64decode(told["units"])
    model = new_translator(units, names, task, dropout, seed)
    fill(model, file, "make_translator.py train")
    model.get_layer("source_scale").finalize_state()
    return model


def new_translator(units, names, task=None, dropout=0.1, seed=0, encoder="e5-small"):
    """Return a translator whose decoder is untrained.

    Args:
        units: bytes of a SentencePiece model: see `make_units`.
        names: `Names`.
        task: a `Translation`. Defaults to `None`: `Translation()`.
        dropout, seed: as in `load_translator`.
        encoder: `"e5-small"`, or `(backbone, TextPreprocessor)` of a BERT of
            KerasHub's, of any size. Defaults to `"e5-small"`.
    """
    from sftkeras.models.pretrained import load_backbone

    task = Translation() if task is None else task
    if not isinstance(task, Translation):
        raise InputError(
            f"A translator's task is Translation(…). Received: {type(task).__name__}"
        )
    backbone, source = load_backbone(encoder) if encoder == "e5-small" else encoder
    preprocessor = TranslationPreprocessor(source, units, names)
    with keeping_random(seed):
        model = _put_decoder(backbone, preprocessor, dropout, seed)
    return attach(model, task.replaced(preprocessor=preprocessor))


def fresh_translator(model, seed=0):
    """Return a translator of the same shape and units, its decoder untrained.

    The encoder keeps what it learned, and its states' scale.

    Args:
        model: a `keras.Model` of `load_translator`.
        seed: int. Defaults to `0`.
    """
    from sftkeras.models.copying import copy_model

    new = copy_model(model)
    random = np.random.default_rng(seed)
    for layer in new.layers:
        if layer.name.startswith(("decoder_", "target_", "source_")):
            for weight in layer.trainable_weights:
                weight.assign(_drawn(weight, random))
    return new


def _drawn(weight, random):
    """Return what a weight would be if it was new."""
    if weight.path.endswith("gamma"):
        return np.ones(weight.shape, "float32")
    if len(weight.shape) < 2:
        return np.zeros(weight.shape, "float32")
    tables = ("target_embedding", "target_position")
    if weight.path.startswith(tables):
        return random.normal(0, 0.05, weight.shape).astype("float32")
    limit = np.sqrt(6 / sum(weight.shape))  # Glorot and Bengio 2010
    return random.uniform(-limit, limit, weight.shape).astype("float32")


def set_scale(model, rows, count=2000):
    """Let a translator scale the encoder's states by their own mean and deviation.

    E5's states of all texts lie close together: what tells them apart is small.

    Args:
        model: a `keras.Model` of `new_translator`.
        rows: `Rows` of its inputs.
        count: int, of how many rows. Defaults to `2000`.
    """
    from sftkeras.tasks.running import run

    scale = model.get_layer("source_scale")
    (before,) = [layer for layer in model.layers if layer.name == "source_states"]
    reader = keras.Model(model.input, output_in(model, before))
    chosen = np.random.default_rng(0).permutation(len(rows))[:count]
    states = run(reader, type(rows)(_picked(rows.inputs, chosen))).values
    scale.adapt_mean.assign(states.mean(axis=0).reshape(scale.adapt_mean.shape))
    scale.adapt_variance.assign(states.var(axis=0).reshape(scale.adapt_variance.shape))
    scale.finalize_state()


def _picked(inputs, rows):
    return {name: column.pick(rows) for name, column in inputs.items()}


def decoder_weights(model):
    """Return {path: float16 array} of all but the encoder, for a file."""
    parts = ("source_", "decoder_", "target_")
    return {
        weight.path: np.asarray(weight.numpy(), "float16")
        for weight in model.weights
        if weight.path.startswith(parts)
        and not weight.path.endswith(("count", "seed_generator_state"))
    }


def _put_decoder(backbone, preprocessor, dropout, seed):
    import keras_hub

    named = {layer.name for layer in backbone.layers}
    blocks = sorted(n for n in named if n.startswith("transformer_layer_"))
    chosen = STATES if {*STATES} <= named else ("embeddings_layer_norm", blocks[-1])
    states = [output_in(backbone, backbone.get_layer(name)) for name in chosen]
    x = layers.Concatenate(name="source_states")(states)
    x = layers.Normalization(name="source_scale")(x)
    x = layers.Dense(_WIDTH, name="source_projection")(x)
    memory = layers.LayerNormalization(name=SOURCE)(x)
    mask = backbone.input["padding_mask"]
    target = keras.Input((None,), dtype="int32", name=TARGET)
    table = keras_hub.layers.ReversibleEmbedding(
        preprocessor.units,
        _WIDTH,
        embeddings_initializer=keras.initializers.RandomNormal(0, 0.05, seed=seed),
        name=EMBEDDING,
    )
    x = table(target)
    positions = keras_hub.layers.PositionEmbedding(
        preprocessor.max_target,
        initializer=keras.initializers.RandomNormal(0, 0.05, seed=seed + 1),
        name=POSITION,
    )(x)
    x = layers.Add(name="target_sum")([x, positions])
    x = layers.Dropout(dropout, seed=seed, name="target_dropout")(x)
    for number in range(_BLOCKS):
        x = _block(x, memory, mask, block_names(number), dropout, seed + 10 * number)
    x = layers.LayerNormalization(name=LAST)(x)
    inputs = {**backbone.input, TARGET: target}
    return keras.Model(inputs, table(x, reverse=True), name="translator")


def _block(x, memory, mask, names, dropout, seed):
    """Return a block's output: look at itself, look at the source, think."""

    def added(x, y, part, number):
        y = layers.Dropout(dropout, seed=seed + number, name=f"{names[part]}_drop")(y)
        return layers.Add(name=f"{names[part]}_add")([x, y])

    y = layers.LayerNormalization(name=names["self_norm"])(x)
    y = Attention(_HEADS, dropout, seed + 1, name=names["self"])(y)
    x = added(x, y, "self", 2)
    y = layers.LayerNormalization(name=names["source_norm"])(x)
    y = Attention(_HEADS, dropout, seed + 3, name=names["source"])(y, memory, mask)
    x = added(x, y, "source", 4)
    y = layers.LayerNormalization(name=names["inner_norm"])(x)
    y = layers.Dense(_INNER, activation="relu", name=names["inner"])(y)
    y = layers.Dense(_WIDTH, name=names["outer"])(y)
    return added(x, y, "outer", 5)


def check_translator(model, preprocessor):
    """Raise `InputError` if a stranger's network is no translator of these units.

    Args:
        model: a functional `keras.Model`.
        preprocessor: `TranslationPreprocessor`.
    """
    import keras_hub

    named = {layer.name: layer for layer in model.layers}
    kinds = dict.fromkeys((SOURCE, LAST), layers.LayerNormalization)
    kinds[EMBEDDING] = keras_hub.layers.ReversibleEmbedding
    kinds[POSITION] = keras_hub.layers.PositionEmbedding
    for part, name in block_names(0).items():
        inner = layers.Dense if part in ("inner", "outer") else Attention
        kinds[name] = layers.LayerNormalization if part.endswith("norm") else inner
    whole = isinstance(model.input, dict) and {TARGET, "padding_mask"} <= {*model.input}
    whole = whole and all(isinstance(named.get(n), kind) for n, kind in kinds.items())
    if not whole:
        raise InputError("the network is not that of a translator")
    sizes = named[EMBEDDING].input_dim, named[POSITION].sequence_length
    if sizes != (preprocessor.units, preprocessor.max_target):
        raise InputError("the network and the units are not of one translator")
