"""`--sign` and `--verify` of the commands."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


@pytest.fixture
def pair(tmp_path):
    """The paths of a key pair as `ssh-keygen -t ed25519` makes it."""
    key, private = Ed25519PrivateKey.generate(), tmp_path / "key"
    private.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    private.with_suffix(".pub").write_bytes(public)
    return private, private.with_suffix(".pub")


def test_fit_signs_and_the_others_verify(run, bundles, labelled, tmp_path, pair):
    private, public = pair
    rows = [f"good food {n}\t1\nbad room {n}\t0\n" for n in "abcd"]
    data = labelled("".join(rows))
    out = tmp_path / "out"
    given = ["--train", data, "--epochs", "1", "--out", out, "--sign", private]
    assert run("fit", "--model", "lstm", *given)[0] == 0
    for model, expected in [(out, 0), (bundles["0 or 1"], 2)]:
        verify = ["--model", model, "--verify", public]
        status, _, err = run("predict", *verify, "good")
        assert status == expected and ("is not signed" in err) == bool(expected)
        status, _, err = run("evaluate", *verify, "--data", data)
        assert status == expected and ("is not signed" in err) == bool(expected)


def test_a_wrong_key_is_told_before_the_training(fails, labelled, tmp_path, pair):
    data = labelled("good food\t1\nbad room\t0\n")
    out = tmp_path / "out"
    given = ["fit", "--model", "lstm", "--train", data, "--out", out]
    assert "no private Ed25519 key" in fails(*given, "--sign", pair[1])
    assert "--verify is for a classifier" in fails(*given, "--verify", pair[1])
    line = fails(*given, "--sign", tmp_path / "nokey")
    assert "nokey: no such file. Make a pair with: ssh-keygen" in line
    assert not out.exists()
