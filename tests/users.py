"""What `test_real_users.py` works with: users' data and models, and three outcomes."""

import contextlib
import re
import threading
import warnings

import keras
import numpy as np
import pytest

import sftkeras as sft
from sftkeras.errors import InputError

GOOD, BAD = "good food and kind staff", "cold food and rude staff"
TEXTS = [f"{GOOD if i % 2 else BAD} {'abcdefgh'[i // 2]}" for i in range(16)]
LABELS = [i % 2 for i in range(16)]
NAMES = ["bad", "good"] * 8
X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
THREE = [0, 1, 2] * 8


def works():
    """Neither an error nor a warning (the suite makes errors of warnings)."""
    return contextlib.nullcontext()


@contextlib.contextmanager
def told(pattern):
    """It works, and a warning says what was guessed or undone."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        yield
    messages = [str(warning.message) for warning in found]
    assert any(re.search(pattern, message) for message in messages), messages


def refused(pattern):
    """One sentence says what to do."""
    return pytest.raises(InputError, match=pattern)


def text_model(classes=2, seed=0):
    """The article's LSTM on its tokenizer, tiny."""
    tokenizer = sft.Tokenizer().fit_on_texts(TEXTS)
    return sft.create_model(
        tokenizer=tokenizer, num_classes=classes, units=4, output_dim=4, seed=seed
    )


def dense(units=2, activation="softmax", width=4, body=None):
    """A functional model of `width` features."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((width,))
    hidden = (body or keras.layers.Dense(8, "relu", name="body"))(inputs)
    head = keras.layers.Dense(units, activation, name="head")
    return keras.Model(inputs, head(hidden))


def sequential(units=3):
    """The form of nearly every tutorial."""
    layers = [keras.Input((4,)), keras.layers.Dense(8, "relu")]
    return keras.Sequential([*layers, keras.layers.Dense(units, "softmax")])


def train(x=TEXTS, y=LABELS, model=None, **settings):
    """Train one epoch in place, and return the model."""
    model = model or text_model()
    sft.train_model(model, x, y, **{"epochs": 1, "verbose": 0} | settings)
    return model


def tune(model, x=X, y=Y, **settings):
    """Fine-tune one epoch."""
    return sft.fine_tune(model, x, y, **{"epochs": 1, "verbose": 0} | settings)


def same(one, other):
    """Fail unless two models hold the same bytes."""
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    assert all(a.tobytes() == b.tobytes() for a, b in pairs)


def written(folder, name, content, encoding="utf-8"):
    """Write a file of text or bytes; return its path."""
    content = content if isinstance(content, bytes) else content.encode(encoding)
    (folder / name).write_bytes(content)
    return folder / name


def loaded(folder, name, content, encoding="utf-8", **options):
    """Return `load_texts` of a file with this content."""
    return sft.load_texts(written(folder, name, content, encoding), **options)


def in_threads(work, count=6):
    """Run a function in several threads at once; raise what one of them raised."""
    wrong = []

    def guarded():
        try:
            work()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
