"""Dates in a hundred languages to ISO, and where the network looked (10 minutes on a core; --full: 3 seeds).

Recipe ``dates`` on the built-in sample of the same seed, so that every seed holds out other locales, months and
formats. Exact match by format, and the alignment error rate of attention beside IBM Model 1 against the true places of
year, month and day. With ``--out`` it goes on where it was stopped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from weft import bundle
from weft.benches._contract import BenchOptions, BenchReport, working_folder
from weft.benches._training import train_or_stop
from weft.catalog import SAMPLES
from weft.demo import dates

SEEDS = 1
FULL_SEEDS = 3
FORMATS = ("all", "full", "long", "medium")
ALIGNERS = ("attention", "IBM Model 1")


def run(options: BenchOptions) -> BenchReport:
    """Train and measure a run a seed."""
    seeds = range(options.seed, options.seed + (FULL_SEEDS if options.full else SEEDS))
    with working_folder(options) as folder:
        rows = [_measure(seed, folder / f"dates-{seed}", options) for seed in seeds]
    return BenchReport(
        title="Dates of held-out triples (locale, month, format), exact match in percent; alignment error rate",
        columns=("seed", *FORMATS, "95 % of all", *(f"AER, {name}" for name in ALIGNERS), "minutes of training"),
        rows=rows,
        notes=(f"{options.threads or 'all'} threads; alignments of the dates of the test part that are right",),
    )


def _measure(seed: int, out: Path, options: BenchOptions) -> tuple[Any, ...]:
    files = {path.stem: path for path in SAMPLES.load(dates.SAMPLE).make(out.with_name(f"{out.name}-data"), seed=seed)}
    model = train_or_stop(
        dates.RECIPE,
        train=files["train"],
        valid=files["valid"],
        out=out,
        settings=[f"training.threads={options.threads}"],
        seed=seed,
        resume=True,
    )
    test = dates.read_dates(files["test"])
    written = [row["translation"] for row in model.predict(test.sources, alternatives=1, batch_size=256)]
    exact = dict(dates.exact(test, written))
    errors = dates.alignment_errors(model, dates.read_dates(files["train"]), test)
    minutes = bundle.read_metrics(out)["seconds"] / 60
    right = [round(100 * exact[name].value, 2) for name in FORMATS]
    options.progress(f"{out.name}: {right[0]} % right in {minutes:.0f} minutes")
    interval = f"{100 * exact['all'].low:.2f}-{100 * exact['all'].high:.2f}"
    looked = [round(errors[name].value, 4) if name in errors else "" for name in ALIGNERS]
    return (seed, *right, interval, *looked, round(minutes, 1))
