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
    locked: bool = Field(False, description="this dropout: one mask for all steps of a row")
    word_dropout: float = Field(0.0, ge=0.0, lt=1.0, description="share of the symbols that a batch goes without")
    blanks: float = Field(0.0, ge=0.0, lt=1.0, description="share of the places whose symbol is not seen")


class Encoder(Section):
    """The recurrence: which cell, how wide, how deep, in which directions."""

    cell: str = Field("lstm", description="a name that `cells/` knows")
    hidden: int = Field(128, ge=1, description="units of one direction")
    layers: int = Field(1, ge=1, le=64)
    last_hidden: int = Field(0, ge=0, description="units of the last of several layers (0: as the others)")
    bidirectional: bool = False
    options: dict[str, bool | int | float | str] = Field({}, description="the cell's own: peepholes = true")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share between layers")
    locked: bool = Field(False, description="dropout between layers: one mask for all steps of a row")
    zoneout: float = Field(0.0, ge=0.0, lt=1.0, description="share of the states that stays as it was a step before")
    weight_dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the matrices of the state")
    learned_start: bool = Field(False, description="the state before the first step is learned")
    norm: Literal["none", "layer", "rms"] = Field("none", description="what every layer's input is normalised by")
    residual: bool = Field(False, description="a layer as wide as its input adds it to its output")
    feedforward: int = Field(0, ge=0, description="units of two linear layers behind each layer (0: none)")
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
    def _the_last_has_one_below(self) -> Encoder:
        if self.last_hidden and self.layers < 2:
            raise ValueError(f"last_hidden needs layers of at least 2, got {self.layers}; with one layer set hidden")
        return self

    @model_validator(mode="after")
    def _options_are_the_cells(self) -> Encoder:
        try:
            CELLS.check_options(self.cell, self.options)
        except ConfigError as error:
            raise ValueError(f"{error}{f' ({error.hint})' if error.hint else ''}") from error
        return self

    @model_validator(mode="after")
    def _feedforward_is_added(self) -> Encoder:
        if self.feedforward and not self.residual:
            raise ValueError(f"feedforward = {self.feedforward} needs residual = true, or what it reads is lost")
        return self

    @property
    def in_blocks(self) -> bool:
        """Whether something stands about the layers."""
        return self.residual or self.norm != "none"

    @property
    def width(self) -> int:
        """Numbers a direction gives: units of the last layer, or what its cell projects them to."""
        return int(self.options.get("projection") or self.last_hidden or self.hidden)
