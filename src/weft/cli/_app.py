"""The front door: finds a command by its file, runs it, turns what goes wrong into a sentence and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from weft.catalog import COMMANDS
from weft.cli._exit_codes import BAD_INPUT, INTERRUPTED
from weft.errors import WeftError, nearest
from weft.version import VERSION

GARBAGE_THRESHOLD = 100_000
SPINS = "1000"
"""Turns of a waiting thread's loop, about 25 ns each, before it sleeps."""

HELP = """Recurrent networks for text, trained from your own files.

weft train RECIPE --train FILE --out RUN makes a run, a folder; weft evaluate, predict, generate and score use it.
"""


class LazyGroup(TyperGroup):
    """The commands of ``cli/``: listed from their files' first lines, imported one at a time when called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command's name."""
        return COMMANDS.names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command as typer makes it of its module, or None."""
        if cmd_name not in COMMANDS.names():
            return None
        return typer.main.get_command(_application(cmd_name))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The table of ``weft --help``; imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS.summary(name)) for name in COMMANDS.names()])


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0, 2 for what a person can mend, 130 for Ctrl-C; a bug keeps its traceback."""
    _let_threads_sleep()
    # Loading torch makes a million objects that stay; looking through them after every 700 new ones takes a third of a
    # start's time. Memory that matters is freed by reference counts.
    gc.set_threshold(GARBAGE_THRESHOLD)
    # Its search for plugins reads the metadata of every installed package; the command line uses none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    try:
        code = _root().main(args, prog_name="weft", standalone_mode=False)
        sys.stdout.flush()
    except WeftError as error:
        code = _complain(str(error), error.hint)
    except TyperException as error:
        code = _misuse(error)
    except typer.Abort:
        code = INTERRUPTED
    except BrokenPipeError:
        code = _leave_pipe()
    except SystemExit as error:
        # typer turns a reader that went away into exit code 1 itself
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        code = _leave_pipe()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _leave_pipe()
        code = _complain("no space left where standard output is written to", "free some space and run it again")
    sys.exit(code if isinstance(code, int) else 0)


def _let_threads_sleep() -> None:
    """How threads wait for work, unless somebody has said it; read when torch is loaded.

    Threads that spin for long make small networks many times slower as soon as anything else wants a core; a sleeping
    one takes some 30 microseconds to wake. So they spin about as long as that, and then sleep.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # for every OpenMP
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # for GNU's, over its policy


def _root() -> Any:
    app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, help=HELP, no_args_is_help=True)
    app.callback()(_weft)
    return typer.main.get_command(app)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"weft {VERSION}")
        raise typer.Exit


def _weft(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Options that stand before a command."""


def _application(name: str) -> typer.Typer:
    """Typer's application of one command module."""
    module = COMMANDS.load(name)
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    group: Mapping[str, Callable[..., None]] | None = getattr(module, "group", None)
    if group is None:
        app.command(name)(module.command)
        return app
    app.callback(invoke_without_command="" in group, no_args_is_help="" not in group, help=module.__doc__)(
        group.get("", _nothing)
    )
    for key, function in group.items():
        if key:
            app.command(key)(function)
    return app


def _nothing() -> None:
    """A group that does nothing by itself."""


def _misuse(error: TyperException) -> int:
    """Tell what is wrong with the arguments, and which help page says more."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message(), file=sys.stderr)
        return BAD_INPUT
    text = error.format_message().rstrip(".")
    if text.startswith("No such command"):
        text += nearest(text.split("'")[1], COMMANDS.names())
    context = getattr(error, "ctx", None)
    return _complain(text, f"{context.command_path if context else 'weft'} --help shows what is allowed")


def _complain(message: str, hint: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return BAD_INPUT


def _leave_pipe() -> int:
    """The reader of our output has gone: what is left is written nowhere, quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
