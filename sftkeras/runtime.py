"""The ground under the module: TensorFlow's start-up, seeds, versions, safe files."""

import contextlib
import importlib.metadata
import os
import shutil
import sys
import tempfile
from pathlib import Path

from sftkeras.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("tensorflow", "keras", "keras-hub", "tensorflow-text", "safetensors")
PACKAGES += ("numpy", "pandas", "scikit-learn", "matplotlib", "rich")
PACKAGES += ("tensorboard", "jupyterlab")


@contextlib.contextmanager
def quiet_stderr():
    """Hold back what C++ writes to file descriptor 2; show it if an error comes.

    TensorFlow logs about ten lines at import and a few at its first operation,
    whatever `TF_CPP_MIN_LOG_LEVEL` says (they come before its logger is set up).
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def import_keras():
    """Import TensorFlow and Keras without their start-up log; return `keras`."""
    if "keras" in sys.modules:
        return sys.modules["keras"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_stderr():
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


@contextlib.contextmanager
def output_directory(path):
    """Make the directory `path`; after a user's mistake, remove it if it is empty."""
    path = Path(path)
    new = not path.exists()
    check_writable(path)
    try:
        yield
    except (InputError, FileNotFoundError):
        if new and not any(found.is_file() for found in path.rglob("*")):
            shutil.rmtree(path)
        raise


@contextlib.contextmanager
def write_directory(path, marker):
    """Yield a temporary directory that becomes `path` when the block succeeds.

    What was at `path` is replaced as a whole, and kept if anything fails. A directory
    that holds anything, but no file named `marker`, is not ours to replace.
    """
    path = Path(os.path.abspath(path))
    check_writable(path.parent)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file; give a directory to write to.")
    if path.exists() and any(path.iterdir()) and not (path / marker).exists():
        raise InputError(
            f"{path} holds other files, which would be lost. Give a new directory."
        )
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
            os.replace(path, old / path.name)
            try:
                os.replace(temporary, path)
            except OSError:
                os.replace(old / path.name, path)
                raise
            finally:
                shutil.rmtree(old)
        else:
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def write_file(path):
    """Yield a temporary path that becomes the file `path` when the block succeeds."""
    path = Path(path)
    check_writable(path.parent)
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(directory):
    """Make `directory`, or raise `InputError` if nothing can be written to it."""
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise InputError(
            f"Cannot write to {directory} ({error.strerror}). Choose another "
            "directory, or change its permissions."
        ) from None
