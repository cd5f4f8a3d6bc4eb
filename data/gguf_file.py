"""Weights out of a GGUF file of llama.cpp, for the scripts here.

The `gguf` library of llama.cpp's authors reads the file and undoes its rounding.
"""

import tempfile
from pathlib import Path

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.numpy import save_file


def unpack(content, path, names, changed):
    """Write a file's tensors to `path`, safetensors in float16; return its fields.

    Args:
        content: bytes of the GGUF file.
        path: where to write.
        names: `(within a block, outside)`, two {llama.cpp's name: Hugging Face's}.
        changed: function of llama.cpp's name, an array, and the fields, which returns
            the array as Hugging Face has it.
    """
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "file.gguf"
        file.write_bytes(content)
        reader = GGUFReader(file)
        fields = {name: field.contents() for name, field in reader.fields.items()}
        save_file(dict(_tensors(reader, fields, names, changed)), path)
        del reader  # it holds the file open, which Windows could not delete
    return fields


def _tensors(reader, fields, names, changed):
    """Yield (Hugging Face's name, array) of each tensor."""
    within, outside = names
    for tensor in reader.tensors:
        *block, name, _ = tensor.name.split(".")
        # The newest axis is the last in GGUF's shape, the first in ours.
        array = dequantize(tensor.data, tensor.tensor_type)
        array = array.reshape([int(size) for size in tensor.shape[::-1]])
        array = changed(name, array, fields)
        place = f"model.layers.{block[1]}.{within[name]}" if block else outside[name]
        yield f"{place}.weight", np.ascontiguousarray(array.astype(np.float16))
