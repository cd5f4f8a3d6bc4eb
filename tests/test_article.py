"""What the article's program (§5.2) and formulas (§4.2) do on today's Keras.

Each test re-creates an effect in our own code, then shows what sftkeras does instead.
The pseudo-code of §3 is in `test_article_steps.py`.
"""

import inspect
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

import sftkeras as sft
from sftkeras.mathematics import adam_step, article_adam_step
from sftkeras.training.optimizers import FusedAdam

layers = keras.layers
THINGS = ("soup", "film", "bread", "room", "book", "phone", "staff", "song")
TRAIN = [
    (f"{word} {thing}", int(word == "good"))
    for thing in THINGS
    for word in ("good", "bad")
]
OTHER = [("bad car", 0), ("good car", 1), ("bad hat", 0), ("good hat", 1)]


def legacy_tokenizer(texts):
    """The class that §5.2 fits in each call of its `load_data`."""
    tokenizer = tf.keras.preprocessing.text.Tokenizer()
    tokenizer.fit_on_texts(texts)
    return tokenizer


def write(path, rows):
    path.write_text("".join(f"{text}\t{label}\n" for text, label in rows))
    return path


@pytest.fixture
def files(tmp_path):
    """Training, validation and test file, as `text<TAB>label`."""
    named = {"train": TRAIN, "val": OTHER, "test": OTHER[::-1]}
    return {name: write(tmp_path / f"{name}.txt", rows) for name, rows in named.items()}


def test_labels_in_a_list_are_refused_and_x_gets_the_blame(files):
    # §5.2: labels = [int(line.split('\t')[1]) for line in lines]
    x, labels = np.array([[1, 2], [1, 3]]), [1, 0]
    model = sft.create_model(5, output_dim=2, units=2)
    with pytest.raises(ValueError, match="Unrecognized data type: x="):
        model.fit(x, labels, verbose=0)
    # The same when only the validation labels are a list.
    with pytest.raises(ValueError, match="Unrecognized data type: x="):
        model.fit(x, np.array(labels), validation_data=(x, labels), verbose=0)

    history = sft.train_model(model, x, labels, x, labels, epochs=1, verbose=0)
    assert "val_loss" in history.history
    tokenizer = sft.Tokenizer().fit_on_texts([text for text, _ in TRAIN])
    assert isinstance(sft.load_data(files["train"], tokenizer)[1], np.ndarray)


def test_a_tokenizer_per_file_gives_one_word_two_ids(files):
    # §5.2: tokenizer.fit_on_texts(texts), inside load_data
    texts = {name: sft.load_texts(file).texts for name, file in files.items()}
    one, two = legacy_tokenizer(texts["train"]), legacy_tokenizer(texts["val"])
    assert one.word_index["good"] != two.word_index["good"]
    # So one row of ids is praise in one file and a complaint in the other.
    ids = one.texts_to_sequences(["good"])
    assert two.sequences_to_texts(ids) == ["bad"]

    with pytest.raises(sft.InputError, match="the same word would get another id"):
        sft.load_data(files["val"])
    tokenizer = sft.Tokenizer().fit_on_texts(texts["train"])
    seen = {}
    for name, file in files.items():
        x, _ = sft.load_data(file, tokenizer)
        for text, row in zip(texts[name], x, strict=True):
            seen.setdefault(text.split()[0], set()).add(int(row[0]))
    assert seen == {word: {tokenizer.word_index[word]} for word in ("good", "bad")}


def test_ids_beyond_the_embedding_table():
    # §5.2: Embedding(input_dim=10000, …) beside a Tokenizer() without num_words
    texts = [" ".join(f"word{i}" for i in range(10_005))]
    ids = legacy_tokenizer(texts).texts_to_sequences(texts)[0]
    assert max(ids) > 10_000
    with (
        keras.device("cpu"),  # on a GPU nothing is raised, and what is read is wrong
        pytest.raises(tf.errors.InvalidArgumentError, match=r"not in \[0, 10000\)"),
    ):
        layers.Embedding(10_000, 2)(np.array([max(ids)]))

    tokenizer = sft.Tokenizer().fit_on_texts(texts)
    ids = tokenizer.texts_to_sequences(texts)[0]
    assert len(ids) == 10_005 and max(ids) == tokenizer.num_words - 1 == 9_999
    model = sft.create_model(output_dim=1, units=1)
    assert model.get_layer("embedding")(np.array([ids])).shape == (1, 10_005, 1)


