"""Techniques: LoRA, layer rates, distillation, and one that is ten lines of a test."""

import contextlib
from functools import partial

import keras
import numpy as np
import pytest
from small import X, Y, all_bytes, mlp, moved, tune

import sftkeras as sft
from sftkeras.training.fitting import techniques_of


class GradientNoise:
    """Neelakantan et al. 2015: noise on every gradient."""

    def __init__(self, deviation):
        self.deviation = deviation

    @contextlib.contextmanager
    def applied_to(self, run):
        noise = keras.random.SeedGenerator(run.recipe.seed)

        def change(gradient, variable, rate, number):
            drawn = keras.random.normal(gradient.shape, 0, self.deviation, seed=noise)
            return gradient + drawn, rate

        run.on_update(change)
        yield


def test_a_technique_of_ten_lines_is_one():
    calm, noisy = tune(optimizer="sgd"), None
    noisy = tune(optimizer="sgd", techniques=[GradientNoise(0.5)])
    again = tune(optimizer="sgd", techniques=[GradientNoise(0.5)])
    assert all_bytes(calm) != all_bytes(noisy) == all_bytes(again)
    frozen = tune(["block_1"], optimizer="sgd", techniques=[GradientNoise(0.5)])
    assert moved(mlp(), frozen) == ["block_1", "head"]


def test_techniques_are_left_in_reverse_also_when_training_is_interrupted():
    told = []

    class Tell:
        def __init__(self, name):
            self.name = name

        @contextlib.contextmanager
        def applied_to(self, run):
            told.append(f"enter {self.name}")
            try:
                yield
            finally:
                told.append(f"leave {self.name}")

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(techniques=[Tell("a"), Tell("b")], callbacks=[Stop()])
    assert told == ["enter a", "enter b", "leave b", "leave a"]


def test_what_is_no_technique_is_refused():
    for wrong, received in (["lora"], "'lora'"), ([sft.LoRA], "LoRA"):
        with pytest.raises(sft.InputError, match=rf"must hold techniques.*{received}"):
            tune(techniques=wrong)
    assert all_bytes(tune(techniques=sft.LoRA(2))) == (  # one, without a list
        all_bytes(tune(techniques=[sft.LoRA(2)]))
    )
    assert all_bytes(tune(techniques=None, callbacks=None)) == all_bytes(tune())


# LoRA

numpy = keras.ops.convert_to_numpy


def kernels(model):
    return {
        layer.name: [w for w in layer.get_weights() if w.ndim > 1]
        for layer in model.layers
        if layer.weights
    }


@pytest.fixture(scope="module")
def adapted(tiny_classifier, same_reviews):
    """{what is fine-tuned: (model, tuned with LoRA, tuned without the frozen cut)}."""
    found = {}
    settings = {"epochs": 2, "learning_rate": 0.01, "batch_size": 24, "verbose": 0}
    settings["techniques"] = [sft.LoRA(rank=2)]
    for layers in ("all", ("transformer_layer_1",)):
        model = tiny_classifier()
        found[layers] = model, *(
            sft.fine_tune(
                model, same_reviews.texts, same_reviews.labels,
                layers if layers == "all" else list(layers), cache_frozen=c, **settings,
            )
            for c in (True, False)
        )  # fmt: skip
    return found


@pytest.mark.parametrize("layers", ["all", ("transformer_layer_1",)])
def test_lora_moves_kernels_of_low_rank_and_no_bias(adapted, layers):
    model, tuned, _ = adapted[layers]
    dense = [
        (a, b)
        for one, other in zip(model.layers, tuned.layers, strict=True)
        if one.name == "transformer_layer_1"
        for a, b in zip(one.weights, other.weights, strict=True)
    ]
    ranks = set()
    for before, after in dense:
        change = numpy(after) - numpy(before)
        if change.ndim < 2 or not before.path.endswith("kernel"):
            assert not change.any(), before.path
        else:
            flat = change.reshape(-1, change.shape[-1])
            ranks.add(np.linalg.matrix_rank(flat, tol=1e-5))
    assert ranks <= {1, 2} and ranks
    below = [np.array_equal(a, b) for a, b in zip(
        model.get_layer("transformer_layer_0").get_weights(),
        tuned.get_layer("transformer_layer_0").get_weights(), strict=True)]  # fmt: skip
    assert all(below) == (layers != "all")


