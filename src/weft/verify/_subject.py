"""The network on trial, and the few moves that all ways of running are made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from weft import bundle
from weft.data.batching import pad
from weft.errors import RunError, ShapeError
from weft.model import Model
from weft.nn import Recurrent
from weft.types import Network, State, TextVocabulary
from weft.verify._layouts import Layout
from weft.verify._texts import Answers, Texts

REFERENCE = "loop"
"""The kernel of the reference."""

TRAIN_AGAIN = "train it again, with a smaller training.lr or with training.clip_norm"


class Subject:
    """A model on the CPU and in evaluation mode, and how its answers are read.

    Args:
        model: what is certified.
        seed: of everything that the ways draw.
        sample: a text or two, to find out what can be run.
    """

    def __init__(self, model: Model, *, seed: int, sample: Texts) -> None:
        self.model = model
        self.seed = seed
        self.sample = sample
        on_cpu = next(model.module.parameters()).device.type == "cpu"
        self.module = model.module if on_cpu else deepcopy(model.module).cpu()

    @property
    def in_step(self) -> bool:
        """Whether there is a decision after every symbol."""
        return self.model.task.in_step

    @property
    def symbols(self) -> int:
        """Size V of the text vocabulary."""
        return int(cast(TextVocabulary, self.model.vocabulary).text.size)

    def draw(self, texts: Texts) -> np.random.Generator:
        """Random numbers that depend on the seed and the texts alone."""
        return np.random.default_rng([self.seed, len(texts), sum(map(len, texts))])

    def reference(self, texts: Texts) -> Answers:
        """Each text alone, by the loop kernel, in float64: what everything is held against in the end.

        Raises:
            RunError: the network does not take even that.
        """
        with kernel(self.wide, REFERENCE):
            try:
                return self.alone(texts, module=self.wide)
            except ShapeError as error:
                raise RunError(f"the network cannot answer a text by itself: {error}", hint=TRAIN_AGAIN) from error

    def alone(self, texts: Texts, *, module: nn.Module | None = None) -> Answers:
        """Each text by itself."""
        return self.in_batches(texts, [[place] for place in range(len(texts))], module=module)

    def in_batches(self, texts: Texts, layout: Layout, *, module: nn.Module | None = None) -> Answers:
        """Batches, padded to their longest text."""

        def answer(batch: Texts) -> Answers:
            ids, lengths = pad(batch)
            return self.read(ids, lengths, module=module)

        return self.by_batch(texts, layout, answer)

    def by_batch(self, texts: Texts, layout: Layout, answer: Callable[[Texts], Answers]) -> Answers:
        """Answers of batches, put back into the order of the texts."""
        found: dict[int, Tensor] = {}
        for places in layout:
            found.update(zip(places, answer([texts[place] for place in places]), strict=True))
        return [found[place] for place in range(len(texts))]

    def read(self, ids: Tensor, lengths: Tensor, *, module: nn.Module | None = None) -> Answers:
        """One batch: ids int64 [B, T], lengths int64 [B]."""
        y, _ = self.piece(ids, lengths, None, module=module)
        return self.decided(y, lengths, module=module)

    def piece(
        self, ids: Tensor, lengths: Tensor, state: State | None, *, module: nn.Module | None = None
    ) -> tuple[Tensor, State]:
        """One batch, read on from a state: what the network says, and the state after it."""
        module = module or self.module
        ids = ids.to(next(module.parameters()).device)
        with torch.inference_mode():
            return cast(Network, module).read(ids, lengths, state)

    def decided(self, y: Tensor, lengths: Tensor, *, module: nn.Module | None = None) -> Answers:
        """log p of what the network said of a batch."""
        with torch.inference_mode():
            return [logp.cpu() for logp in self.model.task.decide(module or self.module, y, lengths)]

    def pieced(self, said: Sequence[Sequence[Tensor]]) -> Answers:
        """log p of texts read in pieces.

        Args:
            said: for each text what the network said of each piece: [T, V] where it decides in step, else [C].
        """
        whole = [torch.cat(list(pieces)) if self.in_step else pieces[-1] for pieces in said]
        return [self.decided(y.unsqueeze(0), torch.tensor([len(y) if self.in_step else 1]))[0] for y in whole]

    @cached_property
    def wide(self) -> nn.Module:
        """The same network in float64."""
        return deepcopy(self.module).double()

    @cached_property
    def on_cuda(self) -> nn.Module:
        """The same network on a CUDA device."""
        return deepcopy(self.module).cuda()

    @cached_property
    def reloaded(self) -> nn.Module:
        """The network as it comes back from a run folder.

        Raises:
            RunError: the vocabulary comes back as another one.
        """
        model = self.model
        values = model.vocabulary.to_json()
        with tempfile.TemporaryDirectory(prefix="weft-") as folder:
            saved = bundle.save(Path(folder) / "run", config=model.config, vocabulary=values, module=self.module)
            loaded = Model.load(saved, device="cpu")
        if loaded.vocabulary.to_json() != values:
            raise RunError("the vocabulary that was saved is not the one that was loaded")
        return loaded.module


def recurrences(module: nn.Module) -> dict[str, Recurrent]:
    """The recurrent layers of a network by their names in it."""
    return {name: part for name, part in module.named_modules() if isinstance(part, Recurrent)}


@contextmanager
def kernel(module: nn.Module, name: str) -> Iterator[None]:
    """Let every recurrence of ``module`` be run by the kernel ``name`` meanwhile."""
    layers = recurrences(module).values()
    before = [layer.kernel for layer in layers]
    try:
        for layer in layers:
            layer.kernel = name
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            layer.kernel = own


def longer(ids: Tensor, steps: int) -> Tensor:
    """ids [B, T] with ``steps`` more places of padding."""
    return functional.pad(ids, (0, steps))
