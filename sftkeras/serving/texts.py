"""What makes ids of texts in an exported classifier: described, saved, loaded."""

import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.framed_texts import FramedTexts
from sftkeras.inputs.tokenizer import LONGEST, Tokenizer
from sftkeras.serving.subwords import SentencePiece, WordPiece

_KINDS = {"wordpiece": WordPiece, "sentencepiece": SentencePiece}
_SETTINGS = ("lowercase", "strip_accents", "suffix_indicator", "oov_token")


def describe(preprocessor):
    """Return how texts become ids, a dictionary for JSON.

    Args:
        preprocessor: a model's `Tokenizer` or `TextPreprocessor`.

    Raises:
        InputError: it is another one.
    """
    if isinstance(preprocessor, Tokenizer):
        return {"kind": "words"}
    if preprocessor is None:
        raise InputError(
            "Only classifiers of texts can be exported; this one has no tokenizer, so "
            "it takes arrays. Keras exports those: model.export(…)."
        )
    tokenizer = getattr(getattr(preprocessor, "layer", None), "tokenizer", None)
    names = [kind.__name__ for kind in type(tokenizer).__mro__]
    kind = "wordpiece" if "WordPieceTokenizer" in names else "sentencepiece"
    known = kind == "wordpiece" or names[0] == "XLMRobertaTokenizer"
    if not isinstance(preprocessor, FramedTexts) or not known:
        what = names[0] if tokenizer is not None else type(preprocessor).__name__
        raise InputError(
            "Only classifiers of texts with BERT's, XLM-RoBERTa's or our own tokenizer "
            f"can be exported. Received: one with {what}"
        )
    settings = {}
    if kind == "wordpiece":
        if not tokenizer.split or tokenizer.special_tokens_in_strings:
            raise InputError(
                "A tokenizer with split=False or special_tokens_in_strings=True cannot "
                "be exported."
            )
        settings = {name: getattr(tokenizer, name) for name in _SETTINGS}
    return {
        "kind": kind,
        "settings": settings,
        "max_length": preprocessor.max_length,
        "prefix": _listed(preprocessor.prefix),
        "suffix": _listed(preprocessor.suffix),
        "constants": preprocessor.constants,
        "pair_frame": _frame(preprocessor),
        "fair": preprocessor.fair,
    }


def save(preprocessor, directory):
    """Write the vocabulary: `tokenizer.json`, `vocabulary.txt` or `vocabulary.spm`."""
    if isinstance(preprocessor, Tokenizer):
        preprocessor.save(directory / "tokenizer.json")
    else:
        preprocessor.layer.tokenizer.save_assets(str(directory))


def load(directory, config):
    """Return what `describe` described, its vocabulary from a directory.

    Raises:
        Exception: of any kind, where the two make no sense.
    """
    if config["kind"] == "words":
        return Tokenizer.load(directory / "tokenizer.json")
    texts = _KINDS[config["kind"]].load(directory, config["settings"])
    texts.max_length = config["max_length"]
    if not isinstance(texts.max_length, int) or not 0 < texts.max_length <= LONGEST:
        raise ValueError("max_length")
    texts.prefix = np.array(config["prefix"], "int32")
    texts.suffix = np.array(config["suffix"], "int32")
    texts.constants = {name: int(v) for name, v in config["constants"].items()}
    texts.fair = config["fair"]
    if config["pair_frame"] is not None:
        texts.pair_frame = {
            name: [part if _single(part) else np.array(part, "int32") for part in parts]
            for name, parts in config["pair_frame"].items()
        }
    return texts


def ids_of(texts):
    """Return how many ids there are, of what `load` returned."""
    return len(texts.word_index) + 2 if isinstance(texts, Tokenizer) else texts.size


def _frame(preprocessor):
    """Return the frame of pairs for JSON, `None` if it takes none."""
    try:
        found = preprocessor.frame_of_pairs()
    except InputError:
        return None
    return {
        name: [part if _single(part) else _listed(part) for part in parts]
        for name, parts in found.items()
    }


def _single(part):
    return part is None or isinstance(part, int)


def _listed(ids):
    return [int(i) for i in ids]
