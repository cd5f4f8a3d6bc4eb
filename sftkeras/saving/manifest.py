"""The list of a bundle's contents, `classifier.json`: written, read, checked.

An exported classifier has one of its own, `exported.json`.
"""

import dataclasses
import hashlib
import json
import math
import re
from pathlib import Path

from sftkeras.directories import sha256
from sftkeras.errors import InputError
from sftkeras.saving import signing
from sftkeras.tasks.names import check_names

MEGABYTE = 2**20


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of directory that has a manifest.

    Args:
        name: str, the manifest's.
        noun, maker, again: str, words for errors: what it is, who writes it, and what
            to do where it is damaged.
        format: int, the newest.
        fields: {name of what the manifest must hold: its type}.
        largest: {pattern of a file's name: how large it may be}, for all that may lie
            there.
        needed: tuple of the files without which it is none.
    """

    name: str
    noun: str
    maker: str
    again: str
    format: int
    fields: dict
    largest: dict
    needed: tuple

    @property
    def damaged(self):
        """The end of many an error."""
        return f"damaged. {self.again}"


# What a bundle may hold, and how large: JSON takes 25 times its size in memory.
BUNDLE = Kind(
    "classifier.json",
    "saved classifier",
    "`save_classifier`, or `fit --out`,",
    "Save the classifier again.",
    3,  # 1 had no task, 2 no digest of the manifest itself
    {"keras_hub": bool},
    {
        r"model\.keras": math.inf,  # looked into before it is loaded
        r"tokenizer\.json": 16 * MEGABYTE,
        r"preprocessor/preprocessor\.json": 1 * MEGABYTE,
        r"preprocessor/assets/[\w.-]+(/[\w.-]+)?": 64 * MEGABYTE,
        "NOTICE": 1 * MEGABYTE,  # what a pretrained model's licence asks
    },
    ("model.keras",),
)
EXPORTED = Kind(
    "exported.json",
    "exported classifier",
    "`export_model`, or `export --out`,",
    "Export the classifier again.",
    3,
    {"texts": dict, "graph": dict},
    {
        r"model\.onnx": 2**31,  # what a file of that kind can be
        r"tokenizer\.json": 16 * MEGABYTE,
        r"vocabulary\.(txt|spm)": 64 * MEGABYTE,
    },
    ("model.onnx",),
)
NAME, FORMAT = BUNDLE.name, BUNDLE.format
_MANIFEST_LARGEST = 16 * MEGABYTE
_MOST_FILES = 20


def write_manifest(directory, contents, sign=None, kind=BUNDLE):
    """Write the manifest of a directory whose other files are all there.

    Args:
        directory: path.
        contents: dictionary for JSON, without `format`, `files` and `digest`.
        sign: path of a private key. Defaults to `None`: not signed.
        kind: a `Kind`. Defaults to a bundle.
    """
    directory = Path(directory)
    found = sorted(file for file in directory.rglob("*") if file.is_file())
    contents = {
        "format": kind.format,
        **contents,
        "files": {f.relative_to(directory).as_posix(): sha256(f) for f in found},
    }
    # `default`: what numpy made is an array or a number of its own.
    text = json.dumps(contents, default=lambda value: value.tolist())
    contents = json.loads(text)
    contents["digest"] = digest(contents)
    text = json.dumps(contents, indent=1, ensure_ascii=False)
    (directory / kind.name).write_text(text, encoding="utf-8")
    if sign is not None:
        signing.write_signature(directory, contents["digest"], sign)


def written(directory, kind=BUNDLE):
    """Return {file: SHA-256} of what `save_classifier` wrote, `None` if nothing."""
    file = directory / kind.name
    try:
        contents = _parse(file)
        known = dict(contents["files"]) | {"README.md": contents.get("card")}
        contents["format"], contents["label_names"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    known |= {
        name: sha256(directory / name)
        for name in (kind.name, signing.NAME)
        if (directory / name).is_file()
    }
    return known


def digest(contents):
    """Return the SHA-256 of a manifest: of what it says, however it is laid out."""
    kept = {name: value for name, value in contents.items() if name != "digest"}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_manifest(path, verify=None, kind=BUNDLE):
    """Return the contents of a bundle's manifest, after all its files were checked.

    Args:
        path: the bundle's directory.
        verify: path of a public key. Defaults to `None`: a signature is not asked for.
        kind: a `Kind`. Defaults to a bundle.

    Raises:
        FileNotFoundError: the directory, or a file in it, is missing.
        InputError: a file is damaged, or too large, or not where it may be; or the
            signature is missing or another's.
    """
    path = Path(path)
    contents = _read(path, kind)
    if verify is not None:
        signing.check_signature(path, digest(contents), verify)
    _check_places(path, contents["files"], kind)
    for name, expected in contents["files"].items():
        _check_digest(path / name, expected, kind)
    try:
        check_names(contents["label_names"])
    except InputError as error:
        raise InputError(f"{path / kind.name}: {error}") from None
    return contents


def _parse(file):
    if file.stat().st_size > _MANIFEST_LARGEST:
        raise ValueError("too large")
    return json.loads(file.read_text(encoding="utf-8"))


def _read(path, kind):
    file = path / kind.name
    if not path.is_dir():
        raise FileNotFoundError(
            f"{path}: no such directory. Give the one that {kind.maker} wrote."
        )
    if not file.is_file():
        check_torn(path)
        raise FileNotFoundError(
            f"{path}: no {kind.noun} here: {kind.name} is missing. Give the "
            f"directory that {kind.maker} wrote.{_other(path, kind)}"
        )
    try:
        contents = _parse(file)
        number = contents["format"]
        whole = type(number) is int and isinstance(contents["files"], dict)
        whole = whole and all(contents["files"][name] for name in kind.needed)
        whole = whole and isinstance(contents["label_names"], list)
        whole = whole and all(
            isinstance(contents[name], type_) for name, type_ in kind.fields.items()
        )
        whole = whole and (number < 2 or isinstance(contents["task"], dict))
        whole = whole and (number < 3 or isinstance(contents["digest"], str))
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise InputError(f"{file}: {kind.damaged}")
    if number not in range(1, kind.format + 1):
        raise InputError(
            f"{file}: format {number}, this version reads {kind.format}. Use the "
            f"version that wrote it: {str(contents.get('versions'))[:500]}"
        )
    if number >= 3 and contents["digest"] != digest(contents):
        raise InputError(
            f"{file}: the file is damaged or was changed after it was saved (its "
            f"digest differs). {kind.again}"
        )
    return contents


def check_torn(path):
    """Raise, of either kind of directory, where all but its manifest is there."""
    there = [kind for kind in (BUNDLE, EXPORTED) if (path / kind.name).is_file()]
    for kind in () if there else (BUNDLE, EXPORTED):
        if all((path / name).is_file() for name in kind.needed):
            raise FileNotFoundError(
                f"{path}: {kind.name} is missing beside {kind.needed[0]}: the "
                f"{kind.noun} is not whole. Copy all of its directory, or "
                f"{kind.again[0].lower()}{kind.again[1:]}"
            )


def _other(path, kind):
    """Return words for the other kind of directory, if a path is one."""
    if kind is BUNDLE and (path / EXPORTED.name).is_file():
        return " This one was exported: it predicts (predict, evaluate, load_exported)."
    if kind is EXPORTED and (path / BUNDLE.name).is_file():
        return " This one was saved: load_classifier reads it, export_model exports it."
    return ""


def _check_places(path, names, kind):
    """Raise unless each name is of a plain file in the bundle, of sane size."""
    if len(names) > _MOST_FILES:
        raise InputError(
            f"{path / kind.name}: {len(names)} files, too many; {kind.damaged}"
        )
    for name in names:
        largest = next(
            (size for kind, size in kind.largest.items() if re.fullmatch(kind, name)),
            None,
        )
        if largest is None or ".." in name.split("/"):
            raise InputError(
                f"{path / kind.name}: no file of it is {name[:80]!r}; {kind.damaged}"
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
                f"{path}: the classifier's file {name} is missing. {kind.again}"
            )
        if not file.is_file() or file.stat().st_size > largest:
            raise InputError(
                f"{file}: no plain file of at most {largest / MEGABYTE:g} MB; "
                f"{kind.damaged}"
            )
    for name in ("tokenizer.json", "preprocessor/preprocessor.json"):
        if name not in names and (path / name).exists():
            raise InputError(
                f"{path / kind.name}: {name} is there, but not listed; {kind.damaged}"
            )


def _check_digest(file, expected, kind):
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
        f"differs).{hint or ' ' + kind.again}"
    )
