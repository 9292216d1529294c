"""``--init``: begin with another run's weights where they fit.

Taken are trained parameters of the same name and size, and what the task can use of the other run's vocabulary; buffers
(calibration, class weights) belong to the run they were measured in and stay behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from weft.bundle import WEIGHTS, read_document, read_tensors, read_vocabulary
from weft.errors import RunError
from weft.training.optimizers import trained

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class WarmStart:
    """What another run offers: its vocabulary as plain values (for ``Task.adopt``) and its tensors."""

    run: Path
    vocabulary: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    @classmethod
    def read(cls, run: Path) -> WarmStart:
        """Read the run to begin from.

        Raises:
            RunError: no run, or one without weights, or damaged.
        """
        read_document(run)
        return cls(run, read_vocabulary(run), read_tensors(run / WEIGHTS))

    def give(self, module: nn.Module) -> str:
        """Copy every parameter of the same name and size into ``module``; a sentence of what was and was not taken.

        Raises:
            RunError: nothing fits.
        """
        own = trained(module)
        taken = [name for name in own if name in self.tensors and own[name].shape == self.tensors[name].shape]
        fresh = [name for name in own if name not in taken]
        if not taken:
            raise RunError(
                f"--init {self.run}: none of its {len(self.tensors)} tensors has the name and size of one that this "
                "recipe's network has",
                hint="embedding and encoder sections must agree with those of the run to begin from",
            )
        with torch.no_grad():
            for name in taken:
                own[name].copy_(self.tensors[name])
        numbers = sum(own[name].numel() for name in taken)
        rest = f"; fresh: {', '.join(fresh)}" if fresh else ""
        return f"begun with {len(taken)} of {len(own)} tensors ({numbers} numbers) of {self.run.name}{rest}"