def test_lora_tells_truthfully_how_little_is_trained(adapted):
    for model, tuned, _ in adapted.values():
        trainable = sum(w.size for w in map(numpy, tuned.trainable_weights))
        assert 0 < tuned.history.trainable_params < trainable / 2
        assert tuned.count_params() == model.count_params()  # merged: no more, no less


def test_lora_is_the_same_with_the_frozen_part_computed_once(adapted):
    start, cached, whole = adapted[("transformer_layer_1",)]
    assert cached.history.trainable_params == whole.history.trainable_params
    # (But for dropout, which is off in the frozen part when that runs once.)
    weights = {
        (which, name): model.get_layer(name).get_weights()
        for which, model in [("cached", cached), ("whole", whole), ("start", start)]
        for name in ("transformer_layer_0", "transformer_layer_1")
    }

    def same(one, other, name):
        pairs = zip(weights[one, name], weights[other, name], strict=True)
        return all(np.array_equal(a, b) for a, b in pairs)

    assert same("cached", "whole", "transformer_layer_0")
    assert not same("cached", "start", "transformer_layer_1")
    assert not same("whole", "start", "transformer_layer_1")


def test_a_model_with_merged_adapters_is_saved_and_predicts(adapted, reviews, tmp_path):
    _, tuned, _ = adapted["all"]
    sft.save_classifier(tuned, tmp_path / "bundle")
    loaded = sft.load_classifier(tmp_path / "bundle")
    found = [sft.predict_probabilities(m, reviews.texts) for m in (tuned, loaded)]
    np.testing.assert_allclose(*found, atol=1e-6)


def test_lora_is_merged_when_training_is_interrupted():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    class Keep:
        @contextlib.contextmanager
        def applied_to(self, run):
            self.model = run.model
            yield

    kept = Keep()
    with pytest.raises(KeyboardInterrupt):
        tune(techniques=[kept, sft.LoRA(2)], callbacks=[Stop()])
    before, after = kernels(mlp()), kernels(kept.model)
    assert all(not np.array_equal(before[name][0], after[name][0]) for name in before)


def test_lora_needs_kernels():
    told = r"LoRA\(kernels=\('query',\)\): none.* There are: 'block_0', 'block_1'\."
    with pytest.raises(sft.InputError, match=told):
        tune(techniques=[sft.LoRA(kernels=("query",))])
    told = "only the head is trained, .* Fine-tune more, as layers_to_fine_tune='all'"
    with pytest.raises(sft.InputError, match=told):
        tune("none", techniques=[sft.LoRA(2)])
    inputs = keras.Input((4,))
    head = keras.layers.Dense(1, "sigmoid", name="head")
    hidden = keras.layers.LayerNormalization(name="norm")(inputs)
    with pytest.raises(sft.InputError, match="no layer of this model can have an adap"):
        tune(model=keras.Model(inputs, head(hidden)), techniques=[sft.LoRA(2)])
    with pytest.raises(sft.InputError, match="`rank` must be an int above 0"):
        sft.LoRA(0)


