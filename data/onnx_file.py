"""Read the weights out of an ONNX file, without ONNX; nothing in it is run.

The file is a message of protocol buffers (https://protobuf.dev/programming-guides/
encoding): a row of fields, each with a number and either an integer or bytes.
"""

import numpy as np

# Numbers of the fields, from onnx.proto3.
_GRAPH, _INITIALIZER = 7, 5  # of ModelProto; of GraphProto
_DIMS, _TYPE, _NAME, _RAW = 1, 2, 8, 9  # of TensorProto
_FLOAT = 1


def read_tensors(content):
    """Return {name: float32 array} of an ONNX file's weights, in its order.

    Args:
        content: bytes of the file.

    Raises:
        ValueError: it is no such file.
    """
    graphs = [
        value for number, value in _fields(memoryview(content)) if number == _GRAPH
    ]
    if not graphs:
        raise ValueError("no ONNX file: it has no graph")
    found = {}
    for number, tensor in _fields(graphs[0]):
        if number != _INITIALIZER:
            continue
        parts, dims = {}, []
        for field, value in _fields(tensor):
            if field == _DIMS:
                dims += [value] if isinstance(value, int) else _integers(value)
            else:
                parts[field] = value
        if parts.get(_TYPE) == _FLOAT:
            values = np.frombuffer(parts[_RAW], "<f4")
            found[bytes(parts[_NAME]).decode()] = values.reshape(dims)
    return found


def _fields(message):
    """Yield (number, value) of a message: an integer, or a view of bytes."""
    place = 0
    while place < len(message):
        key, place = _integer(message, place)
        kind = key & 7
        if kind == 0:
            value, place = _integer(message, place)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if size is None:
                if kind != 2:
                    raise ValueError(f"no ONNX file: a field of kind {kind}")
                size, place = _integer(message, place)
            if place + size > len(message):
                raise ValueError("no ONNX file, or one that is cut off")
            value, place = message[place : place + size], place + size
        yield key >> 3, value


def _integer(message, place):
    """Return (integer, the place behind it): seven bits a byte, the lowest first."""
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("no ONNX file, or one that is cut off")
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place


def _integers(packed):
    found, place = [], 0
    while place < len(packed):
        value, place = _integer(packed, place)
        found.append(value)
    return found
