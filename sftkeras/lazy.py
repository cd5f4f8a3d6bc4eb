"""Packages that name what they offer, and import it when it is first asked for."""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import sys
import types


def exports(package, names, before=None):
    """Return `(__getattr__, __dir__, __all__)` for a package's `__init__` (PEP 562).

    Args:
        package: str, its `__name__`.
        names: {module in it: the names that it offers from there}.
        before: called with the module's name before it is imported. Defaults to `None`.
    """
    module_of = {name: module for module, found in names.items() for name in found}

    def load(module):
        if before:
            before(module)
        return importlib.import_module(f"{package}.{module}")

    def get(name):
        if name in module_of:
            return getattr(load(module_of[name]), name)
        if importlib.util.find_spec(f"{package}.{name}"):
            return load(name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def names_there():
        return sorted({*vars(sys.modules[package]), *module_of})

    return get, names_there, sorted(module_of)


class Former(types.ModuleType):
    """A module as version 0.1.0 had it: its names, from where they are today."""

    def __init__(self, name, today, before):
        super().__init__(f"sftkeras.{name}", f"Moved to {', '.join(today)}.")
        self.__dict__.update(_today=today, _before=before)

    def __getattr__(self, name):
        for path in () if name.startswith("__") else self._today:
            self._before(path)
            module = importlib.import_module(f"sftkeras.{path}")
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


@contextlib.contextmanager
def imported_late(*names):
    """Let modules that are imported meanwhile be read when they are first used.

    They are there under their names, and Python reads them at the first look into one.

    Args:
        names: str, modules of Python files, with their packages.
    """
    finder = _Late(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Late:
    """What finds the modules of these names, and leaves all others to Python."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path, target=None):
        """Return where a module lies, `None` if it is none of ours."""
        if name not in self.names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec
