"""``README.md`` of a run: what was trained, on what, how well, and how to use it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from weft.bundle import CARD, CERTIFICATE_MARK, CURVES, write_text
from weft.config import Recipe, dump
from weft.training.outcome import FITTED, IMPORTED, Outcome
from weft.types import Score, Task


def write(run: Path, task: Task, config: Recipe, outcome: Outcome) -> None:
    """Write the card of a run; it names files, never folders of the machine it was made on.

    Raises:
        RunError: the file cannot be written.
    """
    parts = [
        f"# {config.about.title or run.name}",
        _what(task, config, outcome),
        "## How well",
        _table(outcome.best.scores),
        _honest(outcome),
        f"{CERTIFICATE_MARK} none yet; `weft verify {run.name}` makes one.",
        f"![learning curves]({CURVES})" if (run / CURVES).exists() else "",
        "## How to use it",
        _use(run, task),
        "## What it read",
        _sources(outcome.sources),
        _notes(outcome.notes),
        "## Recipe",
        f"```toml\n{dump(config).strip()}\n```",
    ]
    write_text(run / CARD, "\n\n".join(part for part in parts if part) + "\n")


def _what(task: Task, config: Recipe, outcome: Outcome) -> str:
    about = f" Source of the recipe: {config.about.source}." if config.about.source else ""
    made = outcome.machine
    if outcome.stopped in (FITTED, IMPORTED):
        how = f" in closed form in {outcome.seconds:,.0f} s" if outcome.stopped == FITTED else ""
        head = (
            f"A model of task `{task.name}`, {outcome.stopped} with Weft {made['weft']}{how}. "
            f"It holds {outcome.parameters:,} numbers."
        )
    else:
        head = (
            f"A network for the task `{task.name}`, trained with Weft {made['weft']}: {outcome.steps:,} updates in "
            f"{outcome.seconds:,.0f} s, device {made['device']}, CPU threads {made['threads']}. "
            f"It has {outcome.parameters:,} trained numbers."
        )
    return head + about


def _table(scores: Sequence[Score]) -> str:
    if not scores:
        return ""
    head = ["| measure | value | 95 % interval | unit | n | signature |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join(head + [_row(score) for score in scores])


def _row(score: Score) -> str:
    signature = score.signature.replace("|", "\\|")
    interval = f"{score.low:.4g} to {score.high:.4g}" if score.has_interval else "-"
    return f"| {score.name} | {score.value:.4g} | {interval} | {score.unit} | {score.n} {score.of} | `{signature}` |"


_WHY = {
    "epochs": "all epochs of the recipe were trained",
    "steps": "all updates of the recipe (`training.max_steps`) were made",
    "patience": "the watched measure had not improved for `training.patience` validations",
    "interrupt": "a person stopped it; `weft train ... --resume` goes on",
    "time": "the time limit was reached; `weft train ... --resume` goes on",
}


def _honest(outcome: Outcome) -> str:
    if outcome.stopped == IMPORTED:
        return "It came without any measures; `weft evaluate` measures it on a file of text."
    if outcome.stopped == FITTED:
        return "Measured on the validation part; the model itself follows from the training part alone."
    return (
        f"Measured on the validation part, which also chose these weights (update {outcome.best.step}): expect "
        "somewhat worse on new text, and measure it with `weft evaluate` on a file that training never saw. "
        f"Training ended because {_WHY[outcome.stopped]}."
    )


def _use(run: Path, task: Task) -> str:
    name = run.name
    if "label" in task.fields:
        lines = [f"weft predict {name} texts.txt", f"weft evaluate {name} test.csv"]
    else:
        lines = [f"weft generate {name}", f"weft score {name} texts.txt", f"weft evaluate {name} test.txt"]
    shell = "\n".join(lines)
    return f"```sh\n{shell}\n```\n\n```python\nimport weft\n\nmodel = weft.load({name!r})\n```"


def _sources(sources: Sequence[tuple[str, str]]) -> str:
    if not sources:
        return "No files were recorded."
    return "\n".join(f"- `{name}` (sha256 `{digest}`)" for name, digest in sources)


def _notes(notes: Sequence[str]) -> str:
    return "\n".join(["Notes:", "", *(f"- {note}" for note in notes)]) if notes else ""
