"""List the built-in recipes, show one, copy one to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from weft.catalog import RECIPES
from weft.cli._console import say, table, write, write_json
from weft.cli._options import Json
from weft.config import read
from weft.errors import ConfigError, RunError

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name that weft recipes lists.", show_default=False)]


def listing(ctx: typer.Context, as_json: Json = False) -> None:
    """List every built-in recipe with its task; --json adds source, data, expected number and cost."""
    if ctx.invoked_subcommand is not None:
        return
    entries = [_entry(name) for name in RECIPES.names()]
    if as_json:
        write_json(entries, indent=2)
        return
    table(("recipe", "task", "title"), [(entry["name"], entry["task"], entry["title"]) for entry in entries])


def show(name: Name) -> None:
    """Print a recipe's file."""
    write(RECIPES.path(name).read_text(encoding="utf-8").rstrip("\n"))


def copy(
    name: Name,
    to: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to; NAME.toml here when absent.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Copy a recipe to a file of your own, to edit and to train with."""
    text = RECIPES.path(name).read_text(encoding="utf-8")
    target = to or Path(f"{name}.toml")
    if target.suffix != ".toml":
        raise ConfigError(f"{target} does not end in .toml", hint=f"for example: weft recipes copy {name} {name}.toml")
    if target.exists() and not force:
        raise ConfigError(f"{target} is there already", hint="choose another name, or --force to write over it")
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{target} cannot be written: {error.strerror}") from error
    say(f"{target} written; train with: weft train {target} --train FILE --out RUN")


def _entry(name: str) -> dict[str, Any]:
    document = read(name)
    about = document.get("about", {})
    return {"name": name, "task": document.get("task", "")} | {
        key: about.get(key, "") for key in ("title", "source", "data", "expected", "cost", "command")
    }


group = {"": listing, "show": show, "copy": copy}
