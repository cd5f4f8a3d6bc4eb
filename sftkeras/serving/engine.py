"""ONNX Runtime or OpenVINO: what computes an exported classifier."""

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


ENGINES = ("onnxruntime", "openvino", "openvino-bfloat16")
_OPENVINO = "pip install openvino"


class Engine:
    """A graph, ready to be run.

    Args:
        model: path of an ONNX file, or its bytes.
        name: one of `ENGINES`. Defaults to `"onnxruntime"`.

    Raises:
        InputError: the engine's package is missing.
        Exception: the library's own: it is no ONNX file.
    """

    def __init__(self, model, name="onnxruntime"):
        start = _onnxruntime if name == "onnxruntime" else _openvino
        self.names, self.units, self._compute = start(model, name)

    def run(self, inputs):
        """Return float32 `(B, units)` for `{name: int32 (B, T)}`.

        Raises:
            InputError: the graph cannot be computed; another's, that makes no sense.
        """
        try:
            return self._compute({name: inputs[name] for name in self.names})
        except MemoryError:
            raise
        except Exception as error:
            first = (str(error).splitlines() or [""])[0][:200]
            raise InputError(
                f"The exported graph cannot be computed ({first}). Export it again."
            ) from None


def _onnxruntime(model, name):
    """Return (names of inputs, units, function of inputs) by ONNX Runtime."""
    runtime = need("onnxruntime", "An exported classifier")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = _processors()
    options.log_severity_level = 4  # what matters is raised
    session = runtime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
    )
    names = [node.name for node in session.get_inputs()]
    units = session.get_outputs()[0].shape[-1]
    return names, units, lambda inputs: session.run(["outputs"], inputs)[0]


def _openvino(model, name):
    """The same by OpenVINO, which is quicker on Intel's processors and alike."""
    core = need("openvino", f"engine={name!r}", _OPENVINO).Core()
    precision = "bf16" if name.endswith("bfloat16") else "f32"
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": _processors(),
    }
    compiled = core.compile_model(core.read_model(model), "CPU", settings)
    names = [port.any_name for port in compiled.inputs]
    units = compiled.outputs[0].partial_shape[1].get_length()
    request = compiled.create_infer_request()
    return names, units, lambda inputs: request.infer(inputs)["outputs"].copy()


def _processors():
    """Return how many threads may compute: those this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
