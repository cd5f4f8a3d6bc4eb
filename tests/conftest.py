"""What several test files share: two dozen tiny reviews and a tiny encoder."""

import numpy as np
import pytest

# First of all, and quietly: TensorFlow warns when it is imported, and pytest makes
# errors of warnings once a test runs.
from sftkeras.machine import import_keras

keras = import_keras()

import keras_hub  # noqa: E402
from tiny_source import tiny  # noqa: E402, F401

from sftkeras.data.texts import TextData  # noqa: E402
from sftkeras.inputs.hub_text import TextPreprocessor  # noqa: E402

POSITIVE = """the food was good
great place and kind staff
i love this phone
a fine film with a happy end
it works and it is cheap
the room was clean and quiet
never a dull day here
not bad at all
good book , great story
fresh bread and warm soup
my best buy so far
they were kind to us"""
NEGATIVE = """the food was cold
rude staff and a dirty room
i hate this phone
a dull film with a sad end
it broke in a day
the place was loud and old
never again
not good at all
bad book , dull story
old bread and cold soup
my worst buy so far
they were rude to us"""
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = SPECIAL + sorted({*POSITIVE.split(), *NEGATIVE.split()})
MAX_LENGTH = 32


@pytest.fixture
def reviews():
    """24 labelled texts, 12 of each class, in the vocabulary of `tiny_encoder`."""
    return _reviews()


@pytest.fixture(scope="session")
def same_reviews():
    """The same texts for a fixture that serves several tests; for reading only."""
    return _reviews()


def _reviews():
    texts = [*POSITIVE.splitlines(), *NEGATIVE.splitlines()]
    labels = np.array([1] * 12 + [0] * 12)
    return TextData(texts, labels, (0, 1), "memory", list(range(1, 25)))


@pytest.fixture(scope="session")
def tiny_encoder():
    """A function that returns a new, randomly initialised BERT and its preprocessor.

    `load_pretrained_model(tiny_encoder(), num_classes=2)` is a text model.
    """

    def build(seed=0, num_layers=2):
        keras.utils.set_random_seed(seed)
        backbone = keras_hub.models.BertBackbone(
            vocabulary_size=len(VOCABULARY),
            num_layers=num_layers,
            num_heads=2,
            hidden_dim=8,
            intermediate_dim=16,
            max_sequence_length=MAX_LENGTH,
            dropout=0.1,
        )
        tokenizer = keras_hub.tokenizers.BertTokenizer(VOCABULARY, lowercase=True)
        layer = keras_hub.models.BertTextClassifierPreprocessor(
            tokenizer, sequence_length=MAX_LENGTH
        )
        backbone.preprocessor = TextPreprocessor(layer, MAX_LENGTH)
        return backbone

    return build


@pytest.fixture(scope="session")
def tiny_classifier(tiny_encoder):
    """A function that returns a new, untrained two-class model on `tiny_encoder`."""
    from sftkeras.models.pretrained import load_pretrained_model

    return lambda num_classes=2: load_pretrained_model(tiny_encoder(), num_classes)
