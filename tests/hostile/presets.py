"""Directories of pretrained weights from strangers, in both formats."""

import json
import struct


def _face(**changes):
    return ("face", _json("config.json", changes))


def _hub(**changes):
    def spoil(path):
        config = json.loads((path / "config.json").read_text())
        config["config"].update(changes)
        (path / "config.json").write_text(json.dumps(config))

    return ("hub", spoil)


def _json(name, changes):
    def spoil(path):
        config = json.loads((path / name).read_text())
        (path / name).write_text(json.dumps(config | changes))

    return spoil


def _raw(base, name, content):
    def spoil(path):
        (path / name).write_bytes(content)

    return (base, spoil)


def _header(change):
    """Return a case: `change(header)` alters the header of the safetensors."""

    def spoil(path):
        file = path / "model.safetensors"
        content = file.read_bytes()
        length = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8 : 8 + length])
        other = change(header)
        text = json.dumps(header if other is None else other).encode()
        file.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])

    return ("face", spoil)


def _every(**changes):
    def change(header):
        for name, part in header.items():
            if name != "__metadata__":
                part.update(changes)

    return _header(change)


def _sharded(name):
    def spoil(path):
        outside = path.parent / "outside.safetensors"
        (path / "model.safetensors").rename(outside)
        index = {"weight_map": {"embeddings.word_embeddings.weight": name}}
        (path / "model.safetensors.index.json").write_text(json.dumps(index))

    return ("face", spoil)


def _sharded_hub(name):
    def spoil(path):
        index = {"metadata": {}, "weight_map": {"/layers": [name]}}
        (path / "model.weights.json").write_text(json.dumps(index))
        (path / "model.weights.h5").unlink()

    return ("hub", spoil)


def _sparse(base, name, size):
    def spoil(path):
        with (path / name).open("wb") as file:
            file.truncate(size)

    return (base, spoil)


DEEP = b"[" * 200_000
GARBAGE = bytes(range(256)) * 9
SIZES = ("hidden_size", "intermediate_size", "vocab_size", "max_position_embeddings")
HUB_SIZES = ("hidden_dim", "intermediate_dim", "vocabulary_size", "max_sequence_length")
CASES = {
    **{f"face: {key} {10**6}": _face(**{key: 10**6}) for key in SIZES[:2]},
    **{f"face: {key} {10**9}": _face(**{key: 10**9}) for key in SIZES},
    **{f"face: {key} 9 * 10**7": _face(**{key: 9 * 10**7}) for key in SIZES},
    **{
        f"face: {layers} layers": _face(num_hidden_layers=layers)
        for layers in (10**5, 10**6, 10**12, -1, "x")
    },
    "face: heads": _face(num_attention_heads=0),
    "face: no kind": _face(model_type=None),
    "face: another kind": _face(model_type="os.system"),
    "face: code": _face(auto_map={"AutoModel": "evil.Model"}, trust_remote_code=True),
    **{
        f"hub: {layers} layers": _hub(num_layers=layers)
        for layers in (10**5, 10**6, 10**12, -1, "x")
    },
    **{f"hub: {key} {10**6}": _hub(**{key: 10**6}) for key in HUB_SIZES[:3]},
    **{f"hub: {key} {9 * 10**7}": _hub(**{key: 9 * 10**7}) for key in HUB_SIZES},
    "hub: os.system": (
        "hub",
        _json("config.json", {"module": "os", "class_name": "system"}),
    ),
    "hub: registered as os.system": (
        "hub",
        _json("config.json", {"registered_name": "os>system"}),
    ),
    "hub: Lambda": (
        "hub",
        _json(
            "config.json",
            {"module": "keras.layers", "class_name": "Lambda", "registered_name": ""},
        ),
    ),
    **{
        f"{base}: {name}: {kind}": _raw(base, name, content)
        for base, name in [
            ("face", "config.json"),
            ("face", "vocab.txt"),
            ("face", "tokenizer_config.json"),
            ("face", "model.safetensors"),
            ("hub", "config.json"),
            ("hub", "tokenizer.json"),
            ("hub", "model.weights.h5"),
        ]
        for kind, content in [("empty", b""), ("garbage", GARBAGE), ("deep", DEEP)]
    },
    "face: vocab.txt: short": _raw("face", "vocab.txt", b"[PAD]\n[UNK]\n"),
    "face: vocab.txt: twice": _raw("face", "vocab.txt", b"[PAD]\n[PAD]\ngood\n"),
    "face: vocab.txt: 1 GB": _sparse("face", "vocab.txt", 2**30),
    "face: config.json: 1 GB": _sparse("face", "config.json", 2**30),
    "safetensors: header 10**9": _raw(
        "face", "model.safetensors", struct.pack("<Q", 10**9) + b"{}"
    ),
    "safetensors: header 2**63": _raw(
        "face", "model.safetensors", struct.pack("<Q", 2**63) + b"{}"
    ),
    "safetensors: huge shape": _every(shape=[10**9, 10**9]),
    "safetensors: negative shape": _every(shape=[-1, 8]),
    "safetensors: text for a shape": _every(shape="x"),
    "safetensors: offsets out": _every(data_offsets=[0, 10**12]),
    "safetensors: offsets turned": _every(data_offsets=[100, 0]),
    "safetensors: offsets overlap": _every(data_offsets=[0, 256]),
    "safetensors: offsets are text": _every(data_offsets=["a", "b"]),
    "safetensors: kind": _every(dtype="OBJECT"),
    "safetensors: nothing": _header(lambda header: {}),
    "safetensors: a list": _header(lambda header: []),
    "shard: outside": _sharded("../outside.safetensors"),
    "shard: absolute": _sharded("/etc/passwd"),
    "shard: in a folder": _sharded("a/b.safetensors"),
    "shard: missing": _sharded("missing.safetensors"),
    "shard: a number": _sharded(7),
    "hub shard: outside": _sharded_hub("../outside.weights.h5"),
    "hub shard: absolute": _sharded_hub("/etc/passwd"),
    "hub shard: missing": _sharded_hub("missing.weights.h5"),
    "hub: vocabulary path": (
        "hub",
        lambda path: (path / "tokenizer.json").write_text(
            (path / "tokenizer.json")
            .read_text()
            .replace('"vocabulary": null', '"vocabulary": "/etc/passwd"')
        ),
    ),
}
