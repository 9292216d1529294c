"""Sections shared by tasks: how symbols become vectors, and which recurrence runs over them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from weft.catalog import CELLS, KERNELS
from weft.config.section import Section


class Embedding(Section):
    """Symbols to vectors: a learned matrix, or one-hot rows as in the classics."""

    kind: Literal["learned", "one-hot"] = "learned"
    size: int = Field(128, ge=1, description="width of a learned vector; one-hot is as wide as the vocabulary")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the encoder's input")


class Encoder(Section):
    """The recurrence: which cell, how wide, how deep, in which directions."""

    cell: str = Field("lstm", description="a name that `cells/` knows")
    hidden: int = Field(128, ge=1, description="units of one direction")
    layers: int = Field(1, ge=1, le=64)
    bidirectional: bool = False
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share between layers")
    activation: Literal["sigmoid", "tanh", "relu"] = Field("tanh", description="elman only")
    kernel: str = Field("auto", description="who runs the cell over time: auto, loop (the reference), fused")

    @field_validator("cell")
    @classmethod
    def _known_cell(cls, name: str) -> str:
        return CELLS.known(name)

    @field_validator("kernel")
    @classmethod
    def _known_kernel(cls, name: str) -> str:
        return name if name == "auto" else KERNELS.known(name)

    @model_validator(mode="after")
    def _activation_belongs_to_elman(self) -> Encoder:
        if self.cell != "elman" and self.activation != "tanh":
            raise ValueError(f"activation is an option of cell 'elman' only; remove it for cell {self.cell!r}")
        return self
