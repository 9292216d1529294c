"""Names of cells, tasks, recipes, commands...: the file name is the name, and listing imports nothing.

A folder is a catalog. A file ``cells/gru.py`` is the cell ``gru``, a folder ``tasks/language_model/`` the task
``language-model``; ``_`` is written ``-``, a trailing ``_`` is dropped (``import_.py`` is ``import``), and a leading
``_`` marks what is private to the folder.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from weft.errors import ConfigError, nearest

ROOT = Path(__file__).parent
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


class Catalog:
    """One folder of the package, read as a list of names.

    Args:
        kind: what an entry is called in a message ("cell").
        folder: the folder below ``weft`` ("cells").
        ending: ".py" for modules and packages, ".toml" for data.
    """

    def __init__(self, kind: str, folder: str, *, ending: str = ".py") -> None:
        self.kind = kind
        self.folder = folder
        self.ending = ending

    def names(self) -> list[str]:
        """Every name, sorted; nothing is imported."""
        return sorted(self._paths())

    def path(self, name: str) -> Path:
        """The file (for a folder entry: its ``__init__.py``) behind a name.

        Raises:
            ConfigError: no such name; the message carries the nearest right one and the whole list.
        """
        paths = self._paths()
        if name not in paths:
            raise ConfigError(
                f"unknown {self.kind} {name!r}{nearest(name, paths)}",
                hint=f"known {self.kind}s: {', '.join(sorted(paths))}",
            )
        return paths[name]

    def known(self, name: str) -> str:
        """The name itself, for checking a recipe.

        Raises:
            ValueError: no such name (what pydantic collects; the sentence is ``path``'s).
        """
        try:
            self.path(name)
        except ConfigError as error:
            raise ValueError(f"{error} ({error.hint})") from error
        return name

    def summary(self, name: str) -> str:
        """First line of the entry's docstring, read without importing it."""
        doc = ast.get_docstring(ast.parse(self.path(name).read_text(encoding="utf-8"))) or ""
        return doc.partition("\n")[0]

    def options(self, name: str) -> dict[str, Any]:
        """Keyword-only arguments of the entry's ``make`` with their defaults, read without importing it.

        Raises:
            ConfigError: no such name.
        """
        tree = ast.parse(self.path(name).read_text(encoding="utf-8"))
        make = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "make")
        pairs = zip(make.args.kwonlyargs, make.args.kw_defaults, strict=True)
        return {argument.arg: ast.literal_eval(default) for argument, default in pairs if default is not None}

    def check_options(self, name: str, values: Mapping[str, Any]) -> None:
        """Check that ``make`` takes these options.

        Raises:
            ConfigError: an unknown option (the message carries the nearest right one), or a value of another kind than
                the option's default.
        """
        known = self.options(name)
        for option, value in values.items():
            if option not in known:
                raise ConfigError(
                    f"{self.kind} {name!r}: unknown option {option!r}{nearest(option, known)}",
                    hint=f"options of {name}: {', '.join(known)}",
                )
            kind = type(known[option])
            fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
            if not fits or isinstance(value, bool) != (kind is bool):
                raise ConfigError(f"{self.kind} {name!r}: option {option!r} must be {_KINDS[kind]}, got {value!r}")

    def load(self, name: str, part: str = "") -> ModuleType:
        """Import the entry (or its submodule ``part``).

        Raises:
            ConfigError: no such name.
        """
        path = self.path(name)
        stem = path.parent.name if path.name == "__init__.py" else path.stem
        return import_module(".".join(["weft", self.folder.replace("/", "."), stem] + ([part] if part else [])))

    def _paths(self) -> dict[str, Path]:
        return dict(_scan(ROOT / self.folder, self.ending))


@cache
def _scan(folder: Path, ending: str) -> tuple[tuple[str, Path], ...]:
    files = [path for path in folder.glob(f"*{ending}") if not path.name.startswith("_")]
    packages = [path for path in folder.glob("*/__init__.py") if not path.parent.name.startswith("_")]
    found = [(path.stem, path) for path in files] + [(path.parent.name, path) for path in packages]
    return tuple((stem.removesuffix("_").replace("_", "-"), path) for stem, path in found)


CELLS = Catalog("cell", "cells")
KERNELS = Catalog("kernel", "kernels")
TOKENIZERS = Catalog("tokenizer", "data/tokenizers")
METRICS = Catalog("metric", "metrics")
TASKS = Catalog("task", "tasks")
RECIPES = Catalog("recipe", "recipes", ending=".toml")
WAYS = Catalog("way", "verify/ways")
LABS = Catalog("lab", "labs")
EXPLANATIONS = Catalog("explanation", "explain")
IMPORTERS = Catalog("importer", "importers")
EXPORTS = Catalog("export format", "export")
BENCHES = Catalog("benchmark", "benches")
COMMANDS = Catalog("command", "cli")
SAMPLES = Catalog("sample", "data/samples")
