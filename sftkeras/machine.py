"""The machine: TensorFlow's quiet start-up, versions, processor and GPUs."""

import contextlib
import importlib.metadata
import os
import re
import sys
import tempfile
from pathlib import Path

from sftkeras.lazy import imported_late
from sftkeras.process import Shared

PACKAGES = ("tensorflow", "keras", "keras-hub", "tensorflow-text", "safetensors")
PACKAGES += ("numpy", "pandas", "scikit-learn", "matplotlib", "rich")
PACKAGES += ("tensorboard", "jupyterlab")


# Keras imports scikit-learn and SciPy for the first, matplotlib for the others: a
# quarter of its start, and few use them.
_LATE = ("keras.wrappers", "keras.visualization", "keras.src.visualization")
# What TensorFlow's C++ code logs: "2026-01-31 09:00:00.123456: I …", "I0000 00:00:…";
# and SentencePiece's: "normalizer.cc(51) LOG(INFO) …".
_LOGGED = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] |[IWE]\d{4} \d\d:\d\d:\d\d\.\d+ +\d"
    rb"|[IWE]0000 00:00:|WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions: |\w+\.cc\(\d+\) LOG\(INFO\) "
)


@contextlib.contextmanager
def _held_back():
    """Hold back file descriptor 2; then show what is no log of TensorFlow's."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # a program without a terminal
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            lines = held.read().splitlines(keepends=True)
            kept = [s for s in lines if quiet_stderr.failed or not _LOGGED.match(s)]
            if kept:
                os.write(2, b"".join(kept))


# TensorFlow logs about ten lines at import and a few at its first operation, whatever
# `TF_CPP_MIN_LOG_LEVEL` says (they come before its logger is set up). What another
# thread writes meanwhile comes late, but it comes; after an error, all of it does.
quiet_stderr = Shared(_held_back)


def import_keras():
    """Import TensorFlow and Keras without their start-up log; return `keras`."""
    if "keras" in sys.modules:
        return sys.modules["keras"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_stderr(), imported_late(*_LATE):
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.get_logger().setLevel("ERROR")
            tf.zeros(1)  # the first operation looks for devices, and logs
    return keras


def devices():
    """Return the names of the GPUs that the backend sees; [] without one."""
    keras = import_keras()
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = []
        for gpu in tf.config.list_physical_devices("GPU"):
            details = tf.config.experimental.get_device_details(gpu)
            found.append(details.get("device_name", gpu.name))
        return found
    return [d for d in keras.distribution.list_devices() if "cpu" not in d.lower()]


def versions():
    """Return {package: version} of what a result depends on; None if missing."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def how_to_install():
    """Return what to do where packages are missing, and where they may be already."""
    begin = ".venv/bin/python -m sftkeras"
    made = Path(__file__).resolve().parents[1] / ".venv" / ".ready"
    if made.exists() and ".venv" not in sys.prefix:
        return f"`make setup` has put the packages into .venv: start with {begin}"
    return (
        f"Run `make setup`, then start with {begin}; or, for this Python "
        f"({sys.executable}): pip install -r requirements.txt"
    )


def training_devices():
    """Return the GPUs that TensorFlow trains on, [] without one."""
    keras = import_keras()
    if keras.backend.backend() != "tensorflow":
        return []
    import tensorflow as tf

    return [device.name for device in tf.config.list_logical_devices("GPU")]


def several_gpus():
    """Return whether each batch is to be shared among several GPUs."""
    return len(training_devices()) > 1


def processor_features():
    """Return those of the instruction sets of matrix products that the processor has.

    A list, `["avx2", "avx512f"]`; [] where Linux does not tell.
    """
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return []
    known = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    return [name for name in known if name in flags]


def computes_in_bfloat16():
    """Return whether the first GPU, or else the processor, computes in bfloat16."""
    capability = _gpu_capability()
    if capability is not None:
        return capability >= (8, 0)
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(processor_features())


def _gpu_capability():
    """Return the first GPU's compute capability, such as (8, 0); None without one."""
    keras = import_keras()
    if keras.backend.backend() == "jax":
        import jax

        device = jax.devices()[0]
        found = getattr(device, "compute_capability", None)  # "9.0"; of a GPU only
        return tuple(map(int, found.split("."))) if found else None
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        return details.get("compute_capability", (0, 0))
    return None


def strategy_scope():
    """Return the scope of a `MirroredStrategy` over several GPUs, else an empty one."""
    if not several_gpus():
        return contextlib.nullcontext()
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(training_devices()).scope()
