"""Every Keras loss, on every head and form of labels: it trains, or one sentence."""

import inspect

import keras
import numpy as np
import pytest
from small import THREE, X, Y, mlp, train, tune

import sftkeras as sft

# (Keras' own, which `pytest.warns` raises anew from here.)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
NAMES = {0: "no", 1: "yes", 2: "so"}
DATA = {
    "binary": (lambda: mlp(), {"numbers": Y, "names": [NAMES[y] for y in Y]}),
    "logit": (lambda: mlp(1, None), {"numbers": Y}),
    "multiclass": (
        lambda: mlp(3, "softmax"),
        {
            "numbers": THREE,
            "names": [NAMES[y] for y in THREE],
            "one-hot": np.eye(3)[THREE],
        },
    ),
    "logits": (lambda: mlp(3, None), {"numbers": THREE, "one-hot": np.eye(3)[THREE]}),
    "regression": (lambda: mlp(1, None), {"numbers": X[:, 0] + 0.1}),
    "multi-label": (lambda: mlp(3, "sigmoid"), {"cells": (X[:, :3] > 0).astype(int)}),
}
SNAKES = sorted(
    name
    for name, found in vars(keras.losses).items()
    if inspect.isfunction(found) and name == name.lower() and "_" in name + "_"
)
SNAKES = [n for n in SNAKES if n not in ("get", "serialize", "deserialize")]
CLASSES = sorted(
    name
    for name, found in vars(keras.losses).items()
    if inspect.isclass(found) and name != "Loss"
)
# What must train, and not be refused.
FITS = {
    "binary": {"binary_crossentropy", "binary_focal_crossentropy", "hinge", "dice"},
    "multiclass": {
        "categorical_focal_crossentropy",
        "categorical_hinge",
        "kl_divergence",
        "poisson",
        "huber",
        "cosine_similarity",
        "dice",
        "log_cosh",
    },
    "logits": {"categorical_hinge"},
    "regression": {"mean_squared_error", "mean_absolute_error", "huber", "log_cosh"},
    "multi-label": {"binary_crossentropy", "binary_focal_crossentropy", "dice"},
}


def trained(kind, labels, loss, **more):
    build, _ = DATA[kind]
    model = build()
    if kind == "multi-label":
        model = sft.graph.attach(model, sft.MultiLabel(num_classes=3))
    train(model, X, labels, loss=loss, learning_rate=0.03, **more)
    return model


def quality(model, labels):
    """1 is perfect."""
    report = sft.evaluate_model(model, X, labels, verbose=False)
    if "mae" in report:
        return 1 - report["mae"]
    if report.get("micro"):
        return report["micro"]["f1"]
    return report["accuracy"]


@pytest.mark.parametrize("kind", DATA)
def test_a_named_loss_trains_or_is_refused(kind):
    taken = set()
    for loss in [*SNAKES, *(getattr(keras.losses, name) for name in CLASSES)]:
        labels = next(iter(DATA[kind][1].values()))
        task = sft.tasks.infer.infer_task(DATA[kind][0](), labels)
        if kind == "multi-label":
            task = sft.MultiLabel(num_classes=3)
        try:
            task.for_loss(loss() if inspect.isclass(loss) else loss, labels)
        except sft.InputError as error:
            assert "\n" not in str(error)
            assert loss not in FITS.get(kind, ()), error
        else:
            taken.add(loss)
    assert taken >= FITS.get(kind, set())


@pytest.mark.parametrize("loss", sorted(FITS["multiclass"]))
@pytest.mark.parametrize("form", ["numbers", "names", "one-hot"])
def test_what_takes_one_hot_rows_gets_them(loss, form):
    labels = DATA["multiclass"][1][form]
    model = trained("multiclass", labels, loss, epochs=25, batch_size=3)
    assert quality(model, labels) > 0.75


@pytest.mark.parametrize("kind", ["binary", "regression", "multi-label"])
def test_others_train_too(kind):
    labels = next(iter(DATA[kind][1].values()))
    for loss in sorted(FITS[kind])[:3]:
        model = trained(kind, labels, loss, epochs=25, batch_size=4)
        assert quality(model, labels) > 0.7, loss


@pytest.mark.parametrize("form", ["numbers", "names", "one-hot"])
def test_label_smoothing(form):
    labels = DATA["multiclass"][1][form]
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model = trained("multiclass", labels, loss, epochs=25)
    assert quality(model, labels) > 0.75
    assert max(sft.predict_probabilities(model, X).max(axis=1)) < 0.99


REFUSED = [
    ("binary", "categorical_crossentropy", "loss='binary_crossentropy'"),
    ("binary", "kl_divergence", "head is for binary"),
    ("binary", "cosine_similarity", "'binary_focal_crossentropy'"),
    ("multiclass", "binary_crossentropy", "sparse_categorical_crossentropy"),
    ("multiclass", "ctc", "does not fit"),
    ("logits", "kl_divergence", "takes probabilities, and the head gives logits"),
    ("logits", "categorical_focal_crossentropy", "with from_logits=True"),
    ("multi-label", "kl_divergence", "several labels"),
    ("regression", "hinge", "head is for regression"),
    ("regression", "poisson", "is for counts"),
    ("regression", "mean_squared_logarithmic_error", "some labels are below"),
    (
        "multiclass",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "gives probabilities",
    ),
]


