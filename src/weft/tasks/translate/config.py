"""What a translator's recipe may say: text to text, by an encoder and a decoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from weft.config import Decoder, Embedding, Encoder, NetworkRecipe, PairData, Section


class Output(Section):
    """From the decoder's readouts to a distribution over the next symbol of the target."""

    tied: bool = Field(False, description="output matrix = the target's embedding matrix, as wide as the readout")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the readout")
    smoothing: float = Field(0.0, ge=0.0, lt=1.0, description="share of a target's probability given to all symbols")


class Decoding(Section):
    """How an output is searched for."""

    beam: int = Field(5, ge=1, description="hypotheses kept a source (1: greedy)")
    length_penalty: float = Field(1.0, ge=0.0, description="alpha of Wu et al. 2016: 0 favours short outputs")
    coverage_penalty: float = Field(0.0, ge=0.0, description="beta of Wu et al. 2016, with attention")
    longest_ratio: float = Field(2.0, gt=0.0, description="longest output: so many times the symbols of its source,")
    longest_extra: int = Field(20, ge=0, description="and so many more")


class Config(NetworkRecipe):
    """Recipe of task ``translate``."""

    task: Literal["translate"] = "translate"
    data: PairData = PairData()
    embedding: Embedding = Embedding()
    encoder: Encoder = Encoder()
    decoder: Decoder = Decoder()
    output: Output = Output()
    decoding: Decoding = Decoding()

    @model_validator(mode="after")
    def _parts_fit(self) -> Config:
        if self.embedding.kind != "learned":
            raise ValueError(f"a translator's vectors are learned; embedding.kind = {self.embedding.kind!r}")
        readout = self.decoder.readout or self.decoder.hidden
        if self.output.tied and (self.decoder.readout_kind == "none" or readout != self.embedding.size):
            raise ValueError(
                f"output.tied needs a readout as wide as embedding.size, got {readout} and {self.embedding.size};"
                " set decoder.readout"
            )
        if self.decoding.coverage_penalty and self.decoder.attention == "none":
            raise ValueError("decoding.coverage_penalty needs attention")
        return self
