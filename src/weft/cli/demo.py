"""Train two translators on data made on the spot and show what they learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from weft.cli._demo_page import show
from weft.cli._options import Seed


def command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where samples, runs and pictures go.")] = Path("runs/demo"),
    seed: Seed = 1,
) -> None:
    """Train two translators in less than three minutes, without any download, and show what they learned.

    One reads dates in a hundred languages and shows where it looked, beside IBM Model 1; the other reads numbers in
    words. A second demo in the same folder replaces the first one's runs, and nothing else.
    """
    show(out, seed=seed)
