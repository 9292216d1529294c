"""The repetition penalty of CTRL (Keskar, McCann, Varshney, Xiong & Socher 2019, section 4.1), on log-probabilities.

The paper divides the scores x of symbols that have been written by a penalty t before the softmax. A score below 0
divided by t > 1 grows, so programs that follow the paper multiply those instead. A decoder says log-probabilities,
which are never above 0: here log p of a symbol that has been written is multiplied by t, and all are normalised again.
So p becomes p ** t over the sum: what has been written always loses against what has not, and t = 1 changes nothing.
Where scores are logits the two forms differ, because logits have no zero of their own.
"""

from __future__ import annotations

import torch
from torch import Tensor


def penalise(logp: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Make symbols that were written less probable.

    Args:
        logp: float [A, V], normalised.
        seen: int64 [A, N], the symbols of each row that are penalised; one may stand there many times.
        penalty: 1 or more.
    Returns:
        float [A, V], normalised again; ``logp`` itself when nothing changes.
    """
    if penalty == 1 or seen.shape[1] == 0:
        return logp
    return torch.log_softmax(logp.scatter(-1, seen, logp.gather(-1, seen) * penalty), dim=-1)


class Recent:
    """The last symbols of every row, its prompt's included.

    Args:
        prompt: int64 [N], the same for all rows.
        window: how many symbols are kept, 0 for all.
    """

    def __init__(self, prompt: Tensor, rows: int, window: int) -> None:
        self._window = window
        self._ids = self._last(prompt.repeat(rows, 1))
        self._rows = torch.arange(rows)

    def of(self, running: Tensor) -> Tensor:
        """int64 [A, N] of the rows with these numbers; a row that is left out does not come back."""
        if len(running) != len(self._rows):
            place = torch.searchsorted(self._rows, running)
            self._rows, self._ids = running, self._ids[place.to(self._ids.device)]
        return self._ids

    def add(self, ids: Tensor) -> None:
        """One symbol a row of those last asked for, int64 [A]."""
        self._ids = self._last(torch.cat([self._ids, ids[:, None]], dim=1))

    def _last(self, ids: Tensor) -> Tensor:
        return ids[:, -self._window :] if self._window else ids
