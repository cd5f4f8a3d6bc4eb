"""The house keeps its shape (DESIGN.md §2): one-way imports, names explained."""

import ast
import inspect
from pathlib import Path

import pytest

import sftkeras
from sftkeras.scenarios import NAMES
from sftkeras.scenarios.steps import load_scenario

PACKAGE = Path(sftkeras.__file__).parent
SCENARIOS = sorted((PACKAGE / "scenarios").glob("[!_]*.py"))
# From the ground to the roof. A module imports from the lines above its own only.
LAYERS = [
    {"errors", "ragged", "optimizers"},
    {"graph"},
    {
        "acceleration",
        "runtime",
        "data",
        "mathematics",
        "batches",
        "freezing",
        "task",
        "preprocessing",
    },
    {"inference", "backup", "copying", "tables", "decisions"},
    {"tokenizer", "models", "caching", "vocabulary", "embeddings", "plots"},
    {"averaging", "fitting"},
    {"baselines", "pretrained", "evaluation", "training"},
    {"bundle", "inspection", "images", "decision_plots"},
    {"quickstart", "doctor"},
    {"cli"},
    {"__main__"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
ROOF = {"quickstart", "doctor", "cli", "__main__"}
# For the chapters and their figures; the workflow (data to bundle) does without them.
BESIDE = {"plots", "mathematics", "embeddings", "inspection", "images"}
BESIDE |= {"tables", "decisions", "decision_plots", "averaging"}
# What DESIGN.md allows to some modules, beyond the order.
ONLY = {
    "data": {"errors"},
    "mathematics": {"errors"},
    "tokenizer": {"data", "errors", "ragged", "runtime"},
    "runtime": {"errors"},
    "plots": {"errors", "runtime"},
    "__init__": {"runtime"},
}
SLOW = {"tensorflow", "keras", "keras_hub", "sklearn", "matplotlib", "pandas"}


def _sources():
    return {path.stem: path for path in sorted(PACKAGE.glob("*.py"))}


def _imports(tree):
    """Yield (package, module) for each import in the tree: ("sftkeras", "data")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inner = node.module == "sftkeras"
            names = [f"{node.module}.{alias.name}" for alias in node.names if inner]
            names = names or [node.module]
            assert node.level == 0, "imports are written in full"
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            yield package, rest.partition(".")[0]


def _ours(name):
    """Return the modules of ours that a module imports; "" is the package itself."""
    tree = ast.parse(_sources()[name].read_text(encoding="utf-8"))
    return {module for package, module in _imports(tree) if package == "sftkeras"}


def test_every_module_has_a_place():
    assert set(HEIGHT) == set(_sources()) - {"__init__"}, "put new modules into LAYERS"


@pytest.mark.parametrize("name", _sources())
def test_imports_run_one_way(name):
    height = HEIGHT.get(name, len(LAYERS))
    for other in _ours(name) - {"", "scenarios"}:
        assert HEIGHT[other] < height, f"{name} must not import {other}"
    assert _ours(name) <= ONLY.get(name, {*HEIGHT, "scenarios", ""})


@pytest.mark.parametrize("name", set(_sources()) - ROOF)
def test_nothing_below_the_roof_imports_the_roof_what_is_beside_or_the_package(name):
    beside = set() if name in BESIDE else BESIDE
    assert _ours(name) & {*ROOF, *beside, ""} == set()


def _scenario_imports(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_only_the_command_line_knows_the_scenarios_and_none_knows_another():
    for name, path in _sources().items():
        if name != "cli":
            assert "scenarios" not in _ours(name)
            assert "sftkeras.scenarios" not in _scenario_imports(path)
    for path in SCENARIOS:
        modules = {m for m in _scenario_imports(path) if m.startswith("sftkeras.")}
        assert not modules & {f"sftkeras.{name}" for name in ROOF}
        inner = {m for m in modules if m.startswith("sftkeras.scenarios.")}
        assert inner <= {"sftkeras.scenarios.steps"}


def test_each_scenario_is_there_with_all_its_names():
    there = {path.stem for path in SCENARIOS} - {"steps"}
    assert there == set(NAMES)
    for name in there:
        scenario = load_scenario(name)
        for part in ("TITLE", "SECTION", "METRIC", "LABELS", "METHODS"):
            assert getattr(scenario, part)
        for part in ("load_data", "pretrained_model", "measure", "figures"):
            assert inspect.getdoc(getattr(scenario, part))


def test_the_imports_are_seen():
    source = "import sftkeras as sft\ndef f():\n    from sftkeras import data, task\n"
    source += "from sftkeras.errors import suggest\nimport os.path\n"
    expected = {("sftkeras", ""), ("sftkeras", "data"), ("sftkeras", "task")}
    expected |= {("sftkeras", "errors"), ("os", "path")}
    assert set(_imports(ast.parse(source))) == expected


@pytest.mark.parametrize(
    "name", ["__init__", "__main__", "cli", "errors", "runtime", "mathematics"]
)
def test_what_starts_first_imports_nothing_slow(name):
    tree = ast.parse(_sources()[name].read_text(encoding="utf-8"))
    for node in tree.body:  # at the top; inside functions they are imported late
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert not {package for package, _ in _imports(node)} & SLOW


def test_each_public_name_is_there():
    assert sftkeras.__all__ == sorted(sftkeras.__all__)
    assert {*sftkeras.__all__} <= {*dir(sftkeras)}
    with pytest.raises(AttributeError, match="no attribute 'finetune'"):
        sftkeras.finetune  # noqa: B018


@pytest.mark.parametrize("name", sftkeras.__all__)
def test_each_public_name_is_explained(name):
    thing = getattr(sftkeras, name)
    text = inspect.getdoc(thing) or ""
    assert text.partition("\n")[0].endswith("."), "the first line is a sentence"
    if "Args:" in text:
        for argument in inspect.signature(thing).parameters:
            assert argument in text, f"`{argument}` is not explained"


@pytest.mark.parametrize("name", _sources())
def test_each_module_and_its_public_functions_have_a_docstring(name):
    tree = ast.parse(_sources()[name].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            known = node.name.startswith("_") or ast.get_docstring(node)
            assert known, f"{node.name} has no docstring"
