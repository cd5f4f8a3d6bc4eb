"""What `fuzz.py` feeds with damaged input: each target a function of bytes, and seeds.

A target reads its bytes as a file in a folder that it is given, or as words of a
command line. `seeds` are good inputs to begin with.
"""

import contextlib
import io
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "tests" / "fuzz"


def texts(suffix):
    """Return a target that reads a file of texts."""

    def read(content, folder):
        from sftkeras.data.texts import load_texts

        file = folder / f"texts{suffix}"
        file.write_bytes(content)
        load_texts(file)

    return read


def catalogue(suffix):
    """Return a target that reads a catalogue of translations, and writes a draft."""

    def read(content, folder):
        from sftkeras.data.catalogues import read_catalogue

        file = folder / f"app{suffix}"
        file.write_bytes(content)
        read_catalogue(file).render({0: "草稿"})

    return read


def table(content, folder):
    """Read a table."""
    from sftkeras.data.tables import load_table

    (folder / "table.csv").write_bytes(content)
    load_table(folder / "table.csv")


def images(content, folder):
    """Read a folder with one such image beside good ones."""
    from PIL import Image

    from sftkeras.data.images import load_images

    for name in "ab":
        if not (folder / name).exists():
            (folder / name).mkdir()
            Image.new("L", (4, 4)).save(folder / name / "good.png")
    (folder / "a" / "x.png").write_bytes(content)
    load_images(folder)


def tokenizer(content, folder):
    """Load a tokenizer, and use it."""
    from sftkeras.inputs.tokenizer import Tokenizer

    (folder / "tokenizer.json").write_bytes(content)
    Tokenizer.load(folder / "tokenizer.json").encode(["good food"])


def manifest(content, folder):
    """Read a bundle's manifest; its file is there."""
    from sftkeras.saving.manifest import read_manifest

    (folder / "model.keras").write_bytes(b"x")
    (folder / "classifier.json").write_bytes(content)
    read_manifest(folder)


def archive(content, folder):
    """Look into `model.keras`, up to what Keras would build."""
    from sftkeras.saving.inspecting import inspect_archive
    from sftkeras.saving.sense import not_loadable

    (folder / "model.keras").write_bytes(content)
    with not_loadable(folder / "model.keras"):
        inspect_archive(folder / "model.keras")


def safetensors(content, folder):
    """Read the header of a file of safetensors."""
    from sftkeras.models.stored import count_safetensors

    (folder / "model.safetensors").write_bytes(content)
    count_safetensors(folder / "model.safetensors")


def command(content, folder):
    """Parse a command line: words between NULs."""
    from sftkeras.commands import main

    words = content.decode("utf-8", "replace").split("\0")
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        main._parser().parse_args(words)


TSV = "good food\t1\nbad food\t0\n中文\t1\n".encode()
PO = b"""# A\nmsgid ""\nmsgstr ""\n"Language: \\n"\n"X-A: b\\n"\n
#, fuzzy\n#| msgid "x"\nmsgid "a"\nmsgid_plural "%d"\nmsgstr[0] "b"\nmsgstr[1] ""\n"""
TMX = b"""<tmx><body><tu><tuv xml:lang="en"><seg>a</seg></tuv></tu></body></tmx>"""
CSV = b'text,label\n"good, food",1\nbad,0\n'
HEADER = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})
TARGETS = {
    "txt": (texts(".txt"), [TSV, "text\tlabel\nвода\tда\n".encode("utf-16")]),
    "tsv": (texts(".tsv"), [TSV, "文\t好\n味\t坏\n".encode("gb18030")]),
    "csv": (texts(".csv"), [CSV, CSV.replace(b",", b";")]),
    "jsonl": (texts(".jsonl"), [b'{"text": "good", "label": 1}\n{"text": "b"}\n']),
    "json": (texts(".json"), [b'[{"text": "a", "label": ["x"]}]', b'{"text": ["a"]}']),
    "fasttext": (texts(".ft"), [b"__label__a __label__b good\n__label__a bad\n"]),
    "po": (catalogue(".po"), [PO, PO.replace(b"\n", b"\r\n")]),
    "tmx": (catalogue(".tmx"), [TMX]),
    "interface": (catalogue(".json"), [b'{"": {"language": ""}, "a": {"b": [""]}}']),
    "table": (table, [b"a,b,label\n1,x,0\n2.5,,1\n"]),
    "images": (images, []),
    "tokenizer": (
        tokenizer,
        [b'{"num_words": 9, "max_length": 5, "lowercase": true, "words": ["good"]}'],
    ),
    "manifest": (manifest, []),
    "archive": (archive, []),
    "safetensors": (
        safetensors,
        [len(HEADER).to_bytes(8, "little") + HEADER.encode() + bytes(8)],
    ),
    "command": (
        command,
        [
            b"fit\0--train\0a.txt\0--model\0lstm\0--out\0o\0--epochs\0003",
            b"predict\0--model\0o\0--threshold\0000.5\0good",
            b"evaluate\0--model\0o\0--data\0a.csv\0--json",
            b"scenario\0spam_detection",
        ],
    ),
}


def seeds(target):
    """Return good inputs to begin with, and what was found before."""
    found = list(TARGETS[target][1])
    if target == "images":
        from PIL import Image

        for kind in ("PNG", "BMP", "JPEG", "TIFF", "WEBP", "GIF"):
            memory = io.BytesIO()
            Image.new("L", (5, 4), 100).save(memory, kind)
            found.append(memory.getvalue())
    if target in ("manifest", "archive"):
        bundle = ROOT / "tests" / "saving" / "bundles" / "numbers"
        contents = json.loads((bundle / "classifier.json").read_text())
        contents["files"] = dict.fromkeys(["model.keras"], "0" * 64)
        content = (bundle / "model.keras").read_bytes()
        found.append(json.dumps(contents).encode() if target == "manifest" else content)
    return found + [file.read_bytes() for file in sorted((KEPT / target).glob("*"))]
