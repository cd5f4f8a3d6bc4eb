"""`python -m sftkeras doctor`: what is missing, and the command that mends it."""

import keras
import pytest

from sftkeras import machine as acceleration
from sftkeras.commands.doctor import examine
from sftkeras.commands.main import main
from sftkeras.models.encoders import ENCODERS

MINILM_FILES = ENCODERS["minilm"].files


def test_doctor_names_what_is_missing_and_the_remedy(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SFTKERAS_MINILM", str(tmp_path))
    monkeypatch.setenv("SFTKERAS_E5_SMALL", str(tmp_path / "none"))
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"  keras            {keras.__version__}" in out
    assert f"! The encoder 'minilm' is not in {tmp_path}" in out
    assert "Encoder: e5-small is not here: python data/get_e5_small.py" in out
    assert f"({', '.join(MINILM_FILES)} missing)" in out
    assert "Run: python data/get_minilm.py" in out
    assert out.endswith(" to mend.\n")


@pytest.mark.parametrize(
    ("features", "dtype"),
    [(["avx2"], "float32"), (["avx2", "avx512f", "avx512_bf16"], "bfloat16")],
)
def test_doctor_knows_the_processor(monkeypatch, features, dtype):
    monkeypatch.setattr(acceleration, "processor_features", lambda: features)
    monkeypatch.setattr(acceleration, "_gpu_capability", lambda: None)
    lines = []
    examine(lines.append)
    assert f"  Processor: {' '.join(features)}" in lines
    assert f'  mixed_precision="auto" computes in {dtype} here' in lines


def test_doctor_sees_a_missing_package_and_a_damaged_encoder(monkeypatch, tmp_path):
    for name in MINILM_FILES:
        (tmp_path / name).write_text("not the weights")
    monkeypatch.setenv("SFTKERAS_MINILM", str(tmp_path))
    found = {"python": "3.11.0", "keras": "3.15.1", "tensorflow": None}
    monkeypatch.setattr("sftkeras.machine.versions", lambda: found)
    lines = []
    assert examine(lines.append) is False
    assert "  tensorflow       missing" in lines
    assert any(line.startswith("! Missing: tensorflow. ") for line in lines)
    (damaged,) = (line for line in lines if "config.json is damaged" in line)
    assert "Delete it and run: python data/get_minilm.py" in damaged
