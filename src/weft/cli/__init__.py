"""The command line: one command a file, and the file's name is the command's.

A command's module opens with the one line that ``weft --help`` shows, and holds either ``command``, a function whose
signature is the command's (typer reads it), or ``group``, the commands below it by name; the key "" is what runs when
none is named. Only what the command needs is imported, and only when it runs. Data goes to stdout, talk to stderr.
"""

from weft.cli._app import main

__all__ = ["main"]
