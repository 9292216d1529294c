"""Re-rank n-best lists of a recogniser by language models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

import weft
from weft.cli._console import counted, say, write_json
from weft.cli._options import Device, Threads
from weft.cli._rescoring_talk import show_changes, show_outcome, show_weights
from weft.cli._run_names import names_of
from weft.cli._writable import make_way
from weft.data.problems import Problems
from weft.errors import ConfigError
from weft.model import Model
from weft.rescoring import (
    ENDING,
    Form,
    NBest,
    Outcome,
    Tuning,
    Weights,
    check_ending,
    check_form,
    check_references,
    identity,
    outcome,
    rank,
    read_lists,
    tabulate,
    tune,
    word_error_table,
)
from weft.rescoring.form import Case, Marks

Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Language models.", show_default=False)]
Lists = Annotated[
    Path,
    typer.Argument(
        metavar="NBEST", help='JSON lines: {"id", "reference", "nbest": [{"text", "score"}]}.', show_default=False
    ),
]
Dev = Annotated[Path | None, typer.Option(metavar="NBEST", help="Lists with references to tune the weights on.")]
Given = Annotated[
    str, typer.Option(metavar="FILE|W,W,...", help="Weights from --save-weights, or one a run and one a word.")
]
Save = Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the weights in this .json file.")]
AskedCase = Annotated[Case | None, typer.Option(metavar="lower|upper|as-is", help="Case to read and count errors in.")]
AskedMarks = Annotated[Marks | None, typer.Option(metavar="keep|remove", help="Punctuation, likewise.")]
Changed = Annotated[int, typer.Option(min=0, metavar="N", help="Show so many of the lists with another text on top.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was measured to this .json file.")]


def command(
    runs: Runs,
    nbest: Lists,
    dev: Dev = None,
    weights: Given = "",
    save_weights: Save = None,
    case: AskedCase = None,
    punctuation: AskedMarks = None,
    changed: Changed = 0,
    report: Report = None,
    device: Device = "cpu",
    threads: Threads = 0,
) -> None:
    """Re-rank n-best lists: each list is one line of JSON, its hypotheses in their new order with their new scores.

    A new score is the hypothesis' own plus weighted log-probabilities of the runs, a weight for unknown symbols and one
    for words. Where references are given, word error rates before and after and of the best in each list are told.
    Runs read the texts as they were trained (data.lowercase, data.punctuation); texts that do not fit a run are an
    error, and so are references that are written unlike the hypotheses.
    """
    if bool(dev) == bool(weights):
        raise ConfigError(
            "the weights come from --dev or from --weights; " + ("both were" if dev else "neither was") + " given",
            hint="tune them: --dev DEV --save-weights FILE.json, then --weights FILE.json; or --weights 0.3,-0.5",
        )
    if save_weights is not None:
        check_ending(save_weights)
        make_way(save_weights, "the weights")
    if report is not None:
        make_way(report, "the report")
    models = _loaded(runs, device, threads)
    form = Form(case, punctuation)
    chosen = _chosen(weights, models, form) if weights else _tuned(models, dev or Path(), form)
    if save_weights is not None:
        chosen.write(save_weights)
        say(f"{save_weights} written")
    lists = _read(nbest, models, chosen.form, references=False)
    show_weights(chosen)
    table = tabulate(lists, models, chosen.form, say)
    ranked = rank(lists, table, chosen)
    for row in ranked:
        write_json(row.to_json())
    found = outcome(ranked, table, chosen.form)
    show_outcome(found)
    show_changes(ranked, changed, chosen.form)
    if report is not None:
        _write_report(report, found)


def _write_report(path: Path, found: Outcome) -> None:
    try:
        path.write_text(json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: the report cannot be written: {error.strerror}") from error


def _loaded(runs: list[Path], device: str, threads: int) -> dict[str, Model]:
    """The runs by their names."""
    named = zip(names_of(runs), runs, strict=True)
    models = {name: weft.load(run, device=device, threads=threads) for name, run in named}
    for model in models.values():
        model.score([""])
    return models


def _chosen(weights: str, models: Mapping[str, Model], form: Form) -> Weights:
    path = Path(weights)
    if path.suffix == ENDING:
        return Weights.read(path, _identities(models), form)
    return Weights.given(list(models), weights, form)


def _identities(models: Mapping[str, Model]) -> dict[str, str]:
    return {name: identity(model.run) for name, model in models.items() if model.run is not None}


def _tuned(models: Mapping[str, Model], dev: Path, form: Form) -> Weights:
    lists = _read(dev, models, form, references=True)
    table = tabulate(lists, models, form, say)
    errors = word_error_table(lists, table, form)
    say(f"tuning on {counted(len(lists), 'list')} of {dev}")
    vector, made = tune(table, errors)
    found = Weights.of(_identities(models), vector, form, Tuning(str(dev), len(lists), made))
    show_outcome(outcome(rank(lists, table, found), table, form), title=f"{dev}, which the weights were tuned on")
    return found


def _read(path: Path, models: Mapping[str, Model], form: Form, *, references: bool) -> list[NBest]:
    problems = Problems()
    lists = read_lists(path, problems, references=references)
    for note in problems.notes():
        say(f"note: {note}")
    empty = sum(not text.split() for one in lists for text in one.texts)
    if empty:
        say(f"note: {counted(empty, 'hypothesis') if empty == 1 else f'{empty:,} hypotheses'} without words")
    texts = list(dict.fromkeys(text for one in lists for text in one.texts if text.split()))
    for name, model in models.items():
        check_form(name, model.vocabulary.text, texts, form)  # type: ignore[attr-defined]
    said = [one.reference for one in lists if one.reference is not None]
    check_references(str(path), said, texts, form)
    return lists
