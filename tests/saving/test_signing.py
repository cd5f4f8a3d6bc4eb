"""Signed bundles: by whom, and that nothing was changed since."""

import json
import shutil

import keras
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from sftkeras.errors import InputError
from sftkeras.saving.bundle import load_classifier, save_classifier
from sftkeras.saving.manifest import digest


def write_pair(path, ssh=True):
    """Write a key pair as `ssh-keygen`, or OpenSSL, would; return both paths."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = (
        (Encoding.PEM, PrivateFormat.OpenSSH)
        if ssh
        else (Encoding.PEM, PrivateFormat.PKCS8)
    )
    public = (
        (Encoding.OpenSSH, PublicFormat.OpenSSH)
        if ssh
        else (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    path.write_bytes(key.private_bytes(*private, NoEncryption()))
    path.with_suffix(".pub").write_bytes(key.public_key().public_bytes(*public))
    return path, path.with_suffix(".pub")


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))
    model.label_names = ("bad", "good")
    return model


@pytest.mark.parametrize("ssh", [True, False])
def test_a_signed_bundle_is_loaded_with_the_other_half_of_the_key(model, tmp_path, ssh):
    private, public = write_pair(tmp_path / "key", ssh)
    save_classifier(model, tmp_path / "b", sign=private)
    assert load_classifier(tmp_path / "b", verify=public).label_names
    assert load_classifier(tmp_path / "b").label_names
    _, other = write_pair(tmp_path / "other")
    with pytest.raises(InputError, match=r"not by the key .*other\.pub"):
        load_classifier(tmp_path / "b", verify=other)


@pytest.mark.parametrize("what", ["names", "files", "signature", "unsigned"])
def test_what_was_changed_by_somebody_is_noticed(model, tmp_path, what):
    private, public = write_pair(tmp_path / "key")
    path = tmp_path / "b"
    save_classifier(model, path, sign=private)
    contents = json.loads((path / "classifier.json").read_text())
    if what == "names":
        contents["label_names"].reverse()
    if what == "files":
        other = keras.models.clone_model(model)
        other.label_names = model.label_names
        save_classifier(other, tmp_path / "other")
        shutil.copy(tmp_path / "other" / "model.keras", path)
        others = json.loads((tmp_path / "other" / "classifier.json").read_text())
        contents["files"] = others["files"]
    contents["digest"] = digest(contents)  # as somebody would
    (path / "classifier.json").write_text(json.dumps(contents))
    if what == "signature":
        (path / "classifier.sig").write_text("no signature")
    if what == "unsigned":
        (path / "classifier.sig").unlink()
    message = "is not signed" if what == "unsigned" else "Do not trust it"
    with pytest.raises(InputError, match=message):
        load_classifier(path, verify=public)


def test_line_ends_and_layout_leave_the_signature_whole(model, tmp_path):
    private, public = write_pair(tmp_path / "key")
    save_classifier(model, tmp_path / "b", sign=private)
    file = tmp_path / "b" / "classifier.json"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_classifier(tmp_path / "b", verify=public).label_names


def test_saving_anew_without_a_key_leaves_no_old_signature(model, tmp_path):
    private, public = write_pair(tmp_path / "key")
    save_classifier(model, tmp_path / "b", sign=private)
    save_classifier(model, tmp_path / "b")
    assert not (tmp_path / "b" / "classifier.sig").exists()
    with pytest.raises(InputError, match="is not signed"):
        load_classifier(tmp_path / "b", verify=public)


def test_a_file_that_is_no_key_is_refused_before_anything_is_written(model, tmp_path):
    private, public = write_pair(tmp_path / "key")
    (tmp_path / "text").write_text("no key")
    (tmp_path / "locked").write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        )
    )
    (tmp_path / "curve").write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    for file in ("text", "locked", "curve", public.name):
        with pytest.raises(InputError, match=r"no private Ed25519 key.*ssh-keygen"):
            save_classifier(model, tmp_path / "b", sign=tmp_path / file)
    with pytest.raises(FileNotFoundError):
        save_classifier(model, tmp_path / "b", sign=tmp_path / "missing")
    assert not (tmp_path / "b").exists()
    save_classifier(model, tmp_path / "b", sign=private)
    for file in ("text", private.name):
        with pytest.raises(InputError, match="no public Ed25519 key"):
            load_classifier(tmp_path / "b", verify=tmp_path / file)
