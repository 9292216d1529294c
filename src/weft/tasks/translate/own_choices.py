"""Scheduled sampling: in training, some steps are fed what the model would have written instead of the known symbol
(S. Bengio, O. Vinyals, N. Jaitly and N. Shazeer, NIPS 2015).

In two passes (T. Mihaylova and A. F. T. Martins, ACL 2019 student workshop): the first, with the known symbols and no
gradient, gives the model's choice after every step; the second is fed a mixture of the two and is learned from. So the
choices follow known beginnings, and not the mixture's own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class OwnChoices(nn.Module):
    """Mixes known symbols with the model's own choices.

    How many updates were made is a part of the network's state, and who is fed what is drawn from torch's global
    generator: both are in the checkpoints, so that a resumed training is the one that was never stopped.

    Args:
        share: of the steps that are fed the model's choice, in the end.
        after: updates over which the share grows from 0.
    """

    updates: Tensor

    def __init__(self, share: float, after: int) -> None:
        super().__init__()
        self.share, self.after = share, after
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    def forward(self, known: Tensor, choices: Tensor) -> Tensor:
        """What an update's steps are fed; counts the update.

        Args:
            known: int64 [B, U], the symbol before each step, the start symbol first.
            choices: int64 [B, U], the model's choice after each step.
        """
        share = self.share * (self.updates / self.after).clamp(max=1.0)
        self.updates += 1
        own = torch.rand(known.shape).to(known.device) < share
        own[:, 0] = False
        return torch.where(own, choices.roll(1, dims=1), known)
