"""Recurrent, convolutional and attention-only translators by length (8 minutes on 2 cores; --full: hours).

Four families at about as many parameters: a recurrent network without attention (K. Cho et al., EMNLP 2014) and with it
(D. Bahdanau et al., ICLR 2015), convolutions (J. Gehring et al., ICML 2017), and attention alone (A. Vaswani et al.,
"Attention Is All You Need", NIPS 2017). Each is trained with as many updates on the same texts: strings to be turned
round, and numbers in words to be written in digits. Measured are the share that is right by the length of the source,
the seconds of training, and in a second part the seconds of one update against the length, beside how many operations
have to be done one after the other.

``--full``: strings to be copied too, longer ones, more updates, three seeds. Each training and each pace is one line of
``results.jsonl``; a lab started again in the same folder measures what is missing.
"""

from __future__ import annotations

from weft.labs._contract import LabOptions, LabReport
from weft.labs._results import Record, ResultsFile
from weft.labs._translators import key, train_missing
from weft.labs.attention_only import pace, pictures, plan, report
from weft.version import VERSION

PACE = "pace"


def run(options: LabOptions) -> LabReport:
    """Train and measure what the folder does not hold yet, draw, and say what follows.

    Raises:
        RunError: the folder holds something else, or cannot be written.
    """
    planned = plan.make(options)
    results = ResultsFile(options.out, {"lab": "attention-only", "weft": VERSION}, _key)
    for note in planned.notes:
        options.progress(note, None)
    train_missing(planned.trainings, results, options)
    records = {each.key: results.records[each.key] for each in planned.trainings}
    measured = report.gather(planned, records)
    paces = _paces(planned, results, options)
    return report.make(planned, measured, paces, pictures.draw(options.out, measured, paces))


def _paces(planned: plan.Plan, results: ResultsFile, options: LabOptions) -> list[Record]:
    """Seconds of an update, after all trainings, so that nothing of this lab runs beside them."""
    wanted = [(PACE, network, length) for network in plan.NETWORKS for length in planned.size.paced]
    if any(each not in results.records for each in wanted):
        # The networks take turns, so all are measured again: what the machine does meanwhile meets them alike.
        options.progress(f"measuring updates at {len(planned.size.paced)} lengths", None)
        for record in pace.measure(planned.networks, planned.size.paced, planned.size.rounds, options.seed):
            results.add({"set": PACE, **record})
    return [results.records[each] for each in wanted]


def _key(record: Record) -> tuple[str | int, ...]:
    return (PACE, record["network"], record["length"]) if record["set"] == PACE else key(record)
