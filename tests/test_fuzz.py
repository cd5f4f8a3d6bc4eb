"""What `make fuzz` once found, and that its targets take what is good."""

import sys
import warnings

import pytest

from sftkeras.files import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import fuzz

FOUND = [
    (target, file)
    for target in fuzz.TARGETS
    for file in sorted((ROOT / "tests" / "fuzz" / target).glob("*"))
]


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_good_and_changed_inputs_are_no_findings(target, tmp_path):
    random = fuzz.random.Random(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for content in fuzz.seeds(target):
            fuzz.try_one(target, content, tmp_path)
            for _ in range(20):
                fuzz.try_one(target, fuzz.mutate(content, random), tmp_path)


@pytest.mark.parametrize(("target", "file"), FOUND)
def test_what_was_found_is_mended(target, file, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fuzz.try_one(target, file.read_bytes(), tmp_path)


def test_a_finding_is_told(tmp_path, monkeypatch):
    def fail(content, folder):
        raise KeyError("x")

    monkeypatch.setitem(fuzz.TARGETS, "txt", (fail, []))
    with pytest.raises(fuzz.Finding, match="KeyError"):
        fuzz.try_one("txt", b"", tmp_path)
