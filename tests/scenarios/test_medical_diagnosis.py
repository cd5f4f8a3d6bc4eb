"""The scenario of §6.7: tables, self-supervised pretraining, what a mistake costs."""

import functools

import keras
import keras_hub
import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_breast_cancer

import sftkeras as sft
from sftkeras import tables
from sftkeras.data.examples import Examples
from sftkeras.scenarios import medical_diagnosis as scenario
from sftkeras.scenarios import running


@pytest.fixture(scope="module")
def tumours():
    return scenario.load_examples()


@pytest.fixture(scope="module")
def pretrained(tumours):
    """A backbone and its rebuilder, and the rows that they have not seen."""
    x = tumours.inputs
    pool, test = scenario.split(tumours, 0)
    return *tables.pretrain(x[pool], 0, rows=6000), x[pool], x[test]


# Data.


def test_the_illness_is_the_second_label(tumours):
    x, y = tumours.inputs, tumours.labels
    assert x.shape == (569, 30) and x.dtype == "float32"
    assert np.unique(y).tolist() == ["benign", "malignant"]
    assert np.array_equal(y == "malignant", load_breast_cancer().target == 0)


@pytest.mark.filterwarnings("ignore:.*'ill' is taken for the labels")
def test_a_table_of_ones_own(tmp_path):
    rows = [f"{i},{i / 2},{'yes' if i % 2 else 'no'}" for i in range(30)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["a,b,ill", *rows]))
    data = scenario.load_examples(path)
    assert data.inputs.shape == (30, 2) and data.labels[1] == "yes"
    path.write_text("\n".join(["a,b,ill", *rows[:12]]))
    with pytest.raises(sft.InputError, match="10 rows or more each"):
        scenario.load_examples(path)
    path.write_text("\n".join(["a,b,ill", *rows, "1,2,perhaps"]))
    with pytest.raises(sft.InputError, match=r"two labels.*'perhaps': 1"):
        scenario.load_examples(path)


def test_each_row_is_tested_once_in_five_seeds(tumours):
    y = tumours.labels
    parts = [scenario.split(tumours, seed) for seed in range(6)]
    tests = np.concatenate([test for _, test in parts[:5]])
    assert np.array_equal(np.sort(tests), np.arange(len(y)))
    assert set(parts[5][1]) != set(parts[0][1])
    for pool, test in parts:
        assert not {*pool} & {*test} and len(pool) + len(test) == len(y)
        assert abs(np.mean(y[test] == "malignant") - 0.373) < 0.02


# Pretraining.


def test_hidden_measurements_are_rebuilt(pretrained):
    _, rebuilder, _, unseen = pretrained
    shares = []
    for column in range(unseen.shape[1]):
        gaps = unseen.copy()
        gaps[:, column] = np.nan
        filled = tables.fill_gaps(rebuilder, gaps)
        others = np.delete(np.arange(unseen.shape[1]), column)
        assert np.array_equal(filled[:, others], unseen[:, others])
        shares.append(metrics.r2_score(unseen[:, column], filled[:, column]))
    assert np.median(shares) > 0.5  # of the variance; the mean gives 0


def test_the_model_standardises_by_the_pool_and_so_does_its_copy(pretrained):
    backbone, _, pool, unseen = pretrained
    model = sft.load_pretrained_model(backbone, dropout=0.0)
    for one in (model, sft.copying.copy_model(model)):
        found = one.get_layer("standardize")(unseen)
        expected = (unseen - pool.mean(0)) / pool.std(0)
        assert np.allclose(found, expected, atol=1e-3)


def test_a_constant_column_does_no_harm():
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    x[:, 1] = 7
    backbone, _ = tables.pretrain(x, 0, rows=40, epochs=1)
    assert np.isfinite(backbone(x)).all()
    assert np.abs(backbone.get_layer("standardize")(x + 1)).max() < 10


def test_a_backbone_pretrained_elsewhere(pretrained, tmp_path):
    backbone, rebuilder, pool, unseen = pretrained
    backbone.save(tmp_path / "b.keras")
    model = scenario.pretrained_model(Examples(pool), 0, str(tmp_path / "b.keras"))
    inner = keras.Model(model.input, model.get_layer("block_1").output)
    assert np.allclose(inner(unseen), backbone(unseen), atol=1e-6)
    with pytest.raises(sft.InputError, match=r"4 measurements .* Received: \(None, 30"):
        scenario.pretrained_model(Examples(pool[:, :4]), 0, str(tmp_path / "b.keras"))
    rebuilder.save(tmp_path / "r.keras")
    with pytest.raises(sft.InputError, match="return a vector"):
        scenario.pretrained_model(Examples(pool), 0, str(tmp_path / "r.keras"))