def test_chinese_is_one_token_a_sentence():
    # §5.2: tokenizer.texts_to_sequences(texts) splits at spaces
    texts = ["这家餐厅味道很好", "味道很好"]
    tokens = [set(ids) for ids in legacy_tokenizer(texts).texts_to_sequences(texts)]
    assert [len(ids) for ids in tokens] == [1, 1] and tokens[0].isdisjoint(tokens[1])

    tokenizer = sft.Tokenizer().fit_on_texts(texts)
    whole, part = tokenizer.texts_to_sequences(texts)
    assert len(whole) == len(texts[0]) and whole[-4:] == part


def test_the_score_must_not_depend_on_the_padding():
    # §5.2: pad_sequences(sequences, maxlen=100): zeros in front, and no mask
    pad = keras.utils.pad_sequences
    keras.utils.set_random_seed(0)
    plain = keras.Sequential([layers.Embedding(9, 8), layers.LSTM(8), layers.Dense(1)])
    scores = [
        plain(pad([[5, 6, 7]], maxlen=length)).numpy().item() for length in (3, 10, 100)
    ]
    assert len(np.unique(np.round(scores, 4))) == 3

    model = sft.create_model(9, output_dim=8, units=8)
    scores = [
        model(pad([[5, 6, 7]], maxlen=length, padding="post")).numpy().item()
        for length in (3, 10, 100)
    ]
    np.testing.assert_allclose(scores, scores[0], rtol=1e-5)
    # Nor does a long neighbour in the batch change the score of a short text.
    model.preprocessor = sft.Tokenizer().fit_on_texts(["one two three four five"])
    texts = ["one two", "three four five " * 9]
    together = sft.evaluation.predict_probabilities(model, texts)[0]
    alone = sft.evaluation.predict_probabilities(model, texts[:1])[0]
    np.testing.assert_allclose(together, alone, rtol=1e-5)


def test_recurrent_dropout_rules_out_the_fused_kernel(monkeypatch):
    # §5.2: LSTM(64, dropout=0.2, recurrent_dropout=0.2)
    asked = []

    def fused(*args, **kwargs):
        asked.append(kwargs["return_sequences"])
        raise NotImplementedError  # what Keras' own says on a CPU

    monkeypatch.setattr("keras.src.backend.lstm", fused)
    steps = np.ones((1, 3, 2), "float32")
    layers.LSTM(2, dropout=0.2, recurrent_dropout=0.2)(steps, training=True)
    assert not asked
    layers.LSTM(2, dropout=0.2)(steps, training=True)
    assert asked

    asked.clear()
    model = sft.create_model(9, output_dim=2, units=2)
    model(np.ones((1, 3), "int32"), training=True)
    assert asked and model.get_layer("lstm").dropout == 0.2
    asked.clear()
    model = sft.create_model(9, output_dim=2, units=2, recurrent_dropout=0.2)
    model(np.ones((1, 3), "int32"), training=True)
    assert not asked and model.get_layer("lstm").recurrent_dropout == 0.2


def test_input_length_is_deprecated():
    # §5.2: Embedding(input_dim=10000, output_dim=32, input_length=100)
    with pytest.warns(UserWarning, match="`input_length` is deprecated"):
        layers.Embedding(9, 2, input_length=100)

    model = sft.create_model()  # a warning would be an error here (pyproject.toml)
    assert model.input_shape == (None, None)
    embedding, lstm = model.get_layer("embedding"), model.get_layer("lstm")
    assert (embedding.input_dim, embedding.output_dim, lstm.units) == (10_000, 32, 64)


