"""`make clean` removes what `make` put there, and nothing of the user's."""

import shutil
import subprocess
import sys

import pytest

from sftkeras.files import ROOT


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_clean_leaves_results_and_what_others_made(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "sftkeras", tmp_path / "sftkeras")
    (tmp_path / "data" / "pretrained" / "mine").mkdir(parents=True)
    for script in (ROOT / "data").glob("*.py"):
        shutil.copy(script, tmp_path / "data")
    for name in ("tests", "notebooks", "benchmarks"):
        (tmp_path / name).mkdir()
    stays = ["runs/mine/report.json", "data/pretrained/mine/model.safetensors"]
    stays += ["data/pretrained/minilm/notes.txt", ".venv/bin/theirs"]
    goes = [".venv-bench/.ready", ".ruff_cache/x", "sftkeras/data/__pycache__/x.pyc"]
    for name in stays + goes:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    command = ["make", "clean", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "runs/ stays" in done.stdout
    assert [name for name in stays if not (tmp_path / name).exists()] == []
    assert [name for name in goes if (tmp_path / name).exists()] == []
