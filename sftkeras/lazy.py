"""Packages that name what they offer, and import it when it is first asked for."""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import sys
import threading
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

    They are there under their names and know their files; Python reads one when a name
    in it is first asked for. (`importlib.util.LazyLoader` reads them as soon as anybody
    looks through `sys.modules`, as `inspect` does, and so tracing.)

    Args:
        names: str, modules of Python files, with their packages.
    """
    finder = _LateFinder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _LateFinder:
    """Finds the modules of these names, and leaves all others to Python."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path, target=None):
        """Return where a module lies, `None` if it is none of ours."""
        if name not in self.names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None:
            spec.loader = _LateLoader(spec.loader)
        return spec


class _LateLoader:
    """Makes a module and leaves the reading to it."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        """Return the module that waits."""
        return _LateModule(spec.name)

    def exec_module(self, module):
        """Give it what reads it."""
        module.__spec__.loader = module.__loader__ = self.loader
        vars(module)["__lock__"] = threading.RLock()


class _LateModule(types.ModuleType):
    """A module that is read when it is asked for a name that it has not got."""

    def __getattr__(self, name):
        hidden = name.startswith("__") and name != "__all__"
        if not hidden:
            with vars(self)["__lock__"]:
                _LateModule._read(self)  # unless another thread did meanwhile
        if hidden or type(self) is _LateModule:  # it asks for a name of its own
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(self, name)

    def __dir__(self):
        getattr(self, "__all__", None)
        return sorted(vars(self))

    def _read(self):
        if type(self) is _LateModule and not vars(self).get("__reading__"):
            vars(self)["__reading__"] = True
            try:
                self.__loader__.exec_module(self)
            finally:
                del vars(self)["__reading__"]
            self.__class__ = types.ModuleType
