"""Sections of networks that take all steps side by side: ``[self_attention]`` and ``[convolution]``."""

from __future__ import annotations

from pydantic import Field, model_validator

from weft.config.section import Section


class SelfAttention(Section):
    """Layers in which every symbol looks at every other one (Vaswani et al. 2017), on both sides."""

    hidden: int = Field(256, ge=2, description="units of a layer, even")
    layers: int = Field(3, ge=1, le=64)
    heads: int = Field(4, ge=1, description="parts of the units that look each by itself")
    feedforward: int = Field(1024, ge=1, description="units of the two linear layers in each layer")
    dropout: float = Field(0.1, ge=0.0, lt=1.0, description="dropped share of what each part adds")

    @model_validator(mode="after")
    def _heads_share_the_units(self) -> SelfAttention:
        if self.hidden % self.heads or self.hidden % 2:
            raise ValueError(f"hidden must be even and a multiple of heads, got {self.hidden} and {self.heads}")
        return self


class Convolution(Section):
    """Gated convolutions over time (Gehring et al. 2017), on both sides."""

    hidden: int = Field(256, ge=1, description="units of a block")
    layers: int = Field(5, ge=1, le=64, description="blocks of either side")
    kernel: int = Field(3, ge=1, description="steps that a convolution sees")
    dropout: float = Field(0.2, ge=0.0, lt=1.0, description="dropped share of vectors and of each block's input")
