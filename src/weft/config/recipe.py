"""A recipe: one TOML file that says which task, which network and how it is trained.

``read`` finds a built-in name or a person's file, ``resolve`` lays ``--set`` values over it and checks it against the
task's ``Config``, ``dump`` writes the resolved recipe (no absent values) as it stands in a run folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import Field
from tomlkit.exceptions import TOMLKitError

from weft.catalog import RECIPES, TASKS
from weft.config.section import Section, validate
from weft.config.training import Fitting, Training
from weft.errors import ConfigError, nearest


class About(Section):
    """What the recipe stands for: shown by ``weft recipes``, carried into the model card."""

    title: str = ""
    source: str = Field("", description="the paper or program the sizes come from")
    data: str = Field("", description="the data set of the expected number")
    expected: str = Field("", description="the expected number with its tolerance")
    cost: str = Field("", description="time and machine of the expected number")
    command: str = Field("", description="the command that prints the expected number")


class Range(Section):
    """Where the random search may look for one key: a choice, or an interval (log-uniform when ``log``)."""

    choices: list[str | int | float | bool] = []
    low: float | None = None
    high: float | None = None
    log: bool = False


class Recipe(Section):
    """Sections that every task's ``Config`` has."""

    format: Literal[1] = 1
    task: str
    about: About = About()
    training: Fitting = Fitting()
    search: dict[str, Range] = Field({}, description="ranges for `weft train --trials`, keyed by path (training.lr)")


class NetworkRecipe(Recipe):
    """Sections that the ``Config`` of every task has that trains a network step by step."""

    training: Training = Training()


def read(name: str) -> dict[str, Any]:
    """Read a built-in recipe by name, or a TOML file by path, as plain nested values.

    Raises:
        ConfigError: no such name or file, or the file is not TOML.
    """
    path = recipe_path(name)
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error


def recipe_path(name: str) -> Path:
    """The file behind a recipe's name or path.

    Raises:
        ConfigError: neither a built-in name nor a file.
    """
    if name in RECIPES.names():
        return RECIPES.path(name)
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix == ".toml" or len(path.parts) > 1:
        raise ConfigError(f"no recipe file {name!r}", hint="`weft recipes` lists the built-in ones")
    return RECIPES.path(name)


def resolve(document: Mapping[str, Any], settings: Sequence[str] = (), *, where: str = "the recipe") -> Recipe:
    """Lay ``KEY=VALUE`` settings over a recipe and check it against its task's ``Config``.

    Raises:
        ConfigError: no or unknown task, a setting without ``=``, or any wrong key or value (all told at once).
    """
    merged = deepcopy(dict(document))
    for setting in settings:
        _assign(merged, setting)
    task = merged.get("task")
    if not isinstance(task, str):
        raise ConfigError(f"{where} names no task", hint=f'add task = "..." with one of: {", ".join(TASKS.names())}')
    config: type[Recipe] = TASKS.load(task, "config").Config
    recipe = validate(config, merged, where=where)
    for path in recipe.search:
        _check_path(recipe, path)
    return recipe


def dump(recipe: Recipe) -> str:
    """The recipe as TOML, every default written out."""
    values = recipe.model_dump(mode="json", exclude_none=True)
    return tomlkit.dumps({key: value for key, value in values.items() if value != {}})


def _assign(document: dict[str, Any], setting: str) -> None:
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set needs KEY=VALUE, got {setting!r}", hint="example: --set training.lr=0.01")
    *parents, last = key.strip().split(".")
    place = document
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise ConfigError(f"--set {setting}: {parent!r} is a value, not a section")
    place[last] = _value(text.strip())


def _value(text: str) -> Any:
    """A TOML value where the text is one (numbers, true, lists, quoted text); else the text itself."""
    try:
        return tomlkit.parse(f"value = {text}").unwrap()["value"]
    except TOMLKitError:
        return text


def _check_path(recipe: Recipe, path: str) -> None:
    place: Any = recipe
    for part in path.split("."):
        fields = list(type(place).model_fields) if isinstance(place, Section) else []
        if part not in fields:
            raise ConfigError(f"search range for {path!r}: no such key{nearest(part, fields)}")
        place = getattr(place, part)
