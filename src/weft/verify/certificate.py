"""The trial itself: the same texts through every way, chunk by chunk, and the verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from weft.catalog import WAYS
from weft.devices import set_threads
from weft.errors import WeftError
from weft.model import Model
from weft.training.surroundings import machine
from weft.verify import diagnosis
from weft.verify._contract import EIGHT_BITS, Answers, Texts, Way
from weft.verify._subject import Subject, recurrences
from weft.verify.comparison import Tally
from weft.verify.rows import Rows

PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not applicable"
CHUNK = 64
"""Texts that are run in every way before the next ones are."""

NUMBERS = 1 << 22
"""log p that the longest chunk may hold in one way: 32 MB."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Line:
    """What was found of one way.

    Attributes:
        way: its name, for a kernel "kernel NAME".
        summary: what it does.
        arithmetic, tolerance: its class, and the bound on |Δ log p| / max(1, |log p|).
        against: what it was held against: "reference", another way, or "itself" (a call or kernel before).
        verdict: "pass", "fail" or "not applicable".
        reason: why not, in one clause; "" for a pass.
        largest, mean: of |Δ log p| / max(1, |log p|): over all choices, and the mean of each decision's largest; None
            when it did not run.
        decisions, changed: how many were compared, and how many came out another way beyond the tolerance.
        turned: how many came out another way at all, ties and near ties included.
        text: number of the text with the largest difference among the usable ones of the source; 0: there is none.
        seconds: that it took.
    """

    way: str
    summary: str
    arithmetic: str
    tolerance: float
    against: str
    verdict: str
    reason: str = ""
    largest: float | None = None
    mean: float | None = None
    decisions: int = 0
    changed: int = 0
    turned: int = 0
    text: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether it makes the certificate fail."""
        return self.verdict == FAIL

    @property
    def cost(self) -> str:
        """What a coarser arithmetic than float32 cost, a clause; "" for all others, which must cost nothing."""
        if self.arithmetic != EIGHT_BITS.name or self.largest is None:
            return ""
        share = 100 * self.turned / self.decisions
        return f"8-bit weights move log p by at most {self.largest:.2g} and {share:.2g} % of the decisions"


@dataclass(frozen=True)
class Certificate:
    """All verdicts, and what they were given on.

    Attributes:
        lines: a way each.
        faults: what is wrong, a sentence each; none when all passed.
        decision: what was decided ("label").
        rows: the texts.
        seed: of the ways' draws.
        machine: versions, instruction set, threads.
        kernels: who runs each recurrence of the run, by its name.
        seconds: that all took.
    """

    lines: tuple[Line, ...]
    faults: tuple[str, ...]
    decision: str
    rows: Rows
    seed: int
    machine: Mapping[str, Any]
    kernels: Mapping[str, str]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether no way failed."""
        return not any(line.failed for line in self.lines)

    @property
    def ran(self) -> tuple[Line, ...]:
        """Ways with a difference to show that ought to make none."""
        return tuple(line for line in self.lines if line.largest is not None and not line.cost)

    def sentence(self) -> str:
        """The verdict in one sentence."""
        on = f"{len(self.rows.texts):,} texts of {self.rows.source} ({self.rows.symbols:,} symbols)"
        if not self.passed:
            failed = sum(line.failed for line in self.lines)
            return f"fail: {failed} of {len(self.lines)} ways of running do not hold on {on}: {'; '.join(self.faults)}"
        largest = max((line.largest or 0.0 for line in self.ran), default=0.0)
        decisions = max((line.decisions for line in self.ran), default=0)
        return (
            f"pass: {len(self.ran)} ways of running give the same {decisions:,} {self.decision}s on {on};"
            f" largest difference {largest:.1e}" + "".join(f"; {line.cost}" for line in self.lines if line.cost)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``certificate.json``."""
        rows = {name: value for name, value in vars(self.rows).items() if name not in ("texts", "places")}
        rows |= {"texts": len(self.rows.texts), "symbols": self.rows.symbols}
        return {
            "verdict": PASS if self.passed else FAIL,
            "sentence": self.sentence(),
            "faults": list(self.faults),
            "decision": self.decision,
            "rows": rows,
            "seed": self.seed,
            "machine": dict(self.machine),
            "kernels": dict(self.kernels),
            "ways": [asdict(line) for line in self.lines],
            "seconds": self.seconds,
        }


def certify(model: Model, rows: Rows, *, seed: int = 1, progress: Progress | None = None) -> Certificate:
    """Run the texts in every way of ``ways/`` and judge each.

    Everything is computed on the CPU with one thread, except in the ways that are about something else. A way that the
    task declares fails when its file is gone, when it refuses, and when it ends in an error.

    Args:
        model: in evaluation mode, as ``weft.load`` gives it.
        rows: the texts.
        seed: of everything that is drawn.
        progress: is told how many texts are done, and of how many.
    """
    began = time.monotonic()
    with _alone_on_one_thread():
        subject = Subject(model, seed=seed, sample=rows.texts[:1])
        declared = model.task.ways(model.config)
        chunks = list(_chunks(subject, rows.texts))
        kept = diagnosis.keeps_state(subject)
        names = [*(name for name in declared if name in WAYS.names()), *sorted(set(WAYS.names()) - declared.keys())]
        trials = [trial for name in names for trial in _trials(name, subject, declared.get(name))]
        done = 0
        for places in chunks:
            _run_chunk(subject, rows.texts, places, trials)
            done += len(places)
            if progress is not None:
                progress(done, len(rows.texts))
        lines = (*(trial.line(rows) for trial in trials), *_missing(declared))
        faults = diagnosis.faults(
            subject,
            rows.texts,
            differ={line.way: line.reason for line in lines if line.failed and line.largest is not None},
            broken={line.way: line.reason for line in lines if line.failed and line.largest is None},
            kept=kept,
        )
    return Certificate(
        lines=lines,
        faults=faults,
        decision=model.task.decision,
        rows=rows,
        seed=seed,
        machine=machine(torch.device("cpu"), 1),
        kernels={name: layer.kernel for name, layer in recurrences(subject.module).items()},
        seconds=time.monotonic() - began,
    )


@dataclass
class _Trial:
    """A way while it runs; ``reason`` with ``verdict`` says why it does not, or no longer."""

    name: str
    key: str
    way: Way
    verdict: str = ""
    reason: str = ""
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0

    def stop(self, reason: str) -> None:
        """It cannot go on, and fails; what it measured before says nothing."""
        self.verdict, self.reason, self.tally = FAIL, reason, Tally()

    def line(self, rows: Rows) -> Line:
        tally, way = self.tally, self.way
        tolerance = way.arithmetic.tolerance
        verdict, reason = self.verdict, self.reason
        if not verdict:
            verdict = PASS if tally.passes(tolerance) else FAIL
            reason = "" if verdict == PASS else tally.misfit or _shortfall(tally, way, tolerance)
        measured = tally.decisions > 0
        return Line(
            way=self.key,
            summary=WAYS.summary(self.name),
            arithmetic=way.arithmetic.name,
            tolerance=tolerance,
            against="itself" if way.base is not None else way.against or "reference",
            verdict=verdict,
            reason=reason,
            largest=tally.largest if measured else None,
            mean=tally.total / tally.decisions if measured else None,
            decisions=tally.decisions,
            changed=tally.changed(tolerance),
            turned=len(tally.margins),
            text=rows.places[tally.worst] if tally.worst >= 0 else 0,
            seconds=self.seconds,
        )


def _trials(name: str, subject: Subject, declared: str | None) -> Iterator[_Trial]:
    """The ways of one file; ``declared`` is what the task says of it, None when it does not know it."""
    ways: Mapping[str, Way] = WAYS.load(name).ways
    for ending, way in ways.items():
        trial = _Trial(name, f"{name} {ending}".strip(), way)
        trial.reason = declared or way.absent()
        if trial.reason:
            trial.verdict = NOT_APPLICABLE
        else:
            trial.reason = _refusal(way, subject)
            must = declared == "" and not ending
            trial.verdict = (FAIL if must else NOT_APPLICABLE) if trial.reason else ""
        yield trial


def _refusal(way: Way, subject: Subject) -> str:
    try:
        return way.refuse(subject)
    except Exception:  # noqa: BLE001 (it will end in the same error when it runs, and be told of there)
        return ""


def _missing(declared: Mapping[str, str]) -> Iterator[Line]:
    """Ways that the task declares and nobody can go."""
    for name in sorted(declared.keys() - set(WAYS.names())):
        reason = "the task declares this way, and there is none of that name: fewer ways ran than it asks for"
        yield Line(name, "", "", 0.0, "", FAIL, reason)


def _chunks(subject: Subject, texts: Texts) -> Iterator[list[int]]:
    """Places of short and long texts in equal parts, so many that memory stays flat also for a large vocabulary."""
    (answer,) = subject.reference(subject.sample)
    longest = max(map(len, texts))
    numbers = answer.numel() // len(answer) * (longest if subject.in_step else len(answer))
    size = max(2, min(CHUNK, NUMBERS // max(1, numbers)))
    order = np.argsort([len(text) for text in texts], kind="stable")
    ends = [int(place) for pair in zip(order, order[::-1], strict=True) for place in pair][: len(order)]
    for first in range(0, len(ends), size):
        yield ends[first : first + size]


def _run_chunk(subject: Subject, all_texts: Texts, places: Sequence[int], trials: Sequence[_Trial]) -> None:
    """Every way over the same texts; the answers of ways that others are held against are kept meanwhile."""
    texts = [all_texts[place] for place in places]
    try:
        known: dict[str, Answers] = {"": subject.reference(texts)}
    except WeftError as error:
        for trial in trials:
            if not trial.verdict:
                trial.stop(f"the reference ended in an error: {_first_line(error)}")
        return
    asked = {trial.way.against for trial in trials}
    for trial in sorted(trials, key=lambda trial: trial.key not in asked):
        if trial.verdict:
            continue
        if trial.way.base is None and trial.way.against not in known:
            trial.stop(f"{trial.way.against!r} did not run, so there is nothing to hold it against")
            continue
        try:
            base = trial.way.base(subject, texts) if trial.way.base else known[trial.way.against]
            began = time.monotonic()
            answers = trial.way.answer(subject, texts)
            trial.seconds += time.monotonic() - began
        except Exception as error:  # noqa: BLE001 (a way that ends in an error is a verdict, not the end of the others)
            trial.stop(f"ended in an error: {type(error).__name__}: {_first_line(error)}")
        else:
            trial.tally.add(base, answers, places=places)
            if trial.key in asked:
                known[trial.key] = answers


def _shortfall(tally: Tally, way: Way, tolerance: float) -> str:
    """In what a way fell short, and what that means."""
    if tally.undefined:
        return f"{tally.undefined:,} log p are not numbers"
    changed = tally.changed(tolerance)
    return way.means + (f", {changed:,} of {tally.decisions:,} decisions changed" if changed else "")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


@contextmanager
def _alone_on_one_thread() -> Iterator[None]:
    """One CPU thread, and torch's random stream, put back afterwards."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=list(range(torch.cuda.device_count()))):
        try:
            set_threads(1)
            yield
        finally:
            torch.set_num_threads(before)
