"""Methods that several scenarios compare: written once (article §3.1, §5.2)."""

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.hub_text import TextPreprocessor
from sftkeras.inputs.tokenizer import Tokenizer
from sftkeras.models.baselines import majority_classifier, tfidf_classifier
from sftkeras.models.copying import clone
from sftkeras.models.lstm import create_model
from sftkeras.models.pretrained import load_pretrained_model
from sftkeras.training.fine_tuning import train_model


def text_model(source, num_classes, seed):
    """Return MiniLM, or another text model, with a new head (§3.1).

    Args:
        source: `load_pretrained_model`'s `name`; `None`: MiniLM.
        num_classes: int.
        seed: int, of the head's weights.

    Raises:
        InputError: the model cannot be had, or takes no texts.
    """
    model = load_pretrained_model(source or "minilm", num_classes, seed=seed)
    if not isinstance(model.preprocessor, TextPreprocessor):
        raise InputError(f"Texts need a text model. Received: {source!r}")
    return model


def majority(pretrained, train, seed, **settings):
    """Return a classifier that always answers the most frequent label.

    As all methods it takes the settings of training; there is nothing to set here.
    """
    return majority_classifier(train.inputs, train.labels)


def tfidf(pretrained, train, seed, **settings):
    """Return TF-IDF + logistic regression, fitted; settings as in `majority`."""
    return tfidf_classifier(train.inputs, train.labels)


def lstm_from_scratch(pretrained, train, seed, validation=None, **settings):
    """Return the article's LSTM (§5.2), trained on texts and nothing else.

    Args:
        pretrained: not needed.
        train: `Examples` of strings and classes; they make its vocabulary too.
        seed: int.
        validation: `Examples` to stop by. Defaults to `None`.
        settings: as in `train_model`.
    """
    model = create_model(
        tokenizer=Tokenizer().fit_on_texts(train.inputs),
        num_classes=len(np.unique(train.labels)),
        seed=seed,
    )
    rows = (train.inputs, train.labels)
    if validation is not None:
        rows += (validation.inputs, validation.labels)
    train_model(model, *rows, seed=seed, **{"verbose": 0, **settings})
    return model


def untrained(model):
    """Return the same architecture with random weights: what pretraining adds to.

    A standardisation stays: its numbers are counted, not learned.
    """
    fresh = clone(model)
    for old, new in zip(model.layers, fresh.layers, strict=True):
        if isinstance(old, keras.layers.Normalization):
            new.set_weights(old.get_weights())
            new.finalize_state()
    return fresh
