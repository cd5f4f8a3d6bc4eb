"""A file of `torch.save` in its old form, before 1.6, read without PyTorch.

It is four pickles (a magic number, a version, facts of the machine, the tensors), the
list of the storages' keys, and each storage: its length and its numbers. The unpickler
knows tensors and dictionaries only; whatever else a pickle asks for is refused.
"""

import collections
import io
import pickle

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
KINDS = {"FloatStorage": "<f4", "LongStorage": "<i8"}


def read_tensors(data):
    """Return {name: array} of a file that holds a dictionary of tensors.

    Args:
        data: bytes, the whole file.

    Raises:
        pickle.UnpicklingError: it is another kind of file, or asks for other classes.
    """
    stream, wanted = io.BytesIO(data), {}
    if _Unpickler(stream, wanted).load() != MAGIC:
        raise pickle.UnpicklingError("not a file of torch.save before PyTorch 1.6")
    for _ in ("version", "machine"):
        _Unpickler(stream, wanted).load()
    tensors = _Unpickler(stream, wanted).load()
    storages = {}
    for key in _Unpickler(stream, wanted).load():
        (length,) = np.frombuffer(stream.read(8), "<i8")
        kind = np.dtype(wanted[key])
        storages[key] = np.frombuffer(stream.read(length * kind.itemsize), kind)
    return {name: tensor(storages) for name, tensor in tensors.items()}


class _Unpickler(pickle.Unpickler):
    """Reads tensors as functions of the storages, which come later in the file."""

    def __init__(self, stream, wanted):
        super().__init__(stream)
        self.wanted = wanted  # storage's key -> kind of number

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in KINDS:
            return KINDS[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no tensor")

    def persistent_load(self, found):
        word, kind, key, *_ = found
        if word != "storage":
            raise pickle.UnpicklingError(f"{word!r} is no storage")
        self.wanted[key] = kind
        return key


def _rebuild(key, offset, shape, strides, *_):
    """Return the function that makes an array of the storages.

    Any strides: these tensors were TensorFlow's, and are saved as transposed views.
    """

    def tensor(storages):
        storage = storages[key][offset:]
        last = sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if min((*shape, 1)) < 1 or min((*strides, 0)) < 0 or last >= len(storage):
            raise pickle.UnpicklingError(f"a tensor reaches out of storage {key}")
        steps = [step * storage.itemsize for step in strides]
        return np.lib.stride_tricks.as_strided(storage, shape, steps).copy()

    return tensor
