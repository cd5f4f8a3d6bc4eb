"""`export_model`: a classifier of texts as an ONNX graph and a vocabulary (§8.1)."""

import datetime
import functools
import hashlib

import keras
import numpy as np

from sftkeras.arguments import check_path
from sftkeras.directories import write_directory
from sftkeras.errors import InputError
from sftkeras.graph import carried
from sftkeras.machine import versions
from sftkeras.models.forms import as_functional
from sftkeras.saving.bundle import load_classifier
from sftkeras.saving.card import names_of
from sftkeras.saving.manifest import EXPORTED, write_manifest, written
from sftkeras.saving.signing import read_private_key
from sftkeras.serving import texts
from sftkeras.serving.engine import Engine, need
from sftkeras.serving.graph_writer import GraphWriter
from sftkeras.serving.layers import write_graph
from sftkeras.tasks.classification import Classification
from sftkeras.tasks.finite import check_weights
from sftkeras.tasks.infer import infer_task
from sftkeras.tasks.multilabel import MultiLabel
from sftkeras.tasks.regression import Regression

_TASKS = (Classification, MultiLabel, Regression)
_LARGEST_DIFFERENCE = 1e-4  # of an output, between Keras and the graph
_CARD = """# A classifier of texts, exported with sftkeras

Labels: {labels}. Weights: {precision}. It predicts without TensorFlow:

```bash
pip install -r requirements-serving.txt        # of sftkeras
python -m sftkeras predict --model "this directory" {line}
```

In Python: `sftkeras.load_exported("this directory").predict([{row}])`.
`model.onnx` takes {inputs}, int32 (rows, tokens), and gives `outputs`, float32
(rows, {units}).
"""


def export_model(model, path, quantize=None, sign=None):
    """Write a classifier of texts so that it predicts without TensorFlow (§8.1).

    `model.onnx` (the graph, standard operators only), the vocabulary, `exported.json`
    (label names, how texts become ids, digests) and a card, `README.md`. Before it is
    written, the graph's answers are compared with Keras'. `load_exported`, and the
    commands `predict` and `evaluate`, read it; they need `requirements-serving.txt`.

    Args:
        model: a `keras.Model` that `fine_tune`, `train_model` or `load_classifier`
            returned: BERT's layers (MiniLM, e5-small) or the article's LSTM under a
            `Classification`, `MultiLabel` or `Regression`; or the path of a directory
            that `save_classifier` wrote.
        path: the directory to write. An earlier export there is replaced.
        quantize: `"int8"`: large weights take a byte, and products are computed in
            integers. A quarter of the size; answers change a little: measure with
            `Exported.evaluate`. Defaults to `None`: float32, the same answers.
        sign: path of a private Ed25519 key, as in `save_classifier`. Defaults to
            `None`.

    Raises:
        InputError: a layer, tokenizer or task that cannot be exported; or a package
            is missing: onnx, onnxruntime.
    """
    check_path("path", path)
    if quantize not in (None, "int8"):
        raise InputError(f"`quantize` must be None or 'int8'. Received: {quantize!r}")
    if sign is not None:
        read_private_key(sign)
    need("onnx", "Exporting", "pip install -r requirements.txt")
    if isinstance(model, (str, bytes)) or hasattr(model, "__fspath__"):
        model = load_classifier(model)
    model = as_functional(model)
    task = infer_task(model)
    if type(task) not in _TASKS:
        raise InputError(
            "Only classifiers and regressions of texts can be exported. Received: the "
            f"task {type(task).__name__}"
        )
    described = texts.describe(task.preprocessor)
    check_weights(model, "be exported")
    _check_exact(model, _graph(model))
    content = _graph(model, quantize)
    (output,) = model.outputs
    with write_directory(path, functools.partial(written, kind=EXPORTED)) as directory:
        (directory / "model.onnx").write_bytes(content)
        texts.save(task.preprocessor, directory)
        pairs = carried(model).pairs
        card = _CARD.format(
            line="--file FILE --pair-column NAME" if pairs else '"some text"',
            row='("some text", "another")' if pairs else '"some text"',
            labels=", ".join(map(str, names_of(task))) or "numbers (regression)",
            precision="int8" if quantize else "float32",
            inputs=", ".join(f"`{tensor.name}`" for tensor in model.inputs),
            units=output.shape[-1],
        )
        now = datetime.datetime.now().astimezone()
        contents = {
            "created": now.isoformat(timespec="seconds"),
            "label_names": list(names_of(task)),
            "pairs": pairs,
            "task": task.config(),
            "texts": described,
            "graph": {"weights": quantize or "float32", "ids": _ids(model)},
            "versions": versions(),
            # The card is for people, who may edit it: it is not among `files`.
            "card": hashlib.sha256(card.encode()).hexdigest(),
        }
        write_manifest(directory, contents, sign, EXPORTED)
        (directory / "README.md").write_bytes(card.encode())


def _graph(model, quantize=None):
    """Return the bytes of a model's ONNX graph."""
    writer = GraphWriter(int8=quantize == "int8")
    output = write_graph(writer, model)
    return writer.content(output, model.outputs[0].shape[-1])


def _check_exact(model, content):
    """Raise unless a graph answers some rows of ids, padded, as the model does."""
    random = np.random.default_rng(0)
    lengths = np.minimum([3, 7, 12], infer_task(model).preprocessor.max_length)
    real = np.arange(lengths.max()) < lengths[:, None]  # (3, 12)
    ids = random.integers(1, _ids(model), real.shape) * real
    known = {"token_ids": ids, "padding_mask": real, "segment_ids": 0 * ids}
    names = [tensor.name for tensor in model.inputs]
    if not {*names} <= {*known}:
        raise InputError(f"Inputs named {names} cannot be exported, only {[*known]}.")
    inputs = {name: known[name].astype("int32") for name in names}
    found = Engine(content).run(inputs)
    given = inputs if isinstance(model.input, dict) else inputs[names[0]]
    wanted = keras.ops.convert_to_numpy(model(given, training=False))
    difference = np.abs(found - wanted).max() / max(1, np.abs(wanted).max())
    if not difference <= _LARGEST_DIFFERENCE:
        raise InputError(
            f"The exported graph of {model.name!r} would answer otherwise than the "
            f"model, by {difference:.2g}: it computes in half precision, or has a "
            "layer that is changed. It cannot be exported."
        )


def _ids(model):
    """Return the rows of a model's table of words."""
    tables = [
        layer.input_dim
        for layer in model.layers
        if isinstance(layer, keras.layers.Embedding)
    ]
    return max(tables)
