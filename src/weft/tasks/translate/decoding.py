"""A translator as search sees it: rows that write for sources, several rows for one."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from weft.nn.attention import Memory, Rows
from weft.nn.attentive import AttentiveDecoder, Said
from weft.nn.stepper import packed_linear
from weft.tasks.translate.model import Translator
from weft.types import State, Step

SOURCE = "source"
"""Name of the state that says which source a row writes for."""


class TranslationDecoder:
    """The decoder of B sources, which are read once; the network must be in evaluation mode.

    Args:
        module: the network.
        ids, lengths: the sources, int64 [B, S] and [B].
        forbidden: a symbol that is never proposed (the unknown one); its probability goes to the others. None: none.
    """

    def __init__(self, module: Translator, ids: Tensor, lengths: Tensor, *, forbidden: int | None) -> None:
        self.module, self.forbidden = module, forbidden
        with torch.inference_mode():
            self._all = module.encode(ids, lengths)
        # Packed once for all steps: packing the weights at every step costs as much as computing some hundred rows.
        self._by = module.decoder.packed() if isinstance(module.decoder, AttentiveDecoder) else None
        self._output = module.scores if torch.is_autocast_enabled("cpu") else packed_linear(module.output)
        self._sources = torch.arange(len(ids), device=ids.device)
        self._live: tuple[Tensor, Tensor, Memory | None] = (self._sources, self._sources, self._all.memory)

    def start(self, n: int) -> State:
        """One row a source, before its first symbol."""
        assert n == len(self._sources), f"{len(self._sources)} sources, {n} rows"
        with torch.inference_mode():
            return {**self.module.first_state(self._all), SOURCE: self._sources}

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [R]; logp float [R, V]. Rows of one source are fastest side by side."""
        with torch.inference_mode():
            memory = self._looked_at(state[SOURCE])
            own = {name: value for name, value in state.items() if name != SOURCE}
            said = self._said(self.module.target_embedding(ids), memory, own)
            scores = self._output(said.readouts[:, 0]).float()
            if self.forbidden is not None:
                scores[:, self.forbidden] = -torch.inf
            # In place: fresh memory for all symbols of all rows costs more than the logarithms themselves.
            logp = torch.log_softmax(scores, dim=-1, out=scores)
            weights = None if said.weights is None else said.weights[:, 0]
            return Step(logp, {**said.state, SOURCE: state[SOURCE]}, weights)

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given rows, int64 [N]."""
        return {name: value.index_select(0, rows) for name, value in state.items()}

    def _said(self, vectors: Tensor, memory: Memory | None, state: State) -> Said:
        decoder = self.module.decoder
        if isinstance(decoder, AttentiveDecoder):
            return decoder.step(vectors, memory, state, self._by)
        return decoder.step(vectors, memory, state)

    def _looked_at(self, sources: Tensor) -> Memory | None:
        """What the rows look at: that of their sources, if rows of a source stand side by side; else that of each."""
        standing, held, memory = self._live
        if memory is None or torch.equal(sources, standing):  # as at most steps: nothing to be grouped
            return memory
        wanted, rows = _in_groups(sources)
        if rows is not None and not isinstance(self.module.decoder, AttentiveDecoder):
            wanted, rows = sources, None
        if not torch.equal(wanted, held):
            assert self._all.memory is not None
            memory = self._all.memory.select(wanted)
        memory = replace(memory, rows=rows)
        self._live = (sources, wanted, memory)
        return memory


def _in_groups(sources: Tensor) -> tuple[Tensor, Rows | None]:
    """The sources of rows int64 [R], each once where its rows stand side by side, and which rows are whose; else the
    sources as they are."""
    once, counts = torch.unique_consecutive(sources, return_counts=True)
    if len(once) != len(torch.unique(once)):
        return sources, None
    most = int(counts.max())
    if bool((counts == most).all()):
        return once, None
    owner = torch.arange(len(once), device=sources.device).repeat_interleave(counts)
    within = torch.arange(len(sources), device=sources.device) - (counts.cumsum(0) - counts)[owner]
    return once, Rows(owner * most + within, most)
