"""Signatures of bundles: who made this? (Ed25519, by the `cryptography` library.)

A key pair is made by `ssh-keygen -t ed25519 -N "" -f mykey`: `mykey` signs and stays
secret, `mykey.pub` verifies and is given away. PEM files of OpenSSL are read too.
"""

from pathlib import Path

from sftkeras.errors import InputError

NAME = "classifier.sig"
_LARGEST = 100_000  # bytes of a key or a signature
_HOW = 'Make a pair with: ssh-keygen -t ed25519 -N "" -f mykey'


def write_signature(directory, digest, key):
    """Write `classifier.sig`, the signature of a manifest's digest.

    Args:
        directory: the bundle's path.
        digest: str, of `manifest.digest`.
        key: path of a private Ed25519 key, without a passphrase.

    Raises:
        FileNotFoundError: there is no such key.
        InputError: it is no such key.
    """
    signature = read_private_key(key).sign(_message(digest))
    Path(directory, NAME).write_text(signature.hex() + "\n", encoding="ascii")


def check_signature(directory, digest, key):
    """Raise `InputError` unless a manifest was signed with the other half of a key.

    Args:
        directory, digest: as in `write_signature`.
        key: path of a public Ed25519 key.
    """
    from cryptography.exceptions import InvalidSignature

    public, file = read_public_key(key), Path(directory, NAME)
    if not file.is_file():
        raise InputError(
            f"{directory}: the classifier is not signed. Ask its maker for a signed "
            "one (save_classifier(…, sign=KEY)), or load it without verification."
        )
    try:
        public.verify(bytes.fromhex(_content(file).decode()), _message(digest))
    except (InvalidSignature, ValueError):
        raise InputError(
            f"{directory}: the signature is not by the key {key}, or the classifier "
            "was changed after it was signed. Do not trust it."
        ) from None


def read_private_key(path):
    """Return the private key of a file that OpenSSH or OpenSSL wrote."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    content = _content(path)
    openssh = b"OPENSSH PRIVATE KEY" in content
    kind = "ssh" if openssh else "pem"
    load = getattr(serialization, f"load_{kind}_private_key")
    return _loaded(load, (content, None), path, Ed25519PrivateKey, "private")


def read_public_key(path):
    """Return the public key of a file that OpenSSH or OpenSSL wrote."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    content = _content(path)
    kind = "ssh" if content.startswith(b"ssh-") else "pem"
    load = getattr(serialization, f"load_{kind}_public_key")
    return _loaded(load, (content,), path, Ed25519PublicKey, "public")


def _loaded(load, given, path, kind, what):
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        key = load(*given)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, kind):
        raise InputError(
            f"{path}: no {what} Ed25519 key without a passphrase. {_HOW} (mykey signs, "
            "mykey.pub verifies)."
        )
    return key


def _message(digest):
    return f"sftkeras bundle {digest}".encode("ascii")


def _content(path):
    if not Path(path).exists():
        raise FileNotFoundError(
            f"{path}: no such file. {_HOW} (mykey signs, mykey.pub verifies)."
        )
    with Path(path).open("rb") as stream:
        return stream.read(_LARGEST)
