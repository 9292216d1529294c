"""Subject-verb agreement over a distance, by language models and with supervision (4 minutes on 2 cores; --full more).

Minimal pairs, "My dog, whom I adopted in 2009, [chases/chase]", scored by every model: is the form that agrees the
likelier one, by the number of attractors (nouns between of the other number) and by distance, beside a trigram and
chance. Source: T. Linzen, E. Dupoux and Y. Goldberg, "Assessing the Ability of LSTMs to Learn Syntax-Sensitive
Dependencies", TACL 4 (2016), in both of its ways: a language model, and the verb's number predicted with supervision.

Without options, small models are trained on built-in sentences and measured on built-in pairs. ``--run`` measures given
models, ``--pairs`` other pairs, and ``--data`` the public sets; with ``--data`` and no run, models are trained on the
agreement sentences themselves. What a model said of a set is one line of ``results.jsonl``, found again by the content
of both; trainings go on where they stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from weft.bundle import is_run, read_metrics
from weft.errors import DataError
from weft.labs._contract import LabOptions, LabReport
from weft.labs._results import ResultsFile
from weft.labs._side_by_side import side_by_side
from weft.labs.agreement import models, pictures, plan, report
from weft.labs.agreement.comparing import Verdict
from weft.labs.agreement.counting import is_silent
from weft.labs.agreement.data_sets import LINZEN
from weft.labs.agreement.judging import RunJudge
from weft.labs.agreement.models import Job
from weft.labs.agreement.nouns import shortcuts
from weft.labs.agreement.numbers import NumberTable, number_table
from weft.labs.agreement.pairs import PairSet
from weft.labs.agreement.plan import Plan
from weft.version import VERSION

TAKES = ("data", "pairs", "runs")
NUMBER = "number prediction"
"""The column of the first seed of number prediction, among the language models."""


def run(options: LabOptions) -> LabReport:
    """Train and measure what the folder does not hold yet, draw, and say what follows.

    Raises:
        ConfigError, DataError: a set, a file or a run that was given is not what it must be, or no run can compare the
            two of any pair.
        RunError: the folder holds something else, or cannot be written.
    """
    planned = plan.make(options)
    results = ResultsFile(options.out, {"lab": "agreement", "weft": VERSION}, _key)
    _train([*planned.models, *planned.numbers], options)
    judges = [RunJudge(name, run) for name, run in planned.runs]
    judges += [RunJudge(job.name, job.out) for job in planned.models]
    numbers = [RunJudge(job.name, job.out) for job in planned.numbers]
    if numbers:
        judges.append(RunJudge(NUMBER, numbers[0].run))
    measured = []
    for pairs in planned.sets:
        said = {judge.name: _said(judge, pairs, results, options) for judge in judges}
        measured.append(report.Measured(pairs, said))
    _check_comparable(judges, measured)
    drawn = tuple(pictures.draw(options.out, each.pairs.name, each.parts) for each in measured if each.parts)
    return report.make(
        measured,
        baseline=next((judge.name for judge in judges if judge.counts), ""),
        numbers=_number_table(planned, numbers, results, options),
        pictures=drawn,
    )


def _train(jobs: Sequence[Job], options: LabOptions) -> None:
    """Train every job; of one that is done, in this process, it is seen that it is what is wanted."""
    missing = [job for job in jobs if not _is_done(job.out)]
    for job in jobs:
        if job not in missing:
            models.train(job)
    for number, name in enumerate(side_by_side(models.train, [(job,) for job in missing], options.threads), 1):
        options.progress(f"{number} of {len(missing)} trained: {name}", None)


def _is_done(out: Path) -> bool:
    return is_run(out) and (out / "metrics.json").is_file() and read_metrics(out)["stopped"] != "interrupt"


def _said(judge: RunJudge, pairs: PairSet, results: ResultsFile, options: LabOptions) -> Verdict:
    """What a judge says of a set, from the results where it stands there."""
    key = (pairs.digest, judge.digest)
    if key not in results.records:
        verdict = judge.judge(pairs, options.progress)
        results.add(_record(pairs, judge, verdict))
        options.progress(f"{judge.name}, {pairs.name}: {len(pairs.pairs):,} pairs measured", None)
    return _verdict(results.records[key], judge.why_not)


def _check_comparable(judges: Sequence[RunJudge], measured: Sequence[report.Measured]) -> None:
    """See that some model says something of some set."""
    if any(each.parts for each in measured):
        return
    silent = [(judge, each.pairs) for each in measured for judge in judges if is_silent(each.verdicts[judge.name])]
    if len(silent) == len(judges) * len(measured):
        judge, pairs = silent[0]
        raise DataError(f"{pairs.name}: {judge.refusal(pairs)}", hint="measure a model of these words, or other pairs")


def _number_table(
    planned: Plan, numbers: Sequence[RunJudge], results: ResultsFile, options: LabOptions
) -> NumberTable | None:
    """Number prediction on the agreement sentences, where they are measured."""
    linzen = next((pairs for pairs in planned.sets if pairs.name == LINZEN), None)
    if linzen is None or not numbers:
        return None
    seeds = {judge.name: _said(judge, linzen, results, options) for judge in numbers}
    blind = shortcuts(linzen.pairs, planned.nouns, planned.usual) if planned.nouns else {}
    return number_table(linzen, seeds, blind)


def _key(record: dict[str, Any]) -> tuple[str, str]:
    return record["digests"][0], record["digests"][1]


def _record(pairs: PairSet, judge: RunJudge, verdict: Verdict) -> dict[str, Any]:
    """Plain values: margins in nats, null where nothing is compared; the places of pairs with unknown words before."""
    margins = [None if np.isnan(value) else float(f"{value:.6g}") for value in verdict.margins.tolist()]
    return {
        "pairs": pairs.name,
        "judge": judge.name,
        "run": str(judge.run),
        "digests": [pairs.digest, judge.digest],
        "margins": margins,
        "blurred": np.flatnonzero(verdict.blurred).tolist(),
    }


def _verdict(record: dict[str, Any], why_not: str) -> Verdict:
    margins = np.array([np.nan if value is None else value for value in record["margins"]])
    blurred = np.zeros(len(margins), dtype=bool)
    blurred[record["blurred"]] = True
    return Verdict(margins, blurred, why_not)
