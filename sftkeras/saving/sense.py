"""Whether the parts of a stranger's bundle make sense, alone and together."""

import contextlib
import json
import re
from pathlib import Path

import keras
import numpy as np

from sftkeras.errors import InputError, printable
from sftkeras.graph import all_layers
from sftkeras.inputs.chat import ChatPreprocessor
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.inputs.images import ImagePreprocessor
from sftkeras.inputs.speech import SpeechPreprocessor
from sftkeras.inputs.tokenizer import LONGEST, Tokenizer
from sftkeras.inputs.translation import TranslationPreprocessor
from sftkeras.models.promised import check_layers
from sftkeras.models.translator import check_translator
from sftkeras.saving.inspecting import check_config

_NO_TEXTS = (ImagePreprocessor, SpeechPreprocessor)


@contextlib.contextmanager
def not_loadable(file):
    """Turn whatever libraries raise for a file that is not theirs into `InputError`."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        text = str(error)
        first = printable((text.strip().splitlines() or [""])[0][:300])
        hint = ""
        if "Lambda" in text:
            hint = " A Lambda layer holds code, which is not run."
        elif "Could not locate" in text:
            found = re.search(r"Could not locate \w+ '([^']{1,80})'", text)
            name = printable(found[1]) if found else "a class"
            hint = (
                f" Keras does not know {name!r}: import the module that registers it "
                "(@keras.saving.register_keras_serializable()) first, or give "
                "load_classifier(…, custom_objects={name: class})."
            )
        raise InputError(
            f"{file}: not a model that this version can load ({kind}{first}).{hint}"
        ) from error


def load_preprocessor(path, names):
    """Return the preprocessor of a bundle, `None` for one of arrays.

    Args:
        path: the bundle's directory.
        names: the names of its files.
    """
    if "tokenizer.json" in names:
        return Tokenizer.load(path / "tokenizer.json")
    file = path / "preprocessor" / "preprocessor.json"
    if "preprocessor/preprocessor.json" not in names:
        return None
    with not_loadable(file):
        config = json.loads(file.read_text(encoding="utf-8"))
        check_config(config)
        check_layers(config, 0)
        if "image_size" in config:
            return ImagePreprocessor(config["image_size"])
        if "speech_edge" in config:
            return SpeechPreprocessor(config["speech_edge"])
        length = config["max_length"]
        if not isinstance(length, int) or not 0 < length <= LONGEST:
            raise InputError(f"its max_length is {str(length)[:60]}")
        if "chat_template" in config:
            return ChatPreprocessor.load(Path(path, "preprocessor"))
        if "translation" in config:
            return TranslationPreprocessor.load(Path(path, "preprocessor"))
        return TextPreprocessor.load(Path(path, "preprocessor"))


def check_fit(path, model, preprocessor):
    """Raise if weights are no numbers, or a tokenizer has more ids than the network.

    Args:
        path: the bundle's directory.
        model: a `keras.Model`.
        preprocessor: a `Tokenizer`, another preprocessor or `None`.
    """
    for weight in model.variables:
        values = keras.ops.convert_to_numpy(weight)
        if values.dtype.kind not in "iub" and not np.isfinite(values).all():
            raise InputError(
                f"{path}: the weights {weight.path!r} hold values that are no numbers "
                "(NaN or infinite). Train it anew, with a lower learning rate."
            )
    layers = all_layers(model)
    tables = [layer for layer in layers if isinstance(layer, keras.layers.Embedding)]
    if preprocessor is None or isinstance(preprocessor, _NO_TEXTS):
        return
    if not tables:
        return
    if isinstance(preprocessor, TranslationPreprocessor):
        try:
            check_translator(model, preprocessor)
        except InputError as error:
            raise InputError(f"{path}: {error}. Save it again.") from None
    if isinstance(preprocessor, Tokenizer):
        ids = len(preprocessor.word_index) + 2
    else:
        layer = preprocessor if hasattr(preprocessor, "tokenizer") else None
        ids = (layer or preprocessor.layer).tokenizer.vocabulary_size()
    rows = max(layer.input_dim for layer in tables)
    if ids > rows:
        raise InputError(
            f"{path}: the tokenizer has {ids:,} ids, the network's table {rows:,} "
            "rows; they are not of one classifier. Save it again."
        )
