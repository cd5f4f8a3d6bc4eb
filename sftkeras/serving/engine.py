"""ONNX Runtime: what computes an exported classifier."""

import os

from sftkeras.errors import InputError

HOW = "pip install -r requirements-serving.txt"


def need(package, what, how=HOW):
    """Return an optional package, or raise one sentence on how to get it."""
    import importlib

    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise InputError(
            f"{what} needs the package {package}, which is missing: {how}"
        ) from None


class Engine:
    """A graph, ready to be run.

    Args:
        model: path of an ONNX file, or its bytes.

    Raises:
        InputError: ONNX Runtime is missing.
        Exception: the library's own: it is no ONNX file.
    """

    def __init__(self, model):
        runtime = need("onnxruntime", "An exported classifier")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = _processors()
        options.log_severity_level = 4  # what matters is raised
        self.session = runtime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self.names = [node.name for node in self.session.get_inputs()]
        self.units = self.session.get_outputs()[0].shape[-1]

    def run(self, inputs):
        """Return float32 `(B, units)` for `{name: int32 (B, T)}`.

        Raises:
            InputError: the graph cannot be computed; another's, that makes no sense.
        """
        try:
            return self.session.run(["outputs"], {n: inputs[n] for n in self.names})[0]
        except MemoryError:
            raise
        except Exception as error:
            first = (str(error).splitlines() or [""])[0][:200]
            raise InputError(
                f"The exported graph cannot be computed ({first}). Export it again."
            ) from None


def _processors():
    """Return how many threads may compute: those this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
