"""Vanishing and exploding gradients, measured before and after training (8 minutes on 2 cores; --full: 2 hours).

For every cell, two tasks that need what was seen D steps ago, and several D: the norms of ∂h_T/∂s_t and of ∂loss/∂x_t
against the distance T - t at initialization, after training, and after training with clipped gradients (R. Pascanu,
T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013). Default: D = 10, 30 and
100, at most 1,500 updates; ``--full``: D = 10 to 1,000, at most 3,000 updates.

Each experiment is one line of ``results.jsonl``; a lab started again in the same folder measures what is missing.
"""

from __future__ import annotations

import time
from dataclasses import replace

from weft.labs._contract import LabOptions, LabReport
from weft.labs._side_by_side import side_by_side
from weft.labs.gradients import pictures, report, variants
from weft.labs.gradients.experiment import Settings, measure
from weft.labs.gradients.results import Results
from weft.labs.gradients.tasks import TASKS

DEFAULT = Settings()
FULL = Settings(distances=(10, 30, 100, 300, 1000), updates=3000)


def run(options: LabOptions) -> LabReport:
    """Measure what the folder does not hold yet, draw, and say what follows.

    Raises:
        RunError: the folder holds results of other settings or of something else, or cannot be written.
    """
    settings = replace(FULL if options.full else DEFAULT, seed=options.seed)
    # The longest first: those at the end are then short, and no core waits long for another.
    distances = sorted(settings.distances, reverse=True)
    jobs = [(task, cell, distance) for distance in distances for cell in variants.names() for task in TASKS]
    results = Results(options.out, settings)
    missing = [job for job in jobs if job not in results.records]
    if len(missing) < len(jobs):
        options.progress(f"{len(jobs) - len(missing)} of {len(jobs)} experiments are in {results.path}", None)
    began, done = time.monotonic(), 0
    for record in side_by_side(measure, [(*job, settings) for job in missing], options.threads):
        results.add(record)
        done += record["distance"]
        left = sum(distance for _, _, distance in jobs) - sum(d for _, _, d in results.records)
        seconds_left = (time.monotonic() - began) / done * left
        number = f"{len(results.records)} of {len(jobs)}"
        options.progress(f"{number}: {report.in_short(record, settings)}", seconds_left)
    records = [results.records[job] for job in sorted(jobs)]
    return report.make(records, settings, pictures.draw(options.out, records, settings))
