"""`model.keras` of strangers: the zip file, and the HDF5 file in it."""

import io
import struct
import zipfile

import numpy as np

from hostile.tools import datasets, filed, member, members_of, pack, seal, weighed

DEEP = "[" * 200_000


def _bomb(path):
    members = members_of(path) | {"config.json": b"[" + b" " * 300_000_000 + b"]"}
    pack(path, members.items(), zipfile.ZIP_DEFLATED)


def _twice(path):
    members = list(members_of(path).items())
    pack(path, [*members, ("config.json", b"{}")])


def _more(name):
    def spoil(path):
        pack(path, [*members_of(path).items(), (name, b"owned")])

    return spoil


def _cut(path):
    file = path / "model.keras"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    seal(path)


def _claim(path):
    """Let the directory at the end of the archive claim larger members."""
    file = path / "model.keras"
    content = bytearray(file.read_bytes())
    at = content.rfind(b"PK\1\2")
    content[at + 20 : at + 28] = struct.pack("<II", 2**31 - 1, 2**31 - 1)
    file.write_bytes(content)
    seal(path)


def _encrypted(path):
    file = path / "model.keras"
    content = bytearray(file.read_bytes())
    at = content.find(b"PK\1\2")
    content[at + 8] |= 1
    file.write_bytes(content)
    seal(path)


def _first(change):
    """Return a case that replaces the first dataset."""

    def spoil(file):
        found = datasets(file)[0]
        parent, name = found.parent, found.name.rsplit("/", 1)[1]
        shape = found.shape
        del parent[name]
        change(parent, name, shape)

    return weighed(spoil)


def _external(parent, name, shape):
    parent.create_dataset(name, shape, "f4", external=[("/etc/passwd", 0, 1024)])


def _link_out(parent, name, shape):
    import h5py

    parent[name] = h5py.ExternalLink("/etc/passwd", "/x")


def _link_group(file):
    import h5py

    del file["layers"]
    file["layers"] = h5py.ExternalLink("../secret.h5", "/layers")


def _soft(parent, name, shape):
    import h5py

    parent[name] = h5py.SoftLink("/layers")


def _virtual(parent, name, shape):
    import h5py

    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource("/etc/passwd", "x", shape)
    parent.create_virtual_dataset(name, layout)


def _huge(parent, name, shape):
    parent.create_dataset(name, (10**6, 10**6), "f4", chunks=(1000, 1000))


def _zeros(parent, name, shape):
    parent.create_dataset(name, data=np.zeros((20_000, 1000), "f4"), compression="gzip")


def _texts(parent, name, shape):
    parent.create_dataset(name, data=np.array([b"x"] * 4))


def _objects(parent, name, shape):
    import h5py

    parent.create_dataset(name, (2,), h5py.string_dtype())


def _other_shape(parent, name, shape):
    parent.create_dataset(name, data=np.zeros((3, 1, 2), "f4"))


def _filled(value):
    def spoil(file):
        for found in datasets(file):
            if found.dtype.kind == "f":
                found[...] = value

    return weighed(spoil)


def _cycle(file):
    file["layers/again"] = file["layers"]


def _groups(file):
    for number in range(60_000):
        file.create_group(f"layers/g{number}")


def _nothing(path):
    import h5py

    memory = io.BytesIO()
    with h5py.File(memory, "w"):
        pass
    member("model.weights.h5", memory.getvalue())(path)


def _half(path):
    content = members_of(path)["model.weights.h5"]
    member("model.weights.h5", content[: len(content) // 2])(path)


CASES = {
    "archive: empty": ("lstm", filed("model.keras", b"")),
    "archive: garbage": ("lstm", filed("model.keras", bytes(range(256)) * 99)),
    "archive: cut": ("lstm", _cut),
    "archive: bomb": ("lstm", _bomb),
    "archive: two configs": ("lstm", _twice),
    "archive: up": ("lstm", _more("../../owned.txt")),
    "archive: absolute": ("lstm", _more("/tmp/owned.txt")),
    "archive: up in assets": ("lstm", _more("assets/../../owned.txt")),
    "archive: backslash": ("lstm", _more("..\\owned.txt")),
    "archive: thousands": (
        "lstm",
        lambda path: pack(
            path,
            [*members_of(path).items(), *((f"assets/{n}", b"") for n in range(5000))],
        ),
    ),
    "archive: claims 2 GB": ("lstm", _claim),
    "archive: encrypted": ("lstm", _encrypted),
    "archive: pickle": ("lstm", _more("model.pkl")),
    **{
        f"archive without {name}": ("lstm", member(name, None))
        for name in ("config.json", "model.weights.h5", "metadata.json")
    },
    **{
        f"config: {name}": ("lstm", member("config.json", content))
        for name, content in {
            "empty": b"",
            "garbage": bytes(range(256)),
            "deep": DEEP,
            "list": "[]",
            "null": "null",
            "number": "7",
            "empty object": "{}",
            "60 MB": " " * 60_000_000 + "{}",
            "9 MB of lists": "[" + "[]," * 3_000_000 + "[]]",
        }.items()
    },
    "metadata: deep": ("lstm", member("metadata.json", DEEP)),
    "weights: garbage": ("lstm", member("model.weights.h5", bytes(range(256)) * 99)),
    "weights: empty": ("lstm", member("model.weights.h5", b"")),
    "weights: cut": ("lstm", _half),
    "weights: nothing": ("lstm", _nothing),
    "weights: external": ("lstm", _first(_external)),
    "weights: external link": ("lstm", _first(_link_out)),
    "weights: external group": ("lstm", weighed(_link_group)),
    "weights: soft link": ("lstm", _first(_soft)),
    "weights: virtual": ("lstm", _first(_virtual)),
    "weights: 3.6 TB": ("lstm", _first(_huge)),
    "weights: packed zeros": ("lstm", _first(_zeros)),
    "weights: texts": ("lstm", _first(_texts)),
    "weights: objects": ("lstm", _first(_objects)),
    "weights: other shape": ("lstm", _first(_other_shape)),
    "weights: NaN": ("lstm", _filled(np.nan)),
    "weights: infinite": ("lstm", _filled(np.inf)),
    "weights: cycle": ("lstm", weighed(_cycle)),
    "weights: 60,000 groups": ("lstm", weighed(_groups)),
}
