"""Modules that are read when they are first used."""

import importlib
import sys

import pytest

from sftkeras.lazy import imported_late


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package `late_one` with a module `slow`, which notes that it was read."""
    folder = tmp_path / "late_one"
    folder.mkdir()
    (folder / "__init__.py").write_text("from late_one import slow\nread = []\n")
    (folder / "slow.py").write_text(
        "import late_one\nlate_one.read.append(1)\nanswer = 42\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield
    for name in ("late_one", "late_one.slow"):
        sys.modules.pop(name, None)


def test_a_module_is_read_when_it_is_first_used(package):
    finders = list(sys.meta_path)
    with imported_late("late_one.slow", "late_one.missing"):
        import late_one

        with pytest.raises(ModuleNotFoundError, match=r"late_one\.missing"):
            import late_one.missing
    assert sys.meta_path == finders
    assert late_one.read == []

    from late_one.slow import answer

    assert (answer, late_one.slow.answer, late_one.read) == (42, 42, [1])


def test_without_it_the_module_is_read_at_once(package):
    with pytest.raises(AttributeError, match="read"):  # which is not there yet
        import late_one  # noqa: F401
