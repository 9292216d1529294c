"""Show why a model said what it said: gate traces, surprise; in the terminal, as a picture, as a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import weft
from weft.catalog import EXPLANATIONS
from weft.cli._console import say, write_json
from weft.cli._options import Device, Json, Run, Threads
from weft.cli._shades import show_explanation
from weft.cli._writable import make_way
from weft.errors import ConfigError
from weft.explain import check_ending, write_file

if TYPE_CHECKING:
    from weft.explain import Explanation
    from weft.model import Model

Text = Annotated[str | None, typer.Option(metavar="TEXT", help="What to read; -: standard input.", show_default=False)]
From = Annotated[str, typer.Argument(metavar="[-]", help="-: read the text from standard input.", show_default=False)]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page (.html) or a picture (.png, .svg, .pdf).")]
Units = Annotated[str, typer.Option(metavar="3,17", help="Units to show; absent: the most varying ones.")]
Kind = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="gates, surprise, alignment or fixed-vector; absent: the first that fits the run."
    ),
]


def command(
    run: Run,
    source: From = "",
    text: Text = None,
    units: Units = "",
    out: Out = None,
    kind: Kind = "",
    device: Device = "cpu",
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Explain what a run says of a text: lines for a terminal, a page, a picture or all numbers.

    Kind gates, for any recurrent run: every gate of every unit at each symbol; in the terminal a strip of shades for
    each gate (its mean over the units, the share of values below 0.1 and above 0.9) and for a few units. Kind surprise,
    for any language model: how surprised it was by each symbol, what it expected instead, and how far back it looked.
    Kind alignment, for a translator with attention: which words it looked at while it wrote each word. Kind
    fixed-vector, for one without: how well each place of a source can be read back from what is left of it.
    --out trace.html writes a page to look around in that needs no network, --out trace.png a picture; --json prints all
    numbers.
    """
    if out is not None:
        check_ending(out)
    chosen = _numbers(units)
    if kind:
        EXPLANATIONS.path(kind)
    given = _given(source, text)
    if out is not None:
        make_way(out, "the explanation")
    model = weft.load(run, device=device, threads=threads)
    explain = EXPLANATIONS.load(kind or _fitting(model)).explain
    explanation: Explanation = explain(model, given, units=chosen)
    if out is not None:
        write_file(explanation, out)
        say(f"{out} written")
    if as_json:
        write_json(explanation.to_json())
    elif out is None:
        show_explanation(explanation)


def _fitting(model: Model) -> str:
    """The first kind of explanation that the run does not refuse."""
    reasons = []
    for name in EXPLANATIONS.names():
        reasons.append(EXPLANATIONS.load(name).refuse(model))
        if not reasons[-1]:
            return name
    raise ConfigError(f"there is no explanation of this run: {'; '.join(reasons)}")


def _given(source: str, text: str | None) -> str:
    """The text: that of --text, or what stands on standard input without its last line break."""
    if source not in ("", "-"):
        raise ConfigError(f"expected - (standard input) or nothing, got {source!r}", hint="give the text with --text")
    if source and text is not None:
        raise ConfigError("both --text and - give a text", hint="leave one of them out")
    if not source and text is None:
        raise ConfigError("no text to explain", hint='give one with --text "...", or - and the text on standard input')
    if text is not None and text != "-":
        return text
    return sys.stdin.buffer.read().decode("utf-8-sig", "replace").removesuffix("\n").removesuffix("\r")


def _numbers(units: str) -> list[int]:
    numbers = []
    for part in filter(None, units.split(",")):
        if not part.strip().isdecimal():
            raise ConfigError(
                f"--units {units}: expected whole numbers from 0, parted by commas, got {part!r}",
                hint="for example --units 3,17",
            )
        numbers.append(int(part))
    return numbers
