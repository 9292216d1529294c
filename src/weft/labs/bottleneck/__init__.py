"""A fixed vector against attention, by the length of the source (5 minutes on 2 cores; --full and --data: hours).

The claim: an encoder that has to put a whole sentence into one vector loses long ones, and attention removes this
bottleneck (D. Bahdanau, K. Cho and Y. Bengio, "Neural machine translation by jointly learning to align and translate",
ICLR 2015, figure 2). The same encoder and decoder are trained with attention and without, and measured by the length of
the source, paired text by text.

Without options: random strings to be copied and to be turned round, of lengths that training held and of longer
ones; ``--full``: longer strings, more updates, three seeds. ``--data DIR``: English to German, by BLEU. ``--run``
twice or more measures given translators, with ``--data`` or on ``--pairs FILE``. What a translator wrote for a set is
one line of ``results.jsonl``; trainings go on where they stopped.
"""

from __future__ import annotations

from weft.labs._contract import LabOptions, LabReport
from weft.labs._results import ResultsFile
from weft.labs._translators import Texts, answers, facts, key, load_translator, train_missing
from weft.labs.bottleneck import pictures, plan, report
from weft.labs.bottleneck.plan import Case, Given
from weft.version import VERSION

TAKES = ("data", "pairs", "runs")


def run(options: LabOptions) -> LabReport:
    """Train and measure what the folder does not hold yet, draw, and say what follows.

    Raises:
        ConfigError, DataError: the options do not fit together, or a file or a run is not what it must be.
        RunError: the folder holds something else, or cannot be written.
    """
    cases = plan.make(options)
    results = ResultsFile(options.out, {"lab": "bottleneck", "weft": VERSION}, key)
    for case in cases:
        for given in case.given:
            _ask(given, case.texts, results, options)
    # Those with attention, which take longer, come first.
    train_missing([each for case in cases for each in reversed(case.jobs)], results, options)
    measured = [_measured(case, results) for case in cases]
    return report.make(measured, pictures.draw(options.out, measured))


def _ask(given: Given, texts: Texts, results: ResultsFile, options: LabOptions) -> None:
    """What a given run writes, unless the results hold it."""
    if (texts.digest, given.digest) in results.records:
        return
    written = answers(load_translator(given.run), texts)
    known = {"set": texts.name, "digest": texts.digest, "network": given.name, "seed": None, "model": given.digest}
    results.add({**known, **facts(given.run), "written": written})
    options.progress(f"{given.name}, {texts.name}: {len(texts.pairs):,} sources translated", None)


def _measured(case: Case, results: ResultsFile) -> report.Measured:
    digests = [*(given.digest for given in case.given), *(planned.digest for planned in case.jobs)]
    records = [results.records[case.texts.digest, digest] for digest in digests]
    names = [*(given.name for given in case.given), *(planned.job.network for planned in case.jobs)]
    return report.Measured(case.texts, case.seed, dict(zip(names, records, strict=True)))
