"""`classifier.json`, the list of a bundle's contents: written, read, checked."""

import hashlib
import json
import math
import re
from pathlib import Path

from sftkeras.directories import sha256
from sftkeras.errors import InputError
from sftkeras.saving import signing
from sftkeras.tasks.names import check_names

NAME = "classifier.json"
FORMAT = 3  # 1 had no task, 2 no digest of the manifest itself
MEGABYTE = 2**20
# What a bundle may hold, and how large: JSON takes 25 times its size in memory.
_LARGEST = {
    r"model\.keras": math.inf,  # looked into before it is loaded
    r"tokenizer\.json": 16 * MEGABYTE,
    r"preprocessor/preprocessor\.json": 1 * MEGABYTE,
    r"preprocessor/assets/[\w.-]+(/[\w.-]+)?": 64 * MEGABYTE,
}
_MANIFEST_LARGEST = 16 * MEGABYTE
_MOST_FILES = 20
_DAMAGED = "damaged. Save the classifier again."


def write_manifest(directory, contents, sign=None):
    """Write `classifier.json` of a directory whose other files are all there.

    Args:
        directory: path.
        contents: dictionary for JSON, without `format`, `files` and `digest`.
        sign: path of a private key. Defaults to `None`: not signed.
    """
    directory = Path(directory)
    found = sorted(file for file in directory.rglob("*") if file.is_file())
    contents = {
        "format": FORMAT,
        **contents,
        "files": {f.relative_to(directory).as_posix(): sha256(f) for f in found},
    }
    # `default`: what numpy made is an array or a number of its own.
    text = json.dumps(contents, default=lambda value: value.tolist())
    contents = json.loads(text)
    contents["digest"] = digest(contents)
    text = json.dumps(contents, indent=1, ensure_ascii=False)
    (directory / NAME).write_text(text, encoding="utf-8")
    if sign is not None:
        signing.write_signature(directory, contents["digest"], sign)


def written(directory):
    """Return {file: SHA-256} of what `save_classifier` wrote, `None` if nothing."""
    file = directory / NAME
    try:
        contents = _parse(file)
        known = dict(contents["files"]) | {"README.md": contents.get("card")}
        contents["format"], contents["label_names"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    known |= {
        name: sha256(directory / name)
        for name in (NAME, signing.NAME)
        if (directory / name).is_file()
    }
    return known


def digest(contents):
    """Return the SHA-256 of a manifest: of what it says, however it is laid out."""
    kept = {name: value for name, value in contents.items() if name != "digest"}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_manifest(path, verify=None):
    """Return the contents of a bundle's manifest, after all its files were checked.

    Args:
        path: the bundle's directory.
        verify: path of a public key. Defaults to `None`: a signature is not asked for.

    Raises:
        FileNotFoundError: the directory, or a file in it, is missing.
        InputError: a file is damaged, or too large, or not where it may be; or the
            signature is missing or another's.
    """
    path = Path(path)
    contents = _read(path)
    if verify is not None:
        signing.check_signature(path, digest(contents), verify)
    _check_places(path, contents["files"])
    for name, expected in contents["files"].items():
        _check_digest(path / name, expected)
    try:
        check_names(contents["label_names"])
    except InputError as error:
        raise InputError(f"{path / NAME}: {error}") from None
    return contents


def read_columns(path, contents):
    """Return the names of the columns that the model learned from, or `None`."""
    names = contents.get("columns")
    if names is None:
        return None
    whole = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not whole or len(names) < 2:
        raise InputError(f"{path / NAME}: {_DAMAGED}")
    return tuple(names)


def _parse(file):
    if file.stat().st_size > _MANIFEST_LARGEST:
        raise ValueError("too large")
    return json.loads(file.read_text(encoding="utf-8"))


def _read(path):
    file = path / NAME
    if not path.is_dir():
        raise FileNotFoundError(
            f"{path}: no such directory. Give the one that `save_classifier`, or "
            "`fit --out`, wrote."
        )
    if not file.is_file():
        raise FileNotFoundError(
            f"{path}: no saved classifier here: classifier.json is missing. Give the "
            "directory that `save_classifier`, or `fit --out`, wrote."
        )
    try:
        contents = _parse(file)
        number = contents["format"]
        whole = contents["files"]["model.keras"] and type(number) is int
        whole = whole and isinstance(contents["files"], dict)
        whole = whole and isinstance(contents["label_names"], list)
        whole = whole and isinstance(contents["keras_hub"], bool)
        whole = whole and (number < 2 or isinstance(contents["task"], dict))
        whole = whole and (number < 3 or isinstance(contents["digest"], str))
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise InputError(f"{file}: {_DAMAGED}")
    if number not in range(1, FORMAT + 1):
        raise InputError(
            f"{file}: format {number}, this version reads {FORMAT}. Use the version "
            f"that wrote it: {str(contents.get('versions'))[:500]}"
        )
    if number >= 3 and contents["digest"] != digest(contents):
        raise InputError(
            f"{file}: the file is damaged or was changed after it was saved (its "
            "digest differs). Save the classifier again."
        )
    return contents


def _check_places(path, names):
    """Raise unless each name is of a plain file in the bundle, of sane size."""
    if len(names) > _MOST_FILES:
        raise InputError(f"{path / NAME}: {len(names)} files, too many; {_DAMAGED}")
    for name in names:
        largest = next(
            (size for kind, size in _LARGEST.items() if re.fullmatch(kind, name)), None
        )
        if largest is None or ".." in name.split("/"):
            raise InputError(
                f"{path / NAME}: a bundle has no file {name[:80]!r}; {_DAMAGED}"
            )
        file = path / name
        parts = [path.joinpath(*Path(name).parts[: n + 1]) for n in range(3)]
        if any(part.is_symlink() for part in parts):
            raise InputError(
                f"{file} is a link; a bundle holds plain files only. If the links are "
                "yours, copy what they point to: cp -rL"
            )
        if not file.exists():
            raise FileNotFoundError(
                f"{path}: the classifier's file {name} is missing. Save it again."
            )
        if not file.is_file() or file.stat().st_size > largest:
            raise InputError(
                f"{file}: no plain file of at most {largest / MEGABYTE:g} MB; "
                f"{_DAMAGED}"
            )
    for name in ("tokenizer.json", "preprocessor/preprocessor.json"):
        if name not in names and (path / name).exists():
            raise InputError(
                f"{path / NAME}: {name} is there, but not listed; {_DAMAGED}"
            )


def _check_digest(file, expected):
    if sha256(file) == expected:
        return
    hint = ""
    if file.suffix in (".json", ".txt"):
        content = file.read_bytes().replace(b"\r\n", b"\n")
        if hashlib.sha256(content).hexdigest() == expected:
            hint = (
                " Its line ends were changed, as git does: write `* -text` into the "
                "directory's .gitattributes, and copy the file anew."
            )
    raise InputError(
        f"{file}: the file is damaged or was changed after it was saved (its SHA-256 "
        f"differs).{hint or ' Save the classifier again.'}"
    )
