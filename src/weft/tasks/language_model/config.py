"""What a language model's recipe may say: the next symbol from all symbols before it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from weft.config import Embedding, Encoder, NetworkRecipe, Section, TextData


class LanguageModelData(TextData):
    """A stream of text; every line ends in an end-of-line symbol."""

    tokenizer: str = "char"
    context: Literal["text", "line"] = Field(
        "text", description="what a prediction looks back at: all the text before it, or its line alone"
    )
    window: int = Field(50, ge=1, description="steps of truncated back-propagation through time")


class Output(Section):
    """From encoder outputs to a distribution over the next symbol."""

    tied: bool = Field(False, description="output matrix = embedding matrix, as wide as the encoder")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropped share of the encoder's output")


class Config(NetworkRecipe):
    """Recipe of task ``language-model``."""

    task: Literal["language-model"] = "language-model"
    data: LanguageModelData = LanguageModelData()
    embedding: Embedding = Embedding()
    encoder: Encoder = Encoder()
    output: Output = Output()

    @model_validator(mode="after")
    def _runs_forward_in_time(self) -> Config:
        if self.encoder.bidirectional:
            raise ValueError("a language model reads forward only; with encoder.bidirectional it would see the answer")
        if self.output.tied and self.embedding.kind != "learned":
            raise ValueError("output.tied needs embedding.kind = 'learned'")
        width = self.encoder.options.get("projection") or self.encoder.hidden
        if self.output.tied and self.embedding.size != width:
            of = "encoder.options.projection" if self.encoder.options.get("projection") else "encoder.hidden"
            raise ValueError(f"output.tied needs embedding.size = {of}, got {self.embedding.size} and {width}")
        return self
