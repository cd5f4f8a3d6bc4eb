"""Modules that are read when they are first used."""

import importlib
import inspect
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from sftkeras.lazy import imported_late


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package `late_one` with a module `slow`, which notes that it was read."""
    folder = tmp_path / "late_one"
    folder.mkdir()
    (folder / "__init__.py").write_text("from late_one import slow\nread = []\n")
    (folder / "slow.py").write_text(
        "import late_one, time\nlate_one.read.append(1)\n"
        "time.sleep(0.05)\nanswer = 42\n"
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
    assert inspect.getmodule(inspect.currentframe()) is not None  # looks at each module
    assert getattr(sys.modules["late_one.slow"], "__warningregistry__", None) is None
    assert late_one.read == []

    from late_one.slow import answer

    assert (answer, late_one.slow.answer, late_one.read) == (42, 42, [1])


@pytest.mark.parametrize("use", ["from late_one.slow import *", "dir(late_one.slow)"])
def test_all_its_names_are_there(package, use):
    with imported_late("late_one.slow"):
        import late_one
    found = {"late_one": late_one}
    found["names"] = eval(use, found) if use.startswith("dir") else exec(use, found)
    assert "answer" in (found["names"] or found)
    assert late_one.read == [1]


def test_a_module_that_cannot_be_read_says_so_each_time(package):
    with imported_late("late_one.slow"):
        import late_one
    del late_one.read
    for _ in range(2):
        with pytest.raises(AttributeError, match="read"):
            late_one.slow.answer  # noqa: B018
    late_one.read = []
    assert late_one.slow.answer == 42
    with pytest.raises(AttributeError, match="no attribute 'question'"):
        late_one.slow.question  # noqa: B018


def test_two_threads_read_it_once(package):
    with imported_late("late_one.slow"):
        import late_one
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: late_one.slow.answer, range(8)))
    assert found == [42] * 8
    assert late_one.read == [1]


def test_without_it_the_module_is_read_at_once(package):
    with pytest.raises(AttributeError, match="read"):  # which is not there yet
        import late_one  # noqa: F401
