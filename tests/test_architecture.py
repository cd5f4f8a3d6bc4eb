"""The house keeps its shape (CONTRIBUTING.md): imports run down."""

import ast
import inspect
from pathlib import Path

import pytest

import sftkeras
from sftkeras.scenarios import NAMES
from sftkeras.scenarios.contract import Scenario
from sftkeras.scenarios.running import load_scenario

PACKAGE = Path(sftkeras.__file__).parent
# From the ground to the roof. A folder imports only from folders below it.
ROOMS = [
    ("errors", "language", "lazy"),
    ("arguments",),
    ("locks", "process"),
    ("files", "machine", "mathematics"),
    ("directories",),
    ("graph",),
    ("data",),
    ("inputs",),
    ("tasks",),
    ("models",),
    ("training/techniques",),
    ("training", "evaluation"),  # do not know each other
    ("saving",),
    ("serving",),
    ("plots",),
    ("annotation",),
    ("scenarios",),
    ("commands",),
    ("__main__",),
]
HEIGHT = {room: height for height, rooms in enumerate(ROOMS) for room in rooms}
NO_KERAS = ("data", "mathematics", "errors", "locks", "files", "directories")
NO_KERAS += ("machine", "process", "lazy", "commands")
SLOW = {"tensorflow", "keras", "keras_hub", "sklearn", "matplotlib", "pandas"}
PRIVATE = {
    "_flatten_layers",
    "_functional",
    "_get_variable_index",
    "_inbound_nodes",
    "_kernel",
    "_keras_history",
    "_keras_mask",
    "_momentums",
    "_nodes_by_depth",
    "_run_through_graph",
    "_velocities",
}
FILES = {
    str(path.relative_to(PACKAGE).with_suffix("")): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MODULES = [name for name in FILES if not name.endswith("__init__")]


def room_of(name):
    """Return the room of a module: "training/techniques" of that and what is in it."""
    parts = name.split("/")
    inner = "/".join(parts[:2])
    return inner if inner in HEIGHT else parts[0]


def _imports(tree):
    """Yield (module, whether at the top) of all imports: "sftkeras/data/texts"."""
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            names = [node.module]
            if node.module == "sftkeras":
                names = [f"sftkeras.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield name.replace(".", "/"), id(node) in top


def _tree(name):
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def test_every_room_has_a_place():
    assert {room_of(name) for name in MODULES} <= set(HEIGHT), "put it into ROOMS"


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_down(name):
    room = room_of(name)
    for module, _ in _imports(_tree(name)):
        package, _, other = module.partition("/")
        if package != "sftkeras" or room_of(other) == room:
            continue
        if room in ("commands", "__main__") and module == "sftkeras":
            continue  # the roof may use the package as users do
        assert HEIGHT[room_of(other)] < HEIGHT[room], f"{name} must not import {other}"


@pytest.mark.parametrize("name", [n for n in MODULES if n.startswith(NO_KERAS)])
def test_what_starts_first_imports_nothing_slow(name):
    for module, top in _imports(_tree(name)):
        package = module.partition("/")[0]
        assert not (package in SLOW and top), f"{name} imports {package} at once"
        if room_of(name) in ("data", "mathematics"):
            assert package not in ("keras", "tensorflow", "keras_hub")


def test_no_scenario_knows_another():
    for name in MODULES:
        for module, _ in _imports(_tree(name)):
            if name.startswith("scenarios/") and module.startswith("sftkeras/scen"):
                assert Path(module).name not in {*NAMES} - {Path(name).name}, name


@pytest.mark.parametrize("name", [n for n in FILES if n != "graph"])
def test_only_graph_knows_the_private_side_of_keras(name):
    words = {
        getattr(node, "attr", None) or getattr(node, "value", None)
        for node in ast.walk(_tree(name))
        if isinstance(node, ast.Attribute)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }
    assert not words & PRIVATE


@pytest.mark.parametrize("name", NAMES)
def test_each_scenario_keeps_the_contract(name):
    scenario = load_scenario(name)
    assert isinstance(scenario, Scenario)
    assert len(scenario.methods) > 1 and scenario.budgets
    assert f"({scenario.section})" in NAMES[name]
    for part in ("load", "pretrained", "measure", "split", "figures"):
        assert inspect.getdoc(getattr(scenario, part)), part


def test_the_imports_are_seen():
    source = "import sftkeras as sft\ndef f():\n    from sftkeras import data, tasks\n"
    source += "from sftkeras.errors import suggest\nimport os.path\n"
    expected = {("sftkeras", True), ("sftkeras/data", False), ("sftkeras/tasks", False)}
    expected |= {("sftkeras/errors", True), ("os/path", True)}
    assert set(_imports(ast.parse(source))) == expected


def test_each_public_name_is_there():
    assert sftkeras.__all__ == sorted(sftkeras.__all__)
    assert {*sftkeras.__all__} <= {*dir(sftkeras)}
    with pytest.raises(AttributeError, match="no attribute 'finetune'"):
        sftkeras.finetune  # noqa: B018


def test_modules_of_the_flat_house_are_still_found():
    from sftkeras.embeddings import embed
    from sftkeras.runtime import ROOT, versions

    assert embed is sftkeras.embed and versions()["python"] and ROOT.is_dir()
    assert sftkeras.inspection.threshold_table is sftkeras.threshold_table
    with pytest.raises(AttributeError, match="no attribute 'emebd'"):
        sftkeras.embeddings.emebd  # noqa: B018


@pytest.mark.parametrize("name", sftkeras.__all__)
def test_each_public_name_is_explained(name):
    thing = getattr(sftkeras, name)
    text = inspect.getdoc(thing) or ""
    assert text.partition("\n")[0].endswith("."), "the first line is a sentence"
    if "Args:" in text:
        for argument in inspect.signature(thing).parameters:
            assert argument in text, f"`{argument}` is not explained"


@pytest.mark.parametrize("name", FILES)
def test_each_module_and_its_public_functions_have_a_docstring(name):
    tree = _tree(name)
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            known = node.name.startswith("_") or ast.get_docstring(node)
            assert known, f"{node.name} has no docstring"


def test_each_test_file_has_a_name_of_its_own():
    """pytest takes two files of one name for one module, and stops."""
    names = [file.name for file in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
