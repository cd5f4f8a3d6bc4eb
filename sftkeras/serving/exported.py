"""`load_exported`: an exported classifier, which predicts without TensorFlow (§8.1)."""

import warnings
from pathlib import Path

import numpy as np

from sftkeras.arguments import check_path, check_whole
from sftkeras.directories import mend_directory
from sftkeras.errors import InputError
from sftkeras.inputs.given import given
from sftkeras.inputs.texts import as_texts, check_pairs
from sftkeras.inputs.windows import mean_by_owner
from sftkeras.saving.learned_from import read_pairs
from sftkeras.saving.manifest import EXPORTED, read_manifest, written
from sftkeras.serving import texts as preprocessing
from sftkeras.serving.engine import ENGINES, Engine
from sftkeras.tasks.deciding import decider_from


def load_exported(path, verify=None, engine="onnxruntime"):
    """Load what `export_model` wrote, after checking every file (article §8.1).

    Nothing of TensorFlow or Keras is imported: a text is answered half a second after
    the program was started.

    Args:
        path: the directory.
        verify: path of a public Ed25519 key, as in `load_classifier`. Defaults to
            `None`.
        engine: what computes: `"onnxruntime"`; `"openvino"`, the same numbers in less
            time, or `"openvino-bfloat16"`, in the least where the processor computes
            in it (`pip install openvino`). Defaults to `"onnxruntime"`.

    Returns:
        An `Exported`: `predict`, `predict_probabilities`, `evaluate`, `label_names`.

    Raises:
        FileNotFoundError: the directory, or a file in it, is missing.
        InputError: a file is damaged or makes no sense, the signature is not by the
            key, or ONNX Runtime is missing.
    """
    check_path("path", path)
    if engine not in ENGINES:
        raise InputError(f"`engine` must be one of {ENGINES}. Received: {engine!r}")
    path = Path(path)
    if not path.exists():
        mend_directory(path, _written)
    contents = read_manifest(path, verify, EXPORTED)
    pairs = read_pairs(path, contents, EXPORTED)
    if engine != "onnxruntime" and contents["graph"].get("weights") == "int8":
        raise InputError(
            f"{path}: int8 is computed by ONNX Runtime only. Export it without int8."
        )
    try:
        names = tuple(contents["label_names"])
        task = decider_from({**contents["task"], "label_names": names})
        texts = preprocessing.load(path, contents["texts"])
        graph = Engine(str(path / "model.onnx"), engine)
        whole = set(graph.names) <= {"token_ids", *getattr(texts, "constants", ())}
        whole = whole and graph.units == task.units
        whole = whole and preprocessing.ids_of(texts) <= contents["graph"]["ids"]
    except InputError as error:
        if "pip install" in str(error):
            raise
        raise InputError(f"{path}: {error} {EXPORTED.again}") from None
    except MemoryError:
        raise
    except Exception as error:  # of ONNX Runtime or SentencePiece: no file of theirs
        first = (str(error).splitlines() or [""])[0][:200]
        raise InputError(
            f"{path}: not a classifier that this version can load "
            f"({type(error).__name__}: {first}). {EXPORTED.again}"
        ) from None
    if not whole:
        raise InputError(f"{path}: its parts are not of one classifier. Export again.")
    return Exported(task, texts, graph, pairs)


