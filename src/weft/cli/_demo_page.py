"""The page ``weft demo`` shows while it works: results to stdout, progress to stderr, colors on a terminal only."""

from __future__ import annotations

import io
import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from weft import bundle
from weft.cli._console import duration, shown, table
from weft.cli._training_talk import BarTalk, training_talk
from weft.demo import ground, languages, sources
from weft.demo.sentences import SENTENCES
from weft.metrics import draw_confusion

if TYPE_CHECKING:
    from weft.model import Evaluation, Model

BAR = 20
EXAMPLES = 5
TEMPERATURE = 0.8
SAMPLED = 420
CONFUSION = "confusion.png"


def show(out: Path, *, seed: int, settings: Sequence[str] = ()) -> None:
    """Run the whole demo in the folder ``out``; ``settings`` are laid over both recipes."""
    begin = time.monotonic()
    page = Page()
    ground.prepare(out)
    page.heading("Weft: two networks, trained here and now, without any download")
    page.line(
        "The first tells the language of a short phrase, the second writes Python. Both read character by character."
    )
    _languages(page, out, seed, settings)
    _python(page, out, seed, settings)
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

    def stream(self, pieces: Iterable[str]) -> None:
        """Text as it comes, its lines set in by four places."""
        for piece in pieces:
            sys.stdout.write(piece.replace("\n", "\n    "))
            sys.stdout.flush()
        self.line("")


def _bar_characters(encoding: str) -> tuple[str, str]:
    try:
        "█░".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "#", "."
    return "█", "░"


def _languages(page: Page, out: Path, seed: int, settings: Sequence[str]) -> None:
    page.heading("1. Which language is this?")
    files = ground.make_sample(languages.SAMPLE, out, seed)
    rows = {part: languages.read_rows(path) for part, path in files.items()}
    names = len(set(rows["train"].labels))
    page.line(
        f"{shown(len(rows['train']))} phrases in {names} languages, made from Babel's CLDR and num2words, such as"
    )
    for text, label in list(zip(rows["train"].texts, rows["train"].labels, strict=True))[:EXAMPLES]:
        page.line(f"  {_wide(label, 12)}{text}")
    page.line(f"{shown(len(rows['test']))} phrases about other countries, numbers and dates are held out for the test.")
    run = out / languages.RUN
    model, seconds = _train(page, languages, files, run, seed, settings)
    evaluation = model.evaluate(files["test"], leaks=False)
    answers = model.predict(rows["test"].texts, alternatives=1, batch_size=256)
    page.line("Now scikit-learn, on the same rows.")
    rival = languages.fit_rival(rows["train"])
    _contest(page, languages.compare(answers, evaluation, rival, rows["test"]), (seconds, rival.seconds))
    _sentences(page, model, rival)
    _mixups(page, languages.mixups(answers, rows["test"], most=6), run, evaluation)


def _train(page: Page, part: Any, files: dict[str, Path], run: Path, seed: int, settings: Sequence[str]) -> Any:
    """The trained model and the seconds it took; what is left undone is said."""
    talk = training_talk()
    try:
        model = ground.train(
            part.RECIPE, files, run, seed=seed, time_limit=part.SECONDS, settings=settings, listener=talk
        )
    finally:
        if isinstance(talk, BarTalk):
            talk.close()
    metrics = bundle.read_metrics(run)
    if metrics["stopped"] == "time":
        page.line(f"Stopped by the clock after {duration(metrics['seconds'])}: this machine is slow or busy.", "yellow")
    return model, metrics["seconds"]


def _contest(page: Page, contest: languages.Contest, seconds: tuple[float, float]) -> None:
    rows = [
        ("LSTM in both directions", *_percent(contest.network), duration(seconds[0])),
        ("TF-IDF and logistic regression", *_percent(contest.rival), duration(seconds[1])),
    ]
    table(
        ("", "right", "95 % interval", "training"), rows, title=f"Held-out phrases, {shown(contest.network.n)} of them"
    )
    lead = f"{abs(100 * contest.lead):.1f} points"
    reach = f"(95 % interval of the difference: {100 * contest.low:+.1f} to {100 * contest.high:+.1f})"
    if contest.low <= 0.0 <= contest.high:
        page.line(f"Neither is clearly better {reach}.", "bold")
    else:
        winner = "The LSTM" if contest.lead > 0 else "Logistic regression"
        page.line(f"{winner} wins by {lead} {reach}.", "bold")
    kinds = [(kind, n, f"{100 * ours:.1f} %", f"{100 * theirs:.1f} %") for kind, n, ours, theirs in contest.kinds]
    table(("kind of phrase", "phrases", "LSTM", "rival"), kinds)


