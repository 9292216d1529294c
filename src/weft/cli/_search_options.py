"""The options of ``weft predict`` that say how a translator's outputs are found, one name each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Alternatives = Annotated[
    int, typer.Option(min=1, help="How many classes (multi-label: all) or outputs to name, best first.")
]
Alignment = Annotated[
    bool, typer.Option(help="Translators: the best output alone, with what was looked at for each of its words.")
]
Beam = Annotated[int | None, typer.Option(help="Translators: outputs followed at once; 1: greedy.", show_default=False)]
LengthPenalty = Annotated[float | None, typer.Option(help="Translators: 0 favours short outputs.", show_default=False)]
CoveragePenalty = Annotated[
    float | None, typer.Option(help="Translators: the cost of words never looked at.", show_default=False)
]
Outputs = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Translators: the only outputs allowed, a line each.", show_default=False),
]
Samples = Annotated[
    int, typer.Option(min=0, help="Translators: draw so many outputs instead of searching for the best.")
]
LeastRisk = Annotated[
    bool, typer.Option("--least-risk", help="With --samples: the one most like all others (chrF) first.")
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Answer to this file; stopped and started again, go on.", show_default=False),
]
Beside = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="RUN",
        help="Translators: another run whose probabilities are averaged; again for more.",
        show_default=False,
    ),
]
