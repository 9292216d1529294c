"""Settings of dynamic evaluation and neural cache, tried on the beginning of a text that is not the one to measure on.

The cache's theta and weight are tried together: the network reads once. Of dynamic evaluation the rates are tried
first, then the decays at the best rate: each is a reading of its own.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from weft.tasks.language_model.adapted import passage_nats, readings
from weft.tasks.language_model.cache import Cache, mixed
from weft.tasks.language_model.dynamic import Learning
from weft.tasks.language_model.model import LanguageModel
from weft.tasks.language_model.passage import BLOCK, Passage
from weft.types import DynamicEvaluation, NeuralCache, Trial, Tuned

SYMBOLS = 20_000
"""Of the text that are read for a trial."""
THETAS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
WEIGHTS = (0.02, 0.05, 0.1, 0.2, 0.3)
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
RATES_BY_SIZE = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3)
DECAYS = (0.0, 0.001, 0.003, 0.01, 0.03)


def tune(
    module: LanguageModel,
    passage: Passage,
    *,
    dynamic: DynamicEvaluation | None,
    cache: NeuralCache | None,
    sizes: list[Tensor] | None = None,
) -> Tuned:
    """The best settings on the beginning of a passage; arguments as in ``adapted_evidence``."""
    passage = passage.beginning(SYMBOLS)
    trials: list[Trial] = []
    if dynamic is not None:
        rates = RATES if sizes is None else RATES_BY_SIZE
        dynamic = _best_dynamic(module, passage, [replace(dynamic, rate=rate) for rate in rates], sizes, trials)
        decays = [replace(dynamic, decay=decay) for decay in DECAYS]
        dynamic = _best_dynamic(module, passage, [dynamic, *decays], sizes, trials)
    if cache is not None:
        cache = _best_cache(module, passage, cache, trials)
    return Tuned(dynamic, cache, tuple(trials), len(passage.text.ids))


def _best_dynamic(
    module: LanguageModel,
    passage: Passage,
    tried: list[DynamicEvaluation],
    sizes: list[Tensor] | None,
    trials: list[Trial],
) -> DynamicEvaluation:
    known = {tuple(trial.settings.items()): trial for trial in trials}
    measured = []
    for how in tried:
        trial = known.get(tuple(how.settings().items()))
        if trial is None:
            nats, _ = passage_nats(module, passage, Learning(module, how, sizes), None, how.segment)
            trial = Trial("dynamic", how.settings(), float(nats.mean()))
            known[tuple(how.settings().items())] = trial
            trials.append(trial)
        measured.append((trial.nats, how))
    return min(measured, key=lambda pair: pair[0])[1]


def _best_cache(module: LanguageModel, passage: Passage, cache: NeuralCache, trials: list[Trial]) -> NeuralCache:
    """Theta and weight; the size is the person's."""
    read = [(piece.targets[0], said) for piece, said in readings(module, passage, None, BLOCK)]
    nats = torch.cat([said.nats for _, said in read])
    tried = []
    for theta in THETAS:
        memory = Cache(replace(cache, theta=theta))
        logp = torch.cat([memory.read(said.outputs, targets) for targets, said in read])
        for weight in WEIGHTS:
            how = replace(cache, theta=theta, weight=weight)
            mean = float(mixed(nats, logp, weight).mean())
            trials.append(Trial("cache", how.settings(), mean))
            tried.append((mean, how))
    return min(tried, key=lambda pair: pair[0])[1]
