"""`batch_tokens`: each text counts the same, whatever batch it stands in (§8.2)."""

from functools import partial

import keras
import numpy as np
import pytest
from small import X, Y, all_bytes, mlp, tune

import sftkeras as sft
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.token_batches import TokenPlan

RANDOM = np.random.default_rng(0)
LENGTHS = [2, 2, 3, 3, 3, 4, 5, 5, 6, 7, 8, 9, 12, 14, 20, 30] * 3
IDS = [RANDOM.integers(1, 20, length).tolist() for length in LENGTHS]
LABELS = RANDOM.integers(0, 2, len(IDS))
WEIGHTS = RANDOM.uniform(0.5, 2.0, len(IDS))
BUDGET = 24
SGD = partial(keras.optimizers.SGD, momentum=0.0)


def bag():
    """Means of embeddings and a head, the same in every call; nothing is dropped."""
    keras.utils.set_random_seed(4)
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = keras.layers.Embedding(20, 6, mask_zero=True, name="table")(ids)
    x = keras.layers.GlobalAveragePooling1D(name="mean")(x)
    x = keras.layers.Dense(4, activation="tanh", name="middle")(x)
    return keras.Model(ids, keras.layers.Dense(1, "sigmoid", name="head")(x))


def fit(ids=IDS, labels=LABELS, layers="all", model=None, **settings):
    settings = {"learning_rate": 0.05, "epochs": 2, "verbose": 0} | settings
    return sft.fine_tune(model or bag(), ids, labels, layers, **settings)


def steps_of(model):
    return int(model.optimizer.iterations)


def test_texts_of_one_length_are_trained_on_as_in_batches_of_one_size():
    ids = RANDOM.integers(1, 20, (32, 6)).tolist()
    column = Ragged.from_rows([np.array(row, "int32") for row in ids])
    runs = [
        fit(column, LABELS[:32], epochs=3, **size)
        for size in ({"batch_size": 4}, {"batch_tokens": 24}, {"batch_tokens": 48})
    ]
    assert [steps_of(run) for run in runs] == [24, 24, 12]
    plain, same, larger = map(all_bytes, runs)
    assert plain == same != larger
    assert runs[0].history.history == runs[1].history.history


@pytest.mark.parametrize("layers", ["all", ["middle", "head"], ["head"]])
@pytest.mark.parametrize(
    "weights",
    [{}, {"class_weight": {0: 1.0, 1: 3.0}}, {"sample_weight": WEIGHTS}],
    ids=["alike", "class weights", "sample weights"],
)
def test_an_epochs_gradients_are_those_of_one_batch_of_all(weights, layers):
    steps = TokenPlan(LENGTHS, BUDGET, 0, 3).steps
    assert steps > 8
    settings = {"epochs": 3, "learning_rate": sft.constant(0.1), **weights}
    optimizer = partial(SGD, gradient_accumulation_steps=steps)
    many = fit(layers=layers, optimizer=optimizer, batch_tokens=BUDGET, **settings)
    whole = fit(layers=layers, optimizer=SGD, batch_size=len(IDS), **settings)
    for one, other in zip(many.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert all_bytes(whole) != all_bytes(bag())


def test_loss_and_accuracy_are_shown_a_text():
    still = {"learning_rate": sft.constant(1e-9), "epochs": 1, "optimizer": SGD}
    told = {"validation_data": (IDS, LABELS)}
    many = fit(batch_tokens=BUDGET, **still, **told).history.history
    whole = fit(batch_size=len(IDS), **still, **told).history.history
    assert set(many) == set(whole)
    for name, values in many.items():
        assert values == pytest.approx(whole[name], abs=1e-6), name


def test_the_schedule_ends_with_the_run():
    plan, rates = TokenPlan(LENGTHS, BUDGET, 0, 4), []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    tuned = fit(batch_tokens=BUDGET, epochs=4, callbacks=[Watch()])
    assert steps_of(tuned) == len(rates) == 4 * plan.steps
    assert max(rates) > 0.04 and rates[-1] < 1e-6 < rates[-2]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"layers": ["head"]},
        {"layers": ["head"], "cache_frozen": False},
        {"optimizer": partial(keras.optimizers.Adam, gradient_accumulation_steps=3)},
        {"validation_data": (IDS, LABELS), "patience": 4},
    ],
    ids=["all", "frozen once", "frozen, every epoch", "accumulated", "validated"],
)
def test_resumed_is_uninterrupted(tmp_path, settings):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def job(**more):
        return fit(batch_tokens=BUDGET, epochs=4, **settings, **more)

    whole = job()
    with pytest.raises(KeyboardInterrupt):
        job(backup_dir=tmp_path, callbacks=[Stop()])
    resumed = job(backup_dir=tmp_path)
    assert all_bytes(resumed) == all_bytes(whole)
    assert resumed.history.history == whole.history.history
    with pytest.raises(sft.InputError, match=r"batch tokens \(24, now 40\)"):
        fit(batch_tokens=40, epochs=4, backup_dir=tmp_path, **settings)