def test_lora_resumes_to_the_same_bytes(tmp_path):
    """Keras' own file of a layer with an adapter would hold the sum of the two."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    settings = {"epochs": 4, "techniques": [sft.LoRA(2)]}
    whole = tune(**settings)
    with pytest.raises(KeyboardInterrupt):
        tune(**settings, backup_dir=tmp_path, callbacks=[Stop()])
    resumed = tune(**settings, backup_dir=tmp_path)
    assert resumed.history.history == whole.history.history
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("order", [1, -1])
def test_techniques_go_together_in_any_order_and_in_half_precision(order):
    given = [sft.LayerRates(0.5), sft.LoRA(2), sft.Distillation(tune())][::order]
    tuned = tune(["block_1"], techniques=given, mixed_precision=True)
    before, after = kernels(mlp()), kernels(tuned)
    same = [np.array_equal(before[name][0], after[name][0]) for name in before]
    assert same == [True, False, False]


# Layer rates


@pytest.mark.parametrize("optimizer", [None, "sgd", keras.optimizers.RMSprop])
def test_lower_layers_move_less(optimizer):
    def path(*techniques):
        tuned = tune(optimizer=optimizer, techniques=techniques, epochs=1)
        return [
            float(np.linalg.norm(a[0] - b[0]))
            for a, b in zip(
                kernels(tuned).values(), kernels(mlp()).values(), strict=True
            )
        ]

    usual, scaled = path(), path(sft.LayerRates(0.25))
    shares = [s / u for s, u in zip(scaled, usual, strict=True)]
    assert shares[0] < 0.5 * shares[1] and shares[1] < 0.5 * shares[2]
    np.testing.assert_allclose(path(sft.LayerRates(1.0)), usual, rtol=1e-6)


def test_rates_are_of_the_right_layer_in_an_encoder(tiny_classifier, reviews):
    model = tiny_classifier()
    shares = sft.LayerRates(0.1).of(model)
    assert shares["head"] == 1
    assert shares["transformer_layer_1"] == pytest.approx(0.1)
    assert shares["transformer_layer_0"] == pytest.approx(0.01)
    assert shares["token_embedding"] == pytest.approx(0.001)
    settings = {"epochs": 1, "verbose": 0, "optimizer": "sgd", "learning_rate": 1.0}
    moves = [
        sft.describe_changes(
            model,
            sft.fine_tune(
                model, reviews.texts, reviews.labels, techniques=given, **settings
            ),
        ).set_index("layer")["change"]
        for given in ([], [sft.LayerRates(0.1)])
    ]
    share = moves[1] / moves[0]
    assert share["token_embedding"] < share["transformer_layer_0"]
    assert share["transformer_layer_0"] < share["transformer_layer_1"] < share["head"]


# Distillation


def test_a_student_learns_from_a_teacher_what_the_labels_do_not_say():
    """All labels say the same of two halves; the teacher tells them apart."""
    teacher = tune(epochs=30, learning_rate=0.03)
    told = sft.predict_probabilities(teacher, X)[:, 1]
    wrong = np.where(np.arange(len(Y)) % 2, Y, 1 - Y)  # half of the labels are wrong
    settings = {"labels": wrong, "epochs": 30, "learning_rate": 0.03}
    alone = tune(**settings)
    helped = tune(techniques=[sft.Distillation(teacher, weight=0.95)], **settings)
    gaps = [
        np.abs(sft.predict_probabilities(student, X)[:, 1] - told).mean()
        for student in (alone, helped)
    ]
    assert gaps[1] < 0.5 * gaps[0]


@pytest.mark.parametrize("temperature", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("head", [(1, "sigmoid"), (1, None), (3, "softmax"), (3, None)])
def test_the_loss_is_hintons(head, temperature):
    from sftkeras.training.techniques.distillation import _SoftLoss

    random = np.random.default_rng(0)
    units, activation = head
    logits = random.normal(size=(5, units)).astype("float32")
    classes = max(units, 2)
    told = random.dirichlet(np.ones(classes), 5).astype("float32")
    outputs = logits
    if activation:
        outputs = keras.ops.convert_to_numpy(getattr(keras.ops, activation)(logits))
    layer = _SoftLoss(temperature, 1.0, activation is None)
    layer(outputs, told, training=True)
    full = np.concatenate([0 * logits, logits], 1) if units == 1 else logits
    q = np.exp(full / temperature)
    q /= q.sum(1, keepdims=True)
    p = told ** (1 / temperature)
    p /= p.sum(1, keepdims=True)
    expected = temperature**2 * (p * (np.log(p) - np.log(q))).sum(1).mean()
    np.testing.assert_allclose(float(layer.losses[0]), expected, rtol=2e-3)


def test_the_teacher_may_be_another_network_with_another_tokenizer(
    tiny_classifier, reviews
):
    settings = {"epochs": 2, "verbose": 0}
    names = np.array(["bad", "good"])[reviews.labels]
    teacher = sft.fine_tune(tiny_classifier(), reviews.texts, names, **settings)
    tokenizer = sft.Tokenizer().fit_on_texts(reviews.texts)
    student = sft.create_model(tokenizer=tokenizer, units=4, output_dim=4)
    learn = sft.Distillation(teacher)
    tuned = sft.fine_tune(
        student, reviews.texts, names, techniques=[learn],
        validation_data=(reviews.texts, names), **settings,
    )  # fmt: skip
    assert [tensor.name for tensor in tuned.inputs] == ["token_ids"]
    assert set(sft.predict(tuned, reviews.texts)) <= {"bad", "good"}
    with pytest.raises(sft.InputError, match="must know the same labels"):
        sft.fine_tune(
            student, reviews.texts, reviews.labels, techniques=[learn], **settings
        )


# Optimizers and schedules


@pytest.mark.parametrize(
    "arguments",
    [
        {"weight_decay": 0.1},
        {"clipnorm": 0.01},
        {"gradient_accumulation_steps": 2},
        {"use_ema": True, "ema_momentum": 0.5},
    ],
    ids=lambda given: next(iter(given)),
)
def test_keras_own_arguments_of_optimizers_change_the_result_and_resume(
    arguments, tmp_path
):
    optimizer = partial(keras.optimizers.AdamW, **arguments)
    plain = partial(keras.optimizers.AdamW, weight_decay=0.0)
    whole = tune(optimizer=optimizer, epochs=4)
    assert all_bytes(whole) != all_bytes(tune(optimizer=plain, epochs=4))

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    settings = {"optimizer": optimizer, "epochs": 4, "backup_dir": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        tune(**settings, callbacks=[Stop()])
    resumed = tune(**settings)
    assert resumed.history.history == whole.history.history
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    "rate", [0.02, sft.one_cycle(0.02), sft.constant(0.02), sft.warmup_cosine(0.02)]
)
def test_tensorboard_sees_the_true_rate(rate, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    used = []

    class Note:
        @contextlib.contextmanager
        def applied_to(self, run):
            run.callbacks.append(
                keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda e, logs: used.append(
                        float(run.optimizer.learning_rate)
                    )
                )
            )
            yield

    tune(learning_rate=rate, log_dir=tmp_path, techniques=[Note()])
    events = EventAccumulator(str(tmp_path / "train")).Reload()
    found = events.Tensors("epoch_learning_rate")
    logged = [float(tensor_util.make_ndarray(e.tensor_proto)) for e in found]
    assert logged == pytest.approx(used) and len(logged) == 3
    assert (len(set(logged)) == 1) == (rate == sft.constant(0.02))


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        ("adamx", r"no optimizer 'adamx'. Did you mean .*'adam'"),
        (3, "must be a Keras optimizer, its name, or a function"),
        (lambda learning_rate: "adam", "must return a Keras optimizer. Received: str"),
        (partial(keras.optimizers.SGD, learning_rate=1.0), "give its learning rate as"),
        (
            keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()),
            "Give the optimizer within",
        ),
    ],
)
def test_an_optimizer_that_is_none_is_told_of(optimizer, message):
    with pytest.raises(sft.InputError, match=message):
        tune(optimizer=optimizer)


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (sft.one_cycle, r"as one_cycle\(3e-4\) does"),
        (lambda: 1, "a function of the number of steps"),
        (lambda steps: "fast", "must return a Keras schedule or a number"),
    ],
)
def test_a_rate_that_is_none_is_told_of(rate, message):
    with pytest.raises(sft.InputError, match=message):
        tune(learning_rate=rate)


def test_a_schedule_checks_its_numbers():
    for make in (
        lambda: sft.one_cycle(-0.1),
        lambda: sft.one_cycle(1e-3, warmup=1.5),
        lambda: sft.constant("a"),
        lambda: sft.LoRA(2, alpha=0),
    ):
        with pytest.raises(sft.InputError, match="Received"):
            make()


def test_techniques_of_ours_come_after_the_users():
    recipe = sft.Recipe(techniques=[sft.LoRA(2)], cache_frozen=True)
    names = [type(technique).__name__ for technique in techniques_of(recipe)]
    ours = ["FrozenOnce", "SmallTables", "CountedOnly", "HalfPrecision"]
    assert names == ["LoRA", *ours]
