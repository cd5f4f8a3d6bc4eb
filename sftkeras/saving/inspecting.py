"""A stranger's `model.keras`: what it promises, checked before anything is made.

Keras builds what `config.json` describes, and only then compares it with the weights:
a line of JSON can ask for more memory than there is. So the archive is read as data
first; then its layers are built once with weights that are shapes only.
"""

import io
import json
import zipfile

import keras

from sftkeras.errors import InputError
from sftkeras.models.promised import check_layers, check_weights
from sftkeras.models.stored import count_hdf5

WEIGHTS, CONFIG = "model.weights.h5", "config.json"
LARGEST_CONFIG = 10 * 2**20  # bytes; in memory it takes 25 times that
# Each costs a millisecond or two. NASNetLarge, the deepest of Keras, has 1,041 layers.
MOST_LAYERS = 1_500
MOST_SQUARES = 10_000  # a Sequential model is built anew for each of its layers
MOST_OBJECTS = 15_000  # layers, initializers, policies …
MOST_VALUES = 500_000  # of any kind: Keras looks at each for ten microseconds
OURS = ("keras", "keras_hub", "sftkeras", "builtins")


def inspect_archive(file, custom_objects=None):
    """Raise if a `.keras` file promises more than it holds.

    Memory and time are those that the file's own size asks for, whatever it says.

    Args:
        file: path.
        custom_objects: {name: class or function} as `keras.saving.load_model` takes
            it. Defaults to `None`.

    Raises:
        InputError: it says what.
        Exception: whatever Keras, `json`, `zipfile` or `h5py` raise for a file that is
            none of theirs.
    """
    with zipfile.ZipFile(file) as archive:
        members = _check_members(archive, file)
        config = json.loads(archive.read(CONFIG))
    own = check_config(config)
    with open(file, "rb") as stream:
        window = _Window(stream, *_place(stream, members[WEIGHTS]))
        arrays, numbers = count_hdf5(window, window.size)
    check_layers(config, arrays)

    def build():
        keras.saving.deserialize_keras_object(config, custom_objects=custom_objects)

    try:
        check_weights(build, arrays, numbers)
    except InputError:
        raise
    except Exception:
        # Layers of the user's own may make weights where none can be shapes only.
        if not own:
            raise


def _check_members(archive, file):
    """Return {name: member}: stored as they are, each once, within the archive."""
    members = {member.filename: member for member in archive.infolist()}
    size = sum(member.file_size for member in members.values())
    if len(members) < len(archive.infolist()) or len(members) > 1000:
        raise InputError("its archive names a member twice, or thousands of them")
    for name, member in members.items():
        known = name in (CONFIG, WEIGHTS, "metadata.json") or name.startswith("assets/")
        if not known or ".." in name.split("/") or "\\" in name:
            raise InputError(f"its archive has a member {name[:80]!r}")
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise InputError(f"{name[:80]!r} in its archive is packed")
    if size > file.stat().st_size:
        raise InputError("its archive claims to hold more than it does")
    for name in (CONFIG, WEIGHTS):
        if name not in members:
            raise InputError(f"its archive has no {name}")
    if members[CONFIG].file_size > LARGEST_CONFIG:
        raise InputError(f"its {CONFIG} has {members[CONFIG].file_size:,} bytes")
    return members


def check_config(config):
    """Raise for a network beyond reason; return whether it has classes of others."""
    layers = objects = squares = 0
    own, left, values = False, [config], 0
    while left:
        found = left.pop()
        values += 1
        if values + len(left) > MOST_VALUES:
            raise InputError(f"its {CONFIG} has more than {MOST_VALUES:,} values")
        if isinstance(found, dict):
            objects += "class_name" in found
            squares += _sequence(found) ** 2
            module = found.get("module") or "keras"
            own |= "class_name" in found and str(module).split(".")[0] not in OURS
            for key in ("layers", "cells", "inbound_nodes"):
                inside = found.get(key)
                count = len(inside) if isinstance(inside, list) else 0
                layers += count
            left += found.values()
        elif isinstance(found, list):
            left += found
    # Each layer is counted twice: as one, and where it is called.
    most = layers > 2 * MOST_LAYERS or squares > MOST_SQUARES
    if most or objects > MOST_OBJECTS:
        raise InputError(
            f"its {CONFIG} describes {layers:,} layers and calls of them; at most "
            f"{2 * MOST_LAYERS:,} are built, and {int(MOST_SQUARES**0.5)} in a sequence"
        )
    return own


def _sequence(found):
    """Return how many layers a model that is no functional one has, 0 for others."""
    kinds = {found.get("class_name"), found.get("registered_name")}
    inside = found.get("config")
    inside = inside.get("layers") if isinstance(inside, dict) else None
    if not isinstance(inside, list) or kinds <= {"Functional", None}:
        return 0
    return len(inside)


def _place(stream, member):
    """Return where a stored member's bytes begin in a zip file, and their number."""
    stream.seek(member.header_offset + 26)
    lengths = [int.from_bytes(stream.read(2), "little") for _ in range(2)]
    return member.header_offset + 30 + sum(lengths), member.file_size


class _Window(io.RawIOBase):
    """A part of a file as a file; `zipfile` would read from the start to go back."""

    def __init__(self, stream, start, size):
        self.stream, self.start, self.size, self.at = stream, start, size, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def readinto(self, buffer):
        count = max(0, min(len(buffer), self.size - self.at))
        self.stream.seek(self.start + self.at)
        count = self.stream.readinto(memoryview(buffer)[:count])
        self.at += count
        return count
