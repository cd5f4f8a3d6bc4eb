"""One seed, one result: in any process, with whatever stands beside it (§5.2)."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorflow.python.framework import config

import sftkeras as sft
from sftkeras.files import ROOT

TEXTS = ["good food", "bad food and rude staff", "a good day", "a bad old day"] * 8
LABELS = [1, 0, 1, 0] * 8


def digest(**settings):
    """Train the LSTM, dropout and all, and return the digest of its weights."""
    tokenizer = sft.Tokenizer().fit_on_texts(TEXTS)
    model = sft.create_model(tokenizer=tokenizer, units=4, output_dim=4, dropout=0.3)
    settings = {"epochs": 3, "batch_size": 8, "verbose": 0} | settings
    validation = settings.pop("validation", (None, None))
    sft.train_model(model, TEXTS, LABELS, *validation, **settings)
    return hashlib.sha256(
        b"".join(weight.tobytes() for weight in model.get_weights())
    ).hexdigest()


# In a process of its own, where tensorflow-text cannot be imported.
_ELSEWHERE = """
import sys
sys.modules["tensorflow_text"] = None
sys.path[:0] = ["tests", "tests/training"]
from test_determinism import digest
print(digest())
"""


@pytest.fixture(scope="module")
def plain():
    return digest()


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"log_dir": "logs"},
        {"backup_dir": "backup"},
        {"validation": (TEXTS[:6], LABELS[:6])},
        {"verbose": 2},
        {"deterministic": True},
    ],
    ids=lambda beside: next(iter(beside), "again"),
)
def test_what_stands_beside_training_changes_no_byte(
    plain, beside, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    np.random.seed(len(beside))  # nor does the state that the user left
    keras.utils.set_random_seed(7)
    assert digest(**beside) == plain


def test_another_seed_is_another_result(plain):
    assert digest(seed=1) != plain


def test_another_process_gives_the_same(plain):
    told = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split()[-1] == plain


def test_other_pythons_give_the_same(plain):
    """`make test-all` lets each Python leave its digest beside those of the others."""
    if "DIGESTS" not in os.environ:
        pytest.skip("make test-all compares the Pythons")
    directory = Path(os.environ["DIGESTS"])
    directory.mkdir(parents=True, exist_ok=True)
    name = f"{sys.version_info.major}.{sys.version_info.minor}"
    (directory / name).write_text(plain)
    assert {file.read_text() for file in directory.iterdir()} == {plain}


def test_determinism_is_switched_on_for_the_run_only():
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: seen.append(config.is_op_determinism_enabled())
    )
    digest(epochs=1, deterministic=True, callbacks=[watch])
    assert seen == [True]
    assert not config.is_op_determinism_enabled()


def test_a_process_that_was_deterministic_stays_so():
    config.enable_op_determinism()
    try:
        digest(epochs=1, deterministic=True)
        assert config.is_op_determinism_enabled()
    finally:
        config.disable_op_determinism()
