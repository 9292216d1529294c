"""Writes docs/cli.md from the commands themselves: python docs/make_cli.py (or ``make docs``)."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

from weft.catalog import COMMANDS
from weft.cli import main

PAGE = Path(__file__).parent / "cli.md"

HEAD = """# The command line

This page is generated from the commands: `make docs` writes it, and a test fails when it is stale.

Data goes to standard output, talk and progress to standard error. Exit codes: 0 success; 1 some rows could not be
answered and `--strict` was given; 2 what arrived cannot be used (one sentence and often a hint say why); 130 Ctrl-C.
Colors and progress bars appear on a terminal only; `NO_COLOR` turns colors off.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _section([])]
    for name in COMMANDS.names():
        parts.append(_section([name]))
        group = getattr(COMMANDS.load(name), "group", {})
        parts += [_section([name, key]) for key in group if key]
    return "\n".join(parts)


def _section(words: list[str]) -> str:
    return f"## {' '.join(['weft', *words])}\n\n```text\n{_help(words)}```\n"


def _help(words: list[str]) -> str:
    taken = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        with contextlib.redirect_stdout(taken), contextlib.suppress(SystemExit):
            main([*words, "--help"])
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return taken.getvalue().strip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
