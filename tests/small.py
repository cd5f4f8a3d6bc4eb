"""A small model and its data, for tests of training that need no text."""

import json

import keras
import numpy as np
from safetensors.numpy import save_file

import sftkeras as sft

LAYERS = ["block_0", "block_1", "head"]
ROWS = 40


def mlp(units=1, activation="sigmoid", dropout=0.3, optimizer=None):
    """A small model of 4 features, the same in every call."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((4,))
    x = keras.layers.Dense(6, activation="tanh", name="block_0")(inputs)
    x = keras.layers.Dense(6, activation="tanh", name="block_1")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    outputs = keras.layers.Dense(units, activation=activation, name="head")(x)
    model = keras.Model(inputs, outputs, name="mlp")
    if optimizer:
        model.compile(optimizer, "binary_crossentropy")
    return model


X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])  # three classes


def tune(layers="all", model=None, labels=Y, **options):
    options = {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, **options}
    return sft.fine_tune(model or mlp(), X, labels, layers, verbose=0, **options)


def train(model, *data, **options):
    return sft.train_model(model, *(data or (X, Y)), verbose=0, **options)


def all_bytes(model):
    return [weight.tobytes() for weight in model.get_weights()]


def moved(old, new):
    """Names of the layers of which every weight differs; none may differ in part."""
    names = []
    for one, other in zip(old.layers, new.layers, strict=True):
        same = [a == b for a, b in zip(all_bytes(one), all_bytes(other), strict=True)]
        assert len(set(same)) <= 1, one.name
        names += [one.name] if same and not same[0] else []
    return names


def write_hugging_face(directory):
    """Write a tiny random BERT in Hugging Face's format; return its tensors."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good"]
    emb, norm, sizes = "embeddings", "LayerNorm", {"pooler.dense": (8, 8)}
    shapes = {f"{emb}.word_embeddings.weight": (len(words), 8)}
    shapes |= {f"{emb}.position_embeddings.weight": (12, 8)}
    shapes |= {f"{emb}.token_type_embeddings.weight": (2, 8)}
    for block in ("encoder.layer.0", "encoder.layer.1"):
        parts = [f"self.{part}" for part in ("query", "key", "value")]
        for part in (*parts, "output.dense"):
            sizes[f"{block}.attention.{part}"] = (8, 8)
        sizes[f"{block}.intermediate.dense"] = (16, 8)
        sizes[f"{block}.output.dense"] = (8, 16)
        for part in ("attention.output", "output"):
            sizes[f"{block}.{part}.{norm}"] = (8,)
    for name, shape in [*sizes.items(), (f"{emb}.{norm}", (8,))]:
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    random = np.random.default_rng(0)
    tensors = {n: random.normal(size=s).astype("float32") for n, s in shapes.items()}
    save_file(tensors, directory / "model.safetensors", {"format": "pt"})
    (directory / "vocab.txt").write_text("\n".join(words))
    config = {
        "model_type": "bert", "vocab_size": len(words), "num_hidden_layers": 2,
        "num_attention_heads": 2, "hidden_size": 8, "intermediate_size": 16,
        "max_position_embeddings": 12,
    }  # fmt: skip
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    return tensors


def spread(model):
    """Give a model weights so large that its answers are far apart."""
    random = np.random.default_rng(3)
    model.set_weights(
        [
            w + random.normal(0, 0.3, w.shape).astype(w.dtype)
            for w in model.get_weights()
        ]
        if model.name != "lstm_classifier"
        else [4 * w for w in model.get_weights()]
    )
    return model
