"""The job with sftkeras, plain KerasHub and the article's LSTM; run by `run.py`."""

import statistics
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs import BATCH_SIZE, ENCODER, LEARNING_RATE, read_job, report

import sftkeras as sft
from sftkeras.machine import import_keras

keras = import_keras()


class Epochs(keras.callbacks.Callback):
    """Times the epochs: the first ones trace and warm up, the median does not."""

    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.started)

    def rate(self, rows):
        """Return the figure for the report."""
        return {"samples_per_second": len(rows) / statistics.median(self.seconds)}


def _fine_tuned(layers, **options):
    def job(seed):
        model = sft.load_pretrained_model("minilm", seed=seed)
        chosen = sft.blocks(model)[-2:] if layers == "top two" else layers

        def fit(texts, labels):
            nonlocal model
            model = sft.fine_tune(
                model, texts, labels, chosen, seed=seed, verbose=0, **options
            )

        fast = options.get("fast", False)
        return fit, lambda texts: sft.predict(model, texts, fast=fast)

    return job


def lstm(seed, fast=False):
    """The article's network, mended."""
    model = None

    def fit(texts, labels):
        nonlocal model
        tokenizer = sft.Tokenizer().fit_on_texts(texts)
        model = sft.create_model(tokenizer=tokenizer, seed=seed)
        timed = Epochs()
        sft.train_model(
            model, texts, labels, seed=seed, verbose=0, callbacks=[timed], fast=fast
        )
        return timed.rate(texts)

    return fit, lambda texts: sft.predict(model, texts, fast=fast)


def article_lstm(seed):
    """The article's listing: its layers and sizes, mended only so far that it runs.

    One tokenizer, labels as an array; still padded to 100 in front, unmasked, with
    recurrent dropout.
    """
    import numpy as np

    keras.utils.set_random_seed(seed)
    tokenizer = sft.Tokenizer(num_words=10000)
    model = keras.Sequential(
        [
            keras.layers.Embedding(10000, 32),
            keras.layers.LSTM(64, dropout=0.2, recurrent_dropout=0.2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])

    def encode(texts):
        return keras.utils.pad_sequences(tokenizer.texts_to_sequences(texts), 100)

    def fit(texts, labels):
        tokenizer.fit_on_texts(texts)
        x, y = encode(texts), np.array(labels)
        timed = Epochs()
        model.fit(x, y, epochs=10, batch_size=32, verbose=0, callbacks=[timed])
        return timed.rate(texts)

    def predict(texts):
        return [int(p > 0.5) for p in model.predict(encode(texts), verbose=0)[:, 0]]

    return fit, predict


def keras_hub_guide(seed):
    """KerasHub's BertTextClassifier as its guide uses it: strings in, padded to 512.

    One epoch, the guide's; the other jobs' four would take four times as long.
    """
    import keras_hub
    import numpy as np

    keras.utils.set_random_seed(seed)
    hub = keras_hub.models
    preprocessor = hub.BertTextClassifierPreprocessor.from_preset(str(ENCODER))
    backbone = hub.BertBackbone.from_preset(str(ENCODER))
    model = hub.BertTextClassifier(backbone, 2, preprocessor=preprocessor)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )

    def fit(texts, labels):
        x, y = np.array(texts, dtype=object), np.array(labels)
        model.fit(x, y, epochs=1, batch_size=BATCH_SIZE, verbose=0)

    def predict(texts):
        outputs = model.predict(np.array(texts, dtype=object), verbose=0)
        return outputs.argmax(axis=1).tolist()

    return fit, predict


JOBS = {
    "sftkeras-all": _fine_tuned("all"),
    # Three quarters of the steps, larger ones.
    "sftkeras-all-3": _fine_tuned("all", epochs=3, learning_rate=1e-4),
    # In bfloat16 where the processor computes in it, elsewhere as `sftkeras-all`.
    "sftkeras-all-half": _fine_tuned("all", mixed_precision="auto"),
    # Fused blocks too, in bfloat16.
    "sftkeras-all-fast": _fine_tuned("all", fast=True),
    "sftkeras-top2": _fine_tuned("top two"),
    "sftkeras-top2-fast": _fine_tuned("top two", fast=True),
    "sftkeras-top2-once": _fine_tuned("top two", epochs=1),
    "sftkeras-frozen": _fine_tuned(None),
    "sftkeras-frozen-fast": _fine_tuned(None, fast=True),
    "sftkeras-lstm": lstm,
    "sftkeras-lstm-fast": partial(lstm, fast=True),
    "article-lstm": article_lstm,
    "keras-hub-guide": keras_hub_guide,
}

if __name__ == "__main__":
    name, seed, data = read_job()
    report(*JOBS[name](seed), data)
