"""Honest bundles, and how a stranger changes them so that the digests match."""

import io
import json
import zipfile
from pathlib import Path

from sftkeras.directories import sha256
from sftkeras.saving.manifest import digest

MANIFEST = "classifier.json"


def write_manifest(path, contents):
    """Write a manifest with a digest that matches."""
    if isinstance(contents, dict) and "digest" in contents:
        contents["digest"] = digest(contents)
    (path / MANIFEST).write_text(json.dumps(contents))


def told(change):
    """Return a case: `change(contents)` alters the manifest, or returns another."""

    def spoil(path):
        contents = json.loads((path / MANIFEST).read_text())
        other = change(contents)
        write_manifest(path, contents if other is None else other)

    return spoil


def seal(path):
    """Let the manifest's digests match the files as they are now."""
    contents = json.loads((path / MANIFEST).read_text())
    for name in contents["files"]:
        if (path / name).is_file():
            contents["files"][name] = sha256(path / name)
    write_manifest(path, contents)


def filed(name, content):
    """Return a case: a file with another content."""

    def spoil(path):
        write = Path.write_bytes if isinstance(content, bytes) else Path.write_text
        write(path / name, content)
        seal(path)

    return spoil


def members_of(path):
    """Return {member: bytes} of a bundle's archive."""
    with zipfile.ZipFile(path / "model.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, members, packed=zipfile.ZIP_STORED):
    """Write a bundle's archive from (member, bytes) pairs."""
    with zipfile.ZipFile(path / "model.keras", "w", packed) as archive:
        for name, content in members:
            archive.writestr(name, content)
    seal(path)


def member(name, content):
    """Return a case: a member of the archive with another content, `None` for none."""

    def spoil(path):
        members = members_of(path) | {name: content}
        pack(path, [(n, c) for n, c in members.items() if c is not None])

    return spoil


def configured(change):
    """Return a case: `change(config)` alters config.json, or returns another."""

    def spoil(path):
        config = json.loads(members_of(path)["config.json"])
        other = change(config)
        text = json.dumps(config if other is None else other)
        member("config.json", text)(path)

    return spoil


def weighed(change):
    """Return a case: `change(file)` alters the HDF5 file of the weights."""
    import h5py

    def spoil(path):
        memory = io.BytesIO(members_of(path)["model.weights.h5"])
        with h5py.File(memory, "r+") as file:
            change(file)
        member("model.weights.h5", memory.getvalue())(path)

    return spoil


def datasets(file):
    """Return the datasets of an HDF5 file."""
    import h5py

    found = []
    file.visititems(
        lambda _, part: found.append(part) if isinstance(part, h5py.Dataset) else None
    )
    return found


def write_bases(folder):
    """Write the honest bundles and presets; return {name: path}."""
    import keras
    import keras_hub
    from small import write_hugging_face

    import sftkeras as sft

    root = Path(__file__).parents[1]
    tokenizer = sft.Tokenizer(max_length=9).fit_on_texts(["good food", "bad room"])
    lstm = sft.create_model(tokenizer=tokenizer, units=3, output_dim=2)
    lstm.label_names = ("bad", "good")
    sft.save_classifier(lstm, folder / "lstm")
    encoder = sft.load_classifier(root / "saving" / "bundles" / "encoder")
    sft.save_classifier(encoder, folder / "encoder")
    inputs = keras.Input((4,))
    arrays = keras.Model(inputs, keras.layers.Dense(3, "softmax", name="head")(inputs))
    arrays.label_names = ("a", "b", "c")
    sft.save_classifier(arrays, folder / "arrays")
    (folder / "face").mkdir()
    write_hugging_face(folder / "face")
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=7, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=8
    )
    backbone.save_to_preset(str(folder / "hub"))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"]
    keras_hub.tokenizers.BertTokenizer(words).save_to_preset(str(folder / "hub"))
    return {path.name: path for path in folder.iterdir()}
