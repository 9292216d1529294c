"""Train a network from a recipe and files of text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

import weft
from weft import bundle
from weft.cli._console import counted, duration, say, scores_table, shown, write
from weft.cli._exit_codes import INTERRUPTED
from weft.cli._options import DeviceName
from weft.cli._training_talk import BarTalk, training_talk
from weft.errors import ConfigError
from weft.types import Score

Files = Annotated[
    list[Path],
    typer.Option(
        "--train", metavar="FILE", help="Training data: a file or folder; may be repeated.", show_default=False
    ),
]
Valid = Annotated[
    list[Path] | None, typer.Option("--valid", metavar="FILE", help="Validation data; a share of --train when absent.")
]
Out = Annotated[Path, typer.Option(metavar="RUN", help="The run folder to make.", show_default=False)]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the recipe; may be repeated.")
]
Limit = Annotated[str, typer.Option(metavar="TIME", help="End well after this long: 90s, 40m, 1h30m.")]
ENDED = {
    "epochs": "all epochs trained",
    "steps": "all of training.max_steps made",
    "patience": "no new best for training.patience validations, stopped",
    "interrupt": "interrupted",
    "time": "time limit reached",
    "fitted": "made in closed form",
    "imported": "imported",
}
"""Why training stopped, by the word in ``metrics.json``."""
Trials = Annotated[int, typer.Option(min=0, help="Try so many random draws from the recipe's search ranges.")]


def command(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A built-in name or a TOML file.", show_default=False)
    ],
    train: Files,
    out: Out,
    valid: Valid = None,
    settings: Settings = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Shorthand for --set training.seed=N.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in --out stopped.")] = False,
    init: Annotated[Path | None, typer.Option(metavar="RUN", help="Start from another run's weights.")] = None,
    time_limit: Limit = "",
    trials: Trials = 0,
    device: Annotated[
        DeviceName | None, typer.Option(metavar="auto|cpu|cuda", help="Where to train; the recipe's when absent.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=0, help="CPU threads, 0: all; the recipe's when absent.")] = None,
) -> None:
    """Train a network.

    Ctrl-C, a time limit, a crash or a power cut leave a run that works; the same command with --resume goes on bit for
    bit as if it had never stopped. With --trials each draw is a run of its own below --out, and the best is --out/best.
    """
    talk = training_talk()
    if resume and not out.exists():
        say(f"note: there is no {out} to go on with; training begins at the start")
    try:
        model = weft.train(
            recipe,
            train=list(train),
            valid=list(valid) if valid else None,
            out=out,
            settings=[*(settings or []), *_shorthands(device, threads)],
            seed=seed,
            resume=resume,
            init=init,
            time_limit=_seconds(time_limit) if time_limit else None,
            trials=trials,
            listener=talk,
        )
    finally:
        if isinstance(talk, BarTalk):
            talk.close()
    run = model.run or out
    metrics = bundle.read_metrics(run)
    _summary(run, metrics)
    _advice(run, hasattr(model.task, "predict"), metrics["stopped"])
    if metrics["stopped"] == "interrupt":
        raise typer.Exit(INTERRUPTED)


def _shorthands(device: str | None, threads: int | None) -> list[str]:
    named = {"device": f'"{device}"' if device else "", "threads": "" if threads is None else str(threads)}
    return [f"training.{key}={value}" for key, value in named.items() if value]


def _seconds(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``40m``, ``1h30m``."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    if not text or found is None:
        raise ConfigError(f"--time-limit {text!r} is no length of time", hint="write 90s, 40m or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _summary(run: Path, metrics: dict[str, Any]) -> None:
    best, fitted = metrics["best"], metrics["stopped"] == "fitted"
    chosen = f"best on the validation part after {counted(best['step'], 'update')} (epoch {best['epoch'] + 1})"
    title = f"{run}: {'on the validation part' if fitted else chosen}"
    scores_table([Score(**score) for score in best["scores"]], title=title)
    for name, value in metrics["finish"].items():
        write(f"{name.replace('_', ' ')}: {shown(value)}")
    after = "in" if fitted else f"after {counted(metrics['steps'], 'update')},"
    say(f"{ENDED[metrics['stopped']]} {after} {duration(metrics['seconds'])}")


def _advice(run: Path, predicts: bool, stopped: str) -> None:
    """The next commands to try."""
    if stopped in ("interrupt", "time"):
        say("go on with the same command and --resume")
    say("next:")
    say(f"  weft evaluate {run} FILE")
    for line in ("weft predict {} FILE",) if predicts else ("weft generate {}", "weft score {} FILE"):
        say("  " + line.format(run))