def test_the_whole_program_of_section_5(files, capsys):
    """§5.2's main program, mended: one tokenizer, and the article's four functions."""
    tokenizer = sft.Tokenizer().fit_on_texts(sft.load_texts(files["train"]).texts)
    x_train, y_train = sft.load_data(files["train"], tokenizer)
    x_val, y_val = sft.load_data(files["val"], tokenizer)
    x_test, y_test = sft.load_data(files["test"], tokenizer)
    assert x_train.shape == (len(TRAIN), 100)
    model = sft.create_model(learning_rate=0.02)
    history = sft.train_model(model, x_train, y_train, x_val, y_val)
    printed = capsys.readouterr().out
    assert len(history.history["loss"]) == 10
    assert f"Validation Loss: {history.history['val_loss'][-1]:.4f}" in printed
    assert "Validation Accuracy: 1.0000" in printed
    loss, accuracy = model.evaluate(x_val, y_val, verbose=0)
    assert accuracy == 1.0
    assert loss == pytest.approx(history.history["val_loss"][-1], rel=1e-4)
    assert sft.predict(model, x_test) == y_test.tolist()


def adam(gradient, alpha):
    """Kingma & Ba 2014, Algorithm 1, with Keras' ε: a function of w and t."""
    state = None

    def step(w, t):
        nonlocal state
        w, state = adam_step(w, gradient(w), state, alpha, epsilon=1e-7)
        return w

    return step


def walk(step, w, steps=20):
    return [w := step(w, t) for t in range(1, steps + 1)]


def test_adam_is_not_what_the_article_prints():
    # §4.2.3: α_t = α / (1 - β_1^t), then again α_t = α / (1 - β_2^t)
    def gradient(w):
        return 2 * (w - 0.5)  # of J(w) = (w - 0.5)²

    paper = walk(adam(gradient, 0.1), 3.0)
    for theirs in (keras.optimizers.Adam, FusedAdam):  # Keras', and fine_tune's
        weight, optimizer, path = keras.Variable(3.0), theirs(0.1), []
        for _ in range(20):
            optimizer.apply([keras.ops.convert_to_tensor(gradient(weight))], [weight])
            path.append(float(weight))
        np.testing.assert_allclose(path, paper, rtol=1e-4)
    # The two definitions give two paths, and neither is Adam's: the first step of
    # Adam has length α whatever the gradient; theirs are 10 and 1,000 times α g.
    assert paper[0] == pytest.approx(3.0 - 0.1)
    for beta, factor in [(0.9, 10), (0.999, 1000)]:
        printed = partial(article_adam_step, learning_rate=0.1, beta_2=beta)
        wrong = walk(lambda w, t, step=printed: step(w, gradient(w), t), 3.0)
        assert wrong[0] == pytest.approx(3.0 - factor * 0.1 * gradient(3.0))
    assert abs(wrong[-1]) > 1e9  # the definition that stands last diverges

    # What `train_model` does to a model of that one weight is the paper's, too.
    inputs = keras.Input((1,))
    outputs = layers.Dense(1, use_bias=False, name="head")(inputs)
    model = keras.Model(inputs, outputs)
    model.set_weights([np.array([[3.0]])])
    one, half = np.ones((1, 1)), np.array([0.5])
    sft.train_model(model, one, half, epochs=20, learning_rate=0.1, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0].item(), paper[-1], rtol=1e-4)


def test_sgd_steps_on_minibatches_not_on_single_samples():
    # §4.2.2: w_{t+1} = w_t - α ∇J(w_t; x_t, y_t): one sample a step
    random = np.random.default_rng(0)
    x, y = random.normal(size=(64, 1)).astype("float32"), random.normal(size=64)
    gradients = -2 * x[:, 0] * y  # of (w x - y)² at w = 0, one per sample
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
    model.train_on_batch(x[:32], y[:32])
    step = model.get_weights()[0].item()
    assert step == pytest.approx(-0.1 * gradients[:32].mean(), rel=1e-4)
    assert np.abs(-0.1 * gradients - step).min() > 1e-6

    # §5.2's batches of 32 are our default: two steps an epoch here, not 64.
    assert inspect.signature(sft.train_model).parameters["batch_size"].default == 32
    sft.train_model(model, x, y, epochs=3, verbose=0)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert int(model.optimizer.iterations) == 3 * 2