class Exported:
    """A classifier of texts that was exported; `load_exported` makes one.

    Attributes:
        task: how outputs become answers; `task.kind` is "binary", "multiclass",
            "multi-label" or "regression".
        label_names: tuple of labels in the order of the outputs, () of a regression.
        pairs: bool, whether it learned from pairs of texts; `None`: not known.
    """

    # What is added where a function that takes a model is given one of these.
    no_keras_model = (
        ", a classifier that was exported. Call its own predict(texts), "
        "predict_probabilities(texts) or evaluate(texts, labels); for all else load "
        "what it was exported from, with load_classifier."
    )

    def __init__(self, task, texts, engine, pairs=None):
        self.task, self.texts, self.engine, self.pairs = task, texts, engine, pairs
        self.label_names = () if task.kind == "regression" else task.names

    def predict(
        self,
        x_test,
        threshold=None,
        return_probabilities=False,
        batch_size=32,
        long_texts="cut",
    ):
        """Return a list of N labels, as `sftkeras.predict` does.

        Args:
            x_test, threshold, return_probabilities, batch_size, long_texts: as there.
        """
        answers = self._answers(_inputs(x_test), threshold, batch_size, long_texts)
        if not return_probabilities:
            return list(answers)
        self._check_classes()
        return list(answers), answers.outputs

    def predict_probabilities(self, x_test, batch_size=32, long_texts="cut"):
        """Return float `(N, C)`, as `sftkeras.predict_probabilities` does.

        Args:
            x_test, batch_size, long_texts: as there.
        """
        self._check_classes()
        return self._answers(_inputs(x_test), None, batch_size, long_texts).outputs

    def evaluate(
        self,
        data,
        labels=None,
        threshold=None,
        batch_size=32,
        verbose=True,
        long_texts="cut",
    ):
        """Return the report of `sftkeras.evaluate_model` on labelled texts.

        Args:
            data, labels, threshold, batch_size, verbose, long_texts: as there.
        """
        found = given(None, data, labels)
        if found.labels is None:
            raise InputError("There are no labels. Give the label of each row.")
        answers = self._answers(found.inputs, threshold, batch_size, long_texts)
        if len(answers) != len(found.labels):
            raise InputError(
                f"There must be one label a row. Received: {len(answers)} rows, "
                f"{len(found.labels)} labels"
            )
        report = self.task.score(found.labels, answers)
        if verbose:
            print(self.task.describe(report))
        return report

    def _answers(self, inputs, threshold, batch_size, long_texts):
        check_whole("batch_size", batch_size)
        columns, owners = self._columns(as_texts(inputs), long_texts)
        probabilities = self.task.probabilities(self._run(columns, batch_size))
        if owners is not None:
            probabilities = mean_by_owner(probabilities, owners)
        if threshold is None:
            return self.task.choose(probabilities)
        if self.task.kind != "regression":
            return self.task.choose(probabilities, threshold)
        if threshold != 0.5:
            raise InputError("`threshold` is for classes; this model gives numbers.")
        return self.task.choose(probabilities)

    def _columns(self, texts, long_texts):
        """Return ({input: `Ragged`}, whose window each row is, or `None`)."""
        if long_texts not in ("cut", "windows"):
            raise InputError(
                f"`long_texts` must be 'cut' or 'windows'. Received: {long_texts!r}"
            )
        pairs, owners = isinstance(texts, tuple), None
        if pairs and (getattr(self.texts, "pair_frame", None) is None):
            raise InputError("This classifier takes one text a row, no pairs.")
        check_pairs(self.pairs, pairs)
        if pairs and long_texts == "windows":
            raise InputError("long_texts='windows' is for one text a row.")
        if long_texts == "windows":
            columns, owners = self.texts.encode_windows(texts)
        elif pairs:
            columns = self.texts.encode_pairs(*texts)
        else:
            columns = self.texts.encode(texts)
        if owners is None and self.texts.truncated:
            warnings.warn(
                f"{self.texts.truncated} of {len(texts[0] if pairs else texts)} texts "
                f"are longer than {self.texts.max_length} tokens and were cut.",
                stacklevel=4,
            )
        if not isinstance(columns, dict):
            return {"token_ids": columns}, owners
        if owners is None:
            self.texts.warn_of_unknown(texts[0] if pairs else texts, columns)
        return columns, owners

    def _run(self, columns, batch_size):
        """Return outputs `(N, units)`; rows of similar length are computed together."""
        order = np.argsort(columns["token_ids"].lengths, kind="stable")
        outputs = np.empty((len(order), self.engine.units), "float32")
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = {name: column.take(rows) for name, column in columns.items()}
            outputs[rows] = self.engine.run(batch)
        if not np.isfinite(outputs).all():
            row = int(np.argmin(np.isfinite(outputs).all(axis=1)))
            raise InputError(f"The answer to row {row} is not-a-number or infinite.")
        return outputs

    def _check_classes(self):
        if self.task.kind == "regression":
            raise InputError("A regression model has no probabilities.")


def is_exported(path):
    """Return whether a directory is one of `export_model`'s."""
    return Path(path, EXPORTED.name).is_file()


def _inputs(data):
    return given(None, data).inputs


def _written(directory):
    return written(directory, EXPORTED)