def test_what_is_no_backbone_is_refused(tmp_path):
    x = Examples(np.zeros((4, 3), "float32"))
    with pytest.raises(sft.InputError, match=r"no presets for tables.*'bert_base_en'"):
        scenario.pretrained_model(x, 0, "bert_base_en")
    (tmp_path / "b.keras").write_text("nothing")
    with pytest.raises(sft.InputError, match="no presets for tables"):
        scenario.pretrained_model(x, 0, str(tmp_path / "b.keras"))


# Training and measures.


def test_a_trial_trains_each_method_on_the_same_rows(tumours, monkeypatch):
    small = functools.partial(scenario.pretrain, rows=2000, epochs=1)
    monkeypatch.setattr(scenario, "pretrain", small)
    trial = running.run_trial(scenario.SCENARIO, tumours, labels=40, seed=0)
    assert list(trial.models) == [*scenario.METHODS] == trial.rows["model"].tolist()
    assert (trial.rows[scenario.METRIC] > 0.6).all()
    assert (trial.rows["Brier score"] < 0.12).all()
    kernels = {
        name: model.get_layer("block_0").get_weights()[0]
        for name, model in [("pretrained", trial.pretrained), *trial.models.items()]
        if name != "logistic regression"
    }
    distance = {
        name: np.linalg.norm(kernel - kernels["pretrained"])
        for name, kernel in kernels.items()
    }
    assert 0 < distance["fine-tuned"] < 0.5 * distance["from scratch"]
    drawn = scenario.figures(trial)
    assert list(drawn) == ["decisions.png", "directions.png"]
    roc, reliability, cost = drawn["decisions.png"].axes
    labels = [line.get_label() for line in roc.lines]
    assert labels == [*scenario.METHODS, "specificity 95%"]
    assert len(reliability.lines) == 4 and len(cost.lines) == 4
    assert len(drawn["directions.png"].axes[0].collections) == 2


ILL = np.array([0, 0, 0, 0, 1, 1], bool)
P = np.array([0.0, 0.1, 0.2, 0.6, 0.5, 0.9])


def test_sensitivity_at_a_specificity():
    assert scenario.sensitivity(ILL, P) == 0.5  # no false alarm: above 0.6
    assert scenario.sensitivity(ILL, P, specificity=0.75) == 1  # one of four
    assert scenario.sensitivity(ILL, 1 - P) == 0


def test_cost_of_a_missed_illness_and_of_a_false_alarm():
    assert scenario.cost(ILL, P, 0.55, missed_cost=20) == pytest.approx(21 / 6)
    assert scenario.cost(ILL, P, 0.95, missed_cost=3) == 1
    both = scenario.cost(ILL, P, np.array([0.55, 0.3]), 20)
    assert both == pytest.approx([21 / 6, 1 / 6])
    assert scenario.cost(ILL, P) == pytest.approx(3 / 6)  # above 1/21: three alarms


def test_the_eye_of_a_siglip_preset_takes_a_head(tmp_path):
    """As the notebook loads MedSigLIP, on a tiny preset of the same architecture."""
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8}
    eye = keras_hub.models.SigLIPVisionEncoder(8, image_shape=(16, 16, 3), **sizes)
    reader = keras_hub.models.SigLIPTextEncoder(
        vocabulary_size=9, embedding_dim=8, max_sequence_length=4, **sizes
    )
    saved = keras_hub.models.SigLIPBackbone(eye, reader)
    saved.save_to_preset(tmp_path / "tiny")
    both = keras_hub.models.Backbone.from_preset(str(tmp_path / "tiny"))
    model = sft.load_pretrained_model(both.vision_encoder, num_classes=2)
    pictures = np.random.default_rng(0).random((4, 16, 16, 3), "float32")
    features = keras.Model(model.input, model.layers[-3].output)
    given = {"images": pictures}
    assert np.allclose(features(given), saved.vision_encoder(given), atol=1e-5)
    assert len(sft.predict(model, given)) == 4