@pytest.mark.parametrize(("kind", "loss", "message"), REFUSED)
def test_what_does_not_fit_is_refused(kind, loss, message):
    labels = next(iter(DATA[kind][1].values()))
    with pytest.raises(sft.InputError, match=message):
        trained(kind, labels, loss)


def cross_entropy(true, predicted):
    return -keras.ops.sum(true * keras.ops.log(predicted + 1e-7), axis=-1)


def sparse(true, predicted):
    return keras.losses.sparse_categorical_crossentropy(true, predicted)


@pytest.mark.parametrize("loss", [cross_entropy, sparse])
@pytest.mark.parametrize("form", ["numbers", "names", "one-hot"])
def test_own_functions_get_what_they_take(loss, form):
    labels = DATA["multiclass"][1][form]
    model = trained("multiclass", labels, loss, epochs=25)
    assert quality(model, labels) > 0.75


def test_an_own_function_that_fails_is_told_of():
    def wrong(true, predicted):
        return true.no_such_thing

    with pytest.raises(sft.InputError, match=r"wrong cannot be computed .* Attribute"):
        trained("multiclass", THREE, wrong)


@pytest.mark.parametrize(
    "build",
    [mlp, lambda: mlp(1, None), lambda: mlp(3, "softmax"), lambda: mlp(3, None)],
)
def test_measures_fit_whatever_the_labels_are(build):
    model = build()
    several = model.output_shape[-1] == 3
    labels = THREE if several else Y
    wanted = ["f1", "auc", "precision", "recall"]
    held = {"validation_data": (X, labels), "epochs": 12, "patience": None}
    tuned = tune(model=model, labels=labels, metrics=wanted, **held)
    found = {name: tuned.history.history[f"val_{name}"][-1] for name in wanted}
    report = sft.evaluate_model(tuned, X, labels, verbose=False)
    of = report if several else report["per_class"]["1"]
    for name in ("f1", "precision", "recall"):
        assert found[name] == pytest.approx(of[name], abs=1e-4), name
    assert 0.5 < found["auc"] <= 1
    one_hot = np.eye(3)[THREE]
    if several:
        other = tune(model=build(), labels=one_hot, metrics=wanted, epochs=1)
        assert set(wanted) < set(other.history.history)


def test_keras_own_measures_and_functions():
    metrics = [
        keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2"),
        keras.metrics.F1Score("macro"),
        "categorical_accuracy",
        cross_entropy,
    ]
    labels = np.eye(3)[THREE]
    tuned = tune(model=mlp(3, "softmax"), labels=labels, metrics=metrics)
    found = tuned.history.history
    assert found["categorical_accuracy"] == pytest.approx(found["accuracy"])
    assert {"top2", "f1_score", "cross_entropy"} < set(found)
    tuned = tune(model=mlp(3, "softmax"), labels=THREE, metrics=metrics[:3])
    assert tuned.history.history["categorical_accuracy"] == pytest.approx(
        tuned.history.history["accuracy"]
    )


def test_early_stopping_watches_what_is_named():
    held = {"validation_data": (X, 1 - Y), "epochs": 9, "patience": 1}
    for monitor, best in (("val_loss", min), ("val_auc", max), ("val_f1", max)):
        history = tune(monitor=monitor, **held).history
        values = history.history[monitor]
        assert values[history.kept_epoch] == best(values)
    lowest = tune(monitor="loss", epochs=3, patience=1, learning_rate=1e-9).history
    assert lowest.kept_epoch >= 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"monitor": "val_lost", "validation_data": (X, Y)}, "mean 'val_loss'"),
        ({"monitor": "val_loss"}, "needs validation data"),
        ({"metrics": ["f2"]}, "must hold Keras metrics"),
        ({"metrics": [3]}, "must hold Keras metrics"),
        ({"monitor": 3}, "must be a name such as"),
    ],
)
def test_a_measure_that_is_none_is_told_of(settings, message):
    with pytest.raises(sft.InputError, match=message):
        tune(**settings)


def test_monitor_needs_patience_in_train_model():
    with pytest.raises(sft.InputError, match="give patience=… too"):
        train(mlp(), X, Y, X, Y, monitor="val_loss")


def test_the_compiled_loss_and_measures_are_kept_or_told():
    model = mlp()
    focal = keras.losses.BinaryFocalCrossentropy(gamma=3.0)
    model.compile("adam", focal, metrics=["accuracy", keras.metrics.AUC(name="area")])
    history = train(model, X, Y, epochs=2).history
    assert set(history) == {"loss", "accuracy", "area"} and model.loss is focal
    usual = train(mlp(), X, Y, epochs=2).history
    assert history["loss"][0] < usual["loss"][0] / 2
    assert "area" in train(model, X, Y, epochs=1).history
    model = mlp()
    model.compile("adam", "mse")
    with pytest.warns(UserWarning, match="compiled with is not used.*does not fit"):
        train(model, X, Y, epochs=1)
