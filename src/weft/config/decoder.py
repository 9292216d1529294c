"""Section ``[decoder]``: the recurrence that writes, and how it looks at what was read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from weft.catalog import CELLS, KERNELS
from weft.config.section import Section
from weft.errors import ConfigError


class Decoder(Section):
    """A recurrence over the outputs so far, with or without attention to the source."""

    cell: str = Field("gru", description="a name that `cells/` knows")
    hidden: int = Field(256, ge=1, description="units of a layer")
    layers: int = Field(1, ge=1, le=64)
    options: dict[str, bool | int | float | str] = Field({}, description="the cell's own: peepholes = true")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share between layers")
    locked: bool = Field(False, description="dropout between layers: one mask for all steps of a row")
    weight_dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the matrices of the state")
    start: Literal["learned", "copy", "zero"] = Field(
        "learned", description="the first state: tanh of a linear function of the encoder's last, that itself, or zeros"
    )
    attention: Literal["none", "dot", "bilinear", "additive"] = Field(
        "additive", description="how a query is held against the source's states; none: a fixed vector is all there is"
    )
    query: Literal["previous", "current"] = Field(
        "previous", description="what asks: the state before the step (Bahdanau) or after it (Luong)"
    )
    attention_width: int = Field(0, ge=0, description="additive: units of the perceptron (0: as hidden)")
    window: int = Field(0, ge=0, description="local attention: states seen on each side of a predicted place (0: all)")
    coverage: bool = Field(False, description="additive: scores see how much each state was looked at before")
    feeding: bool = Field(False, description="query current: the readout is part of the next step's input")
    summary: bool = Field(False, description="attention none: the fixed vector is part of every step's input")
    readout_kind: Literal["none", "tanh", "maxout"] = Field(
        "tanh", description="from state and context to what the symbol is chosen by"
    )
    readout: int = Field(0, ge=0, description="width of that (0: as hidden)")
    readout_input: bool = Field(False, description="it also reads the symbol before")
    sampled: float = Field(
        0.0, ge=0.0, le=1.0, description="scheduled sampling: share of steps that are fed the model's own choice"
    )
    sampled_after: int = Field(
        10_000, ge=1, description="updates of training over which that share grows from 0, in a line"
    )
    kernel: str = Field("auto", description="who runs the cell over time: auto, loop (the reference), fused, scan")

    @field_validator("cell")
    @classmethod
    def _known_cell(cls, name: str) -> str:
        return CELLS.known(name)

    @field_validator("kernel")
    @classmethod
    def _known_kernel(cls, name: str) -> str:
        return name if name == "auto" else KERNELS.known(name)

    @model_validator(mode="after")
    def _options_are_the_cells(self) -> Decoder:
        try:
            CELLS.check_options(self.cell, self.options)
        except ConfigError as error:
            raise ValueError(f"{error}{f' ({error.hint})' if error.hint else ''}") from error
        return self

    @model_validator(mode="after")
    def _what_goes_together(self) -> Decoder:
        attends = self.attention != "none"
        wrong = {
            "coverage = true needs attention = 'additive'": self.coverage and self.attention != "additive",
            "feeding = true needs attention and query = 'current'": self.feeding
            and (not attends or self.query != "current"),
            "feeding = true needs readout_kind = 'tanh' or 'maxout'": self.feeding and self.readout_kind == "none",
            "summary = true needs attention = 'none'": self.summary and attends,
            "window needs attention": bool(self.window) and not attends,
            "attention_width needs attention = 'additive'": bool(self.attention_width) and self.attention != "additive",
            "readout needs readout_kind = 'tanh' or 'maxout'": bool(self.readout) and self.readout_kind == "none",
        }
        problems = [problem for problem, found in wrong.items() if found]
        if problems:
            raise ValueError("; ".join(problems))
        return self
