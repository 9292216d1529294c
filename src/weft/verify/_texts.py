"""What goes into a way of running and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

Texts = Sequence[np.ndarray]
"""Numbered texts, each int64 [N] with N >= 1."""

Answers = list[Tensor]
"""log p of every choice: for each text float64 [decisions, K]."""
