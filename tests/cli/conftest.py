"""Runs a command in this process and gives what a shell would see."""

import io
import sys
from dataclasses import dataclass

import pytest

from weft.cli import main


@dataclass(frozen=True)
class Done:
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str


class Stdin(io.TextIOWrapper):
    """Standard input that holds the given bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


@pytest.fixture
def weft(capsys, monkeypatch):
    """``weft("predict", run, stdin=b"...") -> Done``."""

    def run(*arguments, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", Stdin(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Done(left.value.code, shown.out, shown.err)

    return run
