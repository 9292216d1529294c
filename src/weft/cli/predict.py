"""Label texts with a classifier, or translate them, one JSON line a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import weft
from weft.bundle import RECIPE, VOCABULARY, WEIGHTS
from weft.cli import _search_options as wished
from weft.cli import _writing_options as options
from weft.cli._answering import answer, check_column
from weft.cli._kept_rows import KeptRows
from weft.cli._options import Column, Device, Run, Seed, Source, Strict, Threads
from weft.data.corpus import fingerprint
from weft.errors import ConfigError
from weft.model import Model
from weft.search.settings import Sampling, Search
from weft.version import VERSION

Rows = Callable[[Sequence[str]], list[dict[str, Any]]]


def command(
    run: Run,
    source: Source = "-",
    column: Column = "",
    alternatives: wished.Alternatives = 3,
    alignment: wished.Alignment = False,
    beam: wished.Beam = None,
    length_penalty: wished.LengthPenalty = None,
    coverage_penalty: wished.CoveragePenalty = None,
    outputs: wished.Outputs = None,
    samples: wished.Samples = 0,
    least_risk: wished.LeastRisk = False,
    temperature: options.Temperature = 1.0,
    top_k: options.TopK = 0,
    top_p: options.TopP = 1.0,
    seed: Seed = 1,
    beside: wished.Beside = None,
    out: wished.Out = None,
    strict: Strict = False,
    device: Device = "cpu",
    threads: Threads = 0,
) -> None:
    """Label or translate texts. Each row of the input gets one line of JSON, in order: label or translation, its
    probability, and alternatives.

    A row that cannot be read or holds no symbol is answered by {"error": why, "line": n} in its place and counted on
    standard error; the rest goes on and the exit code is 0, or 1 with --strict. Standard input is answered as it comes.

    With --out a file of any size is answered to a file; the same command, started again after it was stopped, goes on.
    """
    check_column(column, source)
    if out is not None and source == "-":
        raise ConfigError(
            "--out needs a file to read: standard input cannot be read again", hint="give a FILE, or leave --out out"
        )
    search = Search(
        beam=beam,
        length_penalty=length_penalty,
        coverage_penalty=coverage_penalty,
        samples=samples,
        sampling=Sampling(temperature, top_k, top_p),
        seed=seed,
        least_risk=least_risk,
        outputs=_lines(outputs),
    )
    model = weft.load(run, device=device, threads=threads)
    others = [weft.load(other, device=device) for other in beside or ()]
    own = search != Search() or bool(others)
    if alignment and own:
        raise ConfigError("--alignment shows the recipe's own search", hint="leave out the settings of another one")
    config: Any = model.config
    columns = {"text": column or config.data.read_column}
    asking = _asking(model, others, search, alternatives, alignment=alignment, own=own)
    kept = None
    if out is not None:
        asked = {"search": asdict(search), "alternatives": alternatives, "alignment": alignment, "columns": columns}
        kept = KeptRows(out, _identity(Path(source), [run, *(beside or ())], {**asked, "device": device}))
    answer(source, columns, config.data, asking, strict=strict, kept=kept)


def _identity(source: Path, runs: Sequence[Path], asked: dict[str, Any]) -> dict[str, Any]:
    """All that the answers to a file depend on."""
    files = [list(fingerprint([run / name for name in (RECIPE, VOCABULARY, WEIGHTS)]).values()) for run in runs]
    return {"source": list(fingerprint([source]).values()), "run": files, "asking": asked, "version": VERSION}


def _asking(
    model: Model, others: Sequence[Model], search: Search, alternatives: int, *, alignment: bool, own: bool
) -> Rows:
    """What answers texts; a model that cannot do what is asked says so at once."""

    def align(texts: Sequence[str]) -> list[dict[str, Any]]:
        # nothing was looked at for an empty text
        return [row if seen is None else {**row, "alignment": seen.to_json()} for row, seen in model.align(texts)]

    def translate(texts: Sequence[str]) -> list[dict[str, Any]]:
        return model.translate(texts, search, beside=others, alternatives=alternatives)

    def predict(texts: Sequence[str]) -> list[dict[str, Any]]:
        return model.predict(texts, alternatives=alternatives)

    ask = align if alignment else translate if own else predict
    ask([])
    return ask


def _lines(path: Path | None) -> tuple[str, ...]:
    """The outputs that a file allows.

    Raises:
        ConfigError: it cannot be read, or has no line.
    """
    if path is None:
        return ()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--outputs {path} cannot be read: {error}") from error
    if not lines:
        raise ConfigError(
            f"--outputs {path} has no line", hint="write every output that is allowed on a line of its own"
        )
    return tuple(lines)