def test_what_is_computed_once_sees_the_same_batches():
    once = fit(layers=["head"], batch_tokens=BUDGET)
    always = fit(layers=["head"], batch_tokens=BUDGET, cache_frozen=False)
    assert steps_of(once) == steps_of(always)
    for one, other in zip(once.get_weights(), always.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"techniques": [sft.FusedBlocks()]},
        {"techniques": [sft.LoRA(rank=2)]},
        {"jit_compile": True, "batch_tokens": 200, "epochs": 1},
    ],
    ids=["plain", "fused", "LoRA", "XLA"],
)
def test_an_encoder_takes_pairs_of_texts_by_tokens(tiny_classifier, reviews, more):
    pairs = list(zip(reviews.texts, reviews.texts[::-1], strict=True))
    given = {"batch_tokens": 96, "epochs": 2, "verbose": 0} | more
    tuned = sft.fine_tune(tiny_classifier(), pairs, reviews.labels, **given)
    assert steps_of(tuned) > given["epochs"]
    assert np.isfinite(tuned.history.history["loss"]).all()


def test_train_model_has_it_too(reviews):
    tokenizer = sft.Tokenizer().fit_on_texts(reviews.texts)
    model = sft.create_model(tokenizer=tokenizer, units=4, output_dim=4)
    sft.train_model(
        model, reviews.texts, reviews.labels, batch_tokens=30, epochs=2, verbose=0
    )
    assert steps_of(model) > 2
    assert "compute_loss" not in vars(model)  # nothing is left behind
    model.fit(np.ones((4, 3)), np.ones(4), verbose=0)


def test_a_loss_that_sums_counts_each_text_once_already():
    loss = keras.losses.BinaryCrossentropy(reduction="sum")
    steps = TokenPlan(LENGTHS, BUDGET, 0, 1).steps
    optimizer = partial(SGD, gradient_accumulation_steps=steps)
    settings = {"loss": loss, "epochs": 1}
    large, small = sft.constant(0.01 * steps), sft.constant(0.01)
    many = fit(
        batch_tokens=BUDGET, learning_rate=large, optimizer=optimizer, **settings
    )
    whole = fit(batch_size=len(IDS), learning_rate=small, optimizer=SGD, **settings)
    for one, other in zip(many.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


class Doubled:
    """A technique that makes more rows."""

    def applied_to(self, run):
        from contextlib import contextmanager

        @contextmanager
        def doubled():
            twice = np.repeat(np.arange(len(run.train)), 2)
            inputs = run.train.inputs.pick(twice)
            run.train = type(run.train)(inputs, run.train.targets[twice])
            yield

        return doubled()


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (lambda: fit(batch_tokens=0), "`batch_tokens` must be a whole number above 0"),
        (lambda: fit(batch_tokens=24, batch_size=4), "not both. Received: 4 and 24"),
        (
            lambda: sft.fine_tune(mlp(), X, Y, batch_tokens=24, verbose=0),
            "these rows are all of one size. Give batch_size",
        ),
        (
            lambda: fit(batch_tokens=24, techniques=[Doubled()]),
            "Received: 48 rows, now 96",
        ),
    ],
    ids=["none", "both", "no sequences", "other rows"],
)
def test_what_cannot_be_is_told(job, message):
    with pytest.raises(sft.InputError, match=message):
        job()


def test_several_gpus_are_refused(monkeypatch):
    monkeypatch.setattr("sftkeras.training.by_tokens.several_gpus", lambda: True)
    with pytest.raises(sft.InputError, match="is for one device"):
        fit(batch_tokens=24)


def test_the_default_is_what_it_was():
    assert all_bytes(tune(batch_tokens=None)) == all_bytes(tune())
