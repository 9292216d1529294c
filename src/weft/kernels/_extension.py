"""The C++ core as a module, or why there is none: the one place that loads it."""

from __future__ import annotations

import os
import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from torch import Tensor

NAME = "weft.kernels._core"
SWITCHED_OFF = "the C++ core is switched off by WEFT_CORE=0"


class Core(Protocol):
    """The compiled module; ``csrc/binding.cpp`` lists the numbers its functions take, addresses among them."""

    def kept_size(self, *numbers: int) -> int:
        """Floats that ``forward`` must keep for ``backward``."""

    def take(self, count: int) -> Tensor:
        """float32 [count], its contents undefined."""

    def forward(self, *numbers: int) -> None:
        """One layer in one direction over a batch."""

    def backward(self, *numbers: int) -> None:
        """The gradients of what ``forward`` computed."""

    def linear_forward(self, *numbers: int) -> None:
        """A linear recurrence over a batch; ``csrc/binding_linear.cpp`` lists its numbers."""

    def linear_backward(self, *numbers: int) -> None:
        """The gradients of what ``linear_forward`` computed."""

    def additive_attention(self, *numbers: int) -> None:
        """What queries see; ``csrc/binding_attention.cpp`` lists its numbers."""

    def Decoder(self, *numbers: int) -> Any:  # noqa: N802 - a class
        """A stack of layers, one time step a call; ``csrc/binding_decoder.cpp`` lists its numbers and methods."""

    def Product(self, *numbers: int) -> Any:  # noqa: N802 - a class
        """A packed matrix and its products; ``csrc/binding_decoder.cpp`` lists its numbers and methods."""

    def instructions(self) -> str:
        """The instruction set in use."""

    def available_instructions(self) -> list[str]:
        """Instruction sets that this machine and this build have, the fastest first."""

    def use_instructions(self, name: str) -> bool:
        """Use another set; False when it is not available. For tests and comparisons."""

    def openmp_threads(self) -> int:
        """Threads OpenMP would use; 0 when the core was built without it."""


def absence() -> str:
    """Why there is no core here; empty when there is one."""
    found = _load()
    return found if isinstance(found, str) else ""


def core() -> Core:
    """The core; ask ``absence`` first."""
    found = _load()
    assert not isinstance(found, str), found
    return found


def tell(reason: str) -> None:
    """Warn once a process where ``reason``, why a kernel was passed over, is that the core is missing.

    Nobody is told what they asked for with WEFT_CORE=0.
    """
    if reason and reason == absence() != SWITCHED_OFF:
        _warn(reason)


@cache
def _warn(reason: str) -> None:
    warnings.warn(f"{reason}; recurrent layers run without it, slower", stacklevel=4)


@cache
def _load() -> Core | str:
    import torch  # noqa: F401 - its OpenMP is loaded first, so that the core shares its team of threads

    if os.environ.get("WEFT_CORE") == "0":
        return SWITCHED_OFF
    if find_spec(NAME) is None:
        return "the C++ core is not built ('make core', or installing weft where a C++ compiler is, builds it)"
    try:
        return cast("Core", import_module(NAME))
    except ImportError as error:
        return f"the C++ core does not load: {error}"
