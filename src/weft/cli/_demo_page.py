"""The page ``weft demo`` shows while it works: results to stdout, progress to stderr, colors on a terminal only."""

from __future__ import annotations

import csv
import io
import math
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from weft import bundle
from weft.catalog import EXPLANATIONS
from weft.cli._console import duration, shown, table
from weft.cli._shades import show_explanation
from weft.cli._training_talk import BarTalk, training_talk
from weft.data.samples.number_words import LANGUAGES
from weft.demo import dates, ground, numbers

if TYPE_CHECKING:
    from weft.model import Model
    from weft.types import Score

BAR = 20
EXAMPLES = 5


def show(out: Path, *, seed: int, settings: Sequence[str] = ()) -> None:
    """Run the whole demo in the folder ``out``; ``settings`` are laid over both recipes."""
    begin = time.monotonic()
    page = Page()
    ground.prepare(out)
    page.heading("Weft: two translators, trained here and now, without any download")
    page.line("The first reads dates, the second numbers in words. Both look back at the text character by character.")
    _dates(page, out, seed, settings)
    _numbers(page, out, seed, settings)
    page.heading(f"That took {duration(time.monotonic() - begin)}. Now you")
    for line in _commands(out):
        page.line(f"  {line}", "cyan")


class Page:
    """Lines for a person on standard output."""

    def __init__(self) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._full, self._empty = _bar_characters(self._console.encoding)

    def heading(self, text: str) -> None:
        """A line that begins a part."""
        self.line("")
        self.line(text, "bold")

    def line(self, text: str | Text, style: str = "") -> None:
        """One line, never wrapped."""
        self._console.print(text, style=style, soft_wrap=True)

    def bar(self, share: float) -> str:
        """A share between 0 and 1 as a bar."""
        filled = round(share * BAR)
        return self._full * filled + self._empty * (BAR - filled)


def _bar_characters(encoding: str) -> tuple[str, str]:
    try:
        "█░".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "#", "."
    return "█", "░"


def _dates(page: Page, out: Path, seed: int, settings: Sequence[str]) -> None:
    page.heading("1. Which day is it?")
    files = ground.make_sample(dates.SAMPLE, out, seed)
    train, test = dates.read_dates(files["train"]), dates.read_dates(files["test"])
    page.line(f"{shown(len(train))} dates as Babel's CLDR writes them in a hundred languages, such as")
    _pairs(page, list(zip(train.sources, train.targets, strict=True))[:EXAMPLES])
    page.line(f"Of {shown(len(test))} others no language's month is trained on in the same format.")
    run = out / dates.RUN
    model = _train(page, dates, files, run, seed, settings)
    written = [row["translation"] for row in model.predict(test.sources, alternatives=1, batch_size=256)]
    rows = [(name, shown(score.n), *_percent(score)) for name, score in dates.exact(test, written)]
    table(("format", "dates", "right", "95 % interval"), rows)
    page.heading("It reads")
    _answers(page, model, dates.EXAMPLES)
    page.heading("Where it looked: a column a character of the source, a row a character of the answer")
    show_explanation(EXPLANATIONS.load("alignment").explain(model, dates.DRAWN))
    _alignments(page, dates.alignment_errors(model, train, test.first(dates.ALIGNED)))
    page.line(f"Learning curves: {run / bundle.CURVES}")


def _alignments(page: Page, errors: dict[str, Score]) -> None:
    if not errors:
        page.line("It reads no date right yet, so there is nothing to hold against the true places.", "yellow")
        return
    rows = [(name, *_percent(score)) for name, score in errors.items()]
    page.line("")
    table(
        ("alignment error rate", "", "95 % interval"),
        rows,
        title=f"Against the true places of year, month and day, {shown(next(iter(errors.values())).n)} dates",
    )


def _numbers(page: Page, out: Path, seed: int, settings: Sequence[str]) -> None:
    page.heading("2. How many?")
    files = ground.make_sample(numbers.SAMPLE, out, seed)
    pairs = _read_pairs(files["train"])
    page.line(f"{shown(len(pairs))} numbers as num2words says them in {len(LANGUAGES)} languages, such as")
    _pairs(page, pairs[:EXAMPLES])
    run = out / numbers.RUN
    model = _train(page, numbers, files, run, seed, settings)
    scores = {score.name: score for score in model.evaluate(files["test"], leaks=False).scores}
    right, interval = _percent(scores["exact-match"])
    page.line(
        f"Of {shown(scores['exact-match'].n)} numbers that it saw in no language it gets {right} right ({interval})."
    )
    _answers(page, model, numbers.EXAMPLES)


def _read_pairs(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [(row["source"], row["target"]) for row in csv.DictReader(stream)]


def _pairs(page: Page, pairs: Sequence[tuple[str, str]]) -> None:
    for source, target in pairs:
        page.line(f"  {_wide(target, 12)}{source}")


def _answers(page: Page, model: Model, texts: Sequence[str]) -> None:
    for text, row in zip(texts, model.predict(texts, alternatives=1), strict=True):
        line = Text(f"  {_wide(row['translation'], 12)}")
        line.append(page.bar(math.exp(row["logp"])), "green")
        page.line(line.append(f" {100 * math.exp(row['logp']):3.0f} %  {text}"))


def _train(page: Page, part: Any, files: dict[str, Path], run: Path, seed: int, settings: Sequence[str]) -> Model:
    """The trained model; what is left undone is said."""
    talk = training_talk()
    try:
        model = ground.train(
            part.RECIPE,
            files,
            run,
            seed=seed,
            time_limit=part.SECONDS,
            settings=[*part.SETTINGS, *settings],
            listener=talk,
        )
    finally:
        if isinstance(talk, BarTalk):
            talk.close()
    metrics = bundle.read_metrics(run)
    if metrics["stopped"] == "time":
        page.line(f"Stopped by the clock after {duration(metrics['seconds'])}: this machine is slow or busy.", "yellow")
    return model


def _percent(score: Score) -> tuple[str, str]:
    return f"{100 * score.value:.1f} %", f"{100 * score.low:.1f} to {100 * score.high:.1f} %"


def _wide(text: str, width: int) -> str:
    """The text filled up to so many places of a terminal."""
    return text + " " * max(0, width - cell_len(text))


def _commands(out: Path) -> list[str]:
    """What to try next on the runs that are there now."""
    date, number = (shlex.quote(str(out / part.RUN)) for part in (dates, numbers))
    data = shlex.quote(str(out / "data" / dates.SAMPLE))
    return [
        f"echo '24. Dezember 1818' | weft predict {date}",
        f"weft explain {date} --text '24. Dezember 1818' --out date.html",
        f"weft evaluate {date} {data}/test.csv",
        f"echo 'twelve thousand and one' | weft predict {number} --beam 5",
        f"weft train dates --train {data}/train.csv --valid {data}/valid.csv --out runs/mine",
        "weft train RECIPE --train YOUR.csv --out runs/yours   (weft recipes lists the recipes)",
    ]
