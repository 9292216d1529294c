"""Options of ``evaluate`` for models that learn from the text on their way, and how their numbers are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from weft.adaptation import Variant
from weft.cli._console import interval, say, shown, table, write
from weft.errors import ConfigError
from weft.types import DynamicEvaluation, NeuralCache, Trial, Tuned

SHOWN = 8
"""Settings that are shown of each kind that was tuned, the best first."""

Dynamic = Annotated[bool, typer.Option("--dynamic", help="Also with a gradient step on each segment scored.")]
Rate = Annotated[
    float | None,
    typer.Option("--dynamic-rate", metavar="R", help="Learning rate of these steps."),
]
Decay = Annotated[
    float | None,
    typer.Option("--dynamic-decay", metavar="D", help="Share of the way back that each step goes."),
]
Segment = Annotated[int | None, typer.Option("--dynamic-segment", metavar="S", help="Symbols of a segment.")]
Statistics = Annotated[
    list[Path] | None,
    typer.Option(
        "--dynamic-data",
        metavar="FILE",
        help="Divide steps by the gradients' size on this text; may be repeated.",
    ),
]
Cache = Annotated[bool, typer.Option("--cache", help="Also with a cache of the symbols read before.")]
Size = Annotated[int | None, typer.Option("--cache-size", metavar="N", help="Symbols it remembers.")]
Theta = Annotated[
    float | None,
    typer.Option("--cache-theta", metavar="T", help="How much likeness of states counts."),
]
Weight = Annotated[
    float | None,
    typer.Option("--cache-weight", metavar="L", help="The cache's share of the probability."),
]
Tune = Annotated[
    list[Path] | None,
    typer.Option(metavar="VALID", help="First find rates or shares on this text; may be repeated."),
]


def dynamic_of(asked: bool, **given: Any) -> DynamicEvaluation | None:
    """Settings out of the options ``--dynamic...``; None where it is not asked for.

    Raises:
        ConfigError: options without it, or a value out of its range.
    """
    set_ = _given("dynamic", asked, given)
    if "statistics" in set_:
        set_["statistics"] = tuple(set_["statistics"])
    return DynamicEvaluation(**set_) if asked else None


def cache_of(asked: bool, **given: Any) -> NeuralCache | None:
    """Settings out of the options ``--cache...``, as ``dynamic_of``."""
    set_ = _given("cache", asked, given)
    return NeuralCache(**set_) if asked else None


def tell_tuned(tuned: Tuned, texts: Sequence[Path], measured: Sequence[Path], *, tables: bool) -> None:
    """What was tried, the best first; and a word of warning where it was tried on the text that is measured."""
    if {path.resolve() for path in texts} & {path.resolve() for path in measured}:
        say("note: the settings are tuned on the text that is measured, and its scores flatter them")
    if not tables:
        return
    for name in dict.fromkeys(trial.name for trial in tuned.trials):
        trials = [trial for trial in tuned.trials if trial.name == name]
        title = f"{name}: the best of {len(trials)} settings on {tuned.symbols:,} symbols"
        best = sorted(trials, key=lambda trial: trial.nats)[:SHOWN]
        columns = (*best[0].settings, "nats a symbol", "perplexity")
        table(columns, [(*trial.settings.values(), trial.nats, _perplexity(trial)) for trial in best], title=title)
    write("")


def tuning_json(tuned: Tuned | None) -> dict[str, Any]:
    """The same for programs: every setting, in the order in which they were tried."""
    trials = tuned.trials if tuned else ()
    rows = [{"name": each.name, "settings": dict(each.settings), "nats": each.nats} for each in trials]
    return {"tuning": rows} if rows else {}


def variant_table(variants: Sequence[Variant]) -> None:
    """A row for each way of reading the text, and the settings below; every interval stands in the JSON."""
    first, *others = variants[0].scores
    columns = ("read", first.name, "95 % interval", *(score.name for score in others))
    rows = []
    for variant in variants:
        score, *rest = variant.scores
        rows.append((variant.name, score.value, interval(score), *(each.value for each in rest)))
    table(columns, rows)
    for part, settings in {part: own for variant in variants for part, own in variant.settings.items()}.items():
        write(f"  {part}: {', '.join(f'{key} {_plain(value)}' for key, value in settings.items())}")


def _given(option: str, asked: bool, given: Mapping[str, Any]) -> dict[str, Any]:
    set_ = {key: value for key, value in given.items() if value is not None}
    if set_ and not asked:
        names = {"statistics": "data"}
        first = names.get(next(iter(set_)), next(iter(set_)))
        raise ConfigError(f"--{option}-{first} is an option of --{option}, which is not given", hint=f"add --{option}")
    return set_


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else shown(value)


def _perplexity(trial: Trial) -> float:
    try:
        return math.exp(trial.nats)
    except OverflowError:
        return math.inf
