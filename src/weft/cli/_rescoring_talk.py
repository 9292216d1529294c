"""What ``weft rescore`` tells a person on standard error: weights, word error rates, sentences that changed."""

from __future__ import annotations

from collections.abc import Sequence

from weft.cli._console import say, shown, table
from weft.metrics import word_errors
from weft.rescoring import Form, Outcome, Ranked, Weights
from weft.types import Score


def show_weights(weights: Weights) -> None:
    """A row a run, and the weight of a word."""
    rows = [(run.name, run.logp, run.unknown) for run in weights.runs]
    table(("run", "weight of log p", "of an unknown symbol"), rows, talk=True)
    say(f"a word counts {shown(weights.words)}, the score that a hypothesis came with counts 1")


def show_outcome(outcome: Outcome, *, title: str = "") -> None:
    """Word error rates before and after, and how far that is on the way to the oracle."""
    said = (
        f"{outcome.lists:,} lists, {outcome.hypotheses:,} hypotheses; {outcome.changed:,} lists got another text on top"
    )
    if outcome.before is None or outcome.after is None or outcome.oracle is None or outcome.change is None:
        why = "without references" if not outcome.measured else "without a word in any reference"
        say(f"{said}; {why} no word error rate")
        return
    rows = [_row("before", outcome.before), _row("after", outcome.after), _row("oracle", outcome.oracle)]
    columns = ("", "word error rate", "95 % interval", "substituted", "inserted", "deleted", "words")
    table(columns, rows, title=title, talk=True)
    say(f"difference {_interval(outcome.change, 'points', '+.2f')}, paired bootstrap over sentences")
    if outcome.closed is not None:
        say(f"share of the gap to the oracle that is closed: {_interval(outcome.closed, '%', '.1f')}")
    if outcome.measured < outcome.lists:
        said += f"; {outcome.lists - outcome.measured:,} of the lists have no reference and count in no rate"
    say(said)


def show_changes(ranked: Sequence[Ranked], count: int, form: Form) -> None:
    """The first ``count`` lists with another text on top: what was said, and both texts with their errors in a form."""
    changed = [row for row in ranked if row.nbest.texts[row.before] != row.nbest.texts[row.after]]
    for row in changed[:count]:
        before, after = row.nbest.texts[row.before], row.nbest.texts[row.after]
        say(f"\n{row.nbest.name}")
        if row.nbest.reference is None:
            say(f"  before  {before}\n  after   {after}")
            continue
        errors = word_errors([form.apply(row.nbest.reference)] * 2, [form.apply(before), form.apply(after)]).errors
        say(f"  said           {row.nbest.reference}")
        say(f"  before {_errors(errors[0])} {before}\n  after  {_errors(errors[1])} {after}")


def _errors(number: int) -> str:
    return f"({number})".ljust(7)


def _row(name: str, score: Score) -> tuple[str | int, ...]:
    parts = dict(part.split(":", 1) for part in score.signature.split("|"))
    kinds = (int(parts[kind]) for kind in ("substitutions", "insertions", "deletions"))
    return (name, f"{score.value:.2%}", f"{score.low:.2%} to {score.high:.2%}", *kinds, score.n)


def _interval(values: tuple[float, float, float], unit: str, form: str) -> str:
    value, low, high = (format(100 * value, form) for value in values)
    return f"{value} {unit} (95 % interval {low} to {high})"