def _percent(score: Any) -> tuple[str, str]:
    return f"{100 * score.value:.1f} %", f"{100 * score.low:.1f} to {100 * score.high:.1f} %"


def _sentences(page: Page, model: Model, rival: languages.Rival) -> None:
    """The network on whole sentences of everyday life, which it was never shown."""
    page.heading("Sentences it was never trained for (it has seen names, dates, amounts and numbers only)")
    texts, labels = zip(*SENTENCES, strict=True)
    right = 0
    for text, label, answer in zip(texts, labels, model.predict(texts), strict=True):
        good = answer["label"] == label
        right += good
        line = Text(f"  {_wide(answer['label'], 12)}")
        line.append(page.bar(answer["probability"]), "green" if good else "red")
        line.append(f" {100 * answer['probability']:3.0f} %  {text}")
        if not good:
            line.append(f"  (is {label})", "red")
        page.line(line)
    theirs = sum(said == label for said, label in zip(rival.labels(texts), labels, strict=True))
    page.line(f"{right} of {len(texts)} right; logistic regression has {theirs}.", "bold")


def _mixups(page: Page, pairs: Sequence[languages.Mixup], run: Path, evaluation: Evaluation) -> None:
    rows = [(f"{pair.first}, {pair.second}", pair.times, pair.taken_for, pair.text) for pair in pairs]
    page.line("")
    table(("most confused", "times", "taken for", "such as"), rows)
    if evaluation.confusion is not None:
        picture = run / CONFUSION
        draw_confusion(evaluation.confusion, [row.name for row in evaluation.classes], picture)
        page.line(f"The whole picture: {picture}, learning curves: {run / bundle.CURVES}")


def _python(page: Page, out: Path, seed: int, settings: Sequence[str]) -> None:
    page.heading("2. Writing Python")
    files = ground.make_sample(sources.SAMPLE, out, seed)
    size = shown(files["train"].stat().st_size)
    page.line(f"{size} characters of this Python's own standard library; it learns which character comes next.")
    run = out / sources.RUN
    model, _ = _train(page, sources, files, run, seed, settings)
    scores = {score.name: score for score in model.evaluate(files["test"], leaks=False).scores}
    bits = scores["bits-per-character"]
    packed = sources.compressed_bits(files)
    page.line(
        f"On modules it never saw it needs {bits.value:.2f} bits a character ({bits.low:.2f} to {bits.high:.2f}). The "
        f"compressor xz, given the same text before, needs {packed:.2f}: "
        + ("the network wins." if bits.value < packed else "it copies what repeats, and wins.")
    )
    for prompt in sources.PROMPTS:
        page.line(f"It goes on from {prompt!r} (temperature {TEMPERATURE}):")
        page.line("")
        written = model.stream(prompt, length=SAMPLED, temperature=TEMPERATURE, seed=seed)
        page.stream(chain([f"    {prompt}"], written))
    page.line(f"Learning curves: {run / bundle.CURVES}")


def _wide(text: str, width: int) -> str:
    """The text filled up to so many places of a terminal."""
    return text + " " * max(0, width - cell_len(text))


def _commands(out: Path) -> list[str]:
    """What to try next on the runs that are there now."""
    language, python = (shlex.quote(str(out / part.RUN)) for part in (languages, sources))
    data = shlex.quote(str(out / "data" / languages.SAMPLE))
    return [
        f"echo 'Deutschland, Italien und die Schweiz' | weft predict {language} -",
        f"weft evaluate {language} {data}/test.csv",
        f"weft generate {python} --prompt 'def ' --temperature {TEMPERATURE}",
        f"echo 'import os' | weft score {python} -",
        f"weft train {languages.RECIPE} --train {data}/train.csv --valid {data}/valid.csv --out runs/mine",
        "weft train RECIPE --train YOUR.csv --out runs/yours   (weft recipes lists the recipes)",
    ]
