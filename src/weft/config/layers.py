"""Sections shared by tasks: how symbols become vectors, and which recurrence runs over them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from weft.catalog import CELLS, KERNELS
from weft.config.section import Section
from weft.errors import ConfigError


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
    options: dict[str, bool | int | float | str] = Field({}, description="the cell's own: peepholes = true")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share between layers")
    locked: bool = Field(False, description="dropout between layers: one mask for all steps of a row")
    zoneout: float = Field(0.0, ge=0.0, lt=1.0, description="share of the states that stays as it was a step before")
    weight_dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the matrices of the state")
    learned_start: bool = Field(False, description="the state before the first step is learned")
    kernel: str = Field("auto", description="who runs the cell over time: auto, loop (the reference), fused, scan")

    @field_validator("cell")
    @classmethod
    def _known_cell(cls, name: str) -> str:
        return CELLS.known(name)

    @field_validator("kernel")
    @classmethod
    def _known_kernel(cls, name: str) -> str:
        return name if name == "auto" else KERNELS.known(name)

    @model_validator(mode="before")
    @classmethod
    def _older_recipes(cls, values: Any) -> Any:
        """Before cells had options, ``activation`` stood beside them, also as a default where no cell took it."""
        if (
            not isinstance(values, dict)
            or "activation" not in values
            or not isinstance(values.get("options", {}), dict)
        ):
            return values
        moved = {key: value for key, value in values.items() if key != "activation"}
        if values.get("cell") == "elman" or values["activation"] != "tanh":
            moved["options"] = {"activation": values["activation"], **values.get("options", {})}
        return moved

    @model_validator(mode="after")
    def _options_are_the_cells(self) -> Encoder:
        try:
            CELLS.check_options(self.cell, self.options)
        except ConfigError as error:
            raise ValueError(f"{error}{f' ({error.hint})' if error.hint else ''}") from error
        return self
