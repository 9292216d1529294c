"""The house stands: modules import from lower floors or their own room, never in circles, and files stay short."""

import ast
import statistics
from pathlib import Path

import pytest

from house import imports

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
DRAWERS = {"base", "common", "helper", "helpers", "misc", "util", "utils"}


def write_package(folder: Path, sources: dict[str, str]) -> Path:
    root = folder / "weft"
    for name, source in sources.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return root


def test_every_module_imports_from_below():
    assert imports.trespasses(imports.graph(imports.SOURCE)) == []


def test_no_import_leads_in_a_circle():
    assert imports.circles(imports.graph(imports.SOURCE)) == []


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ({"nn/pooling": "from weft.tasks import classify"}, "weft.nn.pooling:1 imports weft.tasks"),
        ({"nn/pooling": "def f():\n    import weft.model"}, "weft.nn.pooling:2 imports weft.model"),
        ({"data/codec": "from weft.metrics import accuracy"}, "weft.data.codec:1 imports weft.metrics.accuracy"),
        ({"tasks/a/task": "from weft.tasks.b import task"}, "weft.tasks.a.task:1 imports weft.tasks.b.task"),
        ({"tasks/a/task": "from ..b import task"}, "weft.tasks.a.task:1 imports weft.tasks.b.task"),
        (
            {"errors": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from weft.types import Batch"},
            "weft.errors:3 imports weft.types",
        ),
        ({"benches/x": "import weft.sklearn"}, "weft.benches.x:1 imports weft.sklearn"),
        ({"stray": ""}, "'stray' has no place in the house"),
    ],
)
def test_a_trespass_is_seen(tmp_path, sources, sentence):
    rest = {
        "tasks/__init__": "", "tasks/b/task": "", "metrics/accuracy": "", "model": "", "types": "", "sklearn": ""
    }  # fmt: skip
    (found,) = imports.trespasses(imports.graph(write_package(tmp_path, rest | sources)))
    assert sentence in found


def test_a_circle_is_seen(tmp_path):
    root = write_package(
        tmp_path,
        {"data/a": "from weft.data.b import x", "data/b": "from weft.data import c", "data/c": "import weft.data.a"},
    )
    assert imports.circles(imports.graph(root)) == ["weft.data.a -> weft.data.b -> weft.data.c -> weft.data.a"]


def test_lower_floors_and_the_own_room_are_open(tmp_path):
    root = write_package(
        tmp_path, {"nn/a": "from weft.data import codec\nfrom weft.nn import b", "nn/b": "", "data/codec": ""}
    )
    graph = imports.graph(root)
    assert graph["weft.nn.a"] == {"weft.data.codec": 1, "weft.nn.b": 2}
    assert imports.trespasses(graph) == []


def test_files_and_functions_stay_short():
    lengths, functions = {}, {}
    for path in imports.SOURCE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        lengths[str(path)] = source.count("\n")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions[f"{path}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}
    assert {name: length for name, length in functions.items() if length > LONGEST_FUNCTION} == {}
    assert statistics.median(functions.values()) <= 12


def test_nothing_is_called_a_drawer():
    assert [str(path) for path in imports.SOURCE.rglob("*") if path.stem in DRAWERS] == []
