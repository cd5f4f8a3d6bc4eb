"""Keras' archive, made smaller where that is worth the time."""

import contextlib
import os
import shutil
import tempfile
import zipfile

import h5py
import numpy as np

WEIGHTS = "model.weights.h5"  # its name in the archive
SMALL = 1000  # numbers, not worth it
ROWS = 2**20  # about so many numbers are compressed together
LOW_BITS = np.uint32(2**13 - 1)  # of a float32, zero if it came from 16 bits


def compress(path, least=0.2):
    """Compress the weights in an archive, in place, if many came from 16 bits.

    Weights that training did not touch, as most rows of e5-small's vocabulary, then
    take two fifths of their size; others 0.86 of it, which alone is not worth the time.
    HDF5 compresses with filters of its own, so that Keras reads the archive as ever.

    Args:
        path: `.keras` file.
        least: float, the least share of such weights. Defaults to `0.2`.
    """
    weights, archive = path.with_suffix(".h5"), path.with_suffix(".zip")
    try:
        with zipfile.ZipFile(path) as old:
            with _taken_out(old, path.parent) as stream, h5py.File(stream) as found:
                if _share_from_16_bits(found) < least:
                    return
                with h5py.File(weights, "w") as made:
                    _copy(found, made)
            with zipfile.ZipFile(archive, "w") as new:
                for name in old.namelist():
                    if name == WEIGHTS:
                        new.write(weights, name)
                    else:
                        new.writestr(name, old.read(name))
        os.replace(archive, path)
    finally:
        weights.unlink(missing_ok=True)
        archive.unlink(missing_ok=True)


@contextlib.contextmanager
def _taken_out(archive, directory):
    """Yield the weights as a file; `zipfile` would read from the start to go back."""
    with tempfile.TemporaryFile(dir=directory) as stream:
        with archive.open(WEIGHTS) as member:
            shutil.copyfileobj(member, stream, 2**20)
        yield stream


def _share_from_16_bits(group):
    """Return the share of float32 numbers whose low bits are zero, but for zeros."""
    halves = total = 0
    for dataset in _datasets(group):
        if dataset.dtype == "float32" and dataset.size:
            numbers = dataset[()].view("uint32")
            halves += np.count_nonzero((numbers & LOW_BITS == 0) & (numbers != 0))
            total += numbers.size
    return halves / max(total, 1)


def _datasets(group):
    for item in group.values():
        if isinstance(item, h5py.Group):
            yield from _datasets(item)
        else:
            yield item


def _copy(group, made):
    """Copy what is in a group of HDF5, each array compressed byte by byte."""
    made.attrs.update(group.attrs)
    for name, item in group.items():
        if isinstance(item, h5py.Group):
            _copy(item, made.create_group(name))
            continue
        how = {}
        if item.size > SMALL:
            rows = max(1, ROWS * len(item) // item.size)
            how = {"chunks": (min(rows, len(item)), *item.shape[1:]), "shuffle": True}
            how |= {"compression": "gzip", "compression_opts": 1}
        made.create_dataset(name, data=item[()], **how).attrs.update(item.attrs)
