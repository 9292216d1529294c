"""Outputs for sources, by one translator or by several as one: searched for, or drawn and ranked."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from weft.data.batching import pad
from weft.data.pairs import PairVocabulary, source_row
from weft.errors import ConfigError
from weft.search.beam import Beam, Hypothesis, beam_search
from weft.search.constraints import OneOf
from weft.search.ensemble import Ensemble
from weft.search.minimum_bayes_risk import minimum_bayes_risk
from weft.search.sample_sources import sample_sources
from weft.search.settings import Search
from weft.tasks.translate.copying import check_copies, copied
from weft.tasks.translate.decoding import TranslationDecoder
from weft.tasks.translate.model import Translator

RECIPE = Search()


def beam_of(module: Translator) -> Beam:
    """The beam of a translator's recipe."""
    how = module.decoding
    return Beam(how.beam, length_penalty=how.length_penalty, coverage_penalty=how.coverage_penalty)


def searched(
    module: Translator, vocabulary: PairVocabulary, ids: Tensor, lengths: Tensor, *, n_best: int
) -> list[list[Hypothesis]]:
    """The best outputs for sources int64 [B, S], as the recipe says; an empty one for an empty source."""
    return _searched([module], vocabulary, [(ids, lengths)], beam_of(module), n_best=n_best, outputs=())


def translated(
    modules: Sequence[Translator],
    vocabulary: PairVocabulary,
    texts: Sequence[str],
    search: Search,
    *,
    alternatives: int,
) -> list[list[Hypothesis]]:
    """Outputs of each text, the best first.

    Args:
        modules: translators of one vocabulary, whose probabilities are averaged.
        alternatives: outputs handed back, at most.
    Raises:
        ConfigError: outputs that the target's vocabulary cannot write.
    """
    rows = [[source_row(text, vocabulary.source, module.data) for text in texts] for module in modules]
    sources = [pad(each) for each in rows]
    if not search.samples:
        beam = search.asked(beam_of(modules[0]))
        return _searched(modules, vocabulary, sources, beam, n_best=alternatives, outputs=search.outputs)
    drawn = _drawn(modules, vocabulary, sources, rows[0], search)
    if search.least_risk:
        return [
            _by_risk(samples, [shown(each, text, vocabulary, modules[0]) for each in samples])[:alternatives]
            for samples, text in zip(drawn, texts, strict=True)
        ]
    return [_by_probability(each)[:alternatives] for each in drawn]


def _searched(
    modules: Sequence[Translator],
    vocabulary: PairVocabulary,
    sources: Sequence[tuple[Tensor, Tensor]],
    beam: Beam,
    *,
    n_best: int,
    outputs: Sequence[str],
) -> list[list[Hypothesis]]:
    decoder, lengths, longest = _reads(modules, vocabulary, sources)
    return beam_search(
        decoder,
        len(lengths),
        replace(beam, size=max(beam.size, n_best), n_best=n_best),
        start_id=modules[0].end_id,
        stop_id=modules[0].end_id,
        longest=longest,
        allowed=_only(outputs, vocabulary),
        source_lengths=lengths,
    )


def _drawn(
    modules: Sequence[Translator],
    vocabulary: PairVocabulary,
    sources: Sequence[tuple[Tensor, Tensor]],
    rows: Sequence[np.ndarray],
    search: Search,
) -> list[list[Hypothesis]]:
    decoder, lengths, longest = _reads(modules, vocabulary, sources)
    return sample_sources(
        decoder,
        len(lengths),
        search.sampling,
        samples=search.samples,
        start_id=modules[0].end_id,
        stop_id=modules[0].end_id,
        longest=longest,
        seed=search.seed,
        # A text's own name: its samples depend neither on its place nor on what stands beside it.
        names=[zlib.crc32(np.ascontiguousarray(row, dtype="<i8").tobytes()) for row in rows],
        source_lengths=lengths,
    )


def _reads(
    modules: Sequence[Translator], vocabulary: PairVocabulary, sources: Sequence[tuple[Tensor, Tensor]]
) -> tuple[TranslationDecoder | Ensemble, Tensor, Tensor]:
    """What says the next symbol, the lengths of its sources and those of its longest outputs."""
    device = next(modules[0].parameters()).device
    check_copies(modules)
    forbidden = None if modules[0].decoding.copy_unknown else vocabulary.target.unknown_id
    members = [
        TranslationDecoder(module, ids.to(device), lengths, forbidden=forbidden)
        for module, (ids, lengths) in zip(modules, sources, strict=True)
    ]
    lengths = sources[0][1]
    longest = modules[0].longest(lengths).masked_fill(lengths == 1, 0).to(device)
    return members[0] if len(members) == 1 else Ensemble(members), lengths.to(device), longest


def _only(outputs: Sequence[str], vocabulary: PairVocabulary) -> OneOf | None:
    if not outputs:
        return None
    target = vocabulary.target
    assert target.end_id is not None
    numbered = [target.encode(output).tolist() for output in outputs]
    for output, numbers in zip(outputs, numbered, strict=True):
        if target.unknown_id in numbers:
            raise ConfigError(
                f"the output {output!r:.80} has symbols that this model cannot write",
                hint="it writes what its training targets are made of",
            )
    return OneOf(numbered, stop_id=target.end_id, size=target.size)


def _by_probability(samples: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Each different sample once, the likeliest first."""
    once = {each.ids: each for each in reversed(samples)}
    return sorted(once.values(), key=lambda each: -each.logp)


def _by_risk(samples: Sequence[Hypothesis], texts: list[str]) -> list[Hypothesis]:
    """Each different text once, the one most like all samples first; its score is the chrF expected of it."""
    ranked = minimum_bayes_risk(samples, texts, _chrf)
    return [replace(samples[choice.index], score=choice.utility) for choice in ranked]


def _chrf(pairs: list[tuple[str, str]]) -> list[float]:
    from sacrebleu.metrics.chrf import CHRF

    measure = CHRF()
    return [measure.sentence_score(written, [right]).score for written, right in pairs]


def shown(best: Hypothesis, text: str, vocabulary: PairVocabulary, module: Translator) -> str:
    """An output as text, what is unknown in it taken from its source where the recipe says so."""
    return vocabulary.target.decode(best.ids, copied(best, text, vocabulary, module))


def answer(best: Sequence[Hypothesis], text: str, vocabulary: PairVocabulary, module: Translator) -> dict[str, Any]:
    """A row of plain values of what was found for a text, the best first."""
    ranked = [
        {
            "translation": shown(each, text, vocabulary, module),
            "logp": each.logp,
            "score": each.score,
            "finished": each.finished,
        }
        for each in best
    ]
    row = {**ranked[0], "alternatives": ranked} if len(ranked) > 1 else ranked[0]
    longest = module.data.max_length
    return {**row, "cut_at": longest} if len(vocabulary.source.encode(text)) > longest else row
