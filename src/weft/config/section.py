"""A section of a recipe: typed, closed against unknown keys, all its problems told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from weft.errors import ConfigError, nearest


class Section(BaseModel):
    """Parent of every part of a recipe. Frozen; an unknown key is an error that names the nearest right one."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, protected_namespaces=())


S = TypeVar("S", bound=Section)


def validate(section: type[S], values: Mapping[str, Any], *, where: str) -> S:
    """Check ``values`` against ``section``.

    Args:
        section: the pydantic model.
        values: nested plain values as they come from TOML.
        where: what is being read, for the message ("recipe kim2014").
    Raises:
        ConfigError: every problem at once, each with its path (``training.lr``) and the value that arrived.
    """
    try:
        return section.model_validate(dict(values))
    except ValidationError as error:
        problems = [_sentence(section, problem) for problem in error.errors()]
    noun = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    raise ConfigError(f"{where} has {noun}:\n" + "\n".join(f"  {line}" for line in problems))


def _sentence(section: type[Section], problem: Any) -> str:
    path = ".".join(str(part) for part in problem["loc"]) or "recipe"
    if problem["type"] == "extra_forbidden":
        allowed = _keys(section, problem["loc"][:-1])
        guess = nearest(str(problem["loc"][-1]), allowed)
        return f"{path}: unknown key{guess or '; known here: ' + ', '.join(allowed)}"
    if problem["type"] == "missing":
        return f"{path}: missing"
    message = problem["msg"].removeprefix("Value error, ")
    message = f"{path}: {message[:1].lower() + message[1:]}"
    given = problem["input"]
    if problem["type"] == "value_error" and (isinstance(given, Mapping) or repr(given) in message):
        return message  # it says itself which value, or which values of a section together, are wrong
    guess = nearest(given, _choices(problem)) if isinstance(given, str) else ""
    return f"{message}, got {given!r}{guess}"


def _choices(problem: Any) -> list[str]:
    expected = str(problem.get("ctx", {}).get("expected", ""))
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",") if part.strip()]


def _keys(section: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Field names of the model that stands at ``path`` below ``section``."""
    model = section
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # a key of the person's own: the entries of [search]
        kinds = [field.annotation, *get_args(field.annotation)]
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return list(model.model_fields)
