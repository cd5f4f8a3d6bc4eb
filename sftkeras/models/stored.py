"""How many numbers a file of weights holds, by its table of contents alone."""

import json

import h5py

from sftkeras.errors import InputError

MOST_PARTS = 20_000
MOST_PACKED = 4  # numbers may fill so many times the file's bytes; ours 2.6 at most
_LARGEST_HEADER = 20 * 2**20  # bytes; 1,000 arrays have 0.1 MB


def count_hdf5(stream, size):
    """Return (arrays, numbers in them) of an HDF5 file, whose links are not followed.

    Args:
        stream: path, or a file that can be read.
        size: int, its bytes.

    Raises:
        InputError: it refers to other files, or claims more than it holds.
        OSError: it is no HDF5 file.
    """
    with h5py.File(stream, "r") as weights:
        return _count_groups(weights, size)


def count_safetensors(path):
    """Return (arrays, numbers in them) of a file of safetensors, from its header.

    Raises:
        InputError: it is damaged, or claims more than it holds.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > min(size, _LARGEST_HEADER):
            raise InputError(f"{path.name} is no file of safetensors")
        try:
            header = json.loads(stream.read(length))
            header.pop("__metadata__", None)
            offsets = [part["data_offsets"] for part in header.values()]
            shapes = [part["shape"] for part in header.values()]
            whole = all(0 <= a <= b <= size - 8 - length for a, b in offsets)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            whole = False
    if not whole:
        raise InputError(f"{path.name} is no file of safetensors, or is cut off")
    count = 0
    for shape, (start, end) in zip(shapes, offsets, strict=True):
        numbers = 1
        for side in shape:
            numbers *= int(side)
        if not 0 <= numbers <= 2 * (end - start):  # two in a byte, when quantized
            raise InputError(f"{path.name} claims numbers that it does not hold")
        count += numbers
    return len(shapes), count


def _count_groups(weights, size):
    arrays = numbers = length = seen = 0
    left = [weights]
    while left:
        group = left.pop()
        for name in group:
            seen += 1
            if seen > MOST_PARTS:
                raise InputError("its file of weights has too many parts")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise InputError(f"its file of weights has a link, {name[:80]!r}")
            found = group[name]
            if isinstance(found, h5py.Group):
                left.append(found)
                continue
            foreign = found.external or found.is_virtual
            if foreign or found.dtype.kind not in "fiub":
                raise InputError(
                    f"its file of weights has a foreign part, {name!r:.80}"
                )
            packed = found.compression == "gzip"  # by `save_classifier`
            if found.id.get_storage_size() < found.nbytes and not packed:
                raise InputError("its file of weights claims numbers it does not hold")
            arrays, numbers = arrays + 1, numbers + found.size
            length += found.nbytes
    if length > MOST_PACKED * size:
        raise InputError("its file of weights claims more than it holds")
    return arrays, numbers
