"""Reads which module imports which, and imports none: every import counts, also in functions and for types."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "weft"

LEVELS = (
    ("version",),
    ("errors",),
    ("catalog",),
    ("config", "batched"),
    ("types",),
    ("devices",),
    ("data", "cells", "metrics", "search"),
    ("kernels",),
    ("nn", "ngram", "alignment", "writing"),
    ("tasks",),
    ("bundle",),
    ("training",),
    ("adaptation",),
    ("evaluation",),
    ("model", "importers"),
    ("verify", "explain", "export", "rescoring", "comparison"),
    ("recipes",),
    ("api",),
    ("weft",),
    ("demo",),
    ("benches", "labs", "sklearn"),
    ("cli",),
    ("__main__",),
)
"""Rooms from the bottom of the house to the top. A module imports from a lower level, or from its own room."""


def modules(root: Path) -> dict[str, Path]:
    """Dotted names of all modules of the package in folder ``root``, with their files."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def graph(root: Path) -> dict[str, dict[str, int]]:
    """For each module the modules of the package that it imports, with the line of the import."""
    files = modules(root)
    return {name: _imports(name, path, files) for name, path in files.items()}


def room(module: str) -> tuple[str, str]:
    """The level's name and the room's: every task is a room of its own, and so is every file beside the folders."""
    parts = module.split(".")[1:] or ["weft"]
    return parts[0], ".".join(parts[:2]) if parts[0] == "tasks" else parts[0]


def trespasses(imports: dict[str, dict[str, int]]) -> list[str]:
    """Imports from the same level's other rooms or from above, as sentences."""
    height = {name: number for number, level in enumerate(LEVELS) for name in level}
    found = []
    for module, targets in imports.items():
        level, home = room(module)
        if level not in height:
            found.append(f"{module}: {level!r} has no place in the house")
            continue
        for target, line in targets.items():
            other, place = room(target)
            if place != home and height.get(other, len(LEVELS)) >= height[level]:
                found.append(f"{module}:{line} imports {target}, which is not below it")
    return found


def circles(imports: dict[str, dict[str, int]]) -> list[str]:
    """Chains of imports that lead back to where they began."""
    found: list[str] = []
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            found.append(" -> ".join([*path[path.index(module) :], module]))
        elif module not in done:
            for target in imports[module]:
                visit(target, [*path, module])
            done.add(module)

    for module in imports:
        visit(module, [])
    return found


def _imports(name: str, path: Path, files: dict[str, Path]) -> dict[str, int]:
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for target in _targets(node, package, files):
            if target in files and target != name:
                found.setdefault(target, node.lineno)
    return found


def _targets(node: ast.AST, package: list[str], files: dict[str, Path]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    above = package[: len(package) - node.level + 1] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    return [whole if (whole := f"{base}.{alias.name}") in files else base for alias in node.names]
