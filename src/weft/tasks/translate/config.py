"""What a translator's recipe may say: text to text, by an encoder and a decoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from weft.config import (
    Convolution,
    Decoder,
    Embedding,
    Encoder,
    NetworkRecipe,
    PairData,
    Section,
    SelfAttention,
)

OF_WORDS = ("word", "whitespace")
"""Tokenizers whose unknown symbol stands for a word."""


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
    copy_unknown: bool = Field(
        False, description="unknown words may be written: the source word with the most attention stands for each"
    )


class Config(NetworkRecipe):
    """Recipe of task ``translate``."""

    task: Literal["translate"] = "translate"
    data: PairData = PairData()
    architecture: Literal["recurrent", "convolutional", "self-attention"] = Field(
        "recurrent", description="which sections say what reads and writes: encoder and decoder, or one of the last two"
    )
    embedding: Embedding = Embedding()
    encoder: Encoder = Encoder()
    decoder: Decoder = Decoder()
    convolution: Convolution = Convolution()
    self_attention: SelfAttention = SelfAttention()
    output: Output = Output()
    decoding: Decoding = Decoding()

    @model_validator(mode="after")
    def _parts_fit(self) -> Config:
        if self.embedding.kind != "learned":
            raise ValueError(f"a translator's vectors are learned; embedding.kind = {self.embedding.kind!r}")
        if self.output.tied and self.readout != self.embedding.size:
            raise ValueError(
                f"output.tied needs a readout as wide as embedding.size, got {self.readout} and {self.embedding.size};"
                " set decoder.readout"
            )
        if self.decoding.coverage_penalty and self.architecture == "recurrent" and self.decoder.attention == "none":
            raise ValueError("decoding.coverage_penalty needs attention")
        return self

    @model_validator(mode="after")
    def _what_is_sampled(self) -> Config:
        if self.decoder.sampled and self.architecture != "recurrent":
            raise ValueError(
                f"decoder.sampled = {self.decoder.sampled} is of recurrent decoders, architecture is"
                f" {self.architecture!r}"
            )
        return self

    @model_validator(mode="after")
    def _what_is_copied(self) -> Config:
        if not self.decoding.copy_unknown:
            return self
        if self.architecture == "recurrent" and self.decoder.attention == "none":
            raise ValueError("decoding.copy_unknown needs attention, decoder.attention is 'none'")
        for name, tokenizer in (
            ("tokenizer", self.data.tokenizer),
            ("target_tokenizer", self.data.of_target.tokenizer),
        ):
            if tokenizer not in OF_WORDS:
                raise ValueError(
                    f"decoding.copy_unknown copies words, data.{name} is {tokenizer!r};"
                    f" set it to {' or '.join(OF_WORDS)}"
                )
        return self

    @property
    def readout(self) -> int:
        """Width of what symbols are chosen by; 0 where it follows from the sizes of several parts."""
        if self.architecture == "recurrent":
            return 0 if self.decoder.readout_kind == "none" else self.decoder.readout or self.decoder.hidden
        return self.embedding.size if self.architecture == "convolutional" else self.self_attention.hidden
