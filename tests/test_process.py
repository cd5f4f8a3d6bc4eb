"""What belongs to the process stays as it was, under threads too."""

import os
import random
import threading

import keras
import numpy as np
import pytest
from small import X, Y, all_bytes, mlp, train, tune

import sftkeras as sft
from sftkeras.machine import quiet_stderr
from sftkeras.process import Shared, drawing_from, keeping_random, seeded


def of_process():
    """The user's random numbers: Python's, NumPy's, TensorFlow's, Keras' in turn."""
    from tensorflow.python.eager import context

    shared = context.context()
    keras_own = keras.src.backend.common.global_state.get_global_attribute
    state = shared._rng.getstate() if getattr(shared, "_rng", None) else None
    numpy_own = [np.array(part).tolist() for part in np.random.get_state()]
    own = [id(keras_own(n)) for n in ("global_seed_generator", "global_random_seed")]
    return random.getstate(), numpy_own, shared._seed, state, own


def together(*jobs, times=1):
    """Run jobs in threads at once; return what they returned, raise what they did."""
    results, failed = {}, []

    def run(number, job):
        try:
            results[number] = job()
        except BaseException as error:  # shown by the test
            failed.append(error)

    threads = [
        threading.Thread(target=run, args=(number, job))
        for number, job in enumerate(jobs * times)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [results[number] for number in range(len(threads))]


def saved_bundle(path, reviews):
    tokenizer = sft.Tokenizer().fit_on_texts(reviews.texts)
    model = sft.create_model(tokenizer=tokenizer, units=4, output_dim=4)
    sft.train_model(model, reviews.texts, reviews.labels, epochs=1, verbose=0)
    sft.save_classifier(model, path)
    return model


def test_the_users_random_numbers_stay(reviews, tmp_path, tiny_classifier):
    keras.utils.set_random_seed(11)
    model, body = tiny_classifier(), mlp_body()
    lora = {"techniques": [sft.LoRA(2)], "epochs": 1, "verbose": 0}
    jobs = [
        lambda: saved_bundle(tmp_path / "b", reviews),
        lambda: sft.load_classifier(tmp_path / "b"),
        lambda: sft.fine_tune(model, reviews.texts, reviews.labels, **lora),
        lambda: sft.average_models([model, model]),
        lambda: sft.replace_head(model, 3),
        lambda: sft.load_pretrained_model(body, 2, dropout=0.5),
    ]
    for job in jobs:
        before = of_process()
        job()
        assert of_process() == before


def mlp_body():
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(6, "relu")(inputs))


def test_the_users_random_numbers_do_not_matter():
    results = []
    for number in (1, 2):
        keras.utils.set_random_seed(number)
        tuned = tune(techniques=[sft.LoRA(2)])
        results.append(all_bytes(tuned))
    assert results[0] == results[1] != all_bytes(tune(techniques=[sft.LoRA(2)], seed=1))


@keras.saving.register_keras_serializable("tests")
class Jitter(keras.layers.Layer):
    """A layer that draws from Keras' shared generator."""

    def call(self, x, training=False):
        return x + keras.random.normal((4,), stddev=0.3) if training else x


def test_layers_that_draw_from_the_shared_generator_follow_the_seed():
    def noisy():
        keras.utils.set_random_seed(3)
        inputs = keras.Input((4,))
        x = keras.layers.Dense(1, activation="sigmoid")(Jitter()(inputs))
        return keras.Model(inputs, x)

    results = []
    for _ in range(2):
        model = noisy()
        keras.utils.set_random_seed(len(results))
        results.append(all_bytes(tune(model=model)))
    assert results[0] == results[1] != all_bytes(tune(model=noisy(), seed=1))


def test_threads_get_the_single_threads_results(reviews, tmp_path):
    random.seed(5)
    state = random.getstate()
    single = saved_bundle(tmp_path / "b", reviews)
    expected = sft.predict_probabilities(single, reviews.texts)
    model = mlp()  # (made here: it reseeds the process)
    random.setstate(state)
    weights = all_bytes(tune(model=model, epochs=1))

    def load():
        return sft.predict_probabilities(
            sft.load_classifier(tmp_path / "b"), reviews.texts
        ).tolist()

    found = together(load, lambda: all_bytes(tune(model=model, epochs=1)), times=4)
    for number, one in enumerate(found):
        if number % 2:
            assert one == weights
        else:
            np.testing.assert_allclose(one, expected, atol=1e-6)
    assert random.getstate() == state
    kernel = np.array(keras.initializers.GlorotUniform()((3, 3)))
    assert abs(kernel).max() > 0


def test_streams_nest_and_the_users_goes_on():
    random.seed(1)
    expected = [random.Random(1).random(), random.Random(7).random()]
    with drawing_from(7), keeping_random():
        assert random.random() == expected[1]
    with keeping_random(7):
        assert random.random() == expected[1]
    assert random.random() == expected[0]


def test_everything_is_seeded_and_put_back():
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    expected = [random.random(), np.random.rand(), float(tf.random.uniform(()))]
    keras.utils.set_random_seed(1)
    drawn = []
    for _ in range(2):
        with seeded(2):
            drawn.append([np.random.rand(), float(tf.random.uniform(()))])
    assert drawn[0] == drawn[1] != expected[1:]
    found = [random.random(), np.random.rand(), float(tf.random.uniform(()))]
    assert found == expected


def test_a_shared_change_is_made_once_and_undone_last():
    log, barrier = [], threading.Barrier(8)

    @Shared
    class change:
        def __enter__(self):
            log.append("made")

        def __exit__(self, *_):
            log.append("undone")

    def use():
        with change():
            barrier.wait()
            with change():
                assert log == ["made"]
            barrier.wait()

    together(use, times=8)
    assert log == ["made", "undone"]


NOISE = b"2026-01-31 09:00:00.123456: I tensorflow/core.cc:1] hello\n"
NOISE += b"I0000 00:00:1790000000.1    42 port.cc:153] oneDNN\n"


def test_output_of_eight_threads_is_not_lost(capfd):
    barrier = threading.Barrier(8)

    def work():
        with quiet_stderr():
            barrier.wait()
            os.write(2, b"of a user\n" + NOISE)
            with quiet_stderr():
                pass
            barrier.wait()
        return True

    descriptors = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc") else 0
    assert all(together(work, times=8))
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "of a user\n" * 8 + "afterwards\n"
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) == descriptors


def test_after_an_error_all_of_it_is_shown(capfd):
    with pytest.raises(OSError, match="no"), quiet_stderr():
        os.write(2, NOISE)
        raise OSError("no")
    assert capfd.readouterr().err.encode() == NOISE


def test_training_in_place_leaves_the_seeds_alone():
    keras.utils.set_random_seed(3)
    model = mlp()
    before = of_process()
    train(model, X, Y, epochs=1)
    assert of_process() == before


def test_tensorflow_may_never_have_been_seeded(monkeypatch):
    """In a fresh process, as chapter 6.7's notebook is, its context has no `_rng`."""
    from tensorflow.python.eager import context

    monkeypatch.delattr(context.context(), "_rng", raising=False)
    with seeded(1):
        pass
